/// What an operator's program asks over the control socket: one line of JSON, answered by one line.
package struct ControlRequest: Codable, Sendable, Equatable {
    package enum Verb: String, Codable, Sendable {
        case nodes
        case attach
        case detach
        case reload
        case stop
        case status
    }

    package var verb: Verb
    /// For attach and detach.
    package var node: UInt8?
    /// For stop: smart, fast or immediate.
    package var mode: String?

    package init(verb: Verb, node: UInt8? = nil, mode: String? = nil) {
        self.verb = verb
        self.node = node
        self.mode = mode
    }
}

package struct ControlReply: Codable, Sendable, Equatable {
    package var isDone: Bool
    /// A sentence for the operator; on success it may be missing.
    package var message: String?
    package var nodes: [NodeReport]?
    package var status: ProcessReport?

    package init(
        isDone: Bool, message: String? = nil, nodes: [NodeReport]? = nil, status: ProcessReport? = nil
    ) {
        self.isDone = isDone
        self.message = message
        self.nodes = nodes
        self.status = status
    }

    private enum CodingKeys: String, CodingKey {
        case isDone = "ok"
        case message
        case nodes
        case status
    }
}

/// A node as `egret nodes --json` prints it.
package struct NodeReport: Codable, Sendable, Equatable {
    package var id: UInt8
    package var host: String
    package var port: UInt16
    package var status: String
    package var pgStatus: String
    package var weight: Double
    package var role: String
    package var pgRole: String
    package var selects: UInt64
    /// nil when unknown.
    package var delayBytes: UInt64?
    package var replicationState: String
    package var replicationSyncState: String
    package var lastStatusChange: String

    private enum CodingKeys: String, CodingKey {
        case id
        case host
        case port
        case status
        case pgStatus = "pg_status"
        case weight
        case role
        case pgRole = "pg_role"
        case selects = "select_count"
        case delayBytes = "delay_bytes"
        case replicationState = "replication_state"
        case replicationSyncState = "replication_sync_state"
        case lastStatusChange = "last_status_change"
    }
}

/// The process as `egret status` prints it.
package struct ProcessReport: Codable, Sendable, Equatable {
    package var pid: Int32
    package var version: String
    package var startedAt: String
    package var primary: UInt8?
    package var clients: Int

    private enum CodingKeys: String, CodingKey {
        case pid
        case version
        case startedAt = "started_at"
        case primary
        case clients
    }
}
