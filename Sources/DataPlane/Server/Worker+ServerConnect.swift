import Kernel
import ProxyCore
import Wire

/// New server connections.
extension Worker {
    /// Starts a connection for a pool, within the limits of the pool and the node.
    /// - Parameter evicts: an idle server of another pool makes room where there is none.
    /// - Returns: whether one is under way.
    @discardableResult
    mutating func connectServer(_ pool: Int32, login: ServerLogin, evicts: Bool = true) -> Bool {
        let (key, node) = (pools[pool].pointee.key, pools[pool].pointee.node)
        guard now >= connectShortage.retryAt, let permits = pools[pool].pointee.permits else {
            giveUpClaims(pool)
            return false
        }
        let shortage = permits.take(poolLimit: poolLimit(pool), claims: pools[pool].pointee.claims, settings)
        if let shortage {
            claimPlace(pool, shortage)
            let scope = EvictionScope(key, shortage, isDue: permits.mayClaim(shortage, settings))
            return evicts && scope.map { evict($0) } ?? false
        }
        giveUpClaims(pool)
        let index = servers.take { ServerConnection() }
        let server = servers[index]
        let generation = server.pointee.generation &+ 1
        let replies = server.pointee.replies
        server.pointee = ServerConnection(replies: replies)
        server.pointee.generation = generation
        server.pointee.state = .connecting
        server.pointee.node = node
        server.pointee.pool = pool
        server.pointee.primaryTerm = nodes.primaryTerm
        server.pointee.login = login
        server.pointee.connectedAt = now
        server.pointee.lifetimeEnd = lifetimeEnd()
        server.pointee.startedAt = Clock.wallSeconds()
        server.pointee.deadline = settings.connectTimeout == 0 ? .max : now + settings.connectTimeout
        pools[pool].pointee.total += 1
        pools[pool].pointee.connecting += 1
        soonSweep()
        if let replication = login.replication { attach(index, to: replication.client) }
        return tryAddress(index)
    }

    /// Tries the node's addresses from the current one on.
    private mutating func tryAddress(_ index: Int32) -> Bool {
        let server = servers[index]
        let addresses = topology.addresses[server.pointee.node.rawValue] ?? []
        var reason = "its name cannot be resolved"
        while server.pointee.addressIndex < addresses.count {
            switch Socket.connect(to: addresses[server.pointee.addressIndex]) {
            case .success(let connection):
                server.pointee.descriptor = connection.descriptor
                Socket.tune(connection.descriptor)
                let token = EventToken(kind: .server, slot: UInt32(index), generation: server.pointee.generation)
                let interest: Interest = connection.isDone ? .read : .write
                do { try epoll.add(connection.descriptor, interest, token) } catch {
                    return postpone(index, because: error)
                }
                if connection.isDone { beginServerLogin(index) }
                return true
            case .failure(let error) where error.isShortage: return postpone(index, because: error)
            case .failure(let error):
                reason = "\(error)"
                server.pointee.addressIndex += 1
            }
        }
        connectFailed(index, reason: reason)
        return false
    }

    /// This process, and not the node, is short of something: whoever waits goes on waiting.
    private mutating func postpone(_ index: Int32, because error: Errno) -> Bool {
        if connectShortage.begin(now) { log(.warning, "servers are not connected to for a moment: \(error)") }
        let pool = servers[index].pointee.pool
        let reference = servers[index].pointee.login?.onBehalfOf
        closeServer(index)
        if let reference { passwordUndecided(reference, "\(error)") }
        identities[pools[pool].pointee.identity].pointee.isScouting = false
        soonSweep()
        return false
    }

    mutating func serverEvent(_ index: Int32, _ readiness: Readiness) {
        let server = servers[index]
        if server.pointee.state == .connecting { return finishConnecting(index) }
        let generation = server.pointee.generation
        if readiness.isWritable && server.pointee.flags.contains(.isWriteArmed) {
            flushServer(index)
            guard server.pointee.generation == generation, server.pointee.state != .free else { return }
        }
        if readiness.isReadable { readServer(index, isGone: readiness.isPeerClosed) }
    }

