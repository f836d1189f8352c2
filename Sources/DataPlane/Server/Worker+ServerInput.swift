import Kernel
import ProxyCore
import Wire

/// Reading what servers send, and passing it on. Headers are read; bodies are looked at only where Egret must
/// understand them.
extension Worker {
    /// - Parameter isGone: the server has closed its side. What is left of it is read although the client is slow:
    ///   epoll reports a hang-up for ever, and there is no more of it than the socket's buffer holds.
    mutating func readServer(_ index: Int32, isGone: Bool = false) {
        let server = servers[index]
        if server.pointee.client >= 0, !isGone, isCurrent(index), isStuck(server.pointee.client) {
            return pauseReading(server: index)
        }
        // The rest of a message joins its beginning at the front of the scratch buffer.
        let kept = server.pointee.inbound.count
        if let start = server.pointee.inbound.start, kept > 0 {
            scratch.copyMemory(from: start, byteCount: kept)
            server.pointee.inbound.clear(&buffers)
        }
        switch Socket.receive(server.pointee.descriptor, into: scratch + kept, count: Self.scratchSize - kept) {
        case .bytes(let count):
            nodes[server.pointee.node.rawValue].pointee.lastHeard = now
            if server.pointee.flags.contains(.runsAlone) { noteUnheard(index, count) }
            takeReplies(index, kept + count)
        case .wouldBlock:
            if kept > 0 { server.pointee.inbound.append(UnsafeRawPointer(scratch), kept, &buffers) }
        case .endOfStream: serverLost(index, reason: "the server closed the connection")
        case .failed(let error): serverLost(index, reason: "\(error)")
        }
    }

    @inline(__always)
    private func isStuck(_ client: Int32) -> Bool {
        clients[client].pointee.outbound.count >= Limits.outboundHighWater
            || clients[client].pointee.flags.contains(.isWriteArmed)
    }

    /// Messages larger than this are passed on without being understood.
    static var understoodMessageMax: Int { 32 << 10 }

    private mutating func takeReplies(_ index: Int32, _ count: Int) {
        let server = servers[index]
        let generation = server.pointee.generation
        let bytes = UnsafeRawPointer(scratch)
        /// What lies between `runStart` and `offset` goes to the client as it is.
        var runStart = 0
        var offset = 0
        if server.pointee.bodyRemaining > 0 {
            offset = min(Int(server.pointee.bodyRemaining), count)
            server.pointee.bodyRemaining -= UInt32(offset)
            if server.pointee.flags.contains(.discardsBody) { runStart = offset }
            answerIfOwed(index, bytes, &runStart, offset)
        }
        while count - offset >= 5 {
            let tag = bytes.load(fromByteOffset: offset, as: UInt8.self)
            let length = Int(bytes.bigEndianUInt32(at: offset + 1))
            guard length >= 4, length <= Limits.messageLengthMax else {
                passOn(index, bytes + runStart, offset - runStart)
                return desynchronized(index, "a message with length \(length)")
            }
            let total = length + 1
            let available = count - offset
            if isPlainAnswer(tag) && answersPlainQuery(index) {
                if total > available { streamRest(index, total - available, isDiscarded: false) }
                offset += min(total, available)
                continue
            }
            if tag == BackendTag.dataRow || tag == BackendTag.copyData {
                let row = takeRow(index, bytes + offset, total, available)
                if row == .incomplete { break }
                if row == .swallowed { passOn(index, bytes + runStart, offset - runStart) }
                offset += min(total, available)
                if row == .swallowed { runStart = offset }
                continue
            }
            if total > available && total <= Self.understoodMessageMax { break }
            let body = UnsafeRawBufferPointer(start: bytes + offset + 5, count: min(total, available) - 5)
            let end = offset + min(total, available)
            switch takeReply(index, tag, body, isWhole: total <= available) {
            case .pass:
                offset = end
                if total > available { streamRest(index, total - available, isDiscarded: false) }
            case .drop:
                // The answer begins anew elsewhere: what was here of it never was.
                (offset, runStart) = (end, end)
                if total > available { streamRest(index, total - available, isDiscarded: true) }
            case .swallow:
                passOn(index, bytes + runStart, offset - runStart)
                (offset, runStart) = (end, end)
                if total > available { streamRest(index, total - available, isDiscarded: true) }
                if !server.pointee.ownError.isEmpty { sendOwnError(index) }
            case .settle(let isVisible):
                passOn(index, bytes + runStart, (isVisible ? end : offset) - runStart, isLast: end == count)
                (offset, runStart) = (end, end)
                if isVisible { requestAnswered(index) }
                if server.pointee.flags.contains(.owesLocalAnswer) { answerLocally(index) }
                serverSettled(index)
            case .joined: return relayToClient(from: index, at: end, count)
            case .ended: return
            }
            guard server.pointee.generation == generation else { return }
            answerIfOwed(index, bytes, &runStart, offset)
        }
        passOn(index, bytes + runStart, offset - runStart, isLast: offset == count)
        guard server.pointee.generation == generation, server.pointee.state != .free else { return }
        wakeDrained(index)
        guard offset < count else { return }
        server.pointee.inbound.append(bytes + offset, count - offset, &buffers)
    }

