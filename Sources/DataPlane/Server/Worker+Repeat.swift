import ProxyCore
import Wire

/// Reads that are asked again.
///
/// While a server owes answers to reads alone, the client's messages are kept as they came. When the server is lost, or
/// ends the read for a reason of its own, and no byte of the answer has reached the client, they are put back in front
/// of what the client has sent since, and find another server as if they had just arrived.
extension Worker {
    /// What a request is to those who may have to ask again.
    struct Request {
        /// It leaves nothing behind, so it may run twice.
        var isRepeatable: Bool
        /// Once it is lost, nobody knows whether a transaction was committed.
        var mayCommit: Bool

        @inline(__always)
        init(isRepeatable: Bool, mayCommit: Bool) {
            self.isRepeatable = isRepeatable
            self.mayCommit = mayCommit
        }
    }

    /// A request goes to a server: the first since the server was idle, or one behind others.
    @inline(__always)
    mutating func beginRequest(_ serverIndex: Int32, _ request: Request) {
        let server = servers[serverIndex]
        let isFirst = !server.pointee.flags.contains(.hasRequests)
        // In a transaction block it is part of something that cannot move.
        let isRepeatable =
            request.isRepeatable && server.pointee.transaction.isIdle
            && (isFirst || server.pointee.flags.contains(.isRepeatable))
        server.pointee.flags.insert(.hasRequests)
        if isRepeatable { server.pointee.flags.insert(.isRepeatable) } else { stopKeeping(serverIndex) }
        if request.mayCommit { server.pointee.flags.insert(.mayHaveCommitted) }
    }

    /// What is under way on a server cannot be asked again from now on.
    @inline(__always)
    mutating func stopKeeping(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        server.pointee.flags.remove(.isRepeatable)
        server.pointee.requests.removeAll()
    }

    /// Keeps a message that was sent on, as the client wrote it.
    @inline(__always)
    mutating func keep(_ message: ClientMessage, on serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.pointee.flags.contains(.isRepeatable) else { return }
        guard message.isWhole, server.pointee.requests.count + message.total <= Limits.keptRequestsMax else {
            return stopKeeping(serverIndex)
        }
        server.pointee.requests.append(message.start, message.total, &buffers)
    }

    /// The answer to the first request has gone to the client in full.
    @inline(__always)
    mutating func requestAnswered(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        if server.pointee.client >= 0 { clients[server.pointee.client].pointee.repeats = 0 }
        if server.pointee.replies.isEmpty {
            server.pointee.flags.subtract(.requestFlags)
            server.pointee.requests.removeAll()
        } else {
            dropFirstRequest(serverIndex)
        }
    }

    private mutating func dropFirstRequest(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        server.pointee.flags.remove(.hasAnswered)
        guard server.pointee.flags.contains(.isRepeatable) else { return }
        // What is behind it runs inside of the block that it has opened.
        guard server.pointee.transaction.isIdle, let start = server.pointee.requests.start else {
            return stopKeeping(serverIndex)
        }
        let bytes = UnsafeRawPointer(start)
        var offset = 0
        while server.pointee.requests.count - offset >= 5 {
            let tag = bytes.load(fromByteOffset: offset, as: UInt8.self)
            offset += Int(bytes.bigEndianUInt32(at: offset + 1)) + 1
            if tag == FrontendTag.query || tag == FrontendTag.sync { break }
        }
        server.pointee.requests.consume(min(offset, server.pointee.requests.count), &buffers)
    }

    /// The client's unnamed statement changes while something is under way that used the one before.
    @inline(__always)
    mutating func unnamedChanges(_ serverIndex: Int32) {
        if servers[serverIndex].pointee.flags.contains(.usesOldUnnamed) { stopKeeping(serverIndex) }
    }

    /// Whether everything that is under way on a server may be asked again elsewhere.
    func mayRepeat(_ serverIndex: Int32) -> Bool {
        let server = servers[serverIndex]
        guard server.pointee.flags.contains(.isRepeatable),
            server.pointee.flags.isDisjoint(with: [.hasAnswered, .wasCanceled]),
            server.pointee.state == .linked, server.pointee.transaction.isIdle, server.pointee.client >= 0,
            server.pointee.bodyRemaining == 0, !server.pointee.requests.isEmpty
        else { return false }
        let client = clients[server.pointee.client]
        return client.pointee.state == .ready && client.pointee.bodyRemaining == 0
            && client.pointee.repeats < Limits.repeatsMax
            && client.pointee.server == serverIndex
            && client.pointee.flags.isDisjoint(with: [.isPinned, .isCopyingIn, .isLocalGroup])
    }

