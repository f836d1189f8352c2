import ProxyCore
import Testing

/// `follow_primary_command`
@Suite struct FollowPrimaryTests {
    /// Node 0 has died, node 1 is the new primary, the command runs for node 0.
    private static func following(
        nodes: UInt8 = 3, _ adjust: (inout FailoverSettings) -> Void = { _ in }
    ) -> (FailoverTranscript, [FailoverDirective]) {
        var cluster = FailoverTranscript.running(nodes: nodes) {
            $0.followPrimaryCommand = "follow %d %h %p %D %m %H %M %P %r %R %N %S"
            adjust(&$0)
        }
        _ = cluster.dies(0)
        _ = cluster.hookEnds()
        let found = cluster.sample(1, .primary, timeline: 2)
        return (cluster, found)
    }

    @Test("All others go down, then the command runs for one after another, in the order of their numbers")
    func sequence() {
        var (cluster, first) = Self.following()
        #expect(
            first.outline == ["end search", "2 down", "file", "publish primary=1", "follow_primary_command"])
        #expect(first.hooks == ["follow 0 db0 5432 /data/0 1 db1 0 0 5433 /data/1 db0 5432"])
        #expect(cluster.statuses == [.down, .up, .down])
        let second = cluster.followEnds(first)
        #expect(second.hooks == ["follow 2 db2 5434 /data/2 1 db1 0 0 5433 /data/1 db0 5432"])
        #expect(cluster.followEnds(second).outline == [])
        #expect(cluster.primary == 1)
    }

    @Test("Where the primary shows itself before failover_command has ended, the standbys follow all the same")
    func promotionIsEarly() {
        var cluster = FailoverTranscript.running { $0.followPrimaryCommand = "follow %d" }
        _ = cluster.dies(0)
        _ = cluster.sample(1, .primary, timeline: 2)
        let end = cluster.hookEnds()
        #expect(end.outline == ["2 down", "file", "publish primary=1", "follow_primary_command"])
        #expect(end.hooks == ["follow 0"])
    }

    @Test("The command attaches its node: that does not wait for the command")
    func attachFromInside() {
        var (cluster, first) = Self.following { $0.failbackCommand = "back %d" }
        let attach = cluster.machine.attach(NodeID(0), now: .zero)
        #expect(attach.ticket != nil)
        #expect(attach.directives.hooks == ["back 0"])
        #expect(cluster.hookEnds().verdicts == [.accepted])
        #expect(cluster.statuses == [.waiting, .up, .down])
        #expect(cluster.followEnds(first).hooks.map { $0.prefix(8) } == ["follow 2"])
    }

    @Test("A node that was attached before its turn is left alone")
    func attachedBefore() {
        var (cluster, first) = Self.following()
        _ = cluster.machine.attach(NodeID(2), now: .zero)
        #expect(cluster.followEnds(first).hooks == [])
    }

    @Test("A failure is no reason to leave out the next node")
    func failure() {
        var (cluster, first) = Self.following()
        #expect(cluster.followEnds(first, .exited(status: 1)).runs.map(\.node) == [NodeID(2)])
    }

    @Test("A second death of a primary waits for the end, a standby's death does not")
    func secondFailover() {
        var (cluster, first) = Self.following(nodes: 4) { $0.failoverCommand = "fail %d %P" }
        _ = cluster.machine.attach(NodeID(3), now: .zero)
        let death = cluster.dies(1)
        #expect(death.outline == [])
        #expect(death.lines.last == "the failover is postponed until follow_primary_command has ended")
        #expect(cluster.primary == 1)
        #expect(cluster.dies(3).hooks == ["fail 3 1"])
        _ = cluster.hookEnds()
        let second = cluster.followEnds(first)
        #expect(second.runs.map(\.node) == [NodeID(2)])
        // Node 3 is down again, so it follows, too.
        let third = cluster.followEnds(second)
        #expect(third.runs.map(\.node) == [NodeID(3)])
        #expect(cluster.followEnds(third).hooks == ["fail 1 1"])
        #expect(cluster.primary == nil)
    }

    @Test("Without the command the standbys stay as they are")
    func noCommand() {
        var cluster = FailoverTranscript.running()
        _ = cluster.dies(0)
        _ = cluster.hookEnds()
        #expect(cluster.sample(1, .primary, timeline: 2).outline == ["end search", "publish primary=1"])
        #expect(cluster.statuses == [.down, .up, .up])
    }

    @Test("Neither a start nor a switchover by somebody else makes anybody follow")
    func noFailover() {
        var cluster = FailoverTranscript.running { $0.followPrimaryCommand = "follow %d" }
        #expect(cluster.statuses == [.up, .up, .up])
        _ = cluster.sample(0, .standby, timeline: 1)
        #expect(cluster.sample(2, .primary, timeline: 2).outline == ["end search", "publish primary=2"])
        #expect(cluster.statuses == [.up, .up, .up])
    }

    @Test("A primary that comes late is followed, and DISALLOW_TO_FAILOVER keeps a node as it is")
    func lateAndDisallowed() {
        var cluster = FailoverTranscript.running {
            $0.followPrimaryCommand = "follow %d %P"
            $0.searchTimeout = .seconds(10)
            $0.nodes[2].disallowsFailover = true
        }
        _ = cluster.dies(0)
        _ = cluster.hookEnds()
        _ = cluster.machine.tick(now: .seconds(60))
        #expect(cluster.sample(1, .primary, timeline: 2).hooks == ["follow 0 0"])
        #expect(cluster.statuses == [.down, .up, .up])
    }
}
