import ProxyCore
import Testing

/// Planned changes of the primary, and nodes that fall idle first.
@Suite struct SwitchoverTests {
    private static let standby = NodeSample(role: .standby, timeline: 1, systemIdentifier: 7)
    private static let primary = NodeSample(role: .primary, timeline: 1, systemIdentifier: 7)

    private static func begun(
        target: UInt8 = 2, _ adjust: (inout FailoverSettings) -> Void = { _ in }
    ) -> FailoverTranscript {
        var cluster = FailoverTranscript.running(adjust)
        let begin = cluster.machine.beginSwitchover(to: NodeID(target), sample: standby, now: .zero)
        #expect(begin.verdict == .accepted)
        #expect(begin.directives.outline == ["publish primary=0"])
        #expect(cluster.machine.snapshot.nodes.map(\.isDraining) == [true, false, false])
        return cluster
    }

    @Test("The primary falls idle, the hook gets the wanted node as the new main node, which is then found")
    func works() {
        var cluster = Self.begun()
        cluster.now = .milliseconds(40)
        let promotion = cluster.machine.promoteTarget(now: cluster.now)
        #expect(promotion.ticket != nil)
        #expect(promotion.directives.outline == ["0 down", "file", "publish primary=none", "failover_command"])
        #expect(promotion.directives.hooks == ["fail 0 db0 5432 /data/0 2 db2 0 0 5434 /data/2 db0 5432"])
        #expect(cluster.hookEnds().outline == ["search 0.1 seconds"])
        // Another node may say what it wants.
        #expect(cluster.sample(1, .primary, timeline: 3).outline == [])
        _ = cluster.sample(1, .standby, timeline: 2)
        cluster.now = .milliseconds(250)
        let found = cluster.sample(2, .primary, timeline: 2)
        #expect(found.outline == ["end search", "publish primary=2"])
        #expect(found.lines.last == "switchover: node 2 is the primary; statements waited 250 ms at most")
        #expect(found.verdicts == [.accepted])
        #expect(cluster.statuses == [.down, .up, .up])
        #expect(cluster.machine.snapshot.nodes.allSatisfy { !$0.isDraining })
    }

