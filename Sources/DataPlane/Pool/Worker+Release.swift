import Kernel
import ProxyCore
import Wire

/// How a server goes back: to the first client that waits, on top of the idle stack, to another worker, or away.
extension Worker {
    /// Everything that was asked of the server is answered. Decides whether its client keeps it.
    mutating func serverSettled(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.pointee.replies.isEmpty, server.pointee.state == .linked, server.pointee.client >= 0,
            server.pointee.outbound.isEmpty
        else { return }
        if server.pointee.flags.contains(.isToRepeat) { return repeatLater(serverIndex) }
        let index = server.pointee.client
        let client = clients[index]
        if client.pointee.flags.contains(.owesReady) { finishReset(index, on: serverIndex) }
        if client.pointee.wait == .drain {
            client.pointee.wait = .none
            makeRunnable(index)
            // Asked again once it has taken up what it waited with.
            if client.pointee.flags.remove(.awaitsParameters) != nil { return }
        }
        guard client.pointee.server == serverIndex, server.pointee.transaction.isIdle else { return }
        if !client.pointee.flags.isDisjoint(with: [.isGroupOpen, .isCopyingIn]) { return }
        if client.pointee.bodyRemaining > 0 || server.pointee.flags.contains(.skipsToSync) { return }
        if client.pointee.flags.contains(.isPinned) {
            // A cancel request on its way must not hit the question, which would drop an unnamed statement, too.
            let isDue =
                client.pointee.flags.contains(.needsInspection) && server.pointee.cancelsInFlight == 0
                && !client.pointee.pins.contains(.longStatement)
            if isDue { inspect(index, on: serverIndex) }
            // There may have been nothing to ask.
            if client.pointee.flags.contains(.isPinned) || !server.pointee.replies.isEmpty { return }
        }
        if poolsTransactions || server.pointee.flags.contains(.isDoomed) {
            unlink(index, serverIndex)
            park(serverIndex)
        }
    }

    /// Takes a server from its client, which is not told.
    mutating func unlink(_ index: Int32, _ serverIndex: Int32) {
        let client = clients[index]
        if client.pointee.server == serverIndex { client.pointee.server = -1 }
        var link = client.pointee.firstHeld
        if link == serverIndex {
            client.pointee.firstHeld = servers[serverIndex].pointee.nextHeld
        } else {
            while link >= 0 {
                let next = servers[link].pointee.nextHeld
                if next == serverIndex { servers[link].pointee.nextHeld = servers[serverIndex].pointee.nextHeld }
                link = next
            }
        }
        servers[serverIndex].pointee.nextHeld = -1
        servers[serverIndex].pointee.client = -1
        // What it waited for may have been this server's socket.
        if client.pointee.flags.contains(.isReadPaused) { makeRunnable(index) }
    }

    /// A clean server without a client.
    mutating func park(_ index: Int32) {
        let server = servers[index]
        let pool = server.pointee.pool
        server.pointee.client = -1
        server.pointee.state = .idle
        server.pointee.idleSince = now
        server.pointee.flags.subtract(.requestFlags.union(.mayHaveWritten))
        server.pointee.flags.remove(.isWanted)
        if server.pointee.flags.contains(.isReadPaused) {
            server.pointee.flags.remove(.isReadPaused)
            watchServer(index)
        }
        if server.pointee.flags.contains(.isDoomed) || server.pointee.primaryTerm != nodes.primaryTerm {
            if isStale(index) {
                sendTerminate(index)
                return closeServer(index)
            }
            server.pointee.primaryTerm = nodes.primaryTerm
        }
        if now >= server.pointee.lifetimeEnd || (shared.claims.count > 0 && givesWay(index)) {
            sendTerminate(index)
            return closeServer(index)
        }
        // A cancel request on its way to this server must not hit its next client.
        if server.pointee.cancelsInFlight > 0 {
            server.pointee.state = .resetting
            server.pointee.deadline = resetDeadline
            return
        }
        let isWanted = pools[pool].pointee.permits?.isWanted ?? false
        if isWanted && isElsewheresTurn(pool) && handOver(index) {
            if pools[pool].pointee.waitingCount > 0 { connectForWaiters(pool) }
            return
        }
        let waiting = pools[pool].pointee.firstWaiting
        if waiting >= 0 {
            link(waiting, index)
            if clients[waiting].pointee.state == .ready { makeRunnable(waiting) }
            return
        }
        if isWanted && handOver(index) { return }
        putIdle(index, on: pools[pool])
    }

