import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// Real drivers through both pool modes, with every answer checked by the driver's script.
    @Suite(.serialized)
    struct DriverTests {
        static let modes = [EgretConfiguration.PoolMode.session, EgretConfiguration.PoolMode.transaction]

        /// Few server connections for many clients, so that transaction mode has something to do.
        static func few(_ configuration: inout EgretConfiguration, _ directory: String) {
            configuration.set("default_pool_size", "10")
            configuration.set("statement_level_load_balance", "on")
        }

        @Test(.timeLimit(.minutes(1)))
        func `100 psycopg clients in transaction mode`() async throws {
            try await Stand.withSharedCluster(adjust: Self.few) { stand in
                let answer = try await stand.drive("psycopg_clients.py", user: "scrammy", password: "scram-secret")
                #expect(answer == "clients=100 answers=2000\n")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `100 asyncpg clients in transaction mode`() async throws {
            try await Stand.withSharedCluster(adjust: Self.few) { stand in
                let answer = try await stand.drive("asyncpg_clients.py", user: "scrammy", password: "scram-secret")
                #expect(answer == "clients=100 answers=2000\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `Message groups, cut anywhere`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(
                poolMode: poolMode,
                adjust: { configuration, _ in configuration.set("statement_level_load_balance", "on") }
            ) { stand in
                let answer = try await stand.drive("groups.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `The state of a session is its own`(poolMode: EgretConfiguration.PoolMode) async throws {
            let servers = poolMode == .transaction ? "2" : "10"
            try await Stand.withSharedCluster(
                poolMode: poolMode, adjust: { configuration, _ in configuration.set("default_pool_size", servers) }
            ) { stand in
                let answer = try await stand.drive("session_state.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `What was drawn from a sequence is there while the pool has room`() async throws {
            try await Stand.withSharedCluster(poolMode: .transaction) { stand in
                let answer = try await stand.drive("sequences.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `A parameter that a reload of the server changes`(poolMode: EgretConfiguration.PoolMode) async throws {
            let cluster = try await LocalCluster.create(standbys: 0)
            try await Stand.withEgret(before: cluster, poolMode: poolMode) { stand in
                let answer = try await stand.drive("reloaded_server.py", ["--server", String(cluster.primary.port)])
                #expect(answer == "well\n")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `Egret's own commands, several prepared at a time`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("own_commands.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `Statements of more than a megabyte`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("long_statements.py", ["--mode", poolMode.rawValue])
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `What a startup packet asks for`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("startup_items.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `Statements by name, in SQL and in the protocol`(poolMode: EgretConfiguration.PoolMode) async throws {
            let servers = poolMode == .transaction ? "2" : "12"
            try await Stand.withSharedCluster(
                poolMode: poolMode,
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", servers)
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let answer = try await stand.drive("statement_names.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `COPY in and out`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("copy_in_out.py")
                #expect(answer == "rows=50000\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `Pipelines`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("pipelining.py")
                #expect(answer == "statements=500\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `Prepared statements of several clients`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(
                poolMode: poolMode,
                adjust: { configuration, _ in
                    // Session mode needs a server for each client.
                    if poolMode == .transaction { configuration.set("default_pool_size", "3") }
                }
            ) { stand in
                let answer = try await stand.drive("prepared.py")
                #expect(answer == "clients=8 rounds=60\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `A cancel request hits one client only`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("cancel.py")
                #expect(answer == "slept slept 57014 slept slept slept\n")
                let session = try await stand.session()
                _ = try await session.ask("SELECT 1")
                session.send("SELECT pg_sleep(20);\n")
                try await Task.sleep(for: .milliseconds(400))
                session.cancel()
                let begin = ContinuousClock.now
                // psql ends a script at Ctrl-C; what matters is that the server stopped.
                let isGone = try await Poll.until(.seconds(5)) {
                    try await stand.cluster.primary.query(
                        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(20)%' "
                            + "AND pid <> pg_backend_pid()") == "0"
                }
                #expect(isGone, "after \(ContinuousClock.now - begin)")
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Large rows and long results pass through fixed buffers`() async throws {
            try await Stand.withSharedCluster { stand in
                try await stand.query("SELECT 1")
                let before = try #require(stand.egret.residentBytes)
                let watching = Task {
                    var peak = before
                    while !Task.isCancelled {
                        peak = max(peak, stand.egret.residentBytes ?? peak)
                        try? await Task.sleep(for: .milliseconds(10))
                    }
                    return peak
                }
                let answer = try await stand.drive("large_rows.py")
                watching.cancel()
                let peak = await watching.value
                #expect(answer == "megabytes=48\n")
                #expect(peak - before < 16 << 20, "Egret grew by \((peak - before) >> 10) KiB")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A client that vanishes in the middle of its work harms nobody`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("default_pool_size", "2") }
            ) { stand in
                let other = try await stand.session()
                for number in 0..<6 {
                    let doomed = try await stand.session()
                    _ = try await doomed.ask("BEGIN")
                    _ = try await doomed.ask("CREATE TABLE doomed_\(number) (i int)")
                    doomed.send("INSERT INTO doomed_\(number) SELECT generate_series(1, 10000000);\n")
                    try await Task.sleep(for: .milliseconds(50))
                    doomed.kill()
                    #expect(try await other.ask("SELECT \(number)") == "\(number)")
                }
                let isRolledBack = try await Poll.until(.seconds(10)) {
                    try await stand.cluster.primary.query(
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%doomed%' AND state <> 'idle' "
                            + "AND pid <> pg_backend_pid()") == "0"
                }
                #expect(isRolledBack, "a server goes on working for a client that is gone")
                #expect(try await stand.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'doomed%'") == "0")
                other.close()
            }
        }
    }
}
