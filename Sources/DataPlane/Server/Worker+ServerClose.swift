import Kernel
import ProxyCore
import Wire

/// How server connections end, and what their clients are told.
extension Worker {
    /// Closes a server and gives its permits back. Its client, if any, has been dealt with.
    mutating func closeServer(_ index: Int32) {
        let server = servers[index]
        guard server.pointee.state != .free else { return }
        if server.pointee.descriptor >= 0 { Socket.close(server.pointee.descriptor) }
        forget(index, keepsPermits: false)
    }

    /// Frees the place of a server whose socket is closed or has moved on.
    mutating func forget(_ index: Int32, keepsPermits: Bool) {
        let server = servers[index]
        let pool = server.pointee.pool
        if server.pointee.state == .idle && isOnIdleStack(index) { unlinkIdle(index) }
        if server.pointee.client >= 0 { unlink(server.pointee.client, index) }
        dismissWaitingCancel(index)
        if server.pointee.state == .connecting || server.pointee.state == .authenticating {
            pools[pool].pointee.connecting -= 1
        }
        pools[pool].pointee.total -= 1
        server.pointee.inbound.clear(&buffers)
        server.pointee.outbound.clear(&buffers)
        server.pointee.requests.clear(&buffers)
        server.pointee.replies.removeAll()
        releaseParameters(server.pointee.applied)
        let (replies, generation) = (server.pointee.replies, server.pointee.generation)
        server.pointee = ServerConnection(replies: replies)
        server.pointee.generation = generation &+ 1
        servers.give(index)
        if keepsPermits { return }
        guard let permits = pools[pool].pointee.permits else { return }
        permits.give()
        if permits.isWanted || shared.claims.count > 0 { shared.post(.retryWaiters, except: id) }
        if pools[pool].pointee.waitingCount > 0 || shared.claims.count > 0 { soonSweep() }
    }

    private func isOnIdleStack(_ index: Int32) -> Bool {
        let server = servers[index]
        return server.pointee.previousIdle >= 0 || pools[server.pointee.pool].pointee.firstIdle == index
    }

    func closeTraveller(_ travelling: TravellingServer) { Socket.close(travelling.descriptor) }

    /// The connection broke, or the server ended it.
    mutating func serverLost(_ index: Int32, reason: String) {
        let server = servers[index]
        let (node, state, fatal) = (server.pointee.node, server.pointee.state, server.pointee.fatal)
        switch state {
        case .free: return
        case .connecting: return connectFailed(index, reason: reason)
        case .authenticating:
            shared.report(.nodeFailed(node, reason: "the login failed: \(reason)"))
            nodes[node.rawValue].pointee.mark(unreachableUntil: now + Self.suspicion)
            let pool = server.pointee.pool
            let login = server.pointee.login
            closeServer(index)
            identities[pools[pool].pointee.identity].pointee.isScouting = false
            if let reference = login?.onBehalfOf { passwordUndecided(reference, reason) }
            return replaceWaiters(of: pool)
        case .idle, .resetting:
            suspect(node, after: fatal)
            closeServer(index)
        case .linked:
            suspect(node, after: fatal)
            loseLinked(index, fatal, reason)
        case .replicating:
            if endReplication(index) { return }
        }
        if fatal == nil { shared.report(.nodeFailed(node, reason: reason)) }
    }

    /// Reads go elsewhere for a moment: where one connection broke, the next may.
    private mutating func suspect(_ node: NodeID, after fatal: ErrorResponse?) {
        let isShutdown = fatal.map { $0.sqlState.hasPrefix("57P") } ?? true
        if isShutdown { forgetReplay(of: node) }
        if isShutdown { nodes[node.rawValue].pointee.suspectUntil = now + Self.suspicion }
    }

