import Kernel
import ProxyCore
import Wire

/// The first packets of a client, before anything is known of it.
extension Worker {
    mutating func takeStartupPacket(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> MessageProgress {
        guard count >= 4 else { return .incomplete }
        let length = Int(bytes.bigEndianUInt32(at: 0))
        guard length >= StartupRequest.lengthMin, length <= StartupRequest.lengthMax else {
            return violate(index, "invalid length of startup packet")
        }
        guard count >= length else { return .incomplete }
        let body = UnsafeRawBufferPointer(start: bytes + 4, count: length - 4)
        let request: StartupRequest
        do { request = try StartupRequest(body: body) } catch .badLength, .truncated {
            // Only a cancel request can be too short or too long by its own rules, and nobody reads an answer to one.
            closeClient(index)
            return .closed
        } catch {
            return violate(index, "invalid startup packet layout")
        }
        switch request {
        case .tls, .gssEncryption:
            return answerEncryption(index, request, hasMore: count > length) ? .took(length) : .closed
        case .cancel(let processID, let key):
            takeCancel(index, processID: processID, key: key)
            return .took(length)
        case .unsupported(let major, let minor):
            let text = "unsupported frontend protocol \(major).\(minor): server supports 3.0 to 3.2"
            refuse(index, ErrorResponse(.fatal, .featureNotSupported, text))
            return .closed
        case .session(let packet):
            beginLogin(index, packet)
            return .took(length)
        }
    }

    /// Egret does not encrypt yet: 'N', and the client decides whether it goes on in plain text.
    private mutating func answerEncryption(_ index: Int32, _ request: StartupRequest, hasMore: Bool) -> Bool {
        guard let login = clients[index].pointee.login else { return false }
        let isRepeated = request == .tls ? login.askedForTLS : login.askedForGSS
        // Bytes behind the request were sent before our answer: somebody injects them, or counts on an answer that
        // was not given (CVE-2021-3935).
        if isRepeated || hasMore {
            refuse(index, ErrorResponse(.fatal, .protocolViolation, "received unencrypted data after SSL request"))
            return false
        }
        if request == .tls { login.askedForTLS = true } else { login.askedForGSS = true }
        sendToClient(index, [UInt8(ascii: "N")])
        return true
    }

    private mutating func beginLogin(_ index: Int32, _ packet: StartupPacket) {
        let client = clients[index]
        guard let login = client.pointee.login else { return }
        do { login.packet = try StartupPacketSummary(packet) } catch { return refuse(index, error) }
        negotiate(index, packet)
        if stopMode != nil {
            return refuse(index, ErrorResponse(.fatal, .cannotConnectNow, "the database system is shutting down"))
        }
        takePlace(index)
    }

    /// Protocol 3.0 and 3.2 are spoken; there has never been a 3.1. What a client wants beyond that, it is told once,
    /// in front of its welcome.
    private func negotiate(_ index: Int32, _ packet: StartupPacket) {
        let client = clients[index]
        let minor: UInt16 = packet.minorVersion >= 2 ? 2 : 0
        if minor == 2 { client.pointee.flags.insert(.hasLongKey) }
        let unknownOptions = packet.parameters.map(\.name).filter { $0.hasPrefix(StartupPacketSummary.protocolPrefix) }
        guard packet.minorVersion != minor || !unknownOptions.isEmpty else { return }
        client.pointee.login?.negotiation = BackendMessage.negotiateProtocolVersion(
            minor: minor, unknownOptions: unknownOptions)
    }

    /// Counts the client among `num_init_children`, or lets it wait until somebody leaves.
    private mutating func takePlace(_ index: Int32) {
        let client = clients[index]
        if waitingForPlace.isEmpty && shared.places.take(limit: settings.clientsMax - settings.reservedConnections) {
            client.pointee.flags.insert(.hasPlace)
            return beginAuthentication(index)
        }
        if settings.reservedConnections > 0 || settings.refusesBeyondMax {
            return refuse(index, ErrorResponse(.fatal, .tooManyConnections, "Sorry, too many clients already"))
        }
        client.pointee.state = .waitingPlace
        client.pointee.deadline = settings.clientWaitTimeout == 0 ? .max : now + settings.clientWaitTimeout
        shared.places.addWanting()
        waitingForPlace.append(ClientReference(index: index, generation: client.pointee.generation))
        soonSweep()
    }

    /// Lets in who waits, as far as there are places.
    mutating func fillPlaces() {
        while let first = waitingForPlace.first {
            let client = clients[first.index]
            guard client.pointee.generation == first.generation, client.pointee.state == .waitingPlace else {
                waitingForPlace.removeFirst()
                continue
            }
            guard shared.places.take(limit: settings.clientsMax) else { return }
            waitingForPlace.removeFirst()
            shared.places.removeWanting()
            client.pointee.flags.insert(.hasPlace)
            client.pointee.deadline =
                settings.authenticationTimeout == 0 ? .max : now + settings.authenticationTimeout
            beginAuthentication(first.index)
        }
    }
}