    /// Puts a server where the next client finds it, or where it is found last.
    @inline(__always)
    private mutating func putIdle(_ index: Int32, on pool: UnsafeMutablePointer<Pool>) {
        let server = servers[index]
        let isReserved = isReserved(index)
        let (previous, next) = isReserved ? (pool.pointee.lastIdle, -1) : (-1, pool.pointee.firstIdle)
        (server.pointee.previousIdle, server.pointee.nextIdle) = (previous, next)
        if next >= 0 { servers[next].pointee.previousIdle = index } else { pool.pointee.lastIdle = index }
        if previous >= 0 { servers[previous].pointee.nextIdle = index } else { pool.pointee.firstIdle = index }
        pool.pointee.idleCount += 1
    }

    /// Whether a server's node is no longer one to use, or no longer what it was when the connection was made.
    @inline(__always)
    func isStale(_ index: Int32) -> Bool {
        let server = servers[index]
        if server.pointee.flags.contains(.isDoomed) { return true }
        return !nodes[server.pointee.node.rawValue].pointee.isUsable
    }

    /// The client leaves, or loses its claim: each of its servers is cleaned for the next one, or closed.
    mutating func releaseServers(of index: Int32) {
        let client = clients[index]
        let current = client.pointee.server
        switch client.pointee.state {
        case .waitingReplication, .replicating: return leaveReplication(index)
        case .free, .startup, .waitingPlace, .waitingMethod, .authenticating, .waitingWelcome, .ready, .canceling,
            .closing:
            break
        }
        if current >= 0 {
            if isUnderWay(index, on: current) {
                recover(current, from: index)
            } else {
                unlink(index, current)
                retire(current, hasSessionState: client.pointee.flags.contains(.isPinned))
            }
        }
        while client.pointee.firstHeld >= 0 {
            let held = client.pointee.firstHeld
            unlink(index, held)
            retire(held, hasSessionState: true)
        }
        client.pointee.server = -1
    }

