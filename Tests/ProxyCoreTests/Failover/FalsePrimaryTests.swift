import ProxyCore
import Testing

/// `detach_false_primary`, and nodes of other clusters.
@Suite struct FalsePrimaryTests {
    private static func running(nodes: UInt8 = 3, detaches: Bool = true) -> FailoverTranscript {
        FailoverTranscript.running(nodes: nodes) {
            $0.failoverCommand = ""
            $0.detachesFalsePrimary = detaches
        }
    }

    private static func standby(of port: UInt16, host: String = "db0") -> NodeSample {
        NodeSample(role: .standby, timeline: 1, systemIdentifier: 7, upstream: Upstream(host: host, port: port))
    }

    /// Node 1 says twice that it is a primary.
    private static func claim(
        _ cluster: inout FailoverTranscript, timeline: UInt32, system: UInt64 = 7
    ) -> [FailoverDirective] {
        _ = cluster.sample(1, .primary, timeline: timeline, system: system)
        return cluster.sample(1, .primary, timeline: timeline, system: system)
    }

    @Test("A primary that the standbys do not follow is detached at the second look")
    func standbysDecide() {
        var cluster = Self.running()
        _ = cluster.machine.sampled(NodeID(2), Self.standby(of: 5432), now: .zero)
        #expect(cluster.sample(1, .primary, timeline: 2).outline == ["sample 0", "publish primary=0"])
        let second = cluster.sample(1, .primary, timeline: 2)
        #expect(second.outline == ["1 down", "file", "publish primary=0"])
        #expect(second.lines.first == "node 1 is a false primary: all standbys follow node 0")
    }

    @Test("The standbys follow the other one: the primary is the false one")
    func standbysFollowTheOther() {
        var cluster = Self.running()
        _ = cluster.machine.sampled(NodeID(2), Self.standby(of: 5433, host: "db1"), now: .zero)
        let second = Self.claim(&cluster, timeline: 2)
        #expect(second.outline.prefix(2) == ["0 down", "file"])
        #expect(cluster.primary == 1)
        #expect(cluster.statuses == [.down, .up, .up])
    }

    @Test("Nobody can tell: nothing is detached, and the log says so one time")
    func undecided() {
        var cluster = Self.running(nodes: 4)
        _ = cluster.machine.sampled(NodeID(2), Self.standby(of: 5432), now: .zero)
        _ = cluster.machine.sampled(NodeID(3), Self.standby(of: 5433, host: "db1"), now: .zero)
        let second = Self.claim(&cluster, timeline: 2)
        #expect(second.lines.count == 1)
        #expect(cluster.sample(1, .primary, timeline: 2) == [])
        #expect(cluster.statuses == [.up, .up, .up, .up])
    }

    @Test("Without standbys the present primary stays; a node that was promoted since is not judged")
    func noStandbys() {
        var cluster = Self.running(nodes: 2)
        #expect(Self.claim(&cluster, timeline: 1).outline == ["1 down", "file", "publish primary=0"])
        var other = Self.running(nodes: 2)
        #expect(Self.claim(&other, timeline: 2).outline == [])
        #expect(other.primary == 0)
    }

    @Test("Timeline and system identifier decide before the standbys")
    func identityDecides() {
        var cluster = Self.running()
        #expect(
            Self.claim(&cluster, timeline: 0).lines.first == "node 1 is a false primary: its timeline 0 is older than 1"
        )
        var other = Self.running()
        #expect(
            Self.claim(&other, timeline: 9, system: 8).lines.first
                == "node 1 is a false primary: its system identifier is another cluster's")
        #expect(other.statuses == [.up, .down, .up])
    }

    @Test("Off, or during a failover, nothing is detached")
    func paused() {
        var cluster = Self.running(detaches: false)
        #expect(Self.claim(&cluster, timeline: 1) == [])
        var busy = FailoverTranscript.running(nodes: 4) { $0.detachesFalsePrimary = true }
        _ = busy.dies(3)
        #expect(Self.claim(&busy, timeline: 1) == [])
        _ = busy.hookEnds()
        _ = busy.machine.sampled(NodeID(2), Self.standby(of: 5432), now: .zero)
        #expect(busy.sample(1, .primary, timeline: 1).hooks.count == 1)
    }

    @Test("A socket directory is met by localhost or by nothing")
    func localHost() {
        for host in ["", "localhost", "/tmp"] {
            var cluster = FailoverTranscript.running {
                $0.failoverCommand = ""
                $0.detachesFalsePrimary = true
                $0.nodes[0].host = "/tmp"
            }
            _ = cluster.machine.sampled(NodeID(2), Self.standby(of: 5432, host: host), now: .zero)
            #expect(Self.claim(&cluster, timeline: 2).outline.first == "1 down", "\(host)")
        }
    }

    @Test("A standby of another cluster is not read from, and not attached")
    func foreignStandby() {
        var cluster = Self.running()
        let foreign = cluster.sample(1, .standby, timeline: 1, system: 8)
        #expect(foreign.snapshots.last?.nodes[1].isFreshEnough == false)
        _ = cluster.machine.detach(NodeID(1), now: .zero)
        let sample = NodeSample(role: .standby, timeline: 1, systemIdentifier: 8)
        #expect(
            cluster.machine.attach(NodeID(1), sample: sample, now: .zero).verdict
                == .refused("node 1 belongs to another cluster: its system identifier is another one"))
        #expect(cluster.machine.attach(NodeID(1), sample: nil, now: .zero).verdict == .accepted)
    }
}
