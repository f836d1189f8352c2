import ControlPlane
import Foundation
import ProxyCore
import Synchronization
import Testing

@Suite struct FailoverCoordinatorTests {
    @Test("A primary's death: writes stop, the hook runs, the promoted node is found, the file is written")
    func primaryDies() async throws {
        let cluster = try FakeCluster { settings, directory in
            settings.failover.failoverCommand = "echo %d %H %P > \(directory.file("hook")); sleep 0.2"
        }
        #expect(await cluster.becomeNormal())
        cluster.monitor(0)?.report(.probeFailed(NodeID(0), reason: "refused"))
        #expect(await eventually { cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[0].status } == .down })
        #expect(cluster.dataPlane.primary == nil)
        #expect(await cluster.capture.contains("failover_command succeeded"))
        #expect(try String(contentsOfFile: cluster.directory.file("hook"), encoding: .utf8) == "0 db1 0\n")
        #expect(await eventually { cluster.monitor(1)?.state.withLock { $0.searches.last } == .milliseconds(100) })
        cluster.say(1, .primary, timeline: 2)
        #expect(await eventually { cluster.dataPlane.primary == NodeID(1) })
        #expect(cluster.monitor(1)?.state.withLock { $0.searches.last } == .some(.none))
        #expect(cluster.monitor(0)?.state.withLock { $0.isUsable } == [true, false])
        await cluster.stop()
        let file = try String(contentsOfFile: cluster.directory.file("pgpool_status"), encoding: .utf8)
        #expect(file == "down\nup\n")
        #expect(cluster.monitor(0)?.state.withLock { $0.isRunning } == false)
    }

    @Test("A client's error is confirmed first; a node that answers stays")
    func clientErrors() async throws {
        let cluster = try FakeCluster()
        #expect(await cluster.becomeNormal())
        for _ in 0..<1_000 { cluster.coordinator.observe(.nodeFailed(NodeID(1), reason: "reset")) }
        #expect(await cluster.capture.contains("node 1 answers, it stays in use"))
        #expect(cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].status.isUsable } == true)

        cluster.monitor(1)?.state.withLock { $0.failure = "Connection refused" }
        // The flood above may still be on its way: each round asks one time.
        #expect(
            await eventually {
                cluster.coordinator.observe(.nodeFailed(NodeID(1), reason: "reset"))
                return cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].status } == .down
            })
        #expect(cluster.dataPlane.primary == NodeID(0))
        await cluster.stop()
    }

    @Test("A failing or hanging hook does not stop the failover")
    func badHook() async throws {
        let cluster = try FakeCluster { settings, _ in
            settings.failover.failoverCommand = "exec sleep 100"
            settings.hookTimeout = .milliseconds(300)
        }
        #expect(await cluster.becomeNormal())
        cluster.monitor(0)?.report(.probeFailed(NodeID(0), reason: "refused"))
        #expect(await cluster.capture.contains("failover_command did not end"))
        cluster.say(1, .primary, timeline: 2)
        #expect(await eventually { cluster.dataPlane.primary == NodeID(1) })
        await cluster.stop()
    }

    @Test("An attach is refused when the node does not answer, and carried out when it does")
    func attach() async throws {
        let cluster = try FakeCluster { settings, directory in
            settings.failover.failbackCommand = "echo back %d %m %P > \(directory.file("hook"))"
        }
        #expect(await cluster.becomeNormal())
        #expect(await cluster.coordinator.attach(NodeID(1)) == .refused("node 1 is waiting already"))
        #expect(await cluster.coordinator.detach(NodeID(1)) == .accepted)
        cluster.monitor(1)?.state.withLock { $0.failure = "Connection refused" }
        #expect(
            await cluster.coordinator.attach(NodeID(1)) == .refused("node 1 does not answer: Connection refused"))
        cluster.monitor(1)?.state.withLock { $0.failure = nil }
        let before = WallClock.now().seconds
        #expect(await cluster.coordinator.attach(NodeID(1)) == .accepted)
        #expect(await cluster.capture.contains("=== Failback done. reconnect host db1(5433) ==="))
        #expect(try String(contentsOfFile: cluster.directory.file("hook"), encoding: .utf8) == "back 1 0 0\n")
        let overview = await cluster.coordinator.overview()
        #expect(overview.nodes[1].view.status == .waiting)
        #expect(overview.nodes[1].statusChangedAt >= before)
        cluster.coordinator.observe(.nodeUsed(NodeID(1)))
        #expect(await eventually { await cluster.coordinator.overview().nodes[1].view.status == .up })
        await cluster.stop()
    }

    @Test("What the status file remembers is not used; a reload brings new nodes in as down")
    func statusFileAndReload() async throws {
        let cluster = try FakeCluster { settings, directory in
            try? StatusFile(directory: directory.path).write([.up, .down])
            settings.failover.failoverCommand = ""
        }
        #expect(await eventually { cluster.monitor(1) != nil })
        #expect(cluster.monitor(1)?.state.withLock { $0.isUsable } == [false])
        await cluster.coordinator.reconfigure(FakeCluster.settings(nodes: 3, cluster.directory))
        #expect(await eventually { cluster.monitor(2)?.state.withLock { $0.isRunning } == true })
        #expect(await cluster.coordinator.overview().nodes.map(\.view.status) == [.waiting, .down, .down])
        #expect(cluster.monitor(0)?.state.withLock { $0.applied.count } == 1)
        await cluster.stop()
    }

    @Test("A hint of a promotion asks all nodes at once")
    func promotionHint() async throws {
        let cluster = try FakeCluster()
        #expect(await cluster.becomeNormal())
        cluster.coordinator.observe(.promotionHint(NodeID(1)))
        #expect(await eventually { cluster.monitor(0)?.state.withLock { $0.samplesAsked } == 1 })
        #expect(cluster.monitor(1)?.state.withLock { $0.samplesAsked } == 1)
        await cluster.stop()
    }
}
