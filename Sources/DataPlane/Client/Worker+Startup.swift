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
            if key.count == 4 { routeCancel(processID: processID, key: key) }
            closeClient(index)
            return .closed
        case .unsupported(let major, let minor):
            let text = "unsupported frontend protocol \(major).\(minor): server supports 3.0 to 3.0"
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
        switch summarize(packet) {
        case .failure(let refusal): return refuse(index, refusal.error)
        case .success(let summary): login.packet = summary
        }
        let unknownOptions = packet.parameters.map(\.name).filter { $0.hasPrefix("_pq_.") }
        if packet.minorVersion > 0 || !unknownOptions.isEmpty {
            login.negotiation = BackendMessage.negotiateProtocolVersion(minor: 0, unknownOptions: unknownOptions)
        }
        if stopMode != nil {
            return refuse(index, ErrorResponse(.fatal, .cannotConnectNow, "the database system is shutting down"))
        }
        takePlace(index)
    }

    private struct Refusal: Error {
        let error: ErrorResponse
    }

    private func summarize(_ packet: StartupPacket) -> Result<StartupPacketSummary, Refusal> {
        func refusal(_ state: SQLState, _ text: String) -> Result<StartupPacketSummary, Refusal> {
            .failure(Refusal(error: ErrorResponse(.fatal, state, text)))
        }
        var summary = StartupPacketSummary()
        guard let user = packet.value(of: "user"), !user.isEmpty else {
            return refusal(.invalidAuthorization, "no PostgreSQL user name specified in startup packet")
        }
        summary.user = user
        summary.database = packet.value(of: "database").flatMap { $0.isEmpty ? nil : $0 } ?? user
        // PostgreSQL cuts longer names off, which would make two identities one (CVE-2012-4575).
        guard user.utf8.count < Self.nameLengthMax, summary.database.utf8.count < Self.nameLengthMax else {
            return refusal(.invalidAuthorization, "user or database name is too long")
        }
        for parameter in packet.parameters {
            switch parameter.name {
            case "user", "database": continue
            case "replication":
                if ["false", "off", "no", "0"].contains(parameter.value.lowercased()) { continue }
                return refusal(.featureNotSupported, "replication connections are not supported")
            case "options":
                do { summary.parameters += try StartupOptions.parse(parameter.value) } catch {
                    return refusal(.featureNotSupported, "unsupported command-line options in startup packet")
                }
            case let name where name.hasPrefix("_pq_."): continue
            default: summary.parameters.append(.init(name: parameter.name, value: parameter.value))
            }
        }
        return .success(summary)
    }

    /// NAMEDATALEN of PostgreSQL.
    private static var nameLengthMax: Int { 64 }

    /// Counts the client among `num_init_children`, or lets it wait until somebody leaves.
    private mutating func takePlace(_ index: Int32) {
        let client = clients[index]
        if waitingForPlace.isEmpty && shared.places.take(limit: settings.clientsMax - settings.reservedConnections) {
            client.pointee.flags.insert(.hasPlace)
            return beginAuthentication(index)
        }
        if settings.reservedConnections > 0 {
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
