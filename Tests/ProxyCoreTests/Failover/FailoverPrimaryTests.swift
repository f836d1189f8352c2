import ProxyCore
import Testing

/// Who is written to.
@Suite struct FailoverPrimaryTests {
    @Test("At start nobody is the primary until a node says so, and all have been asked")
    func start() {
        var cluster = FailoverTranscript()
        #expect(cluster.machine.start(now: .zero).outline == ["publish primary=none", "search 0.1 seconds"])
        #expect(cluster.sample(1, .standby).outline == [])
        #expect(cluster.sample(2, .primary, timeline: 1).outline == [])
        #expect(cluster.machine.sampleFailed(NodeID(0), now: .zero).outline == ["end search", "publish primary=2"])
        #expect(cluster.machine.snapshot.nodes.map(\.role) == [.standby, .standby, .primary])
        #expect(cluster.statuses == [.waiting, .waiting, .waiting])
    }

    @Test("At start the first to answer may have been left behind while Egret was away")
    func leftBehindAtStart() {
        var cluster = FailoverTranscript()
        _ = cluster.machine.start(now: .zero)
        #expect(cluster.sample(0, .primary, timeline: 1).outline == [])
        #expect(cluster.sample(1, .primary, timeline: 2).outline == [])
        #expect(cluster.sample(2, .standby).outline.contains("publish primary=1"))
    }

    @Test("At start a node that hangs does not keep the others waiting for long")
    func hangingAtStart() {
        var cluster = FailoverTranscript()
        _ = cluster.machine.start(now: .zero)
        #expect(cluster.sample(0, .primary, timeline: 1).outline == [])
        #expect(cluster.machine.tick(now: .seconds(2)).outline == [])
        #expect(cluster.machine.tick(now: .seconds(3)).outline == ["end search", "publish primary=0"])
    }

    @Test("At start the cluster is what most nodes belong to, whatever timeline a stranger has")
    func strangerAtStart() {
        var cluster = FailoverTranscript()
        _ = cluster.machine.start(now: .zero)
        _ = cluster.sample(0, .primary, timeline: 5, system: 8)
        _ = cluster.sample(1, .primary, timeline: 1, system: 7)
        #expect(cluster.sample(2, .standby, system: 7).outline.contains("publish primary=1"))
        #expect(cluster.machine.snapshot.nodes.map(\.isFreshEnough) == [false, true, true])
    }

    @Test("What the status file remembers as down stays down")
    func remembered() {
        var cluster = FailoverTranscript(remembered: [NodeID(1): .down, NodeID(2): .up])
        let start = cluster.machine.start(now: .zero)
        #expect(start.lines.first == "read_status_file: 1 th backend is set to down status")
        #expect(cluster.statuses == [.waiting, .down, .waiting])
        #expect(cluster.sample(1, .primary, timeline: 1).outline == [])
        #expect(cluster.primary == nil)
    }

    @Test("ALWAYS_PRIMARY is not asked")
    func alwaysPrimary() {
        var cluster = FailoverTranscript { $0.nodes[1].isAlwaysPrimary = true }
        #expect(cluster.machine.start(now: .zero).outline == ["publish primary=1"])
        _ = cluster.sample(0, .primary, timeline: 9)
        #expect(cluster.primary == 1)
    }

    @Test("In the other clustering modes the main node is the primary")
    func mainNode() {
        var cluster = FailoverTranscript {
            $0.primarySource = .mainNode
            $0.failoverCommand = ""
        }
        #expect(cluster.machine.start(now: .zero).outline == ["publish primary=0"])
        _ = cluster.dies(0)
        #expect(cluster.primary == 1)
        #expect(cluster.machine.snapshot.primaryTerm == 2)
    }

    @Test("A second node out of recovery is not written to, and the log says so one time")
    func secondPrimary() {
        var cluster = FailoverTranscript.running()
        let second = cluster.sample(1, .primary, timeline: 2)
        #expect(second.lines == ["node 1 is out of recovery but is not used as the primary: node 0 is the primary"])
        #expect(second.outline == ["sample 0", "publish primary=0"])
        #expect(cluster.primary == 0)
        // Its data is nobody else's, so reads do not go there either.
        #expect(cluster.machine.snapshot.nodes[1].isFreshEnough == false)
        #expect(cluster.sample(1, .primary, timeline: 2) == [])
        #expect(cluster.sample(0, .primary, timeline: 1) == [])
        #expect(cluster.primary == 0)
    }

    @Test("A switchover from outside: the old primary says that it is a standby now")
    func switchover() {
        var cluster = FailoverTranscript.running()
        _ = cluster.sample(1, .primary, timeline: 2)
        let change = cluster.sample(0, .standby, timeline: 2)
        #expect(change.outline == ["publish primary=1"])
        #expect(cluster.machine.snapshot.primaryTerm == 2)
        #expect(cluster.machine.snapshot.nodes[1].isFreshEnough)
    }

    @Test("The old primary steps down first: writes wait, then go to the new one")
    func switchoverWithGap() {
        var cluster = FailoverTranscript.running()
        #expect(cluster.sample(0, .standby, timeline: 1).outline == ["search 0.1 seconds", "publish primary=none"])
        #expect(cluster.sample(2, .primary, timeline: 2).outline == ["end search", "publish primary=2"])
    }