    /// Tells the client of a lost server what became of its statements, and lets it go on where that is honest.
    private mutating func loseLinked(_ index: Int32, _ fatal: ErrorResponse?, _ reason: String) {
        let server = servers[index]
        let clientIndex = server.pointee.client
        guard clientIndex >= 0 else { return closeServer(index) }
        let client = clients[clientIndex]
        let isCurrent = client.pointee.server == index
        let isMidMessage = server.pointee.bodyRemaining > 0 && !server.pointee.flags.contains(.discardsBody)
        let isPinned = client.pointee.flags.contains(.isPinned)
        let owed = owedAnswers(index)
        let wasInTransaction = !server.pointee.transaction.isIdle
        let node = server.pointee.node
        if mayRepeat(index) {
            takeBack(clientIndex, from: index)
            if fatal?.sqlState == SQLState.serializationFailure.description {
                client.pointee.flags.insert(.needsPrimary)
            }
            return closeServer(index)
        }
        let isUncertain = server.pointee.flags.contains(.mayHaveCommitted) && !owed.isEmpty
        if isUncertain, server.pointee.flags.contains(.mayHaveWritten) {
            // The server may still be at it.
            noteWrite(of: clientIndex, patience: 1_000_000_000)
        }
        closeServer(index)
        guard isCurrent else { return }
        client.pointee.flags.subtract([.isCopyingIn, .isDiscarding, .isResetting])
        if client.pointee.state == .waitingWelcome { return acquireForWelcome(clientIndex) }
        if isMidMessage {
            log(.error, "\(describe(clientIndex)): DB node \(node) was lost in the middle of a result")
            return closeClient(clientIndex)
        }
        // The client has broken the protocol, and PostgreSQL would have ended its connection.
        if let fatal, fatal.sqlState == SQLState.protocolViolation.description { return refuse(clientIndex, fatal) }
        let error = lossError(node, fatal, reason, isUncertain: isUncertain, wasInTransaction: wasInTransaction)
        if isPinned {
            var last = error
            last.severity = ErrorResponse.Severity.fatal.rawValue
            last.hint = "The session held state on that server. Connect again."
            return refuse(clientIndex, last)
        }
        if client.pointee.bodyRemaining > 0 { client.pointee.flags.insert(.discardsBody) }
        if client.pointee.flags.remove(.owesReady) != nil {
            sendToClient(clientIndex, BackendMessage.readyForQuery(.idle))
        }
        for answer in owed {
            sendToClient(clientIndex, error.bytes)
            switch answer {
            case .ready: sendToClient(clientIndex, BackendMessage.readyForQuery(.idle))
            case .openGroup:
                client.pointee.flags.insert(.skipsToSync)
            }
        }
        if owed.isEmpty && wasInTransaction { client.pointee.flags.insert(.hasLostTransaction) }
        if !client.pointee.flags.contains(.skipsToSync) { client.pointee.flags.remove(.isGroupOpen) }
        if client.pointee.wait == .drain { client.pointee.wait = .none }
        makeRunnable(clientIndex)
    }

    private enum OwedAnswer {
        case ready
        case openGroup
    }

    /// What the client still waits for: an error for each statement or group, and where its end is known, a
    /// ReadyForQuery.
    private func owedAnswers(_ index: Int32) -> [OwedAnswer] {
        let replies = servers[index].pointee.replies
        var owed: [OwedAnswer] = []
        var hasOpenEntries = false
        for offset in 0..<replies.count {
            let reply = replies[offset]
            switch reply.kind {
            case .query, .inspection, .functionCall:
                if !reply.isHidden { owed.append(.ready) }
            case .sync:
                if !reply.isHidden { owed.append(.ready) }
                hasOpenEntries = false
            case .parse, .bind, .close, .describeStatement, .describePortal, .execute, .localParseComplete,
                .localCloseComplete:
                hasOpenEntries = true
            case .copyEnd: break
            }
        }
        let client = servers[index].pointee.client
        if hasOpenEntries || (client >= 0 && clients[client].pointee.flags.contains(.isGroupOpen)) {
            owed.append(.openGroup)
        }
        return owed
    }

    /// What the client is told: above all, whether its work may have been done all the same.
    /// - Parameter isUncertain: a COMMIT, or a statement that commits by itself, was under way.
    private func lossError(
        _ node: NodeID, _ fatal: ErrorResponse?, _ reason: String, isUncertain: Bool, wasInTransaction: Bool
    ) -> ErrorResponse {
        let fate =
            isUncertain
            ? "and it is unknown whether the transaction was committed"
            : wasInTransaction ? "and the open transaction with it" : "before the answer was complete"
        var error = ErrorResponse(
            .error, isUncertain ? .transactionResolutionUnknown : .connectionFailure,
            "the connection to DB node \(node) was lost, \(fate)",
            detail: fatal.map { "The server said: \($0.message)" } ?? reason,
            hint: isUncertain
                ? "Look at the data before the work is repeated." : "Nothing of it took effect. Begin it again.")
        if let fatal, !isUncertain, SQLState(Array(fatal.sqlState.utf8)) != nil { error.sqlState = fatal.sqlState }
        return error
    }
}
