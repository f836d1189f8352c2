import ProxyCore
import Wire

/// How a client gets a server: the one that was used last, else it waits in turn while one is connected.
extension Worker {
    mutating func pool(of identity: Int32, on node: NodeID) -> Int32 {
        let number = Int(node.rawValue)
        if number < identities[identity].pointee.pools.count {
            let known = identities[identity].pointee.pools[number]
            if known >= 0 { return known }
        }
        return openPool(of: identity, on: node)
    }

    /// The pool of a client's identity. Pools of an identity stay while it has clients.
    @inline(__always)
    private mutating func pool(ofClient index: Int32, on node: NodeID) -> Int32 {
        let client = clients[index]
        let last = client.pointee.lastPool
        if last >= 0, pools[last].pointee.node == node { return last }
        let pool = pool(of: client.pointee.identity, on: node)
        client.pointee.lastPool = pool
        return pool
    }

    private mutating func openPool(of identity: Int32, on node: NodeID) -> Int32 {
        let index = pools.take { Pool() }
        let key = PoolKey(node: node, name: identityName(identity))
        pools[index].pointee = Pool()
        pools[index].pointee.identity = identity
        pools[index].pointee.node = node
        pools[index].pointee.key = key
        pools[index].pointee.permits = shared.openPool(key)
        let missing = Int(node.rawValue) + 1 - identities[identity].pointee.pools.count
        if missing > 0 { identities[identity].pointee.pools += [Int32](repeating: -1, count: missing) }
        identities[identity].pointee.pools[Int(node.rawValue)] = index
        poolByKey[key] = index
        return index
    }

    /// Links the client with a server of a node now, or puts it into the pool's queue.
    /// - Returns: whether it is linked.
    @discardableResult
    mutating func acquire(_ index: Int32, node: NodeID) -> Bool {
        let client = clients[index]
        let pool = pool(ofClient: index, on: node)
        if pools[pool].pointee.firstWaiting < 0, let server = takeIdle(pool, for: index) {
            link(index, server)
            return true
        }
        if client.pointee.deadline == 0 || client.pointee.deadline == .max {
            client.pointee.deadline = settings.queryWaitTimeout == 0 ? .max : now + settings.queryWaitTimeout
        }
        joinPoolQueue(index, pool)
        connectForWaiters(pool)
        return false
    }

    /// Connects servers for the clients in the queue, in parallel, as far as the limits allow.
    mutating func connectForWaiters(_ pool: Int32) {
        let secret = secret(of: pools[pool].pointee.identity)
        let allowed = loginsAllowed(pool)
        if allowed == 0 && pools[pool].pointee.waitingCount > 0 {
            setWanting(pool, true)
            giveUpClaims(pool)
        }
        while pools[pool].pointee.connecting < min(allowed, pools[pool].pointee.waitingCount) {
            let before = pools[pool].pointee.waitingCount
            guard connectServer(pool, login: ServerLogin(secret: secret, onBehalfOf: nil)) else {
                // A refused connection has placed the waiters elsewhere; a full pool has not.
                if pools[pool].pointee.waitingCount == before && before > 0 { setWanting(pool, true) }
                break
            }
        }
        soonSweep()
    }

    /// Says to the other workers, or takes back, that clients here wait for a server of a full pool.
    mutating func setWanting(_ pool: Int32, _ isWanting: Bool) {
        guard pools[pool].pointee.isWanting != isWanting, let permits = pools[pool].pointee.permits else { return }
        pools[pool].pointee.isWanting = isWanting
        if isWanting {
            permits.pool.addWanting()
            shared.post(.wantServer(pools[pool].pointee.key, worker: id), except: id)
        } else {
            permits.pool.removeWanting()
        }
    }

    mutating func takeIdle(_ pool: Int32) -> Int32? {
        let index = pools[pool].pointee.firstIdle
        guard index >= 0 else { return nil }
        unlinkIdle(index)
        return index
    }

    mutating func unlinkIdle(_ index: Int32) {
        let server = servers[index]
        let pool = pools[server.pointee.pool]
        let (next, previous) = (server.pointee.nextIdle, server.pointee.previousIdle)
        if previous >= 0 { servers[previous].pointee.nextIdle = next } else { pool.pointee.firstIdle = next }
        if next >= 0 { servers[next].pointee.previousIdle = previous } else { pool.pointee.lastIdle = previous }
        (server.pointee.nextIdle, server.pointee.previousIdle) = (-1, -1)
        pool.pointee.idleCount -= 1
    }

    private mutating func joinPoolQueue(_ index: Int32, _ pool: Int32) {
        let client = clients[index]
        client.pointee.wait = .pool
        client.pointee.waitingPool = pool
        client.pointee.nextWaiting = -1
        client.pointee.previousWaiting = pools[pool].pointee.lastWaiting
        if pools[pool].pointee.lastWaiting >= 0 {
            clients[pools[pool].pointee.lastWaiting].pointee.nextWaiting = index
        } else {
            pools[pool].pointee.firstWaiting = index
        }
        pools[pool].pointee.lastWaiting = index
        pools[pool].pointee.waitingCount += 1
    }

    mutating func leavePoolQueue(_ index: Int32) {
        let client = clients[index]
        let pool = pools[client.pointee.waitingPool]
        let (next, previous) = (client.pointee.nextWaiting, client.pointee.previousWaiting)
        if previous >= 0 { clients[previous].pointee.nextWaiting = next } else { pool.pointee.firstWaiting = next }
        if next >= 0 { clients[next].pointee.previousWaiting = previous } else { pool.pointee.lastWaiting = previous }
        (client.pointee.nextWaiting, client.pointee.previousWaiting) = (-1, -1)
        pool.pointee.waitingCount -= 1
        if pool.pointee.waitingCount == 0 {
            setWanting(client.pointee.waitingPool, false)
            giveUpClaims(client.pointee.waitingPool)
        }
        client.pointee.waitingPool = -1
        client.pointee.wait = .none
    }

