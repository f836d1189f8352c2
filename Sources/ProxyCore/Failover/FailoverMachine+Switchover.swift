/// A planned change of the primary, in three steps that the coordinator takes one after another:
///
/// 1. `beginSwitchover`: the primary falls idle, what is new waits. The coordinator waits until nothing is under way on
///    it (`endOpenTransactions` ends what does not want to end) and the target has replayed all it has written.
/// 2. `promoteTarget`: the primary is down, `failover_command` runs with the target as the new main node.
/// 3. The target is found out of recovery, or the former primary takes over again.
///
/// `abandonSwitchover` undoes the first step.
extension FailoverMachine {
    struct Switchover: Sendable, Equatable {
        enum Phase: Sendable, Equatable {
            case draining
            case hookRunning
            /// - Parameters:
            ///   - deadline: then the former primary is asked whether it still is one.
            ///   - hookFailure: how `failover_command` failed.
            case awaitingTarget(deadline: Duration, hookFailure: String?)
            case askingFormer(hookFailure: String?)
        }

        var target: NodeID
        var former: NodeID
        var formerMain: NodeID?
        var began: Duration
        var phase: Phase
        /// Given in the second step.
        var ticket: RequestTicket?
    }

    /// How long a target may take to leave recovery once `failover_command` has ended well.
    static let promotionLimit = Duration.seconds(10)
    /// The same once it has failed: the promotion may have worked in spite of it.
    static let promotionLimitAfterFailure = Duration.seconds(2)

    /// False once something else has taken the place of the switchover.
    package var isSwitchingOver: Bool { switchover != nil }

    // MARK: The first step

    /// - Parameter sample: what the target says about itself; nil where it could not be asked.
    package mutating func beginSwitchover(
        to target: NodeID, sample: NodeSample?, now: Duration
    ) -> OperatorAnswer {
        if let refusal = refusalToPromote(target) { return .refused(refusal) }
        guard !settings.failoverCommand.isEmpty else {
            return .refused("failover_command is not set: nothing would promote node \(target)")
        }
        guard search == nil, let former = primary, let index = index(of: former) else {
            return .refused("there is no primary at the moment")
        }
        guard !nodes[index].settings.disallowsFailover else {
            return .refused("node \(former), the primary, has the flag DISALLOW_TO_FAILOVER")
        }
        guard let sample, sample.role == .standby, isOfThisCluster(sample) else {
            return .refused("node \(target) does not say that it is a standby of this cluster")
        }
        guard !nodes[index].isDraining else { return .refused("node \(former), the primary, is falling idle already") }
        switchover = Switchover(
            target: target, former: former, formerMain: mainNode, began: now, phase: .draining)
        nodes[index].isDraining = true
        var directives: [FailoverDirective] = [
            .log(.log, "switchover from node \(former) to node \(target): new statements wait")
        ]
        settle(&directives)
        return .accepted(directives)
    }

    /// Takes the primary away from the workers, which ends with an error what is still under way there.
    package mutating func endOpenTransactions(now: Duration) -> [FailoverDirective] {
        guard let switchover, switchover.phase == .draining, let index = index(of: switchover.former),
            nodes[index].status.isUsable
        else { return [] }
        var directives: [FailoverDirective] = [
            .log(.warning, "switchover: what is still under way on node \(switchover.former) is ended")
        ]
        takeOut(at: index, &directives)
        settle(&directives)
        return directives
    }

    /// Everything becomes as it was before the switchover.
    package mutating func abandonSwitchover(_ reason: String, now: Duration) -> OperatorAnswer {
        guard let abandoned = switchover, abandoned.phase == .draining else { return .refused(reason) }
        switchover = nil
        var directives: [FailoverDirective] = [
            .log(.warning, "switchover to node \(abandoned.target) abandoned: \(reason)")
        ]
        restoreFormer(abandoned, now: now, &directives)
        settle(&directives)
        return .refused(reason, directives)
    }

    private mutating func restoreFormer(
        _ ended: Switchover, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard let index = index(of: ended.former) else { return }
        nodes[index].isDraining = false
        guard !nodes[index].status.isUsable else { return }
        setStatus(.waiting, at: index, &directives)
        loss = nil
        adopt(ended.former, now: now, &directives)
    }

    // MARK: The second step

    package mutating func promoteTarget(now: Duration) -> OperatorAnswer {
        guard let switchover, switchover.phase == .draining else {
            return .refused("the switchover was overtaken by another event")
        }
        guard node(switchover.target)?.status.isUsable == true else {
            return abandonSwitchover("node \(switchover.target) is down", now: now)
        }
        var directives: [FailoverDirective] = []
        _ = submit(.switchover(from: switchover.former, to: switchover.target), now: now, &directives)
        settle(&directives)
        return .accepted(directives, ticket: RequestTicket(number: lastTicket))
    }