    @Test("A silent primary is replaced by a promoted node only")
    func silentPrimary() {
        var cluster = FailoverTranscript.running()
        #expect(cluster.machine.sampleFailed(NodeID(0), now: .zero) == [])
        _ = cluster.sample(1, .primary, timeline: 1)
        #expect(cluster.primary == 0)
        #expect(cluster.sample(2, .primary, timeline: 2).snapshots.last?.primary == NodeID(2))
        // The old one comes back as it was.
        let back = cluster.sample(0, .primary, timeline: 1)
        #expect(
            back.lines == ["node 0 is out of recovery but is not used as the primary: its timeline 1 is older than 2"])
        #expect(cluster.primary == 2)
    }

    @Test("An old primary that is attached again is not taken, even with nobody else left")
    func leftBehind() {
        var cluster = FailoverTranscript.running(nodes: 2) { $0.failoverCommand = "" }
        _ = cluster.dies(0)
        _ = cluster.sample(1, .primary, timeline: 2)
        _ = cluster.machine.attach(NodeID(0), now: .zero)
        _ = cluster.sample(0, .primary, timeline: 1)
        #expect(cluster.primary == 1)
        _ = cluster.dies(1)
        #expect(cluster.primary == nil)
        _ = cluster.sample(0, .primary, timeline: 1)
        #expect(cluster.primary == nil)
    }

    @Test("A node of another cluster is never the primary")
    func otherCluster() {
        var cluster = FailoverTranscript.running { $0.failoverCommand = "" }
        _ = cluster.dies(0)
        let foreign = cluster.sample(1, .primary, timeline: 5, system: 8)
        #expect(cluster.primary == nil)
        #expect(foreign.lines.first?.hasSuffix("its system identifier is another cluster's") == true)
        _ = cluster.sample(2, .primary, timeline: 2)
        #expect(cluster.primary == 2)
    }

    @Test("Two primaries after a death: the higher timeline is the one")
    func higherTimeline() {
        var cluster = FailoverTranscript.running()
        _ = cluster.dies(0)
        _ = cluster.sample(1, .primary, timeline: 1)
        _ = cluster.sample(2, .primary, timeline: 2)
        _ = cluster.hookEnds()
        #expect(cluster.primary == 2)
    }

    @Test("Lag beyond delay_threshold takes a standby's reads away, and back again")
    func lag() {
        var cluster = FailoverTranscript.running { $0.delayThresholdBytes = 100 }
        #expect(cluster.sample(0, .primary, timeline: 1, position: 1_000) == [])
        #expect(cluster.sample(1, .standby, position: 900) == [])
        let late = cluster.sample(1, .standby, position: 899)
        #expect(late.snapshots.first?.nodes[1].isFreshEnough == false)
        #expect(cluster.machine.delayBytes(of: NodeID(1)) == 101)
        #expect(cluster.sample(1, .standby, position: 1_200).snapshots.first?.nodes[1].isFreshEnough == true)
        #expect(cluster.machine.delayBytes(of: NodeID(1)) == 0)
    }

    @Test("delay_threshold_by_time goes by what the primary says")
    func lagByTime() {
        var cluster = FailoverTranscript.running { $0.delayThresholdTime = .seconds(2) }
        func state(_ lag: Duration?) -> [ReplicationState] {
            [ReplicationState(node: NodeID(1), state: "streaming", syncState: "async", replayLag: lag)]
        }
        #expect(cluster.machine.replicationSeen(state(.seconds(2)), by: NodeID(0), now: .zero) == [])
        #expect(
            cluster.machine.replicationSeen(state(.seconds(3)), by: NodeID(0), now: .zero).outline == [
                "publish primary=0"
            ])
        #expect(cluster.machine.replicationSeen(state(nil), by: NodeID(1), now: .zero) == [])
        #expect(cluster.machine.replicationSeen(state(nil), by: NodeID(0), now: .zero).outline == ["publish primary=0"])
    }

    @Test("Epochs grow by one, weights are shares of all nodes, and nothing new is not published")
    func snapshots() {
        var cluster = FailoverTranscript {
            $0.nodes[0].weight = 1
            $0.nodes[1].weight = 3
            $0.nodes[2].weight = 0
        }
        _ = cluster.machine.start(now: .zero)
        #expect(cluster.machine.snapshot.epoch == 1)
        #expect(cluster.machine.snapshot.nodes.map(\.weight) == [0.25, 0.75, 0])
        for standby: UInt8 in [1, 2] { _ = cluster.sample(standby, .standby) }
        _ = cluster.sample(0, .primary, timeline: 1)
        #expect(cluster.machine.snapshot.epoch == 2)
        #expect(cluster.sample(0, .primary, timeline: 1) == [])
        #expect(cluster.machine.snapshot.epoch == 2)
    }

    @Test("A reload changes weights, keeps addresses and brings new nodes in as down")
    func reload() {
        var cluster = FailoverTranscript.running(nodes: 2)
        var settings = FailoverSettings(nodes: FailoverTranscript.nodes(3))
        settings.nodes[0].host = "elsewhere"
        settings.nodes[1].weight = 0
        let directives = cluster.machine.reconfigure(settings, now: .zero)
        #expect(directives.outline == ["2 down", "publish primary=0"])
        #expect(cluster.machine.snapshot.nodes.map(\.host) == ["db0", "db1", "db2"])
        #expect(cluster.machine.snapshot.nodes.map(\.weight) == [0.5, 0, 0.5])
        #expect(cluster.machine.attach(NodeID(2), now: .zero).verdict == .accepted)
    }
}
