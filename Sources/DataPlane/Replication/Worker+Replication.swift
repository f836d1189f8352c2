import Kernel
import ProxyCore
import Wire

/// Replication connections: pg_basebackup, pg_receivewal, pg_recvlogical, standbys and subscribers.
///
/// Each has a server connection of its own to the primary, made with the client's startup parameters once the client
/// is authenticated. It counts among the servers of its pool and node, but nobody else ever gets it. Bytes pass as they
/// are (`Worker+Relay.swift`), no limit of idle or life time applies, and it ends when either side ends, or when the
/// node is no longer the primary.
extension Worker {
    /// The client has proven who it is.
    mutating func beginReplication(_ index: Int32) {
        let client = clients[index]
        client.pointee.state = .waitingReplication
        client.pointee.deadline = 0
        client.pointee.login?.seeksSince = now
        soonSweep()
        seekReplication(index)
    }

    /// Connects a server for a client that has none yet. Called again by each sweep until one has let it in.
    mutating func seekReplication(_ index: Int32) {
        let client = clients[index]
        guard client.pointee.state == .waitingReplication, client.pointee.server < 0, let login = client.pointee.login
        else { return }
        if hasNoUsableNode {
            var error = Self.allNodesDown
            error.severity = ErrorResponse.Severity.fatal.rawValue
            return refuse(index, error)
        }
        guard let node = replicationNode else { return waitForPrimary(index, since: login.seeksSince) }
        let pool = pool(of: client.pointee.identity, on: node)
        client.pointee.lastPool = pool
        let reference = ClientReference(index: index, generation: client.pointee.generation)
        let secret = secret(of: client.pointee.identity)
        func connect(_ worker: inout Worker) -> Bool {
            let replication = ReplicationLogin(client: reference, login.packet)
            return worker.connectServer(
                pool, login: ServerLogin(secret: secret, onBehalfOf: nil, replication: replication))
        }
        if connect(&self) { return }
        // An idle server has a permit that this client needs now; another worker may have one.
        if let idle = takeIdle(pool) {
            closeProbe(idle)
            if connect(&self) { return }
        } else {
            setWanting(pool, true)
        }
        waitForPermit(index, since: login.seeksSince)
    }

    /// The primary, while it takes new connections.
    private var replicationNode: NodeID? {
        guard nodes.primary >= 0 else { return nil }
        let node = nodes[UInt8(nodes.primary)]
        guard node.pointee.takesStatements, node.pointee.unreachableUntil <= now else { return nil }
        return NodeID(UInt8(nodes.primary))
    }

    private mutating func waitForPrimary(_ index: Int32, since begin: UInt64) {
        let limit = settings.failoverHoldTimeout
        guard limit > 0, now - begin >= limit else { return }
        let detail = nodes.primary < 0 ? "no primary node is known" : "the primary node cannot be reached"
        refuse(
            index,
            ErrorResponse(
                .fatal, .cannotConnectNow, "no database node was available for \(limit / 1_000_000_000) seconds",
                detail: detail))
    }

    private mutating func waitForPermit(_ index: Int32, since begin: UInt64) {
        let limit = settings.queryWaitTimeout
        guard limit > 0, now - begin >= limit else { return }
        refuse(
            index,
            ErrorResponse(
                .fatal, .tooManyConnections,
                "no server connection became free in \(limit / 1_000_000_000) seconds",
                hint: "Raise default_pool_size or query_wait_timeout."))
    }

    /// A connection is under way for a client: whichever of the two ends takes the other along.
    mutating func attach(_ serverIndex: Int32, to client: ClientReference) {
        servers[serverIndex].pointee.client = client.index
        clients[client.index].pointee.server = serverIndex
    }

    /// The server has let the client in.
    mutating func joinReplication(_ serverIndex: Int32, _ reference: ClientReference) {
        let (server, client) = (servers[serverIndex], clients[reference.index])
        guard client.pointee.generation == reference.generation, client.pointee.state == .waitingReplication,
            Int16(server.pointee.node.rawValue) == nodes.primary
        else { return closeProbe(serverIndex) }
        server.pointee.state = .replicating
        server.pointee.leases = 1
        noteUse(of: server.pointee.node)
        var statuses: [UInt8] = []
        for (name, value) in server.pointee.reported.sorted(by: { $0.key < $1.key }) {
            statuses += BackendMessage.parameterStatus(name, value)
        }
        sendWelcome(reference.index, statuses: statuses)
        enter(reference.index, .replicating)
        replicatingClients += 1
        stopWanting(reference.index)
        watchServer(serverIndex)
    }

    /// The server has refused the client, in words that are the client's to read.
    mutating func replicationRefused(_ reference: ClientReference, _ error: ErrorResponse) {
        guard clients[reference.index].pointee.generation == reference.generation else { return }
        refuse(reference.index, error)
    }

    /// Closes a connection that is logged in and not in anybody's use.
    mutating func closeProbe(_ index: Int32) {
        servers[index].pointee.state = .resetting
        sendTerminate(index)
        closeServer(index)
    }

    private mutating func stopWanting(_ index: Int32) {
        let pool = clients[index].pointee.lastPool
        if pool >= 0, pools[pool].pointee.waitingCount == 0 { setWanting(pool, false) }
    }

    /// The client ends, and with it its server, as if the client had been connected to that itself.
    mutating func leaveReplication(_ index: Int32) {
        stopWanting(index)
        let serverIndex = clients[index].pointee.server
        guard serverIndex >= 0 else { return }
        let server = servers[serverIndex]
        if server.pointee.state == .replicating, let start = server.pointee.outbound.start,
            !server.pointee.outbound.isEmpty
        {
            // Its farewell, mostly. What does not go now, goes nowhere.
            _ = Socket.send(server.pointee.descriptor, start, count: server.pointee.outbound.count)
        }
        clients[index].pointee.server = -1
        server.pointee.client = -1
        closeServer(serverIndex)
    }

    /// The server has ended the connection, or it broke. What came of it goes to the client, and nothing is added.
    /// - Returns: whether the client had taken leave before.
    mutating func endReplication(_ serverIndex: Int32) -> Bool {
        let server = servers[serverIndex]
        let hasTakenLeave = server.pointee.flags.contains(.wasLeft)
        if server.pointee.client >= 0 { beginClosing(server.pointee.client) } else { closeServer(serverIndex) }
        return hasTakenLeave
    }

    /// The node is no longer the primary: nothing more is written there, nor read from it as if it were.
    mutating func cutReplication(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.pointee.client >= 0 else { return closeServer(serverIndex) }
        if server.pointee.flags.contains(.hasRequests) {
            sendCancel(forServer: serverIndex)
            Socket.resetOnClose(server.pointee.descriptor)
        }
        let index = server.pointee.client
        if isBetweenMessages(index) {
            refuse(
                index,
                ErrorResponse(
                    .fatal, .adminShutdown, "terminating replication connection",
                    detail: "DB node \(server.pointee.node) is no longer in use as the primary."))
        } else {
            log(.error, "\(describe(index)): replication ended, DB node \(server.pointee.node) is out of use")
            closeClient(index)
        }
    }
}
