import ControlPlane
import Foundation
import LocalCluster
import ProxyCore
import Synchronization
import Testing

extension NodeTests {
    /// Online recovery with pgpool's own extension.
    @Suite(.serialized)
    struct RecoveryTests {
        private static func recover(_ egret: EgretInside, _ node: UInt8) async -> (OperatorVerdict, [String]) {
            let lines = Mutex<[String]>([])
            let verdict = await egret.coordinator.recover(NodeID(node)) { line in lines.withLock { $0.append(line) } }
            return (verdict, lines.withLock { $0 })
        }

        private static func configure(_ configuration: inout EgretConfiguration) {
            configuration.set("recovery_user", "'postgres'")
            configuration.set("recovery_1st_stage_command", "'copy.sh'")
            configuration.set("recovery_timeout", "20")
        }

        @Test(.timeLimit(.minutes(2)), arguments: ["postgres", "template1"])
        func `A lost standby is copied, started and attached`(database: String) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await EgretInside.run(
                before: cluster, adjust: { configuration, _ in Self.configure(&configuration) }
            ) { egret in
                try await cluster.primary.query("CREATE EXTENSION pgpool_recovery", database: database)
                try ClusterScripts(cluster).recovery()
                try await cluster.nodes[1].stop(mode: .immediate)
                try FileManager.default.removeItem(atPath: cluster.nodes[1].dataDirectory)
                let isDown = await Poll.until(.seconds(10)) { await egret.node(1).view.status == .down }
                #expect(isDown)
                // It is large enough for the progress to be seen: 150 MB.
                try await cluster.pgbench(scale: 10)
                let (verdict, lines) = await Self.recover(egret, 1)
                #expect(verdict == .accepted, "\(verdict) \(lines)\n\(cluster.primary.log.tail())")
                #expect(lines.contains("node recovery, 1st stage is done"), "\(lines)")
                #expect(lines.contains { $0.contains(/base backup: [0-9]+ % \([0-9]+ of [0-9]+ MB\)/) }, "\(lines)")
                let (primary, node) = (cluster.primary, cluster.nodes[1])
                #expect(
                    LogFile(path: cluster.directory + "/copy.record").text
                        == "\(primary.dataDirectory) 127.0.0.1 \(node.dataDirectory) \(primary.port) 1 \(node.port) "
                        + "127.0.0.1\n")
                #expect(await egret.node(1).view.status.isUsable)
                #expect(try await node.query("SELECT pg_is_in_recovery()") == "t")
                #expect(
                    await egret.coordinator.recover(NodeID(1)) { _ in }
                        == .refused("node 1 is waiting: detach it first"))
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `What goes wrong is told`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await EgretInside.run(
                before: cluster, adjust: { configuration, _ in Self.configure(&configuration) }
            ) { egret in
                #expect(await egret.coordinator.detach(NodeID(1)) == .accepted)
                let (missing, _) = await Self.recover(egret, 1)
                #expect(
                    missing
                        == .refused(
                            "the extension pgpool_recovery is not installed on node 0, the primary, in postgres or "
                                + "template1"))
                try await cluster.primary.query("CREATE EXTENSION pgpool_recovery")
                let (failing, _) = await Self.recover(egret, 1)
                #expect(failing == .refused("copy.sh failed: pgpool_recovery failed"), "\(cluster.primary.log.tail())")
                #expect(await egret.node(1).view.status == .down)
                // A slow script: a second recovery meanwhile is refused, and the end of whoever waits ends it.
                _ = try ClusterScripts(cluster).write(
                    "copy.sh", in: cluster.primary.dataDirectory, "sleep 3; exit 1")
                let slow = Task { await Self.recover(egret, 1) }
                try await Task.sleep(for: .milliseconds(500))
                #expect(await Self.recover(egret, 1).0 == .refused("node 1 is being recovered already"))
                slow.cancel()
                let began = ContinuousClock.now
                #expect(await slow.value.0 == .refused("copy.sh failed: cancelled"))
                #expect(began.duration(to: .now) < .seconds(1))
            }
            await cluster.destroy()
        }
    }
}
