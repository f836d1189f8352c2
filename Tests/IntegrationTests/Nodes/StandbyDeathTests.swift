import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// The death of a standby is invisible: its reads are asked again elsewhere.
    @Suite(.serialized)
    struct StandbyDeathTests {
        enum Fault: String, CaseIterable, CustomTestStringConvertible {
            case kill, hang, fastStop, immediateStop

            var testDescription: String { rawValue }

            func strike(_ server: PostgresServer) async throws {
                switch self {
                case .kill: await server.kill()
                case .hang: server.pause()
                case .fastStop: try await server.stop(mode: .fast)
                case .immediateStop: try await server.stop(mode: .immediate)
                }
            }

            func heal(_ server: PostgresServer) {
                switch self {
                case .hang: server.resume()
                case .kill, .fastStop, .immediateStop: break
                }
            }
        }

        /// Reads in all places, and a node that hangs is down within two seconds.
        private static func spreadReads(_ configuration: inout EgretConfiguration, _ directory: String) {
            configuration.set("statement_level_load_balance", "on")
            configuration.set("num_init_children", "200")
            configuration.set("default_pool_size", "20")
            configuration.set("health_check_timeout", "1")
        }

        /// A read that takes two seconds or more.
        private static let slowRead =
            "SELECT inet_server_port(), count(*) FROM generate_series(1, 15000000) AS g(i) WHERE i % 7 = 3"

        /// Every fault, and both protocols for the two that say nothing.
        private static let pgbenchCases: [(fault: Fault, mode: String)] =
            Fault.allCases.map { ($0, "prepared") } + [(.kill, "simple"), (.hang, "simple")]

        @Test(.timeLimit(.minutes(2)), arguments: pgbenchCases)
        func `pgbench -S sees nothing of it`(fault: Fault, mode: String) async throws {
            try await Stand.withOwnCluster(weights: [1, 1], adjust: Self.spreadReads) { stand in
                try await stand.cluster.pgbench(scale: 1)
                try await stand.cluster.waitUntilReplayed(from: stand.cluster.primary)
                let pgbench = Command(
                    stand.cluster.binaries.path("pgbench"),
                    [
                        "-n", "-S", "-c", "100", "-j", "2", "-T", "3", "-M", mode, "-h", "127.0.0.1",
                        "-p", "\(stand.egret.port)", "-U", "postgres", "postgres",
                    ])
                let running = Task { try await pgbench.result() }
                try await Task.sleep(for: .milliseconds(1_200))
                try await fault.strike(stand.cluster.nodes[1])
                let result = try await running.value
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.output.contains("number of failed transactions: 0 "), "\(result.output)")
                #expect(!result.errors.contains("error"), "\(result.errors)")
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" }
                fault.heal(stand.cluster.nodes[1])
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: Fault.allCases)
        func `asyncpg with prepared statements sees nothing of it`(fault: Fault) async throws {
            try await Stand.withOwnCluster(weights: [1, 1], adjust: Self.spreadReads) { stand in
                let running = Task {
                    try await stand.drive("steady_reads.py", ["--clients", "100", "--seconds", "3.5"])
                }
                try await Task.sleep(for: .milliseconds(1_700))
                try await fault.strike(stand.cluster.nodes[1])
                let report = try await running.value
                #expect(report.contains("errors=0 lost=0 "), "\(report)")
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" }
                fault.heal(stand.cluster.nodes[1])
            }
        }

        /// The health check is slow here on purpose: the workers notice by themselves.
        @Test(.timeLimit(.minutes(1)))
        func `Reads keep away from a standby that hangs before the health check has given it up`() async throws {
            try await Stand.withOwnCluster(
                weights: [0, 1], adjust: { configuration, _ in configuration.set("health_check_timeout", "15") }
            ) { stand in
                let (primary, standby) = (stand.cluster.primary, stand.cluster.nodes[1])
                let victim = try await stand.session()
                _ = try await victim.ask("SELECT 1")
                standby.pause()
                async let late = victim.ask("SELECT inet_server_port()", timeLimit: .seconds(40))
                try await Task.sleep(for: .milliseconds(1_500))
                let begin = ContinuousClock.now
                let port = try await stand.query("SELECT inet_server_port()")
                #expect(port == "\(primary.port)" && ContinuousClock.now - begin < .seconds(2))
                let isUp = try await stand.nodes()[1].isUsable
                #expect(isUp)
                standby.resume()
                #expect(try await late == "\(standby.port)")
                let isBack = try await Poll.until(.seconds(10)) {
                    try await stand.query("SELECT inet_server_port()") == "\(standby.port)"
                }
                #expect(isBack)
                victim.close()
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `Whatever was under way, an answer is right or an error`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            try await Stand.withOwnCluster(
                poolMode: poolMode, weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("statement_level_load_balance", "on")
                    configuration.set("default_pool_size", "6")
                    configuration.set("workers", "1")
                }
            ) { stand in
                let (standby, psql) = (stand.cluster.nodes[1], stand.cluster.binaries.path("psql"))
                let answer = try await stand.drive(
                    "lost_answers.py", ["--standby", "\(standby.port)", "--psql", psql], timeLimit: .seconds(90))
                #expect(answer == "well\n")
            }
        }

        /// Replay on the standby is held up by a query, and ends it after `max_standby_streaming_delay`.
        @Test(.timeLimit(.minutes(1)))
        func `A read that a recovery conflict ends is answered by the primary`() async throws {
            let options = ClusterOptions(
                extraSettings: ["max_standby_streaming_delay": "'100ms'", "hot_standby_feedback": "off"])
            let cluster = try await LocalCluster.create(standbys: 1, options: options)
            try await Stand.withEgret(before: cluster, weights: [0, 1]) { stand in
                try await stand.query(
                    "CREATE TABLE conflict AS SELECT i FROM generate_series(1, 1000) AS i")
                try await cluster.waitUntilReplayed(from: cluster.primary)
                let reading = Task {
                    try await stand.target().attempt(
                        Self.slowRead, timeLimit: .seconds(30))
                }
                try await Task.sleep(for: .milliseconds(500))
                // The rows go, and VACUUM takes them from under the reader.
                _ = try await cluster.primary.query("DELETE FROM conflict WHERE i > 1")
                _ = try await cluster.primary.query("VACUUM conflict")
                _ = try await cluster.primary.query("INSERT INTO conflict SELECT generate_series(2, 1000)")
                let answer = try await reading.value
                #expect(answer.status == 0, "\(answer.errors)")
                #expect(answer.output.hasPrefix("\(cluster.primary.port)|"), "\(answer.output)")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A read that an administrator cancels on a standby is answered by the primary`() async throws {
            try await Stand.withOwnCluster(weights: [0, 1]) { stand in
                let (primary, standby) = (stand.cluster.primary, stand.cluster.nodes[1])
                let reading = Task {
                    try await stand.target().attempt(
                        Self.slowRead, timeLimit: .seconds(30))
                }
                let isCanceled = try await Poll.until(.seconds(10)) {
                    try await standby.query(
                        """
                        SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                        WHERE query LIKE 'SELECT inet_server_port(), count%'
                        """
                    ).contains("t")
                }
                #expect(isCanceled)
                let answer = try await reading.value
                #expect(answer.status == 0, "\(answer.errors)")
                #expect(answer.output.hasPrefix("\(primary.port)|"), "\(answer.output)")
            }
        }
    }
}
