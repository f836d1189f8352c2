import ControlPlane
import Foundation
import ProxyCore
import Synchronization
import Testing

/// What operators order, and what the hooks do to it.
@Suite(.serialized) struct FailoverOperationsTests {
    private static func sample(
        _ role: NodeRole, timeline: UInt32 = 1, position: UInt64 = 100, system: UInt64 = 1
    ) -> NodeSample {
        NodeSample(role: role, timeline: timeline, systemIdentifier: system, position: position)
    }

    /// Three nodes that also answer when they are examined.
    private static func cluster(
        _ adjust: (inout ClusterSettings, TemporaryDirectory) -> Void = { _, _ in }
    ) async throws -> FakeCluster {
        let cluster = try FakeCluster(nodes: 3) { settings, directory in
            settings.failover.failoverCommand = "echo %d %m %P >> \(directory.file("hook"))"
            settings.switchoverDrainTimeout = .milliseconds(300)
            settings.recovery.timeout = .milliseconds(300)
            adjust(&settings, directory)
        }
        #expect(await cluster.becomeNormal())
        for node: UInt8 in 0..<3 {
            cluster.monitor(node)?.state.withLock { $0.sample = Self.sample(node == 0 ? .primary : .standby) }
        }
        return cluster
    }

    private static func hookCalls(_ cluster: FakeCluster) -> String? {
        try? String(contentsOfFile: cluster.directory.file("hook"), encoding: .utf8)
    }

    // MARK: Verdicts

