/// What the coordinator must do, in this order.
package enum FailoverDirective: Sendable, Equatable {
    /// Give the workers the new picture.
    case publish(RoutingSnapshot)
    /// Note the time: it is `last_status_change`.
    case statusChanged(NodeID, NodeStatus)
    /// Write `pgpool_status`; index i is node i.
    case writeStatusFile([NodeStatus])
    /// Write `egret_failover`, or remove it when the list is empty.
    case writeJournal([UnfinishedHook])
    /// Run the command through the shell once the journal is on disk, then call `hookFinished`.
    case runHook(FailoverHook)
    /// Ask every usable node for its role at once, and again at this interval.
    case searchPrimary(every: Duration)
    /// Go back to `sr_check_period`.
    case endSearch
    /// Ask this node for its role now, not only when its turn comes.
    case sample(NodeID)
    /// Ask this node one time, with a short timeout, whether it lives; then call `confirmed`.
    case confirm(NodeID)
    /// Ask this node for any answer, within half a second; then call `heard`.
    case hear(NodeID)
    /// The same for a node that is down and seems to be back; then call `failbackConfirmed`.
    case confirmFailback(NodeID)
    /// Ask this node, which is down, what it is; then call `examined`.
    case examine(NodeID)
    /// What an operator ordered is over; whoever waits for the ticket gets the verdict.
    case ended(RequestTicket, OperatorVerdict)
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
    package enum Kind: String, Sendable, CaseIterable {
        case failover = "failover_command"
        case failback = "failback_command"
        case followPrimary = "follow_primary_command"
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

/// The answer to an operator who wants something done to a node.
package enum OperatorVerdict: Sendable, Equatable {
    case accepted
    /// A sentence for the operator.
    case refused(String)
}

/// The number of a request, by which its end is told to whoever waits for it.
package struct RequestTicket: Sendable, Hashable {
    var number: UInt64
}

/// What becomes of an operator's order at first.
package struct OperatorAnswer: Sendable, Equatable {
    package var verdict: OperatorVerdict
    /// The request whose `.ended` brings the verdict that counts; nil where `verdict` is all there is to wait for.
    package var ticket: RequestTicket?
    package var directives: [FailoverDirective]

    static func refused(_ reason: String, _ directives: [FailoverDirective] = []) -> OperatorAnswer {
        OperatorAnswer(verdict: .refused(reason), ticket: nil, directives: directives)
    }

    static func accepted(_ directives: [FailoverDirective], ticket: RequestTicket? = nil) -> OperatorAnswer {
        OperatorAnswer(verdict: .accepted, ticket: ticket, directives: directives)
    }
}
