/// What the failover machine needs to know about one node; the parameters `backend_*N`.
package struct FailoverNode: Sendable, Equatable {
    package var id: NodeID
    package var host: String
    package var port: UInt16
    package var dataDirectory: String
    /// `backend_weightN` as written; the snapshot divides it by the sum over all nodes.
    package var weight: Double
    /// `DISALLOW_TO_FAILOVER`: neither checks, nor client errors, nor an operator take the node down.
    package var disallowsFailover: Bool
    /// `ALWAYS_PRIMARY`: the node is the primary without being asked.
    package var isAlwaysPrimary: Bool

    package init(
        id: NodeID, host: String, port: UInt16, dataDirectory: String = "", weight: Double = 1,
        disallowsFailover: Bool = false, isAlwaysPrimary: Bool = false
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
        self.weight = weight
        self.disallowsFailover = disallowsFailover
        self.isAlwaysPrimary = isAlwaysPrimary
    }

    var asHookNode: HookNode { HookNode(id: id, host: host, port: port, dataDirectory: dataDirectory) }
}

/// The parameters that failover depends on.
package struct FailoverSettings: Sendable, Equatable {
    /// How the primary is known; from `backend_clustering_mode`.
    package enum PrimarySource: Sendable, Equatable {
        /// The nodes are asked: `streaming_replication`.
        case recoveryState
        /// The main node is the one that is written to: `raw`, `logical_replication`, `slony`.
        case mainNode
    }

    /// Ascending by id.
    package var nodes: [FailoverNode]
    package var primarySource: PrimarySource
    /// `failover_command`; empty means none.
    package var failoverCommand: String
    /// `failback_command`; empty means none.
    package var failbackCommand: String
    /// `follow_primary_command`; empty means none.
    package var followPrimaryCommand: String
    /// `search_primary_node_timeout`; nil searches for ever.
    package var searchTimeout: Duration?
    /// How often the nodes are asked while a primary is looked for.
    package var searchInterval: Duration
    /// How often they are asked once `search_primary_node_timeout` has passed without success.
    package var slowSearchInterval: Duration
    /// `failover_on_backend_error`
    package var failsOverOnBackendError: Bool
    /// `failover_on_backend_shutdown`
    package var failsOverOnBackendShutdown: Bool
    /// `detach_false_primary`
    package var detachesFalsePrimary: Bool
    /// `auto_failback`
    package var failsBackByItself: Bool
    /// `auto_failback_interval`, for each node.
    package var failbackInterval: Duration
    /// `delay_threshold` in bytes; 0 means no limit.
    package var delayThresholdBytes: UInt64
    /// `delay_threshold_by_time`; nil means that bytes decide.
    package var delayThresholdTime: Duration?

    package init(
        nodes: [FailoverNode], primarySource: PrimarySource = .recoveryState, failoverCommand: String = "",
        failbackCommand: String = "", followPrimaryCommand: String = "", searchTimeout: Duration? = .seconds(300),
        searchInterval: Duration = .milliseconds(100), slowSearchInterval: Duration = .seconds(5),
        failsOverOnBackendError: Bool = true, failsOverOnBackendShutdown: Bool = false,
        detachesFalsePrimary: Bool = false, failsBackByItself: Bool = false,
        failbackInterval: Duration = .seconds(60),
        delayThresholdBytes: UInt64 = 0, delayThresholdTime: Duration? = nil
    ) {
        self.nodes = nodes.sorted { $0.id < $1.id }
        self.primarySource = primarySource
        self.failoverCommand = failoverCommand
        self.failbackCommand = failbackCommand
        self.followPrimaryCommand = followPrimaryCommand
        self.searchTimeout = searchTimeout
        self.searchInterval = searchInterval
        self.slowSearchInterval = slowSearchInterval
        self.failsOverOnBackendError = failsOverOnBackendError
        self.failsOverOnBackendShutdown = failsOverOnBackendShutdown
        self.detachesFalsePrimary = detachesFalsePrimary
        self.failsBackByItself = failsBackByItself
        self.failbackInterval = failbackInterval
        self.delayThresholdBytes = delayThresholdBytes
        self.delayThresholdTime = delayThresholdTime
    }
}
