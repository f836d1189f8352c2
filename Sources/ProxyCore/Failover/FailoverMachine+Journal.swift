/// The journal: which hooks have begun and are not over with all that follows. It is derived from the state, written
/// before a hook starts, and empty when nothing is under way.
extension FailoverMachine {
    struct Interrupted: Sendable, Equatable {
        var hook: UnfinishedHook
        /// The hook is run again when no primary has shown itself by then.
        var deadline: Duration
        /// The log has told that it is still running.
        var isKnownToRun = false
    }

    /// The hook of an earlier process whose work has not shown itself yet.
    package var interruptedHook: UnfinishedHook? { interrupted?.hook }

    /// It is still running: it is not run a second time beside itself, and has its time after its end.
    package mutating func interruptedHookRuns(as pid: Int32, now: Duration) -> [FailoverDirective] {
        guard let interrupted else { return [] }
        self.interrupted?.deadline = now + Self.patienceWithInterruptedHook
        self.interrupted?.isKnownToRun = true
        if interrupted.isKnownToRun { return [] }
        let kind = interrupted.hook.kind.rawValue
        return [.log(.log, "\(kind) for node \(interrupted.hook.node) is still running as process \(pid)")]
    }

    /// How long an earlier process's hook is given to have done its work, before it is run again.
    static let patienceWithInterruptedHook = Duration.seconds(5)

    private var unfinishedHooks: [UnfinishedHook] {
        var hooks: [UnfinishedHook] = []
        if let interrupted { hooks.append(interrupted.hook) }
        if let loss, !loss.isAnnounced, let hook = loss.hook {
            hooks.append(UnfinishedHook(hook, formerPrimary: loss.formerPrimary?.id))
        }
        if let running, let hook = running.hook {
            hooks.append(UnfinishedHook(hook, formerPrimary: running.formerPrimary?.id))
        }
        if let follow, let hook = follow.current {
            hooks.append(
                UnfinishedHook(hook, formerPrimary: follow.formerPrimary?.id, nodesToCome: follow.nodesToCome))
        }
        return hooks
    }

    mutating func noteJournal(_ directives: inout [FailoverDirective]) {
        let hooks = unfinishedHooks
        guard hooks != journal else { return }
        journal = hooks
        directives.append(.writeJournal(hooks))
    }

    /// What an earlier process has left: only the promotion of a new primary is worth doing again by itself.
    mutating func takeUpJournal(now: Duration, _ directives: inout [FailoverDirective]) {
        for hook in journal {
            directives.append(
                .log(.log, "\(hook.kind.rawValue) for node \(hook.node) had begun when Egret ended: \(hook.command)"))
            if hook.isForPrimary {
                interrupted = Interrupted(hook: hook, deadline: now + Self.patienceWithInterruptedHook)
            }
            if hook.kind == .followPrimary {
                warnAboutFollowers([hook.node] + hook.nodesToCome, &directives)
            }
        }
    }

    /// A script that has run halfway may do harm when it runs again, so that is left to people.
    private func warnAboutFollowers(_ ids: [NodeID], _ directives: inout [FailoverDirective]) {
        let names = ids.map(\.description).joined(separator: ", ")
        directives.append(
            .log(
                .warning,
                "follow_primary_command may not have run to its end for node \(names): see whether each "
                    + "follows the primary, and attach it"))
    }

    mutating func interruptedHookIsDone(_ directives: inout [FailoverDirective]) {
        guard let done = interrupted else { return }
        interrupted = nil
        let name = primary?.description ?? "-1"
        directives.append(
            .log(.log, "the failover of node \(done.hook.node) is complete: node \(name) is the primary"))
        let others = nodes.map(\.settings.id).filter { $0 != primary }
        guard !settings.followPrimaryCommand.isEmpty, !others.isEmpty else { return }
        warnAboutFollowers(others, &directives)
    }

    /// No primary has shown itself, so the hook has not done its work.
    mutating func repeatInterruptedHook(now: Duration, _ directives: inout [FailoverDirective]) {
        guard let interrupted, now >= interrupted.deadline, running == nil else { return }
        self.interrupted = nil
        let id = interrupted.hook.node
        guard primary == nil, let index = index(of: id) else { return }
        if nodes[index].status.isUsable { takeOut(at: index, &directives) }
        guard mainNode != nil else { return }
        directives.append(.log(.warning, "no primary has been found: failover_command for node \(id) is run again"))
        lastTicket += 1
        let hook = FailoverHook(kind: .failover, node: id, command: interrupted.hook.command)
        running = Running(
            request: .detach(id, reason: "its failover was interrupted"), ticket: RequestTicket(number: lastTicket),
            node: id, formerPrimary: hookNode(interrupted.hook.formerPrimary), needsSearch: true, hook: hook)
        start(hook, &directives)
    }
}
