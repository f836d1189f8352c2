import ProxyCore
import Testing

/// What is remembered of hooks over a crash, and what operators are told about how hooks ended.
@Suite struct JournalTests {
    private static func entry(
        _ kind: FailoverHook.Kind, _ node: UInt8, _ command: String, former: UInt8? = 0, toCome: [UInt8] = []
    ) -> UnfinishedHook {
        UnfinishedHook(
            kind: kind, node: NodeID(node), command: command, formerPrimary: former.map { NodeID($0) },
            nodesToCome: toCome.map { NodeID($0) })
    }

    @Test("The journal is written before a hook, and emptied when all that follows is over")
    func life() {
        var cluster = FailoverTranscript.running {
            $0.failoverCommand = "fail %d"
            $0.followPrimaryCommand = "follow %d"
        }
        let death = cluster.dies(0)
        let written = death.firstIndex { if case .writeJournal = $0 { true } else { false } }
        let run = death.firstIndex { if case .runHook = $0 { true } else { false } }
        #expect((written ?? .max) < (run ?? .min))
        #expect(death.journal == [Self.entry(.failover, 0, "fail 0")])
        // The search belongs to it.
        #expect(cluster.hookEnds().journal == nil)
        let found = cluster.sample(1, .primary, timeline: 2)
        #expect(found.journal == [Self.entry(.followPrimary, 0, "follow 0", toCome: [2])])
        let second = cluster.followEnds(found)
        #expect(second.journal == [Self.entry(.followPrimary, 2, "follow 2")])
        #expect(cluster.followEnds(second).journal == [])
    }

    @Test("A standby's hook is over when it has ended")
    func standby() {
        var cluster = FailoverTranscript.running { $0.failoverCommand = "fail %d" }
        #expect(cluster.dies(2).journal == [Self.entry(.failover, 2, "fail 2")])
        #expect(cluster.hookEnds().journal == [])
    }

    @Test("At the next start a primary shows itself: the failover is complete, and nobody is made to follow")
    func primaryFound() {
        var cluster = FailoverTranscript(
            remembered: [NodeID(0): .down], journal: [Self.entry(.failover, 0, "fail 0")]
        ) { $0.followPrimaryCommand = "follow %d" }
        let start = cluster.machine.start(now: .zero)
        #expect(start.lines.contains("failover_command for node 0 had begun when Egret ended: fail 0"))
        #expect(start.journal == nil)
        _ = cluster.sample(2, .standby)
        let found = cluster.sample(1, .primary, timeline: 2)
        #expect(found.outline == ["end search", "publish primary=1"])
        #expect(found.lines.contains("the failover of node 0 is complete: node 1 is the primary"))
        #expect(found.lines.last?.contains("may not have run to its end for node 0, 2") == true)
        #expect(found.journal == [])
        #expect(cluster.machine.tick(now: .seconds(60)).hooks == [])
    }

    @Test("At the next start nobody is the primary: the hook runs again")
    func hookIsRepeated() {
        var cluster = FailoverTranscript(
            remembered: [NodeID(0): .down], journal: [Self.entry(.failover, 0, "fail 0")])
        _ = cluster.machine.start(now: .zero)
        #expect(cluster.machine.tick(now: .seconds(4)).outline == [])
        let again = cluster.machine.tick(now: .seconds(5))
        #expect(again.hooks == ["fail 0"])
        #expect(again.journal == nil, "the entry stays as it is")
        #expect(cluster.hookEnds().outline == ["search 0.1 seconds"])
        #expect(cluster.sample(1, .primary, timeline: 2).journal == [])
    }

    @Test("A hook that has outlived Egret is not run beside itself")
    func hookStillRuns() {
        var cluster = FailoverTranscript(
            remembered: [NodeID(0): .down], journal: [Self.entry(.failover, 0, "fail 0")])
        _ = cluster.machine.start(now: .zero)
        let first = cluster.machine.interruptedHookRuns(as: 77, now: .seconds(4))
        #expect(first.lines == ["failover_command for node 0 is still running as process 77"])
        #expect(cluster.machine.interruptedHookRuns(as: 77, now: .seconds(8)) == [])
        #expect(cluster.machine.tick(now: .seconds(9)).hooks == [])
        #expect(cluster.machine.tick(now: .seconds(12)).hooks == [])
        #expect(cluster.machine.tick(now: .seconds(13)).hooks == ["fail 0"])
        #expect(cluster.machine.interruptedHookRuns(as: 77, now: .seconds(14)) == [])
    }

    @Test("A node that dies of its own again is not failed over twice")
    func hookIsNotRepeatedTwice() {
        var cluster = FailoverTranscript(journal: [Self.entry(.failover, 0, "fail 0")])
        _ = cluster.machine.start(now: .zero)
        #expect(cluster.dies(0).hooks.count == 1)
        _ = cluster.hookEnds()
        #expect(cluster.machine.tick(now: .seconds(5)).hooks == [])
    }

    @Test("follow_primary_command is not repeated: the log names the nodes, and the journal is emptied")
    func followIsNotRepeated() {
        var cluster = FailoverTranscript(journal: [Self.entry(.followPrimary, 0, "follow 0", toCome: [2])])
        let start = cluster.machine.start(now: .zero)
        #expect(start.lines.contains { $0.contains("may not have run to its end for node 0, 2") })
        #expect(start.journal == [])
        #expect(start.hooks == [])
    }

    // MARK: Verdicts

    @Test("A detach and an attach are over when their hooks are; a failed hook is told")
    func verdicts() {
        var cluster = FailoverTranscript.running { $0.failbackCommand = "back" }
        let detach = cluster.machine.detach(NodeID(1), now: .zero)
        #expect(detach.verdict == .accepted && detach.ticket != nil)
        #expect(detach.directives.verdicts == [])
        #expect(
            cluster.hookEnds(.exited(status: 3)).verdicts == [
                .refused("failover_command failed with exit status 3; node 1 is detached all the same")
            ])
        _ = cluster.machine.attach(NodeID(1), now: .zero)
        #expect(
            cluster.hookEnds(.timedOut).verdicts == [
                .refused("failback_command did not end in time and was stopped; node 1 is attached all the same")
            ])
        _ = cluster.machine.detach(NodeID(1), now: .zero)
        #expect(cluster.hookEnds().verdicts == [.accepted])
    }

    @Test("Without a hook the verdict is there at once; behind another hook nobody waits")
    func verdictsWithoutHooks() {
        var cluster = FailoverTranscript.running { $0.failoverCommand = "" }
        let detach = cluster.machine.detach(NodeID(1), now: .zero)
        #expect(detach.directives.verdicts == [.accepted])
        var busy = FailoverTranscript.running()
        _ = busy.dies(2)
        let queued = busy.machine.detach(NodeID(1), now: .zero)
        #expect(queued.verdict == .accepted && queued.ticket == nil)
    }
}
