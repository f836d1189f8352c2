package import ProxyCore

/// What a monitor tells the coordinator.
package enum MonitorReport: Sendable, Equatable {
    /// The last retry of a health check failed.
    case probeFailed(NodeID, reason: String)
    case sampled(NodeID, NodeSample)
    case sampleFailed(NodeID)
    /// From a primary only.
    case replication(NodeID, [ReplicationState])
}

/// What the coordinator wants from the monitor of a node. The real one is `NodeMonitor`.
///
/// The methods without `async` return at once, also while the node hangs.
package protocol NodeWatching: Sendable {
    /// Watches until the task is cancelled.
    func run() async
    /// A node that is down is not asked.
    func setUsable(_ isUsable: Bool)
    /// Samples at once and then at this interval; nil goes back to `sr_check_period`.
    func search(every interval: Duration?)
    /// Takes one sample as soon as possible.
    func sampleNow()
    func apply(_ settings: NodeSettings)
    func statistics() -> HealthStatistics
    /// Asks the node one time, quickly, past a probe that may be hanging.
    /// - Returns: why it counts as dead, or nil.
    func confirm() async -> String?
    /// Whether the node answers a login within half a second, whatever it answers. A refusal takes as long as that.
    func answersQuickly() async -> Bool
    /// Asks the node for its role, timeline and identity, quickly, whether it is used or not. A primary tells the
    /// position up to which its WAL is on disk.
    /// - Returns: nil when it gave no answer.
    func examine() async -> NodeSample?
    /// Makes a primary write all WAL it has to disk, so that it can be streamed. Without effect when that fails.
    func flushWAL() async
    /// For `pg_status` and `pg_role`: whether the server accepts connections now, and its role.
    func glance() async -> NodeGlance
}

/// A node as it is at this moment, for people who look.
package struct NodeGlance: Sendable, Equatable {
    /// nil where `health_check_period` is 0: pgpool asks nothing then.
    package var isAccepting: Bool?
    package var role: NodeRole

    package init(isAccepting: Bool?, role: NodeRole) {
        self.isAccepting = isAccepting
        self.role = role
    }
}
