internal import ProxyCore

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
    /// The last hook that ran for the node and how it ended; nil where none has run.
    package var lastHook: HookReport?

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
        case lastHook = "last_hook"
    }
}

/// One run of a hook, as `egret nodes --json` prints it.
package struct HookReport: Codable, Sendable, Equatable {
    package var hook: String
    package var startedAt: String
    /// `running`, `succeeded`, `failed with exit status 3`, ...
    package var result: String

    private enum CodingKeys: String, CodingKey {
        case hook
        case startedAt = "started_at"
        case result
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

/// A client session as `egret processes` prints it.
package struct SessionReport: Codable, Sendable, Equatable {
    /// A server connection that the session holds or has just used.
    package struct Server: Codable, Sendable, Equatable {
        package var node: UInt8
        package var backendPID: Int32
        package var isAttached: Bool

        private enum CodingKeys: String, CodingKey {
            case node
            case backendPID = "backend_pid"
            case isAttached = "attached"
        }
    }

    /// The number that the client knows its session by, as pg_backend_pid() would be.
    package var processID: Int32
    package var database: String
    package var user: String
    package var state: String
    package var startedAt: String
    package var idleSeconds: Int64
    package var loadBalanceNode: UInt8?
    package var servers: [Server]

    private enum CodingKeys: String, CodingKey {
        case processID = "pid"
        case database
        case user
        case state
        case startedAt = "started_at"
        case idleSeconds = "idle_seconds"
        case loadBalanceNode = "load_balance_node"
        case servers
    }
}

/// The health checks of a node as `egret health` prints them. Durations in milliseconds.
package struct HealthReport: Codable, Sendable, Equatable {
    package var node: UInt8
    package var status: String
    package var total: UInt64
    package var succeeded: UInt64
    package var failed: UInt64
    package var skipped: UInt64
    package var retries: UInt64
    package var averageMilliseconds: Double
    package var longestMilliseconds: Double
    package var lastSuccess: String?
    package var lastFailure: String?

    private enum CodingKeys: String, CodingKey {
        case node
        case status
        case total
        case succeeded
        case failed
        case skipped
        case retries
        case averageMilliseconds = "average_ms"
        case longestMilliseconds = "longest_ms"
        case lastSuccess = "last_success"
        case lastFailure = "last_failure"
    }
}

/// Where a statement would go, as `egret route --json` prints it.
package struct RouteReport: Codable, Sendable, Equatable {
    /// read, primary, egret or empty.
    package var verdict: String
    package var nodes: [UInt8]
    package var reason: String

    init(_ route: RouteExplanation) {
        (verdict, nodes, reason) = (route.verdict, route.nodes.map(\.rawValue), route.reason)
    }
}
