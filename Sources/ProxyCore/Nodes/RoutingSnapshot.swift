/// One node as the workers see it.
package struct NodeView: Sendable, Equatable {
    package var id: NodeID
    /// Host name, address, or the directory of a unix socket when it starts with `/`.
    package var host: String
    package var port: UInt16
    package var status: NodeStatus
    package var role: NodeRole
    /// `backend_weightN` divided by the sum over all configured nodes; 0...1.
    package var weight: Double
    /// False while the node lags more than `delay_threshold` behind, or does not answer: its reads go elsewhere.
    package var isFreshEnough: Bool
    /// True while an operator waits for the node to fall idle: nothing new is sent to it.
    package var isDraining: Bool

    package init(
        id: NodeID, host: String, port: UInt16, status: NodeStatus, role: NodeRole, weight: Double,
        isFreshEnough: Bool, isDraining: Bool = false
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.status = status
        self.role = role
        self.weight = weight
        self.isFreshEnough = isFreshEnough
        self.isDraining = isDraining
    }
}

/// The cluster at one moment. Published whole by the control plane, never edited; a worker takes up a new one
/// between two ticks, so one statement sees one topology.
package struct RoutingSnapshot: Sendable, Equatable {
    /// Grows by one with each publication.
    package var epoch: UInt64
    /// Grows when another node becomes the primary: server connections carry the term they were made in.
    package var primaryTerm: UInt64
    /// The node that is written to; nil while none is known.
    package var primary: NodeID?
    /// Every configured node; `nodes[i].id` ascends, and gaps in the numbering are allowed.
    package var nodes: [NodeView]

    package init(epoch: UInt64, primaryTerm: UInt64, primary: NodeID?, nodes: [NodeView]) {
        self.epoch = epoch
        self.primaryTerm = primaryTerm
        self.primary = primary
        self.nodes = nodes
    }
}