    @Test("With follow_primary_command the verdict comes after its last run")
    func follow() {
        var cluster = Self.begun { $0.followPrimaryCommand = "follow %d %m %P" }
        _ = cluster.machine.promoteTarget(now: .zero)
        _ = cluster.hookEnds()
        let found = cluster.sample(2, .primary, timeline: 2)
        #expect(found.hooks == ["follow 0 2 0"])
        #expect(found.verdicts == [])
        let second = cluster.followEnds(found, .exited(status: 1))
        #expect(second.hooks == ["follow 1 2 0"])
        #expect(
            cluster.followEnds(second).verdicts == [
                .refused("node 2 is the primary, but follow_primary_command for node 0 failed with exit status 1")
            ])
    }

    @Test("The hook fails and the old primary is one still: it takes over again")
    func rollBack() {
        var cluster = Self.begun()
        _ = cluster.machine.promoteTarget(now: .zero)
        #expect(cluster.hookEnds(.exited(status: 3)).outline == ["search 0.1 seconds"])
        #expect(cluster.machine.tick(now: .seconds(1)).outline == [])
        #expect(cluster.machine.tick(now: .seconds(2)).outline == ["examine 0"])
        #expect(cluster.machine.tick(now: .seconds(3)).outline == [])
        let end = cluster.machine.examined(NodeID(0), Self.primary, now: .seconds(3))
        #expect(end.outline == ["0 waiting", "file", "end search", "publish primary=0"])
        #expect(
            end.verdicts == [
                .refused(
                    "node 2 did not become the primary (failover_command failed with exit status 3); node 0 is the "
                        + "primary again")
            ])
        #expect(cluster.machine.snapshot.nodes.map(\.isDraining) == [false, false, false])
        #expect(end.journal == [])
    }

    @Test("Nobody is promoted and the old primary is gone: any other node will do")
    func noRollBack() {
        var cluster = Self.begun()
        _ = cluster.machine.promoteTarget(now: .zero)
        _ = cluster.hookEnds()
        #expect(cluster.machine.tick(now: .seconds(9)).outline == [])
        #expect(cluster.machine.tick(now: .seconds(10)).outline == ["examine 0"])
        let end = cluster.machine.examined(NodeID(0), nil, now: .seconds(11))
        #expect(
            end.verdicts == [
                .refused(
                    "node 2 did not become the primary; node 0 is not a primary any more, another one is looked for")
            ])
        #expect(cluster.sample(1, .primary, timeline: 2).outline == ["end search", "publish primary=1"])
    }

    @Test("Abandoned while the primary falls idle: everything is as before")
    func abandoned() {
        var cluster = Self.begun()
        let end = cluster.machine.abandonSwitchover("node 2 lags", now: .zero)
        #expect(end.verdict == .refused("node 2 lags"))
        #expect(end.directives.outline == ["publish primary=0"])
        #expect(cluster.statuses == [.up, .up, .up])
        #expect(cluster.machine.snapshot.nodes.map(\.isDraining) == [false, false, false])
    }

    @Test("What does not end is ended by taking the primary away; it can still come back")
    func openTransactions() {
        var cluster = Self.begun()
        let fence = cluster.machine.endOpenTransactions(now: .zero)
        #expect(fence.outline == ["0 down", "file", "publish primary=none"])
        let end = cluster.machine.abandonSwitchover("node 2 lags", now: .zero)
        #expect(end.directives.outline == ["0 waiting", "file", "publish primary=0"])

        var other = Self.begun()
        _ = other.machine.endOpenTransactions(now: .zero)
        let promotion = other.machine.promoteTarget(now: .zero)
        #expect(promotion.directives.outline == ["failover_command"])
        #expect(promotion.directives.hooks == ["fail 0 db0 5432 /data/0 2 db2 0 0 5434 /data/2 db0 5432"])
    }

    @Test("The primary dies meanwhile: an ordinary failover, with the lowest node as the new main node")
    func primaryDies() {
        var cluster = Self.begun()
        let death = cluster.dies(0)
        #expect(death.hooks == ["fail 0 db0 5432 /data/0 1 db1 0 0 5433 /data/1 db0 5432"])
        #expect(!cluster.machine.isSwitchingOver)
        #expect(
            cluster.machine.promoteTarget(now: .zero).verdict
                == .refused("the switchover was overtaken by another event"))
        #expect(cluster.machine.abandonSwitchover("late", now: .zero).directives == [])
    }

    @Test("The target dies meanwhile: the switchover is off")
    func targetDies() {
        var cluster = Self.begun()
        _ = cluster.dies(2)
        _ = cluster.hookEnds()
        let promotion = cluster.machine.promoteTarget(now: .zero)
        #expect(promotion.verdict == .refused("node 2 is down"))
        #expect(cluster.primary == 0)
        #expect(cluster.machine.snapshot.nodes[0].isDraining == false)
    }

    @Test("Another primary is there meanwhile: nothing is left to do")
    func overtaken() {
        var cluster = Self.begun()
        _ = cluster.sample(1, .primary, timeline: 2)
        _ = cluster.sample(0, .standby, timeline: 2)
        #expect(cluster.primary == 1)
        #expect(!cluster.machine.isSwitchingOver)
        #expect(cluster.machine.snapshot.nodes[0].isDraining == false)
    }

    @Test("What is not possible is refused with a reason")
    func refusals() {
        func refusal(
            _ node: UInt8, sample: NodeSample? = Self.standby, _ adjust: (inout FailoverSettings) -> Void = { _ in }
        ) -> OperatorVerdict {
            var cluster = FailoverTranscript.running(adjust)
            return cluster.machine.beginSwitchover(to: NodeID(node), sample: sample, now: .zero).verdict
        }
        #expect(refusal(9) == .refused("there is no node 9"))
        #expect(refusal(0) == .refused("node 0 is the primary already"))
        #expect(
            refusal(1) { $0.failoverCommand = "" }
                == .refused("failover_command is not set: nothing would promote node 1"))
        #expect(
            refusal(1) { $0.nodes[0].disallowsFailover = true }
                == .refused("node 0, the primary, has the flag DISALLOW_TO_FAILOVER"))
        #expect(
            refusal(1) { $0.nodes[0].isAlwaysPrimary = true } == .refused("node 0 has the flag ALWAYS_PRIMARY"))
        #expect(
            refusal(1, sample: nil) == .refused("node 1 does not say that it is a standby of this cluster"))
        var cluster = FailoverTranscript.running()
        _ = cluster.dies(1)
        #expect(
            cluster.machine.beginSwitchover(to: NodeID(2), sample: Self.standby, now: .zero).verdict
                == .refused("a failover or failback is under way"))
        _ = cluster.hookEnds()
        #expect(
            cluster.machine.beginSwitchover(to: NodeID(1), sample: Self.standby, now: .zero).verdict
                == .refused("node 1 is down: attach it first"))
        var busy = Self.begun()
        #expect(
            busy.machine.detach(NodeID(0), now: .zero).verdict
                == .refused("a switchover to node 2 is under way"))
    }

    // MARK: Nodes that fall idle

    @Test("A graceful detach: nothing new, then down; or everything as before")
    func draining() {
        var cluster = FailoverTranscript.running()
        #expect(cluster.machine.beginDraining(NodeID(1)).directives.outline == ["publish primary=0"])
        #expect(cluster.machine.isDraining(NodeID(1)))
        #expect(cluster.machine.beginDraining(NodeID(1)).verdict == .refused("node 1 is falling idle already"))
        #expect(cluster.machine.endDraining(NodeID(1)).outline == ["publish primary=0"])
        #expect(cluster.machine.endDraining(NodeID(1)) == [])
        _ = cluster.machine.beginDraining(NodeID(1))
        _ = cluster.dies(1)
        #expect(!cluster.machine.isDraining(NodeID(1)))
        #expect(cluster.machine.beginDraining(NodeID(1)).verdict == .refused("node 1 is down"))
    }

    // MARK: Promotions by somebody else

    @Test("A promotion is taken note of only where it has happened")
    func takeNote() {
        var cluster = FailoverTranscript.running()
        func verdict(_ node: UInt8, _ sample: NodeSample?) -> OperatorVerdict {
            cluster.machine.takeNoteOfPromotion(NodeID(node), sample: sample, now: .zero).verdict
        }
        #expect(verdict(1, nil) == .refused("node 1 does not tell whether it is in recovery"))
        #expect(verdict(1, Self.standby) == .refused("node 1 is in recovery: promote it first"))
        #expect(verdict(0, Self.primary) == .refused("node 0 is the primary already"))
        #expect(
            verdict(1, NodeSample(role: .primary, timeline: 2, systemIdentifier: 8))
                == .refused("node 1 belongs to another cluster: its system identifier is another one"))
        #expect(
            verdict(1, NodeSample(role: .primary, timeline: 0, systemIdentifier: 7))
                == .refused("node 1 is on timeline 0, which is older than 1"))
        let answer = cluster.machine.takeNoteOfPromotion(
            NodeID(1), sample: NodeSample(role: .primary, timeline: 2, systemIdentifier: 7), now: .zero)
        #expect(answer.directives.outline == ["publish primary=1"])
        #expect(answer.directives.verdicts == [.accepted])
        // The other standbys stay in use, which pgpool would set down.
        #expect(cluster.statuses == [.up, .up, .up])
        #expect(cluster.sample(0, .primary, timeline: 1).snapshots.last?.primary == nil)
        #expect(cluster.primary == 1)
    }

    @Test("With follow_primary_command the others follow a promotion that was taken note of")
    func takeNoteAndFollow() {
        var cluster = FailoverTranscript.running { $0.followPrimaryCommand = "follow %d %m %P" }
        let answer = cluster.machine.takeNoteOfPromotion(
            NodeID(1), sample: NodeSample(role: .primary, timeline: 2, systemIdentifier: 7), now: .zero)
        #expect(answer.directives.hooks == ["follow 0 1 0"])
        #expect(cluster.statuses == [.down, .up, .down])
        let second = cluster.followEnds(answer.directives)
        #expect(cluster.followEnds(second).verdicts == [.accepted])
    }
}
