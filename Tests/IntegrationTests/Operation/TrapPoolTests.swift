import Foundation
import Glibc
import LocalCluster
import Testing

extension IntegrationTests {
    /// Few servers for many clients, some of whom are slow, greedy, numerous or oddly named; and signals and reloads
    /// meanwhile.
    @Suite(.serialized)
    struct TrapPoolTests {
        /// Of Egret's connections to the primary that stay.
        private func processes(_ stand: Stand) async throws -> String {
            try await stand.cluster.primary.query(
                "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity "
                    + "WHERE client_addr IS NOT NULL AND usename IN ('postgres', 'scrammy') "
                    + "AND pid <> pg_backend_pid() AND application_name NOT LIKE '%check%'")
        }

        @Test(.timeLimit(.minutes(1)))
        func `A pool of one in failed transactions, with refused parameters, and a queue`() async throws {
            try await Stand.withSharedCluster(
                weights: [1, 0], adjust: { configuration, _ in configuration.set("default_pool_size", "1") }
            ) { stand in
                let answer = try await stand.drive("pool_of_one.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Clients that do not read what they asked for`() async throws {
            try await Stand.withSharedCluster(weights: [1, 0]) { stand in
                let answer = try await stand.drive("greedy_clients.py", ["--pid", "\(stand.egret.pid)"])
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `query_timeout ends a client that never reads its result`() async throws {
            try await Stand.withSharedCluster(
                weights: [1, 0],
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "1")
                    configuration.set("query_timeout", "1")
                }
            ) { stand in
                let answer = try await stand.drive("stuck_reader.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: DriverTests.modes)
        func `A statement of 65,535 parameters`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("many_parameters.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Users, databases and statements of any name`() async throws {
            try await Stand.withSharedCluster(weights: [1, 0]) { stand in
                let server = ["--server", "\(stand.cluster.primary.port)"]
                let answer = try await stand.drive("odd_names.py", server)
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Two hundred clients log in at once, and one of those who are there goes on`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("default_pool_size", "10") }
            ) { stand in
                let answer = try await stand.drive("login_wave.py", user: "scrammy", password: "scram-secret")
                #expect(answer == "well\n")
            }
        }

        /// Egret's connections to the primary.
        private func servers(_ stand: Stand, of user: String) async throws -> Int {
            let count = try await stand.cluster.primary.query(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = '\(user)' AND client_addr IS NOT NULL "
                    + "AND application_name IN ('psql', '')")
            return Int(count) ?? -1
        }

        @Test(.timeLimit(.minutes(1)))
        func `min_pool_size does not go beyond lower limits, and leaves other users a place`() async throws {
            try await Stand.withSharedCluster(
                weights: [1, 0],
                adjust: { configuration, _ in
                    configuration.set("min_pool_size", "5")
                    configuration.set("max_user_connections", "2")
                    configuration.set("max_db_connections", "3")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let scrammy = stand.target("scrammy", password: "scram-secret")
                for _ in 0..<4 {
                    #expect(try await stand.query("SELECT 1") == "1")
                    #expect(try await scrammy.query("SELECT 2") == "2")
                    for _ in 0..<5 {
                        let count = try await servers(stand, of: "scrammy")
                        #expect(count <= 2, "\(count) servers of one user")
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                // What is below the minimum and cannot grow is left as it is.
                let before = try await processes(stand)
                try await Task.sleep(for: .milliseconds(1_200))
                #expect(try await processes(stand) == before)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `While it stops for good, further signals change nothing but the way to the end`() async throws {
            try await Stand.withSharedCluster { stand in
                let session = try await stand.session()
                #expect(try await session.ask("SELECT 1") == "1")
                for signal in [SIGTERM, SIGUSR1, SIGUSR2, SIGHUP, SIGTERM] {
                    stand.egret.signal(signal)
                    try await Task.sleep(for: .milliseconds(200))
                    #expect(stand.egret.isRunning, "signal \(signal) ended it")
                    #expect(try await session.ask("SELECT \(signal)") == "\(signal)")
                }
                let refused = try await stand.target().attempt("SELECT 3", timeLimit: .seconds(10))
                #expect(refused.status == 2, "a new client was let in: \(refused)")
                session.send("SELECT pg_sleep(30);\n")
                try await Task.sleep(for: .milliseconds(200))
                stand.egret.signal(SIGINT)
                stand.egret.signal(SIGINT)
                stand.egret.signal(SIGTERM)
                let exit = await stand.egret.waitForExit(.seconds(5))
                #expect(exit == .exited(code: 0), "\(stand.egret.log.tail())")
                let isOver = await Poll.until(.seconds(5)) { !session.isRunning }
                #expect(isOver)
                let pidFile = stand.egret.directory + "/egret.pid"
                #expect(!FileManager.default.fileExists(atPath: pidFile), "the pid file is still there")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A reload without a user and a node that are in use ends nobody's session`() async throws {
            try await Stand.withSharedCluster(poolMode: .session, weights: [0, 1]) { stand in
                let standby = "\(stand.cluster.nodes[1].port)"
                let session = try await stand.session("scrammy", password: "scram-secret")
                #expect(try await session.ask("SELECT inet_server_port()") == standby)
                var changed = stand.configuration
                changed.secrets["scrammy"] = nil
                changed.backends.removeLast()
                try stand.egret.reload(changed)
                let target = stand.target("scrammy", password: "scram-secret")
                let isGone = try await Poll.until(.seconds(5)) {
                    try await !target.attempt("SELECT 1", timeLimit: .seconds(10)).isSuccess
                }
                #expect(isGone, "a user who is gone logs in")
                #expect(try await session.ask("SELECT current_user") == "scrammy")
                // Nodes are those of the start.
                #expect(try await session.ask("SELECT inet_server_port()") == standby)
                #expect(try await stand.nodes().map(\.id) == [0, 1])
                #expect(try await stand.query("SELECT inet_server_port()") == standby)
                try stand.egret.reload(stand.configuration)
                let isBack = try await Poll.until(.seconds(5)) {
                    try await target.attempt("SELECT 1", timeLimit: .seconds(10)).isSuccess
                }
                #expect(isBack, "\(stand.egret.log.tail())")
                #expect(try await session.ask("SELECT 'to the end'") == "to the end")
                session.close()
            }
        }
    }
}
