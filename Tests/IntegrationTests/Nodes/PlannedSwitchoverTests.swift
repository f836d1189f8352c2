import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// `egret promote`: the operator's command, under the load of an ordinary day.
    @Suite(.serialized)
    struct PlannedSwitchoverTests {
        @Test(.timeLimit(.minutes(2)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `50 clients of pgbench's own script see no error, and the books balance`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let promote = try ClusterScripts(cluster).promote()
            try await Stand.withEgret(
                before: cluster, poolMode: poolMode,
                adjust: { configuration, _ in
                    configuration.failoverCommand = promote
                    configuration.set("num_init_children", "100")
                }
            ) { stand in
                try await cluster.pgbench(scale: 5)
                try await cluster.waitUntilReplayed(from: cluster.primary)
                let pgbench = Command(
                    cluster.binaries.path("pgbench"),
                    [
                        "-n", "-c", "50", "-j", "2", "-T", "8", "-h", "127.0.0.1", "-p", "\(stand.egret.port)",
                        "-U", "postgres", "postgres",
                    ])
                let running = Task { try await pgbench.result() }
                try await Task.sleep(for: .seconds(3))
                let verb = try await stand.egret.operate("promote", "1")
                #expect(verb.isSuccess && verb.output.contains("node 1 is the primary"), "\(verb)")
                #expect((verb.output + verb.errors).contains("statements waited "), "\(verb)")
                let result = try await running.value
                #expect(result.status == 0 && !result.errors.contains("ERROR"), "\(result.errors)")
                #expect(result.output.contains("number of failed transactions: 0 "), "\(result.output)")

                let books = try await cluster.nodes[1].query(
                    """
                    SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history)
                    AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(bbalance) FROM pgbench_branches),
                    (SELECT count(*) FROM pgbench_history)
                    """)
                let processed = result.output.split(separator: "\n").first { $0.contains("actually processed") }?
                    .split(separator: " ").last
                #expect(books == "t|\(processed ?? "?")", "\(result.output)")

                let nodes = try await stand.egret.operate("nodes")
                #expect(nodes.output.contains("failover_command: succeeded"), "\(nodes.output)")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `What the last run left is forgotten with --discard-status`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await Stand.withEgret(before: cluster) { stand in
                let detach = try await stand.egret.operate("detach", "1")
                #expect(detach.isSuccess, "\(detach)")
                await stand.egret.stop()
                let again = try await EgretProcess.start(stand.configuration, directory: stand.egret.directory)
                let isRemembered = await Poll.until(.seconds(5)) { again.log.text.contains("is set to down status") }
                #expect(isRemembered)
                await again.stop()
                let fresh = try await EgretProcess.start(
                    stand.configuration, directory: stand.egret.directory, arguments: ["--discard-status"])
                let nodes = try await fresh.operate("nodes", "--json")
                #expect(!nodes.output.contains("\"down\""), "\(nodes.output)")
                await fresh.stop()
            }
            await cluster.destroy()
        }
    }
}