    /// Cleans a server on which nothing is under way for its next client.
    /// - Parameter hasSessionState: settings, temporary tables and the like may be left on it.
    mutating func retire(_ index: Int32, hasSessionState: Bool) {
        let server = servers[index]
        let isInFlight = !server.pointee.replies.isEmpty || !server.pointee.outbound.isEmpty
        if isInFlight || !isKept(index, hasSessionState: hasSessionState) {
            if !isInFlight { sendTerminate(index) }
            return closeServer(index)
        }
        server.pointee.state = .resetting
        if !server.pointee.transaction.isIdle { sendHiddenQuery(index, "ABORT") }
        if server.pointee.flags.remove(.refuses) != nil {
            // The last one leaves the first two alone.
            sendHiddenQuery(index, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL")
            releaseParameters(server.pointee.applied)
            server.pointee.applied = ParameterSets.none
        }
        if hasSessionState || !poolsTransactions {
            for query in settings.resetQueries { sendHiddenQuery(index, query) }
            // Another reset leaves our statements, and the parameters that we have set, where they are.
            if settings.resetQueries.contains(where: { $0.uppercased().hasPrefix("DISCARD ALL") }) {
                server.pointee.forgetStatements()
                releaseParameters(server.pointee.applied)
                server.pointee.applied = ParameterSets.none
            }
        }
        server.pointee.deadline = resetDeadline
        soonSweep()
        if server.pointee.replies.isEmpty { park(index) }
    }

    /// Whether a server is worth cleaning: another client may have it afterwards.
    func isKept(_ index: Int32, hasSessionState: Bool) -> Bool {
        let isSession = hasSessionState || !poolsTransactions
        return !isStale(index) && (!isSession || settings.cachesConnections)
    }

    /// When a server that is being cleaned counts as hanging.
    var resetDeadline: UInt64 { settings.serverLoginTimeout == 0 ? .max : now + settings.serverLoginTimeout }

    /// The reset queries are answered.
    mutating func resetFinished(_ index: Int32) {
        let server = servers[index]
        let hasFailed = server.pointee.hiddenFailure != nil || !server.pointee.transaction.isIdle
        if hasFailed { return closeServer(index) }
        park(index)
    }

    /// Clients of other workers have waited long enough for this worker's to step back: longer than any of its own.
    @inline(__always)
    private func isElsewheresTurn(_ pool: Int32) -> Bool {
        guard let wanter = wanters[pools[pool].pointee.key]?.first,
            now - min(now, wanter.since) >= Self.handOverPause
        else { return false }
        let own = pools[pool].pointee.firstWaiting
        return own < 0 || clients[own].pointee.lastActivity >= wanter.since
    }

    /// Long enough that a server serves many statements between two moves.
    private static var handOverPause: UInt64 { 2_000_000 }

    /// Moves an idle server to the worker that has waited longest for one.
    private mutating func handOver(_ index: Int32) -> Bool {
        let server = servers[index]
        let key = pools[server.pointee.pool].pointee.key
        guard var waiting = wanters[key], !waiting.isEmpty else { return false }
        let worker = waiting.removeFirst().worker
        wanters[key] = waiting.isEmpty ? nil : waiting
        server.pointee.statements.era = statements.era
        let travelling = TravellingServer(
            key: key, server: server.pointee, from: id,
            parameters: parameterSets.entries(server.pointee.applied))
        epoll.remove(server.pointee.descriptor)
        forget(index, keepsPermits: true)
        shared.mailboxes[worker].post(.adopt(travelling))
        return true
    }

    /// A server that comes from another worker.
    mutating func adopt(_ travelling: TravellingServer) {
        guard let pool = poolByKey[travelling.key] else {
            // Its clients have left meanwhile.
            let permits = shared.openPool(travelling.key)
            permits.give()
            shared.closePool(travelling.key)
            return closeTraveller(travelling)
        }
        let index = servers.take { ServerConnection() }
        let server = servers[index]
        let generation = server.pointee.generation &+ 1
        server.pointee = ServerConnection(replies: server.pointee.replies)
        server.pointee.generation = generation
        server.pointee.descriptor = travelling.descriptor
        server.pointee.node = travelling.key.node
        server.pointee.pool = pool
        server.pointee.processID = travelling.processID
        server.pointee.cancelKey = travelling.cancelKey
        server.pointee.primaryTerm = travelling.primaryTerm
        server.pointee.reported = travelling.reported
        server.pointee.statementsElsewhere = travelling.statements
        let own = server.pointee.statementsElsewhere.removeValue(forKey: id)
        if let own, own.era == statements.era { server.pointee.statements = own }
        // For a client of another worker: for nobody here.
        server.pointee.drewFor = travelling.hasDrawn ? .max : 0
        server.pointee.connectedAt = travelling.connectedAt
        server.pointee.lifetimeEnd = travelling.lifetimeEnd
        server.pointee.startedAt = travelling.startedAt
        server.pointee.applied = parameterSets.intern(travelling.parameters)
        pools[pool].pointee.total += 1
        let token = EventToken(kind: .server, slot: UInt32(index), generation: generation)
        do { try epoll.add(travelling.descriptor, .read, token) } catch { return closeServer(index) }
        setWanting(pool, false)
        park(index)
        if pools[pool].pointee.waitingCount > 0 { connectForWaiters(pool) }
    }
}