    /// Gives the client its requests back, as if it had just sent them.
    mutating func takeBack(_ index: Int32, from serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        forgetKeptNames(of: index, on: serverIndex)
        if let start = server.pointee.requests.start {
            client.pointee.inbound.prepend(start, server.pointee.requests.count, &buffers)
        }
        server.pointee.flags.subtract(.requestFlags)
        server.pointee.requests.removeAll()
        client.pointee.flags.subtract([.isGroupOpen, .hasPortal, .isReadGroup, .parsedUnnamed, .skipsToSync])
        client.pointee.wait = .none
        client.pointee.deadline = 0
        client.pointee.repeats += 1
        makeRunnable(index)
    }

    /// The Parse messages come again, also those that the server has answered in front of what it did not finish.
    private mutating func forgetKeptNames(of index: Int32, on serverIndex: Int32) {
        clients[index].pointee.statements?.forgetUnanswered()
        let requests = servers[serverIndex].pointee.requests
        guard let start = requests.start.map({ UnsafeRawPointer($0) }), let names = clients[index].pointee.statements
        else { return }
        var offset = 0
        while requests.count - offset >= 5 {
            let length = Int(start.bigEndianUInt32(at: offset + 1))
            let body = UnsafeRawBufferPointer(start: start + offset + 5, count: length - 4)
            if start.load(fromByteOffset: offset, as: UInt8.self) == FrontendTag.parse,
                let name = ParseFields(body)?.name, !name.isEmpty, let entry = names.remove(name)
            {
                statements.release(entry.statement)
            }
            offset += 1 + length
        }
    }

    /// Whether an error is the node's own affair, which the client need not hear of: its read is asked of the primary.
    ///
    /// On a standby, replaying the primary's changes ends queries that stand in the way (40001), an administrator
    /// cancels them (57014 that nobody here asked for; a timeout is the client's own wish), and a function that writes
    /// in spite of its name is refused (25006).
    func isForPrimary(_ error: ErrorResponse, from serverIndex: Int32) -> Bool {
        let server = servers[serverIndex]
        guard nodes.primary >= 0, Int16(server.pointee.node.rawValue) != nodes.primary, mayRepeat(serverIndex) else {
            return false
        }
        switch error.sqlState {
        case SQLState.serializationFailure.description, SQLState.readOnlyTransaction.description: break
        case SQLState.queryCanceled.description:
            guard error.message == "canceling statement due to user request" else { return false }
        default: return false
        }
        return hasOneRequest(serverIndex)
    }

    /// A prepared statement whose tables have changed since is refused on this server for as long as it is there: it is
    /// closed and parsed again before anybody uses it. A client that prepares it only now would not know what is wrong.
    /// - Returns: whether the request is asked again.
    mutating func noteOutdated(_ error: ErrorResponse, from serverIndex: Int32) -> Bool {
        let server = servers[serverIndex]
        guard error.sqlState == SQLState.featureNotSupported.description, let reply = server.pointee.replies.first
        else { return false }
        switch reply.kind {
        case .bind, .describeStatement: break
        case .query, .inspection, .functionCall, .parse, .close, .describePortal, .execute, .sync, .copyEnd,
            .localParseComplete, .localCloseComplete:
            return false
        }
        if reply.statement == 0 {
            server.pointee.unnamedOwner = 0
        } else {
            server.pointee.statements.markOutdated(reply.statement)
        }
        return mayRepeat(serverIndex) && hasOneRequest(serverIndex)
    }

    /// With more behind it, the answers would change their order.
    private func hasOneRequest(_ serverIndex: Int32) -> Bool {
        let replies = servers[serverIndex].pointee.replies
        return (0..<replies.count).count { replies[$0].endsWithReady } == 1
    }

    /// The read that the server did not finish is asked again.
    mutating func repeatLater(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        let index = server.pointee.client
        server.pointee.flags.remove(.isToRepeat)
        guard index >= 0 else { return }
        takeBack(index, from: serverIndex)
        guard poolsTransactions else {
            clients[index].pointee.server = -1
            return
        }
        unlink(index, serverIndex)
        park(serverIndex)
    }
}
