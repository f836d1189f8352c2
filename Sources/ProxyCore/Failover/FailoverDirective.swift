/// What the coordinator must do, in this order.
package enum FailoverDirective: Sendable, Equatable {
    /// Give the workers the new picture.
    case publish(RoutingSnapshot)
    /// Note the time: it is `last_status_change`.
    case statusChanged(NodeID, NodeStatus)
    /// Write `pgpool_status`; index i is node i.
    case writeStatusFile([NodeStatus])
    /// Run the command through the shell, then call `hookFinished`.
    case runHook(FailoverHook)
    /// Ask every usable node for its role at once, and again at this interval.
    case searchPrimary(every: Duration)
    /// Go back to `sr_check_period`.
    case endSearch
    /// Ask this node for its role now, not only when its turn comes.
    case sample(NodeID)
    /// Ask this node one time, with a short timeout, whether it lives; then call `confirmed`.
    case confirm(NodeID)
    case log(FailoverLogLevel, String)
}

/// PostgreSQL's names for how serious a line is, as far as failover has something to say.
package enum FailoverLogLevel: Sendable, Equatable {
    case log
    case warning
    case error
}

/// One run of an administrator's script.
package struct FailoverHook: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case failover = "failover_command"
        case failback = "failback_command"
    }

    package var kind: Kind
    package var node: NodeID
    /// The command line, placeholders expanded.
    package var command: String

    package init(kind: Kind, node: NodeID, command: String) {
        self.kind = kind
        self.node = node
        self.command = command
    }
}

/// The answer to an operator who wants a node attached or detached.
package enum OperatorVerdict: Sendable, Equatable {
    case accepted
    /// A sentence for the operator.
    case refused(String)
}
