/// What a client session is doing; the words are those of `SHOW pool_processes`.
package enum SessionState: String, Sendable {
    case connecting = "Connecting"
    case idle = "Idle"
    case idleInTransaction = "Idle in transaction"
    case active = "Execute command"
}

/// A server connection that a session holds or last used.
package struct SessionServer: Sendable, Equatable {
    package var node: NodeID
    /// The backend's process id, from BackendKeyData.
    package var backendPID: Int32
    /// Unix seconds.
    package var connectedAt: Int64
    /// How often this connection has been handed to a client.
    package var useCount: UInt64
    /// True while the session holds it.
    package var isAttached: Bool

    package init(node: NodeID, backendPID: Int32, connectedAt: Int64, useCount: UInt64, isAttached: Bool) {
        self.node = node
        self.backendPID = backendPID
        self.connectedAt = connectedAt
        self.useCount = useCount
        self.isAttached = isAttached
    }
}

/// Why a session keeps its server outside of transactions.
package struct SessionPin: Sendable, Equatable {
    package var reasons: SessionPins
    /// Unix seconds.
    package var since: Int64
    /// How often the session has been pinned so far.
    package var count: UInt64

    package init(reasons: SessionPins, since: Int64, count: UInt64) {
        (self.reasons, self.since, self.count) = (reasons, since, count)
    }
}

/// One client session, as the workers describe it for `SHOW pool_processes` and `SHOW pool_pools`.
package struct SessionView: Sendable, Equatable {
    package var worker: Int
    /// Slot and generation on that worker, as in `AdminRequest.session`.
    package var session: UInt64
    /// The number that stands for pgpool's child pid; the one that the client got in BackendKeyData.
    package var processID: Int32
    package var database: String
    package var user: String
    /// Unix seconds.
    package var startedAt: Int64
    package var state: SessionState
    /// Seconds since the last message; 0 unless idle.
    package var idleSeconds: Int64
    package var loadBalanceNode: NodeID?
    /// The one in use comes first.
    package var servers: [SessionServer]
    package var pin: SessionPin?

    package init(
        worker: Int, session: UInt64, processID: Int32, database: String, user: String, startedAt: Int64,
        state: SessionState, idleSeconds: Int64 = 0, loadBalanceNode: NodeID? = nil, servers: [SessionServer] = [],
        pin: SessionPin? = nil
    ) {
        self.worker = worker
        self.session = session
        self.processID = processID
        self.database = database
        self.user = user
        self.startedAt = startedAt
        self.state = state
        self.idleSeconds = idleSeconds
        self.loadBalanceNode = loadBalanceNode
        self.servers = servers
        self.pin = pin
    }
}
