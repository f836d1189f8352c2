import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// The death of a primary is short, and nobody is told anything untrue about it.
    @Suite(.serialized)
    struct PrimaryDeathTests {
        @Test(.timeLimit(.minutes(2)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `A ledger over kill -9 of the primary is right`(poolMode: EgretConfiguration.PoolMode) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            try await Stand.withEgret(
                before: cluster, poolMode: poolMode,
                adjust: { configuration, _ in
                    configuration.failoverCommand = hook.command("failover")
                    configuration.set("statement_level_load_balance", "on")
                    configuration.set("num_init_children", "100")
                }
            ) { stand in
                // What a client was told to be committed is on the standby, as far as PostgreSQL can promise it.
                _ = try await cluster.primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
                _ = try await cluster.primary.query("SELECT pg_reload_conf()")
                let running = Task { try await stand.drive("ledger.py", ["--seconds", "10"]) }
                try await Task.sleep(for: .seconds(3))
                await cluster.primary.kill()
                let report = try await running.value
                #expect(report.contains("done="), "\(report)")
                // Only what was in flight fails: at most one entry for each of the 30 clients.
                let numbers = report.split(separator: "\n").last?.split(separator: " ").compactMap {
                    $0.split(separator: "=").last.flatMap { Int($0) }
                }
                let (done, failed, unknown) = (numbers?[0] ?? 0, numbers?[1] ?? 99, numbers?[2] ?? 99)
                #expect(done > 200, "\(report)")
                #expect(failed + unknown <= 30, "\(report)")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A statement without a primary fails after failover_hold_timeout, and the session goes on`() async throws {
            try await Stand.withOwnCluster(
                adjust: { configuration, _ in
                    configuration.set("failover_hold_timeout", "2")
                    // Whether the standby has what the session has just created, nobody can tell any more.
                    configuration.set("read_consistency", "off")
                }
            ) { stand in
                let session = try await stand.session()
                _ = try await session.ask("CREATE TABLE held (i int)")
                await stand.cluster.primary.kill()
                let begin = ContinuousClock.now
                let answer = try await session.ask("INSERT INTO held VALUES (1)", timeLimit: .seconds(20))
                #expect(answer.contains("no database node was available for 2 seconds"), "\(answer)")
                #expect(ContinuousClock.now - begin < .seconds(8))
                let read = try await session.ask("SELECT 1")
                #expect(read == "1")
                session.close()
            }
        }
    }
}
