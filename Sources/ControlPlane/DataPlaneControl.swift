package import ProxyCore

/// What the control plane does to the data plane. None of it waits.
package protocol DataPlaneControl: Sendable {
    func publish(_ snapshot: RoutingSnapshot)
    func answer(_ request: AdminRequest, with reply: AdminReply)
    /// A node has everything that was committed before a moment; monotonic nanoseconds.
    func replayed(_ id: NodeID, until moment: UInt64)
    /// The nodes' positions are not watched until somebody has written again.
    func endWatch()
    /// What is known of a database's catalog, as it was after so many changes by clients.
    func learn(_ knowledge: CatalogKnowledge, of database: String, changes: UInt64)
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
    /// How often clients have created or altered something in a database.
    func catalogChanges(of database: String) -> UInt64
    /// When a client's transaction that may have written was over the last time; monotonic nanoseconds, 0 for never.
    var lastWrite: UInt64 { get }
}
