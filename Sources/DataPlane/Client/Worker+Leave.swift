import Kernel
import ProxyCore
import Wire

/// Clients that say goodbye, close their sending side, or vanish.
///
/// Like PostgreSQL, Egret answers what was asked in full before a Terminate or the end of the client's stream, and then
/// ends the connection. A client that is gone altogether looks like one that has only closed its sending side, until
/// something is sent to it: so it is told once more what it knows already, and its system says whether anybody is
/// there.
extension Worker {
    /// Terminate: the client's own, or ours behind the end of its stream.
    mutating func leave(_ index: Int32) -> MessageProgress {
        let client = clients[index]
        let serverIndex = client.pointee.server
        if !client.pointee.flags.contains(.isHalfClosed) { client.pointee.flags.insert(.hasTakenLeave) }
        if serverIndex >= 0, isUnderWay(index, on: serverIndex) {
            if owesAnswers(serverIndex), client.pointee.flags.isDisjoint(with: [.isCopyingIn, .isGone]) {
                // Without a Sync the server keeps its answers to itself until it is asked for them.
                if client.pointee.flags.contains(.isGroupOpen) { sendToServer(serverIndex, Self.flush) }
                client.pointee.wait = .drain
                return .blocked
            }
            leaveRunning(serverIndex, of: index, isAbandoned: false)
        }
        if client.pointee.outbound.isEmpty {
            closeClient(index)
        } else if client.pointee.flags.contains(.hasEnded) {
            // It has all the time that any reader has.
            return .blocked
        } else {
            beginClosing(index)
        }
        return .closed
    }

    private func owesAnswers(_ serverIndex: Int32) -> Bool {
        let replies = servers[serverIndex].pointee.replies
        return (0..<replies.count).contains { !replies[$0].isHidden && replies[$0].kind != .copyEnd }
    }

    /// The connection broke. What the client had asked for is not finished for nobody, unless it has said goodbye.
    mutating func clientVanished(_ index: Int32) {
        guard hasTakenLeave(index) else { return closeClient(index) }
        let client = clients[index]
        client.pointee.flags.insert([.hasEnded, .isGone])
        // A socket that is closed has nothing else to tell, and would tell it for ever.
        epoll.remove(client.pointee.descriptor)
        client.pointee.flags.remove(.isWriteArmed)
        client.pointee.outbound.clear(&buffers)
        // It has waited for answers that nobody waits for any more, and its server for it to read them.
        if client.pointee.wait == .drain { client.pointee.wait = .none }
        resumeReading(ofServersOf: index)
        makeRunnable(index)
    }

    /// The end of the client's stream was read: it has gone, or will only listen from now on.
    mutating func clientEnded(_ index: Int32) {
        let client = clients[index]
        guard client.pointee.state == .ready, client.pointee.bodyRemaining == 0,
            !client.pointee.flags.contains(.isHalfClosed)
        else { return clientVanished(index) }
        let whole = wholeMessages(of: index)
        client.pointee.inbound.truncate(to: whole, &buffers)
        let server = client.pointee.server
        let isOwed = whole > 0 || !client.pointee.outbound.isEmpty || (server >= 0 && owesAnswers(server))
        guard isOwed || client.pointee.wait != .none else { return clientVanished(index) }
        let hasTakenLeave = hasTakenLeave(index)
        client.pointee.flags.insert([.hasEnded, .isHalfClosed])
        if hasTakenLeave {
            client.pointee.flags.insert(.hasTakenLeave)
        } else {
            client.pointee.inbound.append([FrontendTag.terminate, 0, 0, 0, 4], &buffers)
        }
        lookForPeer(index)
    }

    /// The client's side was closed while what it has sent waits for a server, or for an answer.
    mutating func clientWent(_ index: Int32) {
        let client = clients[index]
        // The end of its stream is known: this is the end of both directions.
        guard client.pointee.state == .ready, !client.pointee.flags.contains(.hasEnded) else {
            return clientVanished(index)
        }
        reading: for _ in 0..<Self.farewellReads {
            guard let space = client.pointee.inbound.space(4_096, &buffers) else { return }
            switch Socket.receive(client.pointee.descriptor, into: space.start, count: space.room) {
            case .bytes(let count): client.pointee.inbound.commit(count)
            case .endOfStream: return clientEnded(index)
            case .failed: return clientVanished(index)
            case .wouldBlock: break reading
            }
        }
        // The rest is read in its turn.
        client.pointee.flags.insert(.hasEnded)
        lookForPeer(index)
    }

    /// What is read at once, in pieces of 4 KiB, of a client that has closed its side: libpq sends its Terminate by
    /// itself.
    private static var farewellReads: Int { 16 }

    /// Finds out whether anybody still listens: a system whose socket is closed answers with a reset.
    private mutating func lookForPeer(_ index: Int32) {
        let client = clients[index]
        let generation = client.pointee.generation
        watchClient(index)
        guard client.pointee.generation == generation else { return }
        makeRunnable(index)
        let server = client.pointee.server
        // In the middle of an answer, the answer will show.
        guard client.pointee.outbound.isEmpty, server < 0 || servers[server].pointee.bodyRemaining == 0,
            !hasTakenLeave(index)
        else { return }
        // True of every PostgreSQL that there is.
        let status = BackendMessage.parameterStatus("integer_datetimes", "on")
        let outcome = status.withUnsafeBytes { raw in
            raw.baseAddress.map { Socket.send(client.pointee.descriptor, $0, count: raw.count) }
        }
        if case .failed = outcome { clientVanished(index) }
    }

    /// Bytes in waiting that are whole messages.
    private func wholeMessages(of index: Int32) -> Int {
        walkMessages(of: index) { _ in false }
    }

    /// Whether the client has said Terminate, be it behind something that waits.
    private func hasTakenLeave(_ index: Int32) -> Bool {
        let client = clients[index]
        guard client.pointee.state == .ready, client.pointee.bodyRemaining == 0 else { return false }
        if client.pointee.flags.contains(.hasTakenLeave) { return true }
        if client.pointee.flags.contains(.isHalfClosed) { return false }
        var hasIt = false
        _ = walkMessages(of: index) { tag in
            hasIt = tag == FrontendTag.terminate
            return hasIt
        }
        return hasIt
    }

    /// - Parameter isLast: asked of each tag; true ends the walk.
    /// - Returns: how many bytes the messages that were passed are.
    private func walkMessages(of index: Int32, until isLast: (UInt8) -> Bool) -> Int {
        let inbound = clients[index].pointee.inbound
        guard let start = inbound.start else { return 0 }
        let bytes = UnsafeRawPointer(start)
        var offset = 0
        while inbound.count - offset >= 5 {
            let length = Int(bytes.bigEndianUInt32(at: offset + 1))
            guard length >= 4, length < inbound.count - offset else { break }
            if isLast(bytes.load(fromByteOffset: offset, as: UInt8.self)) { break }
            offset += length + 1
        }
        return offset
    }

    /// Everything is sent. A client that may still be sending must not get a reset under its last error.
    mutating func endClosing(_ index: Int32) {
        let client = clients[index]
        if client.pointee.flags.contains(.hasEnded) { return closeClient(index) }
        Socket.shutdownWrite(client.pointee.descriptor)
    }
}
