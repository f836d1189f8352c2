/// A hook that has begun and whose consequences are not over: what the journal keeps for the case of a crash.
package struct UnfinishedHook: Sendable, Equatable {
    package var kind: FailoverHook.Kind
    package var node: NodeID
    /// The command line, placeholders expanded.
    package var command: String
    /// The primary before the failover; nil where there was none.
    package var formerPrimary: NodeID?
    /// The nodes whose `follow_primary_command` was to come after this one.
    package var nodesToCome: [NodeID]

    package init(
        kind: FailoverHook.Kind, node: NodeID, command: String, formerPrimary: NodeID?, nodesToCome: [NodeID] = []
    ) {
        self.kind = kind
        self.node = node
        self.command = command
        self.formerPrimary = formerPrimary
        self.nodesToCome = nodesToCome
    }

    init(_ hook: FailoverHook, formerPrimary: NodeID?, nodesToCome: [NodeID] = []) {
        self.init(
            kind: hook.kind, node: hook.node, command: hook.command, formerPrimary: formerPrimary,
            nodesToCome: nodesToCome)
    }

    /// Without the primary nobody writes until this hook has done its work.
    var isForPrimary: Bool { kind == .failover && node == formerPrimary }
}
