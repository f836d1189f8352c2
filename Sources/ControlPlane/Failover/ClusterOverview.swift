package import ProxyCore

/// The nodes at one moment, with all that the `SHOW` commands tell about them.
package struct ClusterOverview: Sendable, Equatable {
    package struct Node: Sendable, Equatable {
        package var view: NodeView
        /// Unix seconds; the start of the process while the status has not changed.
        package var statusChangedAt: Int64
        /// Bytes behind the primary; nil when unknown.
        package var delayBytes: UInt64?
        package var replication: ReplicationState?
        package var health: HealthStatistics
        /// The last run of each kind of hook, in the order of their starts.
        package var hooks: [HookRecord]
        package var lastHook: HookRecord? { hooks.last }

        package init(
            view: NodeView, statusChangedAt: Int64, delayBytes: UInt64? = nil,
            replication: ReplicationState? = nil, health: HealthStatistics = HealthStatistics(),
            hooks: [HookRecord] = []
        ) {
            self.view = view
            self.statusChangedAt = statusChangedAt
            self.delayBytes = delayBytes
            self.replication = replication
            self.health = health
            self.hooks = hooks
        }
    }

    package var primary: NodeID?
    package var nodes: [Node]

    package init(primary: NodeID?, nodes: [Node]) {
        self.primary = primary
        self.nodes = nodes
    }
}