    @Test("A detach and an attach end with their hooks, and a hook that failed is told and shown")
    func hookFailures() async throws {
        let cluster = try await Self.cluster { settings, _ in
            settings.failover.failoverCommand = "sleep 0.2; exit 3"
            settings.failover.failbackCommand = "sleep 0.2"
        }
        let before = WallClock.now().seconds
        #expect(
            await cluster.coordinator.detach(NodeID(1), gracefully: false)
                == .refused("failover_command failed with exit status 3; node 1 is detached all the same"))
        var node = await cluster.coordinator.overview().nodes[1]
        #expect(node.lastHook?.kind == .failover)
        #expect(node.lastHook?.result == "failed with exit status 3")
        #expect((node.lastHook?.startedAt ?? 0) >= before && node.lastHook?.finishedAt != nil)
        #expect((node.lastHook?.took ?? .zero) >= .milliseconds(200))
        let began = ContinuousClock.now
        #expect(await cluster.coordinator.attach(NodeID(1)) == .accepted)
        #expect(began.duration(to: .now) >= .milliseconds(200))
        node = await cluster.coordinator.overview().nodes[1]
        #expect(node.hooks.map(\.kind) == [.failover, .failback])
        #expect(node.lastHook?.result == "succeeded")
        await cluster.stop()
    }

    @Test("Behind a running hook an order is accepted at once; at the end of Egret nobody is left waiting")
    func queuedOrders() async throws {
        let cluster = try await Self.cluster { settings, _ in settings.failover.failoverCommand = "exec sleep 100" }
        let waiting = Task { await cluster.coordinator.detach(NodeID(1), gracefully: false) }
        #expect(await eventually { cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].status } == .down })
        #expect(await cluster.coordinator.detach(NodeID(2), gracefully: false) == .accepted)
        await cluster.stop()
        #expect(await waiting.value == .refused("Egret is stopping"))
        // The hook did not come to its end, so the next start has to know.
        let journal = FailoverJournal(directory: cluster.directory.path)
        #expect(journal.read().map(\.node) == [NodeID(1)])
    }

    @Test("While a hook runs the journal names it; afterwards there is none")
    func journal() async throws {
        let cluster = try await Self.cluster { settings, directory in
            settings.failover.failoverCommand = "cat \(directory.file("egret_failover")) > \(directory.file("copy"))"
        }
        #expect(await cluster.coordinator.detach(NodeID(2), gracefully: false) == .accepted)
        let copy = try String(contentsOfFile: cluster.directory.file("copy"), encoding: .utf8)
        #expect(copy.contains("\"failover_command\"") && copy.contains("\"formerPrimary\" : 0"))
        let path = cluster.directory.file("egret_failover")
        #expect(await eventually { !FileManager.default.fileExists(atPath: path) })
        await cluster.stop()
    }

    @Test("What an earlier process has left is told, and forgotten once a primary is found")
    func journalAtStart() async throws {
        let cluster = try FakeCluster { settings, directory in
            let hook = UnfinishedHook(
                kind: .failover, node: NodeID(1), command: "promote 1", formerPrimary: NodeID(1))
            try? FailoverJournal(directory: directory.path).write([hook])
            settings.failover.failoverCommand = "exit 1"
        }
        #expect(await cluster.capture.contains("had begun when Egret ended: promote 1"))
        #expect(await cluster.becomeNormal())
        #expect(await cluster.capture.contains("the failover of node 1 is complete: node 0 is the primary"))
        let path = cluster.directory.file("egret_failover")
        #expect(await eventually { !FileManager.default.fileExists(atPath: path) })
        await cluster.stop()
    }

    @Test("At the end of Egret nobody waits for workers that have ended")
    func stopWhileDraining() async throws {
        let cluster = try await Self.cluster { settings, _ in settings.recovery.timeout = .seconds(100) }
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(1)] = 1 }
        let detach = Task { await cluster.coordinator.detach(NodeID(1), gracefully: true) }
        #expect(
            await eventually { cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].isDraining == true } })
        await cluster.stop()
        guard case .refused = await detach.value else {
            Issue.record("it was not refused")
            return
        }
    }

    @Test("An attach refuses a node of another cluster")
    func foreignNode() async throws {
        let cluster = try await Self.cluster()
        #expect(await cluster.coordinator.detach(NodeID(1), gracefully: false) == .accepted)
        cluster.monitor(1)?.state.withLock { $0.sample = Self.sample(.standby, system: 2) }
        #expect(
            await cluster.coordinator.attach(NodeID(1))
                == .refused("node 1 belongs to another cluster: its system identifier is another one"))
        await cluster.stop()
    }

    // MARK: Falling idle

    @Test("A graceful detach waits until the node is idle")
    func gracefulDetach() async throws {
        let cluster = try await Self.cluster { settings, _ in settings.recovery.timeout = .seconds(10) }
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(1)] = 2 }
        let detach = Task { await cluster.coordinator.detach(NodeID(1), gracefully: true) }
        #expect(
            await eventually { cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].isDraining == true } })
        #expect(cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].status.isUsable } == true)
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(1)] = 0 }
        #expect(await detach.value == .accepted)
        #expect(cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1].status } == .down)
        #expect(Self.hookCalls(cluster) == "1 0 0\n")
        await cluster.stop()
    }

    @Test("A graceful detach of a busy node is refused, and the node is used again")
    func gracefulDetachOfBusyNode() async throws {
        let cluster = try await Self.cluster()
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(1)] = 2 }
        #expect(
            await cluster.coordinator.detach(NodeID(1), gracefully: true)
                == .refused(
                    "2 transactions are still under way on node 1 after recovery_timeout (0 s): it is used again"))
        let view = cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[1] }
        #expect(view?.isDraining == false && view?.status.isUsable == true)
        await cluster.stop()
    }

    // MARK: Switchovers

    @Test("A switchover: idle, caught up, promoted, found")
    func switchover() async throws {
        let cluster = try await Self.cluster { settings, _ in settings.switchoverDrainTimeout = .seconds(30) }
        cluster.monitor(2)?.state.withLock { $0.sample?.position = 90 }
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(0)] = 1 }
        let promotion = Task { await cluster.coordinator.promote(NodeID(2), .switchover, gracefully: false) }
        #expect(
            await eventually { cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[0].isDraining == true } })
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(0)] = 0 }
        #expect(await eventually { cluster.monitor(0)?.state.withLock { $0.flushes } == 1 })
        try await Task.sleep(for: .milliseconds(60))
        #expect(Self.hookCalls(cluster) == nil, "the target has not replayed everything yet")
        cluster.monitor(2)?.state.withLock { $0.sample?.position = 100 }
        #expect(await eventually { Self.hookCalls(cluster) == "0 2 0\n" })
        cluster.say(2, .primary, timeline: 2)
        #expect(await promotion.value == .accepted)
        #expect(cluster.dataPlane.primary == NodeID(2))
        #expect(cluster.capture.text.contains("switchover: node 2 is the primary; statements waited"))
        await cluster.stop()
    }

    @Test("A target that does not catch up is not promoted")
    func targetLags() async throws {
        let cluster = try await Self.cluster()
        cluster.monitor(2)?.state.withLock { $0.sample?.position = 90 }
        #expect(
            await cluster.coordinator.promote(NodeID(2), .switchover, gracefully: false)
                == .refused("node 2 has not replayed all that node 0 has written"))
        let view = cluster.dataPlane.state.withLock { $0.snapshots.last?.nodes[0] }
        #expect(view?.isDraining == false && view?.status.isUsable == true)
        #expect(cluster.dataPlane.primary == NodeID(0))
        #expect(Self.hookCalls(cluster) == nil)
        await cluster.stop()
    }

    @Test("Transactions that do not end are ended before the target's position is looked at")
    func openTransactions() async throws {
        let cluster = try await Self.cluster()
        cluster.dataPlane.state.withLock { $0.openTransactions[NodeID(0)] = 1 }
        let promotion = Task { await cluster.coordinator.promote(NodeID(1), .switchover, gracefully: false) }
        #expect(await eventually { Self.hookCalls(cluster) == "0 1 0\n" })
        cluster.say(1, .primary, timeline: 2)
        #expect(await promotion.value == .accepted)
        #expect(cluster.capture.text.contains("what is still under way on node 0 is ended"))
        await cluster.stop()
    }

    @Test("A hook that fails: the old primary takes over again")
    func rollBack() async throws {
        let cluster = try await Self.cluster { settings, _ in settings.failover.failoverCommand = "exit 1" }
        let verdict = await cluster.coordinator.promote(NodeID(1), .switchover, gracefully: false)
        #expect(
            verdict
                == .refused(
                    "node 1 did not become the primary (failover_command failed with exit status 1); node 0 is the "
                        + "primary again"))
        #expect(cluster.dataPlane.primary == NodeID(0))
        await cluster.stop()
    }

    @Test("A promotion is taken note of after asking the node")
    func takeNote() async throws {
        let cluster = try await Self.cluster()
        #expect(
            await cluster.coordinator.promote(NodeID(1), .takeNote, gracefully: false)
                == .refused("node 1 is in recovery: promote it first"))
        cluster.monitor(1)?.state.withLock { $0.sample = Self.sample(.primary, timeline: 2) }
        #expect(await cluster.coordinator.promote(NodeID(1), .takeNote, gracefully: false) == .accepted)
        #expect(cluster.dataPlane.primary == NodeID(1))
        #expect(Self.hookCalls(cluster) == nil)
        await cluster.stop()
    }

    // MARK: Following

    @Test("An attach from inside follow_primary_command does not wait for it")
    func follow() async throws {
        let cluster = try await Self.cluster { settings, directory in
            settings.failover.followPrimaryCommand =
                "echo follow %d %m %P >> \(directory.file("hook")); "
                + "until [ -e \(directory.file("attached.%d")) ]; do sleep 0.02; done"
            settings.hookTimeout = .milliseconds(500)
        }
        cluster.monitor(0)?.report(.probeFailed(NodeID(0), reason: "refused"))
        #expect(await cluster.capture.contains("failover_command succeeded"))
        cluster.say(1, .primary, timeline: 2)
        for node: UInt8 in [0, 2] {
            #expect(await eventually { Self.hookCalls(cluster)?.hasSuffix("follow \(node) 1 0\n") == true })
            // failover_command_timeout is not for this command: it may take a base backup.
            try await Task.sleep(for: .milliseconds(600))
            #expect(await cluster.coordinator.attach(NodeID(node)) == .accepted)
            try Data().write(to: URL(fileURLWithPath: cluster.directory.file("attached.\(node)")))
        }
        #expect(await eventually { await cluster.coordinator.overview().nodes[2].lastHook?.result == "succeeded" })
        #expect(Self.hookCalls(cluster) == "0 1 0\nfollow 0 1 0\nfollow 2 1 0\n")
        #expect(await cluster.coordinator.overview().nodes.allSatisfy { $0.view.status.isUsable })
        await cluster.stop()
    }

    @Test("A node that replicates again is attached by itself")
    func failback() async throws {
        let cluster = try await Self.cluster { settings, _ in settings.failover.failsBackByItself = true }
        #expect(await cluster.coordinator.detach(NodeID(2), gracefully: false) == .accepted)
        let streaming = ReplicationState(node: NodeID(2), state: "streaming", syncState: "async", replayLag: nil)
        cluster.monitor(0)?.report(.replication(NodeID(0), [streaming]))
        #expect(await eventually { await cluster.coordinator.overview().nodes[2].view.status == .waiting })
        await cluster.stop()
    }

    // MARK: Recovery

    @Test("A recovery is refused with a reason where it is not possible")
    func recoveryRefusals() async throws {
        let cluster = try await Self.cluster()
        func refusal(_ node: UInt8) async -> OperatorVerdict {
            await cluster.coordinator.recover(NodeID(node)) { _ in }
        }
        #expect(await refusal(9) == .refused("there is no node 9"))
        #expect(await refusal(0) == .refused("node 0 is the primary"))
        #expect(await refusal(1) == .refused("node 1 is waiting: detach it first"))
        #expect(await cluster.coordinator.detach(NodeID(1), gracefully: false) == .accepted)
        #expect(await refusal(1) == .refused("recovery_1st_stage_command is not set"))
        var settings = cluster.settings
        settings.recovery.firstStageCommand = "copy.sh"
        await cluster.coordinator.reconfigure(settings)
        #expect(await refusal(1) == .refused("backend_data_directory1 is not set"))
        await cluster.stop()
    }
}
