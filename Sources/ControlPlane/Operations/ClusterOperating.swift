package import ProxyCore

/// What an operator may have done to the cluster, whichever door the order comes through: the control socket or PCP.
///
/// Each returns when the operation is over, with its hooks: success means that everything went well, and a hook that
/// failed makes it a refusal with the reason. An order that has to wait behind a hook that is running is accepted at
/// once, since that very hook may have given it.
package protocol ClusterOperating: Sendable {
    /// Takes a node that is down into use; `failback_command` runs.
    func attach(_ id: NodeID) async -> OperatorVerdict
    /// Takes a node out of use; `failover_command` runs.
    /// - Parameter gracefully: nothing new is sent to the node, and what is under way there may end first, for
    ///   `recovery_timeout` at most.
    func detach(_ id: NodeID, gracefully: Bool) async -> OperatorVerdict
    /// Makes a node the primary.
    /// - Parameter progress: a line for whoever waits, called from any thread: how long statements had to wait.
    func promote(
        _ id: NodeID, _ kind: Promotion, gracefully: Bool, progress: @escaping @Sendable (String) -> Void
    ) async -> OperatorVerdict
    /// Online recovery: copies the primary to a node that is down, starts it and attaches it. Takes minutes.
    /// - Parameter progress: a line for whoever waits, called from any thread.
    func recover(_ id: NodeID, progress: @escaping @Sendable (String) -> Void) async -> OperatorVerdict
}

/// The two forms of `pcp_promote_node`.
package enum Promotion: String, Codable, Sendable, Equatable {
    /// The node has been promoted by somebody else: Egret only takes note, after asking the node whether it is true.
    case takeNote = "n"
    /// `-s`: the present primary falls idle and goes, `failover_command` promotes the node.
    case switchover = "s"
}
