/// What operators want.
extension FailoverMachine {
    package mutating func detach(_ id: NodeID, now: Duration) -> OperatorAnswer {
        if let refusal = refusalToTakeOut(id) { return .refused(refusal) }
        return carryOut(.detach(id, reason: "an operator detached it"), now: now)
    }

    /// - Parameter sample: what the node says about itself; nil where it could not be asked.
    package mutating func attach(_ id: NodeID, sample: NodeSample? = nil, now: Duration) -> OperatorAnswer {
        guard let node = node(id) else { return .refused("there is no node \(id)") }
        let isLeaving = queue.contains { if case .detach(id, _) = $0.request { true } else { false } }
        guard !node.status.isUsable || isLeaving else {
            return .refused("node \(id) is \(node.status.rawValue) already")
        }
        guard switchover?.former != id else { return .refused("node \(id) is leaving in a switchover") }
        if let sample, !isOfThisCluster(sample) {
            return .refused("node \(id) belongs to another cluster: its system identifier is another one")
        }
        return carryOut(.attach(id), now: now)
    }

    private mutating func carryOut(_ request: Request, now: Duration) -> OperatorAnswer {
        var directives: [FailoverDirective] = []
        let ticket = submit(request, now: now, &directives)
        settle(&directives)
        return .accepted(directives, ticket: ticket)
    }

    /// Nothing new is sent to the node from now on: the beginning of a graceful detach.
    package mutating func beginDraining(_ id: NodeID) -> OperatorAnswer {
        if let refusal = refusalToTakeOut(id) { return .refused(refusal) }
        guard let index = index(of: id), !nodes[index].isDraining else {
            return .refused("node \(id) is falling idle already")
        }
        nodes[index].isDraining = true
        var directives: [FailoverDirective] = [.log(.log, "node \(id) gets nothing new, it is to fall idle")]
        settle(&directives)
        return .accepted(directives)
    }

    /// The node was not idle in time, or it need not be: everything goes there again.
    package mutating func endDraining(_ id: NodeID) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].isDraining else { return [] }
        nodes[index].isDraining = false
        var directives: [FailoverDirective] = [.log(.log, "node \(id) is used again")]
        settle(&directives)
        return directives
    }

    /// False once the node is down, or somebody has ended the wait.
    package func isDraining(_ id: NodeID) -> Bool { node(id)?.isDraining ?? false }

    /// pgpool's plain promotion: the node was promoted by somebody else, and is to be used as the primary.
    /// - Parameter sample: what the node says about itself; nil where it could not be asked.
    package mutating func takeNoteOfPromotion(_ id: NodeID, sample: NodeSample?, now: Duration) -> OperatorAnswer {
        if let refusal = refusalToPromote(id) { return .refused(refusal) }
        guard let index = index(of: id) else { return .refused("there is no node \(id)") }
        guard let sample else { return .refused("node \(id) does not tell whether it is in recovery") }
        guard sample.role == .primary else { return .refused("node \(id) is in recovery: promote it first") }
        guard isOfThisCluster(sample) else {
            return .refused("node \(id) belongs to another cluster: its system identifier is another one")
        }
        guard !isLeftBehind(sample) else {
            return .refused(
                "node \(id) is on timeline \(sample.timeline ?? 0), which is older than \(newestTimeline)")
        }
        lastTicket += 1
        let ticket = RequestTicket(number: lastTicket)
        var directives: [FailoverDirective] = []
        let former = hookNode(primary)
        nodes[index].sample = sample
        adopt(id, now: now, &directives)
        publishIfChanged(&directives)
        beginFollow(after: former, ticket: ticket, now: now, &directives)
        settle(&directives)
        return .accepted(directives, ticket: ticket)
    }

    /// A node is being detached, attached or promoted, or a primary is looked for. The runs of
    /// `follow_primary_command` do not count: they are meant to recover nodes.
    package var isFailingOver: Bool { running != nil || !queue.isEmpty || search != nil || switchover != nil }

    private func refusalToTakeOut(_ id: NodeID) -> String? {
        guard let node = node(id) else { return "there is no node \(id)" }
        guard node.status.isUsable else { return "node \(id) is \(node.status.rawValue)" }
        guard !node.settings.disallowsFailover else { return "node \(id) has the flag DISALLOW_TO_FAILOVER" }
        guard switchover?.former != id, switchover?.target != id else {
            return "a switchover to node \(switchover?.target.description ?? "") is under way"
        }
        return nil
    }

    /// What both kinds of promotion demand.
    func refusalToPromote(_ id: NodeID) -> String? {
        guard let node = node(id) else { return "there is no node \(id)" }
        guard settings.primarySource == .recoveryState else { return "only streaming replication has a primary" }
        guard node.status.isUsable else { return "node \(id) is \(node.status.rawValue): attach it first" }
        guard id != primary else { return "node \(id) is the primary already" }
        if let always = nodes.first(where: { $0.settings.isAlwaysPrimary && $0.status.isUsable }) {
            return "node \(always.settings.id) has the flag ALWAYS_PRIMARY"
        }
        if switchover != nil { return "a switchover is under way" }
        if follow != nil { return "follow_primary_command is running" }
        if running != nil || !queue.isEmpty { return "a failover or failback is under way" }
        return nil
    }
}