    private mutating func finishConnecting(_ index: Int32) {
        let server = servers[index]
        guard let error = Socket.connectionError(server.pointee.descriptor) else {
            server.pointee.state = .authenticating
            let generation = server.pointee.generation
            watchServer(index)
            if server.pointee.generation == generation { beginServerLogin(index) }
            return
        }
        Socket.close(server.pointee.descriptor)
        server.pointee.descriptor = -1
        server.pointee.addressIndex += 1
        let addresses = topology.addresses[server.pointee.node.rawValue] ?? []
        if server.pointee.addressIndex < addresses.count {
            _ = tryAddress(index)
        } else {
            connectFailed(index, reason: "\(error)")
        }
    }

    private mutating func beginServerLogin(_ index: Int32) {
        let server = servers[index]
        let identity = identities[pools[server.pointee.pool].pointee.identity]
        server.pointee.state = .authenticating
        server.pointee.deadline =
            settings.serverLoginTimeout == 0 ? .max : now + settings.serverLoginTimeout
        // No parameter of a client goes along: what it asks for is applied once it is authenticated (CVE-2025-12819).
        // The server of a replication client is connected behind that, and is nobody else's.
        let packet =
            server.pointee.login?.replication?.packet
            ?? StartupPacket(user: identity.pointee.user, database: identity.pointee.database)
        sendToServer(index, packet.bytes)
    }

    /// The node did not take the connection: reads go elsewhere for a moment, and the control plane has a look.
    mutating func connectFailed(_ index: Int32, reason: String) {
        let server = servers[index]
        let (node, pool) = (server.pointee.node, server.pointee.pool)
        let entry = nodes[node.rawValue]
        // A suspicion may have another reason, one that nobody was told.
        if now - min(now, entry.pointee.failureToldAt) >= Self.suspicion {
            entry.pointee.failureToldAt = now
            shared.report(.nodeFailed(node, reason: "connecting failed: \(reason)"))
        }
        entry.pointee.mark(unreachableUntil: now + Self.suspicion)
        let login = server.pointee.login
        closeServer(index)
        if let reference = login?.onBehalfOf { passwordUndecided(reference, reason) }
        identities[pools[pool].pointee.identity].pointee.isScouting = false
        replaceWaiters(of: pool)
        soonSweep()
    }

    /// How long a node that refused a connection is passed over by reads.
    static var suspicion: UInt64 { 1_000_000_000 }

    /// Makes room for another server. The permit is there at the next attempt, a moment later.
    /// - Returns: false.
    private mutating func evict(_ scope: EvictionScope) -> Bool {
        if !evictIdleServer(scope) { shared.post(.evictIdleServer(scope), except: id) }
        return false
    }

    /// Closes an idle server, whatever pool it is in, so that another pool gets its permit. Of a pool with no more than
    /// its share one goes only if there is no other, and to a pool that has its own share only after a while: its next
    /// statement may come in a moment.
    /// - Returns: whether there was one.
    @discardableResult
    mutating func evictIdleServer(_ scope: EvictionScope) -> Bool {
        var (oldest, oldestOfShare) = (Int32(-1), Int32(-1))
        for index in 0..<Int32(servers.capacity) {
            let server = servers[index]
            guard server.pointee.state == .idle else { continue }
            let pool = pools[server.pointee.pool]
            guard scope.covers(pool.pointee.key) else { continue }
            if pool.pointee.permits?.exceedsShare(of: scope.shortage, settings) == true {
                if isOlder(index, than: oldest) { oldest = index }
            } else if scope.isDue || now - min(now, server.pointee.idleSince) >= Self.claimPause {
                if isOlder(index, than: oldestOfShare) { oldestOfShare = index }
            }
        }
        let chosen = oldest >= 0 ? oldest : oldestOfShare
        guard chosen >= 0 else { return false }
        sendTerminate(chosen)
        closeServer(chosen)
        return true
    }

    private func isOlder(_ index: Int32, than other: Int32) -> Bool {
        other < 0 || servers[index].pointee.idleSince < servers[other].pointee.idleSince
    }

    /// Tells a server politely that its session is over, as libpq does.
    mutating func sendTerminate(_ index: Int32) {
        let bytes: [UInt8] = [FrontendTag.terminate, 0, 0, 0, 4]
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress {
                _ = Socket.send(servers[index].pointee.descriptor, base, count: raw.count)
            }
        }
    }
}
