import LocalCluster
import Testing

extension IntegrationTests {
    /// Clients that wait, are idle, or are too many: each is told so.
    @Suite(.serialized)
    struct LimitTests {
        @Test(.timeLimit(.minutes(1)))
        func `A client that waits too long for a server gets an error`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "1")
                    configuration.set("query_wait_timeout", "1")
                }
            ) { stand in
                let holder = try await stand.session()
                _ = try await holder.ask("BEGIN")
                _ = try await holder.ask("SELECT txid_current()")
                let begin = ContinuousClock.now
                let waiter = try await stand.target().attempt(
                    "CREATE TABLE waited (i int)", timeLimit: .seconds(15))
                let waited = ContinuousClock.now - begin
                #expect(!waiter.isSuccess, "\(waiter)")
                // psql shows no SQLSTATE when the wait falls into its login.
                let reason = "no server connection became free in 1 seconds"
                #expect(waiter.errors.contains("53300") || waiter.errors.contains(reason), "\(waiter.errors)")
                #expect(waited > .milliseconds(800) && waited < .seconds(6), "after \(waited)")

                // Whoever waits shorter than the limit is served in turn.
                async let patient = stand.target().attempt("CREATE TEMP TABLE served (i int)")
                try await Task.sleep(for: .milliseconds(300))
                _ = try await holder.ask("COMMIT")
                let served = try await patient
                #expect(served.isSuccess, "\(served)")
                holder.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Clients of a full pool are served in turn`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "2")
                    configuration.set("query_wait_timeout", "30")
                }
            ) { stand in
                let answers = try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            try await stand.query("SELECT pg_sleep(0.1); SELECT \(number)")
                        }
                    }
                    return try await group.reduce(into: [String]()) { $0.append($1) }
                }
                let numbers = answers.flatMap { $0.split(separator: "\n") }.compactMap { Int($0) }.sorted()
                #expect(numbers == Array(0..<12))
                let servers = try await stand.cluster.primary.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' "
                        + "AND client_addr IS NOT NULL AND pid <> pg_backend_pid()")
                #expect((Int(servers) ?? 99) <= 2, "\(servers) servers for a pool of two")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `An idle client is disconnected after client_idle_limit`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("client_idle_limit", "1") }
            ) { stand in
                let session = try await stand.session()
                for _ in 0..<6 {
                    let answer = try await session.ask("SELECT 1")
                    #expect(answer == "1", "it was disconnected while it worked")
                    try await Task.sleep(for: .milliseconds(300))
                }
                try await Task.sleep(for: .milliseconds(2_500))
                session.send("SELECT 2;\n")
                let isOver = await Poll.until(.seconds(5)) { !session.isRunning }
                #expect(isOver, "\(session.transcript)")
                #expect(session.transcript.contains("57P0") || session.transcript.contains("terminating"))
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `One client too many is told so`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("num_init_children", "3")
                    configuration.set("reserved_connections", "1")
                }
            ) { stand in
                let sessions = [try await stand.session(), try await stand.session()]
                for session in sessions { _ = try await session.ask("SELECT 1") }
                let refused = try await stand.target().attempt("SELECT 1", timeLimit: .seconds(15))
                #expect(refused.status == 2)
                #expect(refused.errors.contains("too many clients"), "\(refused.errors)")
                sessions[0].close()
                let isServed = try await Poll.until(.seconds(5)) {
                    try await stand.target().attempt("SELECT 1", timeLimit: .seconds(15)).isSuccess
                }
                #expect(isServed)
                sessions[1].close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Session state is reset between clients in session mode`() async throws {
            try await Stand.withSharedCluster(
                poolMode: .session, adjust: { configuration, _ in configuration.set("default_pool_size", "1") }
            ) { stand in
                let first = try await stand.target().script(
                    "SET work_mem = '7MB';\nCREATE TEMP TABLE mine (i int);\nPREPARE p AS SELECT 1;\nSHOW work_mem;\n")
                #expect(first == "7MB\n")
                let second = try await stand.target().script(
                    "SHOW work_mem;\nSELECT count(*) FROM pg_prepared_statements;\n"
                        + "SELECT to_regclass('mine') IS NULL;\n"
                )
                #expect(second == "4MB\n0\nt\n")
            }
        }
    }
}
