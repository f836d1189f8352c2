import ProxyCore
import Testing

/// `auto_failback`
@Suite struct FailbackTests {
    private static let streaming = [
        ReplicationState(node: NodeID(2), state: "streaming", syncState: "async", replayLag: nil)
    ]

    private static func down(_ adjust: (inout FailoverSettings) -> Void = { _ in }) -> FailoverTranscript {
        var cluster = FailoverTranscript.running {
            $0.failoverCommand = ""
            $0.failsBackByItself = true
            adjust(&$0)
        }
        _ = cluster.dies(2)
        return cluster
    }

    @Test("A node that streams again and answers is attached, not more often than the interval")
    func attaches() {
        var cluster = Self.down()
        let seen = cluster.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .seconds(1))
        #expect(seen.outline == ["confirm failback 2"])
        #expect(cluster.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .seconds(1)).outline == [])
        let attached = cluster.machine.failbackConfirmed(NodeID(2), failure: nil, sample: nil, now: .seconds(1))
        #expect(attached.outline == ["2 waiting", "file", "publish primary=0"])
        _ = cluster.dies(2)
        #expect(cluster.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .seconds(60)).outline == [])
        #expect(
            cluster.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .seconds(61)).outline
                == ["confirm failback 2"])
    }

    @Test("A node that does not answer, or is no standby of this cluster, stays down; it is asked again")
    func refuses() {
        var cluster = Self.down()
        let foreign = NodeSample(role: .standby, systemIdentifier: 8)
        let primary = NodeSample(role: .primary, systemIdentifier: 7)
        for (failure, sample) in [("refused", nil), (nil, foreign), (nil, primary)] {
            _ = cluster.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .zero)
            #expect(
                cluster.machine.failbackConfirmed(NodeID(2), failure: failure, sample: sample, now: .zero).outline == []
            )
        }
        #expect(cluster.statuses == [.up, .up, .down])
    }

    @Test("Not when it is off, not while a failover is under way, not for a node that does not stream")
    func conditions() {
        var off = Self.down { $0.failsBackByItself = false }
        #expect(off.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .zero).outline == [])
        var cluster = Self.down()
        let catchup = [ReplicationState(node: NodeID(2), state: "catchup", syncState: "async", replayLag: nil)]
        #expect(cluster.machine.replicationSeen(catchup, by: NodeID(0), now: .zero).outline == [])
        var busy = FailoverTranscript.running { $0.failsBackByItself = true }
        _ = busy.dies(2)
        #expect(busy.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .zero).outline == [])
        _ = busy.hookEnds()
        #expect(
            busy.machine.replicationSeen(Self.streaming, by: NodeID(0), now: .zero).outline == ["confirm failback 2"])
    }
}
