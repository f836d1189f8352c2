import LocalCluster
import Testing

extension IntegrationTests {
    /// Reading one's own writes.
    @Suite(.serialized)
    struct ConsistencyTests {
        /// What the program has counted.
        private static func counts(
            _ consistency: String, _ arguments: [String], timeLimit: Duration = .seconds(100)
        ) async throws -> [String: Int] {
            var printed = ""
            try await Stand.withSharedCluster(
                poolMode: .transaction, weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("statement_level_load_balance", "on")
                    configuration.set("num_init_children", "200")
                    configuration.set("default_pool_size", "20")
                    configuration.set("read_consistency", consistency)
                }
            ) { stand in
                let ports = stand.cluster.nodes.map { "\($0.port)" }
                printed = try await stand.drive(
                    "own_writes.py", ["--primary", ports[0], "--standby", ports[1]] + arguments, timeLimit: timeLimit)
            }
            var counts: [String: Int] = [:]
            for part in printed.split(whereSeparator: \.isWhitespace) {
                let pair = part.split(separator: "=")
                if pair.count == 2 { counts[String(pair[0])] = Int(pair[1]) }
            }
            return counts
        }

        @Test(.timeLimit(.minutes(2)))
        func `10,000 writes of 50 clients are read while the standby replays nothing`() async throws {
            let counts = try await Self.counts("session", ["--paused", "1", "--pairs", "200"])
            #expect(counts["stale"] == 0)
            #expect(counts["pairs"] == 50 * 201)
        }

        @Test(.timeLimit(.minutes(1)))
        func `With read_consistency = off the same test finds answers that are out of date`() async throws {
            let counts = try await Self.counts("off", ["--paused", "1", "--pairs", "10", "--clients", "10"])
            #expect(counts["stale"].map { $0 > 50 } == true, "\(counts)")
        }

        @Test(.timeLimit(.minutes(1)))
        func `With global other sessions see it as well, with session they need not`() async throws {
            let arguments = ["--paused", "1", "--across", "1", "--pairs", "20", "--clients", "10"]
            let global = try await Self.counts("global", arguments)
            #expect(global["stale"] == 0)
            #expect(global["pairs"] == 200)
            let session = try await Self.counts("session", arguments)
            #expect(session["stale"].map { $0 > 0 } == true, "\(session)")
        }

        @Test(.timeLimit(.minutes(1)))
        func `With one write in ten a standby that keeps up still answers reads`() async throws {
            let counts = try await Self.counts("session", ["--pairs", "40", "--clients", "10"])
            let (reads, standby) = (counts["reads"] ?? 0, counts["standby"] ?? 0)
            #expect(counts["stale"] == 0)
            #expect(reads == 10 * 40 * 9)
            #expect(standby > 0, "\(counts)")
        }
    }
}