    mutating func beginPromotion(
        from former: NodeID, to target: NodeID, _ queued: Queued, now: Duration,
        _ directives: inout [FailoverDirective]
    ) {
        guard let formerMain = switchover?.formerMain, let index = index(of: former), switchover?.former == former
        else {
            directives.append(.ended(queued.ticket, .refused("the switchover was overtaken by another event")))
            return
        }
        switchover?.phase = .hookRunning
        switchover?.ticket = queued.ticket
        if nodes[index].status.isUsable { takeOut(at: index, &directives) }
        let placeholders = HookPlaceholders(
            node: nodes[index].settings.asHookNode, newMain: hookNode(target), oldMain: formerMain,
            oldPrimary: hookNode(former))
        let started = Running(
            request: queued.request, ticket: queued.ticket, node: former, formerPrimary: hookNode(former),
            needsSearch: true)
        run(.failover, settings.failoverCommand, placeholders, for: started, now: now, &directives)
    }

    mutating func promotionHookFinished(_ failure: String?, now: Duration) {
        let limit = failure == nil ? Self.promotionLimit : Self.promotionLimitAfterFailure
        switchover?.phase = .awaitingTarget(deadline: now + limit, hookFailure: failure)
    }

    // MARK: The third step

    /// While a node is promoted on an operator's wish, no other one becomes the primary.
    func isWanted(_ id: NodeID) -> Bool {
        guard let switchover, switchover.phase != .draining else { return true }
        return switchover.target == id
    }

    /// A primary was found: the end of the switchover, whether it is the target or another one.
    /// - Returns: whether there was a switchover to end.
    mutating func endSwitchover(
        with found: NodeID, now: Duration, _ directives: inout [FailoverDirective]
    ) -> Bool {
        guard let ended = switchover else { return false }
        switchover = nil
        guard ended.phase != .draining, ended.target == found else {
            let reason = "node \(found) has become the primary meanwhile"
            directives.append(.log(.warning, "switchover to node \(ended.target) abandoned: \(reason)"))
            if let index = index(of: ended.former) { nodes[index].isDraining = false }
            if let ticket = ended.ticket { directives.append(.ended(ticket, .refused(reason))) }
            return true
        }
        longestHold = now - ended.began
        let held = Int64((now - ended.began) / .milliseconds(1))
        directives.append(.log(.log, "switchover: node \(found) is the primary; statements waited \(held) ms at most"))
        beginFollow(after: hookNode(ended.former), ticket: ended.ticket, now: now, &directives)
        return true
    }

    /// The target is not there in time: the former primary is asked whether it may go on.
    mutating func reviewSwitchover(now: Duration, _ directives: inout [FailoverDirective]) {
        guard let current = switchover, case .awaitingTarget(let deadline, let failure) = current.phase else { return }
        let isTargetLost = node(current.target)?.status.isUsable != true
        guard isTargetLost || now >= deadline else { return }
        switchover?.phase = .askingFormer(hookFailure: failure)
        directives.append(.examine(current.former))
    }

    /// The answer to `.examine`.
    /// - Parameter sample: nil where the node could not be asked.
    package mutating func examined(_ id: NodeID, _ sample: NodeSample?, now: Duration) -> [FailoverDirective] {
        guard let ended = switchover, ended.former == id, case .askingFormer(let failure) = ended.phase else {
            return []
        }
        switchover = nil
        var directives: [FailoverDirective] = []
        var reason = "node \(ended.target) did not become the primary"
        if let failure { reason += " (failover_command \(failure))" }
        if let sample, sample.role == .primary, isOfThisCluster(sample), !isLeftBehind(sample) {
            reason += "; node \(id) is the primary again"
            restoreFormer(ended, now: now, &directives)
        } else {
            reason += "; node \(id) is not a primary any more, another one is looked for"
            reviewPrimary(now: now, &directives)
        }
        directives.insert(.log(.error, "switchover: \(reason)"), at: 0)
        if let ticket = ended.ticket { directives.append(.ended(ticket, .refused(reason))) }
        settle(&directives)
        return directives
    }

    /// A node that takes part has died: an ordinary failover takes the place of the switchover.
    mutating func cancelSwitchover(ofDetached id: NodeID, _ directives: inout [FailoverDirective]) {
        guard let cancelled = switchover, cancelled.phase == .draining, cancelled.former == id else { return }
        switchover = nil
        directives.append(.log(.warning, "switchover to node \(cancelled.target) abandoned: node \(id) went down"))
    }
}
