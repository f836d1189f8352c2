/// `follow_primary_command`: after another node has become the primary, each of the other nodes is made its standby.
///
/// The command runs for one node after another, beside the requests: it usually attaches its node in the end, through
/// an operator's door, and that must not wait for the command itself.
extension FailoverMachine {
    struct Follow: Sendable, Equatable {
        var formerPrimary: HookNode?
        /// In the order of their numbers.
        var nodesToCome: [NodeID]
        var current: FailoverHook?
        /// Sentences about the nodes whose command failed.
        var failures: [String] = []
        /// The order that led to the new primary, where there was one.
        var ticket: RequestTicket?
    }

    /// Sets every node but the primary down and starts the command for the first of those that are down.
    mutating func beginFollow(
        after formerPrimary: HookNode?, ticket: RequestTicket?, now: Duration,
        _ directives: inout [FailoverDirective]
    ) {
        guard !settings.followPrimaryCommand.isEmpty, settings.primarySource == .recoveryState, follow == nil else {
            if let ticket { directives.append(.ended(ticket, .accepted)) }
            return
        }
        for index in nodes.indices {
            let node = nodes[index]
            guard node.status.isUsable, node.settings.id != primary, !node.settings.disallowsFailover else { continue }
            setStatus(.down, at: index, &directives)
        }
        publishIfChanged(&directives)
        let followers = nodes.filter { $0.status == .down && $0.settings.id != primary }.map(\.settings.id)
        follow = Follow(formerPrimary: formerPrimary, nodesToCome: followers, ticket: ticket)
        continueFollow(now: now, &directives)
    }

    private mutating func continueFollow(now: Duration, _ directives: inout [FailoverDirective]) {
        while let id = follow?.nodesToCome.first {
            follow?.nodesToCome.removeFirst()
            // An earlier run of the command, or an operator, may have attached it meanwhile.
            guard let node = node(id), node.status == .down, id != primary else { continue }
            let placeholders = HookPlaceholders(
                node: node.settings.asHookNode, newMain: hookNode(primary), oldMain: follow?.formerPrimary?.id,
                oldPrimary: follow?.formerPrimary)
            let hook = FailoverHook(
                kind: .followPrimary, node: id, command: placeholders.expand(settings.followPrimaryCommand))
            follow?.current = hook
            start(hook, &directives)
            return
        }
        guard let ended = follow else { return }
        follow = nil
        if let ticket = ended.ticket {
            let failures = ended.failures.joined(separator: "; ")
            let primary = primary.map { "node \($0) is the primary, but " } ?? ""
            directives.append(.ended(ticket, failures.isEmpty ? .accepted : .refused(primary + failures)))
        }
    }

    mutating func followHookFinished(
        _ hook: FailoverHook, _ outcome: HookOutcome, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard follow?.current == hook else { return }
        follow?.current = nil
        if !outcome.isSuccess {
            follow?.failures.append("\(hook.kind.rawValue) for node \(hook.node) \(outcome)")
        }
        continueFollow(now: now, &directives)
    }
}
