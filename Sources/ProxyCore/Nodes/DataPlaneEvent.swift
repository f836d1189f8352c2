/// What the workers tell the control plane.
package enum DataPlaneEvent: Sendable, Equatable {
    /// A server connection could not be made, read or written; subject to `failover_on_backend_error`.
    case nodeFailed(NodeID, reason: String)
    /// A server said 57P01 or 57P02; subject to `failover_on_backend_shutdown`.
    case nodeShutdown(NodeID)
    /// Clients wait for answers of the node, and nothing at all has come from it for a moment.
    case nodeSilent(NodeID)
    /// A client's session has used the node.
    case nodeUsed(NodeID)
    /// Something suggests that another node is the primary by now: the roles should be asked for at once.
    case promotionHint(NodeID)
    /// A server has let the first client into this database: what is in its catalog is worth knowing.
    case databaseUsed(String)
    /// A client has created or altered something there.
    case catalogChanged(String)
    /// Somebody has written, and reads that are to see it wait for the nodes to have it.
    case positionsWanted
    /// The node may have started again, and not have what it had.
    case positionLost(NodeID)
    case admin(AdminRequest)
    case log(DataPlaneLogLevel, String)
}

/// The levels of the records that workers write.
package enum DataPlaneLogLevel: Sendable, Equatable {
    case debug
    case log
    case warning
    case error
    case fatal
}

/// How Egret is asked to stop; pgpool's words for its signals.
package enum StopMode: String, Sendable {
    /// Waits until the clients have left: SIGTERM.
    case smart
    /// Disconnects the clients: SIGINT.
    case fast
    /// Does not even tell the servers: SIGQUIT.
    case immediate
}
