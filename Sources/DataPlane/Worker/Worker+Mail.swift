import Kernel
import ProxyCore
import Wire

/// What other threads ask of this worker.
extension Worker {
    mutating func takeMail() {
        for message in mailbox.takeAll() {
            switch message {
            case .topology(let topology): adopt(topology)
            case .settings(let settings): adopt(settings)
            case .adminReply(let session, let reply): takeAdminReply(session, reply)
            case .cancel(let order): cancel(order)
            case .cancelDone(let bearer): releaseBearer(bearer)
            case .placeFreed: fillPlaces()
            case .wantServer(let key, let worker): giveServer(key, to: worker)
            case .evictIdleServer(let scope): evictIdleServer(scope)
            case .renewServers: renewServers()
            case .asksSequences(let name):
                if let identity = identityByName[name] { identities[identity].pointee.asksSequences = true }
            case .catalog(let database): catalogChanged(database)
            case .adopt(let travelling): adopt(travelling)
            case .retryWaiters: soonSweep()
            case .stop(let mode): stop(mode)
            case .describeSessions(let collector): describeSessions(to: collector)
            case .countOpenTransactions(let node, let collector): collector.add(openTransactions(on: node))
            }
        }
    }

    /// Another cluster from the next statement on.
    private mutating func adopt(_ topology: Topology) {
        let hadPrimary = nodes.primary
        self.topology = topology
        nodes.adopt(topology.snapshot)
        for index in 0..<Int32(servers.capacity) {
            let server = servers[index]
            guard server.pointee.state != .free else { continue }
            if nodes[server.pointee.node.rawValue].pointee.isUsable { continue }
            // Nothing more may be written to what was the primary, from the moment on that another one may be promoted.
            if Int16(server.pointee.node.rawValue) == hadPrimary, server.pointee.state == .linked {
                endWork(index, reason: "the node is taken out of use")
            } else {
                doom(index)
            }
        }
        if hadPrimary >= 0, hadPrimary != nodes.primary { leavePrimary(hadPrimary) }
        retryWaitingForNode()
        requeueWaitersOfUnusableNodes()
    }

    /// A server of a node that is no longer used: closed now, or when what is under way there is over.
    private mutating func doom(_ index: Int32) {
        let server = servers[index]
        switch server.pointee.state {
        case .free: return
        case .idle: closeServer(index)
        case .resetting: endCleaning(index)
        case .connecting: connectFailed(index, reason: "the node is down")
        case .authenticating: serverLost(index, reason: "the node is down")
        case .replicating: cutReplication(index)
        case .linked:
            if mayRepeat(index) { return serverLost(index, reason: "the node is down") }
            if server.pointee.flags.contains(.isDoomed) && server.pointee.deadline != .max { return }
            server.pointee.flags.insert(.isDoomed)
            server.pointee.deadline = now + Limits.doomedServerGrace
            soonSweep()
            guard server.isIdleInside, server.pointee.client >= 0 else { return }
            let client = clients[server.pointee.client]
            if client.pointee.flags.isDisjoint(with: [.isPinned, .isGroupOpen]) {
                unlink(server.pointee.client, index)
                closeServer(index)
            }
        }
    }

    /// A server logged in as a role, or to a database, that may have been altered, dropped or made anew since. Idle
    /// ones would keep DROP DATABASE from its work, too.
    mutating func renewServers() {
        for index in 0..<Int32(servers.capacity) {
            let server = servers[index]
            switch server.pointee.state {
            case .free, .connecting, .authenticating, .replicating: continue
            case .idle:
                sendTerminate(index)
                closeServer(index)
            case .linked, .resetting:
                if server.pointee.flags.insert(.isDoomed).inserted { server.pointee.deadline = .max }
            }
        }
        for identity in identityByName.values {
            identities[identity].pointee.forgetWelcomes()
            identities[identity].pointee.learnedPassword = nil
        }
    }

    /// Sessions that idle on what was the primary go on with the new one. What is under way there, or held there by
    /// state of the session, ends: it could write to a node that is not the primary any more.
    private mutating func leavePrimary(_ former: Int16) {
        for index in 0..<Int32(servers.capacity) {
            let server = servers[index]
            guard Int16(server.pointee.node.rawValue) == former else { continue }
            if server.pointee.state == .resetting {
                endCleaning(index)
                continue
            }
            if server.pointee.state == .replicating {
                cutReplication(index)
                continue
            }
            guard server.pointee.state == .linked, server.pointee.client >= 0 else { continue }
            let client = clients[server.pointee.client]
            guard server.isIdleInside, client.pointee.flags.isDisjoint(with: [.isPinned, .isGroupOpen]) else {
                endWork(index, reason: "node \(former) is no longer the primary")
                continue
            }
            guard client.pointee.server == index else { continue }
            if poolsTransactions {
                let owner = server.pointee.client
                unlink(owner, index)
                park(index)
                makeRunnable(owner)
            } else {
                client.pointee.server = -1
            }
        }
    }

    /// Ends what is under way on a node that must not be written to any more. The server would finish the statement for
    /// nobody, and commit it: it learns that its client is gone when it sends the answer.
    private mutating func endWork(_ index: Int32, reason: String) {
        cancelWork(index)
        serverLost(index, reason: reason)
    }

    /// The same for a server that is being cleaned, or whose client has left it to run on alone.
    private mutating func endCleaning(_ index: Int32) {
        cancelWork(index)
        closeServer(index)
    }

