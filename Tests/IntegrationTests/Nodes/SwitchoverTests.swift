import ControlPlane
import Foundation
import LocalCluster
import ProxyCore
import Testing

extension NodeTests {
    /// Planned changes of the primary, and nodes that fall idle, under load.
    @Suite(.serialized)
    struct SwitchoverTests {
        /// pgbench that inserts one row for each transaction, for some seconds.
        private static func writers(_ cluster: LocalCluster, port: UInt16, seconds: Int) throws -> Command {
            let script = cluster.directory + "/insert.sql"
            try Data("INSERT INTO written VALUES (1);\n".utf8).write(to: URL(fileURLWithPath: script))
            return Command(
                cluster.binaries.path("pgbench"),
                [
                    "-n", "-c", "4", "-j", "2", "-T", "\(seconds)", "-f", script, "-h", "127.0.0.1", "-p", "\(port)",
                    "-U", "postgres", "postgres",
                ])
        }

        /// The number behind `number of transactions actually processed:`.
        private static func processed(_ output: String) -> Int? {
            output.split(separator: "\n").first { $0.contains("actually processed") }?
                .split(separator: " ").last.flatMap { Int($0) }
        }

        @Test(.timeLimit(.minutes(2)))
        func `A switchover costs no client an error, and no row`() async throws {
            let cluster = try await LocalCluster.create(standbys: 2)
            let scripts = ClusterScripts(cluster)
            let (promote, follow) = (try scripts.promote(), try scripts.follow(attach: "true"))
            try await EgretInside.run(
                before: cluster,
                adjust: { configuration, _ in
                    configuration.failoverCommand = promote
                    configuration.set("follow_primary_command", "'\(follow)'")
                }
            ) { egret in
                try await egret.target(cluster).query("CREATE TABLE written (i int)")
                let writers = try Self.writers(cluster, port: egret.port, seconds: 8)
                let load = Task { try await writers.result() }
                try await Task.sleep(for: .seconds(2))
                let verdict = await egret.coordinator.promote(NodeID(2), .switchover, gracefully: false)
                #expect(verdict == .accepted, "\(egret.log.tail())")
                let result = try await load.value
                #expect(result.isSuccess && !result.errors.contains("ERROR"), "\(result)")
                let rows = try await cluster.nodes[2].query("SELECT count(*) FROM written")
                #expect(Int(rows) == Self.processed(result.output), "\(result.output)")

                #expect(egret.log.text.contains("switchover: node 2 is the primary; statements waited"))
                #expect(scripts.followCalls.map { [$0[0], $0[4], $0[5]] } == [["0", "2", "0"], ["1", "2", "0"]])
                for node: UInt8 in [0, 1] {
                    #expect(await egret.coordinator.attach(NodeID(node)) == .accepted)
                }
                let isStandby = try await cluster.nodes[0].query("SELECT pg_is_in_recovery()")
                #expect(isStandby == "t")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A switchover that fails leaves everything as it was`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await EgretInside.run(
                before: cluster, adjust: { configuration, _ in configuration.failoverCommand = "exit 4" }
            ) { egret in
                try await egret.target(cluster).query("CREATE TABLE written (i int)")
                let writers = try Self.writers(cluster, port: egret.port, seconds: 5)
                let load = Task { try await writers.result() }
                try await Task.sleep(for: .seconds(1))
                let verdict = await egret.coordinator.promote(NodeID(1), .switchover, gracefully: false)
                #expect(
                    verdict
                        == .refused(
                            "node 1 did not become the primary (failover_command failed with exit status 4); node 0 is "
                                + "the primary again"))
                let result = try await load.value
                #expect(result.isSuccess && !result.errors.contains("ERROR"), "\(result)")
                let rows = try await cluster.primary.query("SELECT count(*) FROM written")
                #expect(Int(rows) == Self.processed(result.output), "\(result.output)")
                #expect(await egret.node(0).view.role == .primary)
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby that cannot catch up is not promoted`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let promote = try ClusterScripts(cluster).promote()
            try await EgretInside.run(
                before: cluster,
                adjust: { configuration, _ in
                    configuration.failoverCommand = promote
                    configuration.set("switchover_drain_timeout", "1")
                }
            ) { egret in
                try await cluster.nodes[1].query("SELECT pg_wal_replay_pause()")
                try await cluster.primary.query("CREATE TABLE ahead (i int)")
                let verdict = await egret.coordinator.promote(NodeID(1), .switchover, gracefully: false)
                #expect(verdict == .refused("node 1 has not replayed all that node 0 has written"))
                try await cluster.nodes[1].query("SELECT pg_wal_replay_resume()")
                try await egret.target(cluster).query("INSERT INTO ahead VALUES (1)")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A transaction that does not end is ended after switchover_drain_timeout`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let promote = try ClusterScripts(cluster).promote()
            try await EgretInside.run(
                before: cluster,
                adjust: { configuration, _ in
                    configuration.failoverCommand = promote
                    configuration.set("switchover_drain_timeout", "1")
                }
            ) { egret in
                let log = egret.directory + "/psql.log"
                let session = try await PsqlSession.start(egret.target(cluster), log: log)
                _ = try await session.ask("CREATE TABLE open (i int)")
                _ = try await session.ask("BEGIN")
                _ = try await session.ask("INSERT INTO open VALUES (1)")
                #expect(
                    await egret.coordinator.promote(NodeID(1), .switchover, gracefully: false) == .accepted)
                let lost = try await session.ask("INSERT INTO open VALUES (2)")
                #expect(lost.contains("ERROR") || lost.contains("FATAL"), "\(lost)")
                session.close()
                let count = try await egret.target(cluster).query("SELECT count(*) FROM open")
                #expect(count == "0")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A graceful detach waits for what is under way on the node`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await EgretInside.run(
                before: cluster, adjust: { configuration, _ in configuration.set("backend_weight0", "0") }
            ) { egret in
                let log = egret.directory + "/psql.log"
                let session = try await PsqlSession.start(egret.target(cluster), log: log)
                async let answer = session.ask(
                    "SELECT count(*), inet_server_port() FROM generate_series(1, 10000000)", timeLimit: .seconds(40))
                let isBusy = try await Poll.until(.seconds(10)) {
                    try await cluster.nodes[1].query(
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series%' "
                            + "AND state = 'active' AND pid <> pg_backend_pid()") == "1"
                }
                #expect(isBusy)
                async let detach = egret.coordinator.detach(NodeID(1), gracefully: true)
                let isDraining = await Poll.until(.seconds(5)) { await egret.node(1).view.isDraining }
                #expect(isDraining)
                let other = try await egret.target(cluster).query("SELECT inet_server_port()")
                #expect(other == "\(cluster.primary.port)")
                #expect(await egret.node(1).view.status.isUsable)
                #expect(await detach == .accepted)
                #expect(try await answer == "10000000|\(cluster.nodes[1].port)")
                #expect(await egret.node(1).view.status == .down)
                session.close()
            }
            await cluster.destroy()
        }
    }
}
