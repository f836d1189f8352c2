import ProxyCore
import Testing

/// Deaths, detaches, attaches and their hooks.
@Suite struct FailoverRequestTests {
    @Test("A standby's death: no search, and the hook gets the primary as it is")
    func standbyDies() {
        var cluster = FailoverTranscript.running()
        let death = cluster.dies(2)
        #expect(death.outline == ["2 down", "file", "publish primary=0", "failover_command"])
        #expect(death.hooks == ["fail 2 db2 5434 /data/2 0 db0 0 0 5432 /data/0 db0 5432"])
        #expect(death.files == [[.up, .up, .down]])
        #expect(
            death.lines == [
                "received degenerate backend request for node_id: 2 (refused)",
                "=== Starting degeneration. shutdown host db2(5434) ===",
                "execute command: fail 2 db2 5434 /data/2 0 db0 0 0 5432 /data/0 db0 5432",
            ])
        let end = cluster.hookEnds()
        #expect(end.outline == [])
        #expect(
            end.lines == [
                "failover: set new primary node: 0", "failover: set new main node: 0",
                "=== Failover done. shutdown host db2(5434) ===",
            ])
        #expect(cluster.machine.snapshot.primaryTerm == 1)
    }

    @Test("A primary's death: writes stop, the hook runs, and then the promoted node is found")
    func primaryDies() {
        var cluster = FailoverTranscript.running()
        let death = cluster.dies(0)
        #expect(death.outline == ["0 down", "file", "publish primary=none", "failover_command"])
        #expect(death.hooks == ["fail 0 db0 5432 /data/0 1 db1 0 0 5433 /data/1 db0 5432"])

        // The promotion shows while the hook is still at work: that is not yet the moment.
        #expect(cluster.sample(1, .primary, timeline: 2).outline == [])
        let end = cluster.hookEnds()
        #expect(end.outline == ["publish primary=1"])
        #expect(cluster.machine.snapshot.primaryTerm == 2)
        #expect(end.lines.last == "=== Failover done. shutdown host db0(5432) ===")
    }

    @Test("The promotion comes after the hook: the nodes are asked until it does")
    func promotionIsLate() {
        var cluster = FailoverTranscript.running()
        _ = cluster.dies(0)
        let end = cluster.hookEnds()
        #expect(end.outline == ["search 0.1 seconds"])
        #expect(end.lines == ["find_primary_node_repeatedly: waiting for finding a primary node"])
        #expect(cluster.sample(1, .standby, timeline: 1).outline == [])
        let found = cluster.sample(1, .primary, timeline: 2)
        #expect(found.outline == ["end search", "publish primary=1"])
        #expect(
            found.lines == [
                "find_primary_node: primary node is 1", "failover: set new primary node: 1",
                "failover: set new main node: 1", "=== Failover done. shutdown host db0(5432) ===",
            ])
    }

    @Test("Without a hook the search begins at once and goes on past its timeout, slower")
    func noHookNoPromotion() {
        var cluster = FailoverTranscript.running {
            $0.failoverCommand = ""
            $0.searchTimeout = .seconds(10)
        }
        #expect(
            cluster.dies(0).outline == ["0 down", "file", "publish primary=none", "search 0.1 seconds"])
        cluster.now = .seconds(9)
        #expect(cluster.machine.tick(now: cluster.now) == [])
        cluster.now = .seconds(10)
        let late = cluster.machine.tick(now: cluster.now)
        #expect(late.outline == ["search 5.0 seconds"])
        #expect(late.lines.contains("failover: set new primary node: -1"))
        #expect(cluster.machine.tick(now: .seconds(11)) == [])
        #expect(cluster.sample(2, .primary, timeline: 2).outline == ["end search", "publish primary=2"])
    }

    @Test("With no limit the search never slows down")
    func endlessSearch() {
        var cluster = FailoverTranscript.running {
            $0.failoverCommand = ""
            $0.searchTimeout = nil
        }
        _ = cluster.dies(0)
        #expect(cluster.machine.tick(now: .seconds(1_000_000)) == [])
    }

    @Test("The last node dies: the hook is told that nobody is left, and the file keeps its last word")
    func lastNodeDies() {
        var cluster = FailoverTranscript.running(nodes: 2) { $0.failoverCommand = "m=%m H=%H M=%M P=%P N=%N" }
        _ = cluster.dies(0)
        _ = cluster.hookEnds()
        let death = cluster.dies(1)
        #expect(death.outline == ["1 down", "end search", "publish primary=none", "failover_command"])
        #expect(death.hooks == [#"m=-1 H="" M=1 P=-1 N="""#])
        #expect(death.lines.contains("failover: no valid backend node found"))
        #expect(cluster.hookEnds().outline == [])
    }

    @Test("Requests that come while a hook runs wait for it, in order, each once")
    func requestsQueue() {
        var cluster = FailoverTranscript.running()
        _ = cluster.dies(2)
        #expect(cluster.dies(1).outline == [])
        #expect(cluster.dies(1) == [])
        #expect(cluster.machine.detach(NodeID(1), now: .zero).verdict == .accepted)
        #expect(cluster.statuses == [.up, .up, .down])
        let next = cluster.hookEnds()
        #expect(next.outline == ["1 down", "file", "publish primary=0", "failover_command"])
        #expect(next.hooks == ["fail 1 db1 5433 /data/1 0 db0 0 0 5432 /data/0 db0 5432"])
        #expect(cluster.hookEnds().outline == [])
        #expect(cluster.hookEnds() == [])
    }

    @Test("A second death of the same node is no second failover")
    func diesOnce() {
        var cluster = FailoverTranscript.running()
        _ = cluster.dies(2)
        _ = cluster.hookEnds()
        #expect(cluster.dies(2) == [])
    }

    @Test("A standby's death and an attach are not held up by the search for a primary")
    func searchRunsBeside() {
        var cluster = FailoverTranscript.running { $0.failoverCommand = "" }
        _ = cluster.dies(0)
        let second = cluster.dies(2)
        #expect(second.outline.prefix(3) == ["2 down", "file", "publish primary=none"])
        let attach = cluster.machine.attach(NodeID(0), now: cluster.now)
        #expect(attach.verdict == .accepted)
        #expect(cluster.statuses == [.waiting, .up, .down])
        let found = cluster.sample(0, .primary, timeline: 1)
        #expect(found.outline == ["end search", "publish primary=0"])
    }

    @Test("DISALLOW_TO_FAILOVER: nobody takes the node down")
    func disallowed() {
        var cluster = FailoverTranscript.running { $0.nodes[1].disallowsFailover = true }
        #expect(
            cluster.dies(1) == [.log(.log, "health check failed on node 1 but failover is disallowed for the node")])
        #expect(cluster.machine.backendFailed(NodeID(1), reason: "reset").outline == [])
        #expect(
            cluster.machine.detach(NodeID(1), now: .zero).verdict
                == .refused("node 1 has the flag DISALLOW_TO_FAILOVER"))
        #expect(cluster.statuses == [.up, .up, .up])
    }

    @Test("An attach: waiting, the file, the hook, the log lines")
    func attach() {
        var cluster = FailoverTranscript.running { $0.failbackCommand = "back %d %h %p %D %m %H %M %P %r %R %N %S" }
        _ = cluster.dies(2)
        _ = cluster.hookEnds()
        let answer = cluster.machine.attach(NodeID(2), now: cluster.now)
        #expect(answer.verdict == .accepted)
        let attach = answer.directives
        #expect(attach.outline == ["2 waiting", "file", "publish primary=0", "failback_command"])
        #expect(attach.hooks == ["back 2 db2 5434 /data/2 0 db0 0 0 5432 /data/0 db0 5432"])
        let end = cluster.hookEnds()
        #expect(end.lines == ["=== Failback done. reconnect host db2(5434) ==="])
        #expect(cluster.machine.nodeUsed(NodeID(2)).outline == ["2 up", "publish primary=0"])
        #expect(cluster.machine.nodeUsed(NodeID(2)) == [])
    }

    @Test("What cannot be attached or detached is refused with a reason")
    func refusals() {
        var cluster = FailoverTranscript.running(nodes: 2)
        #expect(cluster.machine.attach(NodeID(0), now: .zero).verdict == .refused("node 0 is up already"))
        #expect(cluster.machine.attach(NodeID(9), now: .zero).verdict == .refused("there is no node 9"))
        #expect(cluster.machine.detach(NodeID(9), now: .zero).verdict == .refused("there is no node 9"))
        _ = cluster.machine.detach(NodeID(1), now: .zero)
        #expect(cluster.machine.detach(NodeID(1), now: .zero).verdict == .refused("node 1 is down"))
    }

    @Test("A client's error asks the node first, and one time for many errors")
    func clientErrors() {
        var cluster = FailoverTranscript.running()
        #expect(cluster.machine.backendFailed(NodeID(1), reason: "reset").outline == ["confirm 1"])
        #expect(cluster.machine.backendFailed(NodeID(1), reason: "reset") == [])
        #expect(cluster.machine.confirmed(NodeID(1), failure: nil, now: .zero).outline == [])
        #expect(cluster.statuses == [.up, .up, .up])
        #expect(cluster.machine.backendFailed(NodeID(1), reason: "reset").outline == ["confirm 1"])
        let death = cluster.machine.confirmed(NodeID(1), failure: "refused", now: .zero)
        #expect(death.outline == ["1 down", "file", "publish primary=0", "failover_command"])
        #expect(cluster.machine.backendFailed(NodeID(1), reason: "reset") == [])
    }

    @Test("The switches for client errors and shutdowns")
    func clientErrorSwitches() {
        var cluster = FailoverTranscript.running { $0.failsOverOnBackendError = false }
        #expect(cluster.machine.backendFailed(NodeID(1), reason: "reset") == [])
        #expect(cluster.machine.backendShutDown(NodeID(1)) == [])
        var other = FailoverTranscript.running { $0.failsOverOnBackendShutdown = true }
        #expect(other.machine.backendShutDown(NodeID(1)).outline == ["confirm 1"])
    }
}