    /// Makes a server the client's own until it is released.
    mutating func link(_ index: Int32, _ serverIndex: Int32) {
        let client = clients[index]
        let server = servers[serverIndex]
        if client.pointee.wait == .pool { leavePoolQueue(index) }
        client.pointee.wait = .none
        if client.pointee.state == .ready {
            client.pointee.deadline = 0
            tellReloads(index, with: serverIndex)
        }
        client.pointee.server = serverIndex
        server.pointee.client = index
        server.pointee.state = .linked
        server.pointee.leases += 1
        if !poolsTransactions {
            server.pointee.nextHeld = client.pointee.firstHeld
            client.pointee.firstHeld = serverIndex
        }
        noteUse(of: server.pointee.node)
        applyParameters(index, serverIndex)
        if client.pointee.state == .waitingWelcome && server.pointee.replies.isEmpty {
            welcome(index, from: serverIndex)
            settling.append(ClientReference(index: serverIndex, generation: server.pointee.generation))
        }
    }

    @inline(__always)
    func noteUse(of id: NodeID) {
        let node = nodes[id.rawValue]
        if node.pointee.isUsed { return }
        node.pointee.isUsed = true
        shared.report(.nodeUsed(id))
    }

    /// Brings the server's session parameters to what the client asked for, in front of what it sends next. A block
    /// around it stays open and failed where the server refuses one of them, so that nothing of the client's is run
    /// with parameters that are not its own.
    mutating func applyParameters(_ index: Int32, _ serverIndex: Int32) {
        let client = clients[index]
        let server = servers[serverIndex]
        let wanted = client.pointee.parameters
        if server.pointee.applied == wanted { return }
        for sql in parameterSets.difference(from: server.pointee.applied, to: wanted) {
            sendHiddenQuery(serverIndex, "BEGIN; \(sql); COMMIT")
        }
        parameterSets.retain(wanted)
        releaseParameters(server.pointee.applied)
        server.pointee.applied = wanted
    }

    /// A query of our own; its answer is swallowed.
    mutating func sendHiddenQuery(
        _ serverIndex: Int32, _ sql: String, expecting reply: ExpectedReply = .hidden
    ) {
        var builder = MessageBuilder()
        builder.message(FrontendTag.query) { $0.append(string: sql) }
        sendToServer(serverIndex, builder.bytes)
        servers[serverIndex].pointee.replies.append(reply)
        servers[serverIndex].pointee.unnamedOwner = 0
    }

    /// The pool cannot serve its queue: the clients look for another node, or wait for one.
    mutating func replaceWaiters(of pool: Int32) {
        while pools[pool].pointee.firstWaiting >= 0, pools[pool].pointee.total == 0 {
            let index = pools[pool].pointee.firstWaiting
            leavePoolQueue(index)
            waitForNode(index)
        }
        connectLater(pool)
    }

    private mutating func connectLater(_ pool: Int32) {
        if pools[pool].pointee.waitingCount > 0 { soonSweep() }
    }

    /// No server will come: every client in the queue is told why.
    mutating func failWaiters(of pool: Int32, _ error: ErrorResponse) {
        while pools[pool].pointee.firstWaiting >= 0 {
            let index = pools[pool].pointee.firstWaiting
            leavePoolQueue(index)
            failWaiter(index, error)
        }
    }

    /// A client that waited in vain: during its login it is refused, afterwards only its statement fails.
    mutating func failWaiter(_ index: Int32, _ error: ErrorResponse) {
        let client = clients[index]
        var error = error
        if client.pointee.state == .ready {
            error.severity = ErrorResponse.Severity.error.rawValue
            failStatement(index, error)
        } else {
            error.severity = ErrorResponse.Severity.fatal.rawValue
            refuse(index, error)
        }
    }

    /// Until a node can take the client's statement.
    mutating func waitForNode(_ index: Int32) {
        let client = clients[index]
        // Told at the next sweep: here the client's messages may be half taken, and an answer would miss its place.
        if hasNoUsableNode { client.pointee.deadline = now }
        client.pointee.wait = .node
        let limit = settings.failoverHoldTimeout == 0 ? .max : now + settings.failoverHoldTimeout
        client.pointee.deadline = client.pointee.deadline == 0 ? limit : min(client.pointee.deadline, limit)
        waitingForNode.append(ClientReference(index: index, generation: client.pointee.generation))
        soonSweep()
    }

    var hasNoUsableNode: Bool { !nodes.ids.contains { nodes[$0].pointee.isUsable } }

    static var allNodesDown: ErrorResponse {
        ErrorResponse(
            .error, .cannotConnectNow, "all backend nodes are down, egret requires at least one valid node",
            hint: "Repair the backend nodes and attach them.")
    }

    /// Clients that wait for a node try again; those that still find none come back here.
    mutating func retryWaitingForNode() {
        let waiting = waitingForNode
        waitingForNode = []
        for reference in waiting {
            let client = clients[reference.index]
            guard client.pointee.generation == reference.generation, client.pointee.wait == .node else { continue }
            if client.pointee.state == .waitingWelcome {
                client.pointee.wait = .none
                acquireForWelcome(reference.index)
            } else {
                client.pointee.wait = .none
                makeRunnable(reference.index)
            }
        }
    }
}
