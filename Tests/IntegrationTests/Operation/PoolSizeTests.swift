import LocalCluster
import Testing

extension IntegrationTests {
    /// The limits and timeouts that PgBouncer has beside pgpool's.
    @Suite(.serialized)
    struct PoolSizeTests {
        /// Egret's connections to the primary, of all users or of one.
        private func servers(_ stand: Stand, _ condition: String) async throws -> Int {
            let count = try await stand.cluster.primary.query(
                "SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL AND \(condition)")
            return Int(count) ?? -1
        }

        private func open(_ stand: Stand, _ user: String = "postgres", password: String? = nil) async throws
            -> PsqlSession
        {
            let session = try await stand.session(user, password: password)
            _ = try await session.ask("BEGIN")
            #expect(try await session.ask("SELECT txid_current() > 0") == "t")
            return session
        }

        private let isPsql = "application_name = 'psql'"

        @Test(.timeLimit(.minutes(1)))
        func `max_client_conn takes the place of num_init_children, and refuses at once`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("max_client_conn", "2") }
            ) { stand in
                let sessions = [try await stand.session(), try await stand.session()]
                for session in sessions { _ = try await session.ask("SELECT 1") }
                let begin = ContinuousClock.now
                let refused = try await stand.target().attempt("SELECT 1", timeLimit: .seconds(15))
                #expect(refused.errors.contains("too many clients"), "\(refused.errors)")
                #expect(ContinuousClock.now - begin < .seconds(5))
                for session in sessions { session.close() }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `reserve_pool_size opens for who has waited for reserve_pool_timeout`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "1")
                    configuration.set("reserve_pool_size", "1")
                    configuration.set("reserve_pool_timeout", "1")
                    configuration.set("query_wait_timeout", "4")
                }
            ) { stand in
                let holder = try await open(stand)
                let begin = ContinuousClock.now
                let second = try await open(stand)
                let waited = ContinuousClock.now - begin
                #expect(waited > .milliseconds(800) && waited < .seconds(4), "after \(waited)")
                let third = try await stand.target().attempt("CREATE TABLE third (i int)", timeLimit: .seconds(15))
                #expect(!third.isSuccess, "the reserve has no end")
                for session in [holder, second] { session.close() }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `max_db_connections counts all users, and an idle server of one makes room for another`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("max_db_connections", "2")
                    configuration.set("query_wait_timeout", "2")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let first = try await open(stand)
                _ = try await stand.query("SELECT 1")
                // The idle one of postgres goes, and the other user has its place.
                let other = try await open(stand, "scrammy", password: "scram-secret")
                #expect(try await servers(stand, isPsql) == 2)
                let refused = try await stand.target("scrammy", password: "scram-secret")
                    .attempt("CREATE TEMP TABLE third (i int)", timeLimit: .seconds(15))
                #expect(!refused.isSuccess, "a third connection to the database")
                for session in [first, other] { session.close() }
            }
        }

        /// Clients that never stop asking, in front of so few servers.
        private func crowd(
            _ setting: String, _ limit: Int, workers: Int, _ arguments: [String],
            _ check: (Stand) async throws -> Void = { _ in }
        ) async throws {
            try await Stand.withSharedCluster(
                poolMode: .transaction,
                adjust: { configuration, _ in
                    configuration.set(setting, "\(limit)")
                    configuration.set("load_balance_mode", "off")
                    configuration.set("workers", "\(workers)")
                }
            ) { stand in
                let answer = try await stand.drive("fair_shares.py", arguments)
                #expect(answer == "well\n")
                try await check(stand)
            }
        }

        /// Of one server there is half the time, of three one is the share of each.
        @Test(.timeLimit(.minutes(1)), arguments: zip([1, 3], [1, 2]))
        func `Users that never stop asking share max_db_connections`(limit: Int, workers: Int) async throws {
            let others = ["--other", "scrammy", "--other-password", "scram-secret", "--others", "1"]
            try await crowd("max_db_connections", limit, workers: workers, ["--clients", "20"] + others) { stand in
                let count = try await servers(stand, "query LIKE '%pg_sleep%'")
                #expect(1...limit ~= count, "\(count) servers")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Clients of two workers get their turn on one server`() async throws {
            try await crowd("default_pool_size", 1, workers: 2, ["--clients", "16"])
        }

        @Test(.timeLimit(.minutes(1)))
        func `A smaller default_pool_size takes effect on servers that are there, as they become free`() async throws {
            try await Stand.withSharedCluster(
                poolMode: .transaction, adjust: { configuration, _ in configuration.set("default_pool_size", "6") }
            ) { stand in
                var sessions: [PsqlSession] = []
                for _ in 0..<6 { sessions.append(try await open(stand)) }
                for session in sessions[2...] { _ = try await session.ask("COMMIT") }
                #expect(try await servers(stand, isPsql) == 6)
                var changed = stand.configuration
                changed.set("default_pool_size", "1")
                try stand.egret.reload(changed)
                // Four are idle. The two in a transaction go on to its end.
                let isSmaller = try await Poll.until(.seconds(5)) { try await servers(stand, isPsql) == 2 }
                #expect(isSmaller, "\(stand.egret.log.tail())")
                for session in sessions[..<2] { #expect(try await session.ask("COMMIT") == "") }
                let isSmall = try await Poll.until(.seconds(5)) { try await servers(stand, isPsql) <= 1 }
                #expect(isSmall, "\(stand.egret.log.tail())")
                #expect(try await stand.query("SELECT 1") == "1")
                for session in sessions { session.close() }
            }
        }

        /// Somebody else may hold the standby's servers, and wait for the primary's.
        @Test(.timeLimit(.minutes(1)))
        func `A session that holds the primary does not wait for a standby whose servers are all taken`() async throws {
            try await Stand.withSharedCluster(
                poolMode: .session, weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "4")
                    configuration.set("query_wait_timeout", "20")
                }
            ) { stand in
                let (primary, standby) = (stand.cluster.nodes[0], stand.cluster.nodes[1])
                var readers: [PsqlSession] = []
                for _ in 0..<4 {
                    readers.append(try await stand.session())
                    #expect(try await readers[readers.count - 1].ask("SELECT inet_server_port()") == "\(standby.port)")
                }
                let writer = try await open(stand)
                _ = try await writer.ask("COMMIT")
                let begin = ContinuousClock.now
                #expect(try await writer.ask("SELECT inet_server_port()") == "\(primary.port)")
                #expect(ContinuousClock.now - begin < .seconds(5))
                readers[0].close()
                let isBack = try await Poll.until(.seconds(5)) {
                    try await writer.ask("SELECT inet_server_port()") == "\(standby.port)"
                }
                #expect(isBack, "\(stand.egret.log.tail())")
                for session in readers[1...] + [writer] { session.close() }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `max_user_connections counts one user alone`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("max_user_connections", "1")
                    configuration.set("query_wait_timeout", "2")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let first = try await open(stand)
                let other = try await open(stand, "scrammy", password: "scram-secret")
                let refused = try await stand.target().attempt("CREATE TABLE third (i int)", timeLimit: .seconds(15))
                #expect(!refused.isSuccess, "a second connection of one user")
                for session in [first, other] { session.close() }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `min_pool_size stays, server_idle_timeout takes the rest, server_lifetime makes them anew`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("min_pool_size", "2")
                    configuration.set("server_idle_timeout", "1")
                    configuration.set("server_lifetime", "4")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let sessions = [try await open(stand), try await open(stand), try await open(stand)]
                for session in sessions { _ = try await session.ask("COMMIT") }
                #expect(try await servers(stand, isPsql + " OR application_name = ''") >= 3)
                let mine = "usename = 'postgres' AND application_name IN ('psql', '')"
                let shrinks = try await Poll.until(.seconds(5)) { try await servers(stand, mine) == 2 }
                #expect(shrinks, "min_pool_size is not what is left")
                let pids =
                    "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE "
                    + "client_addr IS NOT NULL AND \(mine)"
                let before = Set(try await stand.cluster.primary.query(pids).split(separator: " "))
                let renews = try await Poll.until(.seconds(8)) {
                    let now = Set(try await stand.cluster.primary.query(pids).split(separator: " "))
                    return now.count == 2 && now.isDisjoint(with: before)
                }
                #expect(renews, "connections older than server_lifetime are left")
                for session in sessions { session.close() }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `idle_transaction_timeout ends who does nothing in a transaction, and nobody else`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("idle_transaction_timeout", "1") }
            ) { stand in
                let idle = try await stand.session()
                let holder = try await open(stand)
                #expect(try await holder.ask("SELECT 1 FROM pg_sleep(1.5)") == "1")
                _ = try await idle.ask("SELECT 1")
                try await Task.sleep(for: .milliseconds(2_000))
                holder.send("SELECT 2;\n")
                let isTold = await Poll.until(.seconds(5)) { holder.transcript.contains("idle_transaction_timeout") }
                #expect(isTold, "\(holder.transcript)")
                #expect(try await idle.ask("SELECT 3") == "3")
                for session in [idle, holder] { session.close() }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `query_timeout ends a statement that runs too long, on the server too`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("query_timeout", "1") }
            ) { stand in
                let slow = try await stand.target().attempt("SELECT pg_sleep(31)", timeLimit: .seconds(15))
                #expect(slow.errors.contains("query_timeout"), "\(slow.errors)")
                let isGone = try await Poll.until(.seconds(5)) {
                    try await servers(stand, "state = 'active' AND query = 'SELECT pg_sleep(31)'") == 0
                }
                #expect(isGone, "the statement still runs")
                #expect(try await stand.query("SELECT 1") == "1")
            }
        }
    }
}
