import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// Random traffic through Egret, in front of one primary: answered like PostgreSQL itself, and leaving nothing
    /// behind. `docs/traffic.md` says what is played, and how to play a seed again.
    @Suite(.serialized)
    struct DifferentialTests {
        static let modes = [EgretConfiguration.PoolMode.session, EgretConfiguration.PoolMode.transaction]
        /// How many scripts a soak plays for each mode; without one a few are enough.
        static let soak = ProcessInfo.processInfo.environment["SOAK_SCRIPTS"].flatMap { Int($0) }
        static let limit = TimeLimitTrait.Duration.minutes(soak == nil ? 5 : 24 * 60)
        /// A seed that is always the same; a soak takes one that nobody knows.
        static let round = soak.map { (seed: -1, scripts: $0) } ?? (seed: 1, scripts: 400)
        /// Beyond what `traffic/known.py` lists, one script of a thousand may meet servers in a way that nobody has
        /// seen yet: that is a fault to look for, and not one of the change that is being tested.
        static func isWithinReason(_ output: String, scripts: Int) -> Bool {
            let count = output.split(separator: "differences=").last.flatMap { Int($0.prefix { $0.isNumber }) }
            return count.map { $0 <= max(1, scripts / 1_000) } ?? false
        }

        /// Far fewer servers than clients. Session mode needs no more: each script ends, and another client is served.
        static func tiny(_ configuration: inout EgretConfiguration, _ directory: String) {
            configuration.set("default_pool_size", "3")
        }

        /// Runs a script of `Drivers`. All of its output, which begins with the seed, is told when it fails.
        static func run(_ stand: Stand, _ script: String, _ mode: EgretConfiguration.PoolMode, _ arguments: [String])
            async throws -> String
        {
            let words =
                ["--port", String(stand.egret.port), "--direct-port", String(stand.cluster.primary.port)]
                + ["--mode", mode.rawValue] + arguments
            let command = Driver.command(script, words, timeLimit: .seconds(soak == nil ? 240 : 23 * 3_600))
            let result = try await command.result()
            // 1: what it has found is in its last line.
            #expect(result.status <= 1, "\(script) \(words.joined(separator: " ")):\n\(result.output)\(result.errors)")
            return result.output
        }

        @Test(.timeLimit(limit), arguments: modes)
        func `Every message is PostgreSQL's`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withOwnCluster(standbys: 0, poolMode: poolMode, adjust: Self.tiny) { stand in
                let (seed, scripts) = Self.round
                let output = try await Self.run(
                    stand, "differential.py", poolMode,
                    ["--seed", String(seed), "--scripts", String(scripts), "--timeout", "30"])
                #expect(output.contains("scripts=\(scripts) "), "\(output)")
                #expect(Self.isWithinReason(output, scripts: scripts), "\(output)")
            }
        }

        /// What a standby answers as well as the primary, since it sees no writes late; statements go to either.
        @Test(.timeLimit(limit), arguments: modes)
        func `Every message of reads on two nodes is PostgreSQL's`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withOwnCluster(
                poolMode: poolMode,
                adjust: { configuration, _ in
                    // A session that keeps a server of each node must not wait for one that waits for it.
                    configuration.set("default_pool_size", poolMode == .session ? "24" : "3")
                    configuration.set("statement_level_load_balance", "on")
                    // What the players write and create would keep reads away from it for most of the time.
                    configuration.set("read_consistency", "off")
                    configuration.set("catalog_facts", "off")
                }
            ) { stand in
                let scripts = Self.soak ?? 100
                let output = try await Self.run(
                    stand, "differential.py", poolMode,
                    [
                        "--standby-port", String(stand.cluster.standbys[0].port), "--scripts", String(scripts),
                        "--seed", String(Self.round.seed), "--timeout", "30",
                    ])
                #expect(output.contains("scripts=\(scripts) "), "\(output)")
                #expect(Self.isWithinReason(output, scripts: scripts), "\(output)")
                let standby = stand.cluster.standbys[0]
                let answered = try await standby.query(
                    "SELECT xact_commit FROM pg_stat_database WHERE datname = 'traffic_\(poolMode.rawValue)'")
                #expect((Int(answered) ?? 0) > scripts, "the standby has answered \(answered)")
            }
        }

        @Test(.timeLimit(limit), arguments: modes)
        func `Nothing is left for the next client`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withOwnCluster(standbys: 0, poolMode: poolMode, adjust: Self.tiny) { stand in
                let seconds = Self.soak.map { max(60, $0 / 50) } ?? 10
                let output = try await Self.run(stand, "leaks.py", poolMode, ["--seconds", String(seconds)])
                #expect(output.hasSuffix("leaks=0 errors=0\n"), "\(output.suffix(200))")
            }
        }
    }
}