    /// An answer of Egret's own goes between two messages of the server, not into one that is still to come in part.
    @inline(__always)
    private mutating func answerIfOwed(
        _ index: Int32, _ bytes: UnsafeRawPointer, _ runStart: inout Int, _ offset: Int
    ) {
        let server = servers[index]
        guard server.pointee.flags.contains(.owesLocalAnswer), server.pointee.bodyRemaining == 0 else { return }
        passOn(index, bytes + runStart, offset - runStart)
        runStart = offset
        answerLocally(index)
    }

    /// What the answer to a simple query consists of, up to ReadyForQuery.
    @inline(__always)
    private func isPlainAnswer(_ tag: UInt8) -> Bool {
        tag == BackendTag.dataRow || tag == BackendTag.rowDescription || tag == BackendTag.commandComplete
    }

    /// A simple query of the client is being answered: its parts go on without a look at them.
    @inline(__always)
    private func answersPlainQuery(_ index: Int32) -> Bool {
        let server = servers[index]
        return server.pointee.replies.isNextVisibleQuery && server.pointee.state == .linked
            && server.pointee.client >= 0 && !server.pointee.flags.contains(.mayClear)
    }

    /// A client that waited for its answers to come to an end goes on.
    private mutating func wakeDrained(_ index: Int32) {
        let server = servers[index]
        guard server.pointee.client >= 0 else { return continueAlone(index) }
        guard server.pointee.replies.isEmpty, clients[server.pointee.client].pointee.wait == .drain else { return }
        clients[server.pointee.client].pointee.wait = .none
        makeRunnable(server.pointee.client)
    }

    private enum RowProgress {
        case passed
        /// Of a hidden query, or nobody's.
        case swallowed
        /// It is read whole.
        case incomplete
    }

    /// A row goes on without a look at it, unless it is part of a hidden answer.
    @inline(__always)
    private mutating func takeRow(
        _ index: Int32, _ bytes: UnsafeRawPointer, _ total: Int, _ available: Int
    ) -> RowProgress {
        let server = servers[index]
        let isForClient =
            server.pointee.client >= 0 && server.pointee.state == .linked
            && server.pointee.replies.isNextVisible
        if !isForClient, server.pointee.replies.isNext(.inspection) {
            if total > available && total <= Self.understoodMessageMax { return .incomplete }
            takeInspectionRow(index, UnsafeRawBufferPointer(start: bytes + 5, count: min(total, available) - 5))
        }
        if total > available { streamRest(index, total - available, isDiscarded: !isForClient) }
        return isForClient ? .passed : .swallowed
    }

    private func streamRest(_ index: Int32, _ remaining: Int, isDiscarded: Bool) {
        let server = servers[index]
        server.pointee.bodyRemaining = UInt32(remaining)
        if isDiscarded {
            server.pointee.flags.insert(.discardsBody)
        } else {
            server.pointee.flags.remove(.discardsBody)
        }
    }

    private mutating func sendOwnError(_ index: Int32) {
        let server = servers[index]
        if server.pointee.flags.contains(.hasRequests) { server.pointee.flags.insert(.hasAnswered) }
        if server.pointee.client >= 0 { sendToClient(server.pointee.client, server.pointee.ownError) }
        server.pointee.ownError = []
    }

    private mutating func passOn(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int, isLast: Bool = false) {
        guard count > 0 else { return }
        let client = servers[index].pointee.client
        guard client >= 0, clients[client].pointee.state == .ready else { return }
        if servers[index].pointee.flags.contains(.hasRequests) { servers[index].pointee.flags.insert(.hasAnswered) }
        relayToClient(client, bytes, count, isLast: isLast)
    }

    /// A server that answers what nobody asked cannot be trusted with the next question.
    mutating func desynchronized(_ index: Int32, _ what: String) {
        log(.error, "DB node \(servers[index].pointee.node) sent \(what); the connection is closed")
        serverLost(index, reason: "the server sent \(what)")
    }
}

/// What to do with a message of a server.
enum ReplyDisposition {
    /// It goes to the client with its neighbours.
    case pass
    /// The client does not get it, but `ownError` in its place, where there is one.
    case swallow
    /// Neither it nor what is in waiting in front of it goes to the client.
    case drop
    /// A ReadyForQuery: what was before it goes out, and the server may be free now.
    case settle(isVisible: Bool)
    /// The login of a replication client's server is over: what is behind it goes to the client as it is.
    case joined
    /// The server is gone, or has become somebody else's.
    case ended
}
