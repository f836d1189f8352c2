package import ProxyCore

/// What the control plane does to the data plane. None of it waits.
package protocol DataPlaneControl: Sendable {
    func publish(_ snapshot: RoutingSnapshot)
    func answer(_ request: AdminRequest, with reply: AdminReply)
    func stop(_ mode: StopMode)
}

/// What it wants to know of the data plane.
package protocol DataPlaneObserving: Sendable {
    /// Every client session, in no order.
    func sessions() async -> [SessionView]
    /// One element for each node that a client has used.
    func nodeCounters() -> [NodeCounters]
    /// How many statements and transactions are under way on a node at this moment.
    func openTransactions(on node: NodeID) async -> Int
}