    private mutating func cancelWork(_ index: Int32) {
        let server = servers[index]
        guard !server.pointee.replies.isEmpty, server.pointee.cancelKey.count >= 4 else { return }
        sendCancel(forServer: index)
        // The cancel ends one statement. What the client sent behind it is in the server's hands: after a reset the
        // server cannot send the first error, and ends before it takes the next message.
        Socket.resetOnClose(server.pointee.descriptor)
    }

    private mutating func requeueWaitersOfUnusableNodes() {
        for pool in poolByKey.values where !nodes[pools[pool].pointee.node.rawValue].pointee.takesStatements {
            while pools[pool].pointee.firstWaiting >= 0 {
                let index = pools[pool].pointee.firstWaiting
                leavePoolQueue(index)
                waitForNode(index)
            }
        }
        retryWaitingForNode()
    }

    private mutating func adopt(_ settings: DataPlaneSettings) {
        let secretsChanged = settings.secrets != self.settings.secrets
        let isSmaller =
            settings.poolSize + settings.reserveSize < self.settings.poolSize + self.settings.reserveSize
        self.settings = settings
        watchStatements()
        if isSmaller { shrinkPools() }
        guard secretsChanged else { return }
        forgetRefusals()
        for identity in identityByName.values {
            identities[identity].pointee.verifier = nil
            identities[identity].pointee.learnedPassword = nil
        }
    }

    /// A worker whose clients wait for a server of a full pool asks for one.
    private mutating func giveServer(_ key: PoolKey, to worker: Int) {
        guard let pool = poolByKey[key] else { return }
        let isKnown = wanters[key]?.contains { $0.worker == worker } ?? false
        if !isKnown { wanters[key, default: []].append(Wanter(worker: worker, since: now)) }
        guard pools[pool].pointee.waitingCount == 0, let server = takeIdle(pool) else { return }
        park(server)
    }

    private mutating func stop(_ mode: StopMode) {
        stopMode = mode
        if !listenersArePaused { for listener in listeners { epoll.remove(listener) } }
        for listener in listeners { Listener.refuse(listener) }
        listenersArePaused = true
        if mode != .smart {
            let error = Self.stopped
            for index in 0..<Int32(clients.capacity) where clients[index].isOpen {
                if clients[index].pointee.state == .ready { sendToClient(index, error.bytes) }
            }
            isFinished = true
        }
        finishIfLast()
    }

    private mutating func describeSessions(to collector: WorkerCollector<[SessionView]>) {
        var sessions: [SessionView] = []
        for index in 0..<Int32(clients.capacity) where clients[index].isOpen {
            if let session = sessionView(index) { sessions.append(session) }
        }
        collector.add(sessions)
    }

    private func openTransactions(on node: NodeID) -> Int {
        (0..<Int32(servers.capacity)).count { index in
            let server = servers[index]
            guard server.pointee.node == node else { return false }
            switch server.pointee.state {
            case .linked:
                // Behind a Flush everything is answered, and still open.
                let client = server.pointee.client
                let isOpen = client >= 0 && clients[client].pointee.server == index && isInRequest(client)
                return isOpen || !server.isIdleInside || !server.pointee.outbound.isEmpty
            case .resetting: return !server.pointee.replies.isEmpty
            // What streams never ends by itself.
            case .free, .connecting, .authenticating, .idle, .replicating: return false
            }
        }
    }

    /// A client in the middle of a message or of a group of messages.
    private func isInRequest(_ index: Int32) -> Bool {
        let client = clients[index]
        return client.pointee.bodyRemaining > 0 || !client.pointee.flags.isDisjoint(with: [.isGroupOpen, .isCopyingIn])
    }

    private func sessionView(_ index: Int32) -> SessionView? {
        let client = clients[index]
        guard client.pointee.identity >= 0 else { return nil }
        let identity = identities[client.pointee.identity]
        let server = client.pointee.server
        let state: SessionState
        if client.pointee.state == .replicating {
            state = server >= 0 && servers[server].pointee.flags.contains(.hasRequests) ? .active : .idle
        } else if client.pointee.state != .ready {
            state = .connecting
        } else if client.pointee.wait != .none {
            state = .active
        } else if server >= 0 && !servers[server].pointee.replies.isEmpty {
            state = .active
        } else {
            state = server >= 0 && !servers[server].pointee.transaction.isIdle ? .idleInTransaction : .idle
        }
        let chosen = client.pointee.loadBalanceNode
        var held: [SessionServer] = []
        if server >= 0 { held.append(sessionServer(server)) }
        var next = client.pointee.firstHeld
        while next >= 0 {
            if next != server { held.append(sessionServer(next)) }
            next = servers[next].pointee.nextHeld
        }
        let idleTime = state == .idle ? now - min(now, client.pointee.lastActivity) : 0
        return SessionView(
            worker: id, session: ClientReference(index: index, generation: client.pointee.generation).rawValue,
            processID: processID(ofClient: index), database: identity.pointee.database,
            user: identity.pointee.user, startedAt: client.pointee.connectedAt, state: state,
            idleSeconds: Int64(idleTime / 1_000_000_000), loadBalanceNode: chosen == 255 ? nil : NodeID(chosen),
            servers: held, pin: pin(ofClient: index))
    }

    private func pin(ofClient index: Int32) -> SessionPin? {
        let client = clients[index]
        guard client.pointee.flags.contains(.isPinned), let session = client.pointee.followed else { return nil }
        return SessionPin(reasons: client.pointee.pins, since: session.pinnedAt, count: session.pinCount)
    }

    private func sessionServer(_ index: Int32) -> SessionServer {
        let server = servers[index]
        return SessionServer(
            node: server.pointee.node, backendPID: server.pointee.processID,
            connectedAt: server.pointee.startedAt, useCount: server.pointee.leases, isAttached: true)
    }
}
