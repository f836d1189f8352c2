import LocalCluster
import Testing

extension IntegrationTests {
    /// Which node a statement goes to.
    @Suite(.serialized)
    struct RoutingTests {
        @Test(.timeLimit(.minutes(1)))
        func `Reads are spread by weight, statement by statement`() async throws {
            try await Stand.withSharedCluster(
                weights: [1, 3], adjust: { configuration, _ in configuration.set("statement_level_load_balance", "on") }
            ) { stand in
                let before = try await stand.nodes().map(\.selectCount)
                let count = 2_000
                let script = String(repeating: "SELECT inet_server_port();\n", count: count)
                let counts = stand.countByNode(try await stand.target().script(script))
                #expect(counts.reduce(0, +) == count)
                let share = Double(counts[1]) / Double(count)
                #expect(abs(share - 0.75) < 0.05, "the standby answered \(counts[1]) of \(count)")

                let after = try await stand.nodes().map(\.selectCount)
                for node in 0..<2 {
                    let counted = after[node] - before[node]
                    #expect(counted >= counts[node] && counted <= counts[node] + 5, "select_cnt of node \(node)")
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A session reads from one node when statements are not balanced`() async throws {
            try await Stand.withSharedCluster(weights: [1, 1]) { stand in
                var nodesUsed: Set<[Bool]> = []
                for _ in 0..<16 {
                    let script = String(repeating: "SELECT inet_server_port();\n", count: 10)
                    let counts = stand.countByNode(try await stand.target().script(script))
                    #expect(counts.contains(10), "one session's reads went to \(counts)")
                    nodesUsed.insert(counts.map { $0 > 0 })
                }
                #expect(nodesUsed.count == 2, "all of 16 sessions chose the same node")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A node of weight zero gets no reads`() async throws {
            try await Stand.withSharedCluster(
                weights: [0, 1], adjust: { configuration, _ in configuration.set("statement_level_load_balance", "on") }
            ) { stand in
                let script = String(repeating: "SELECT inet_server_port();\n", count: 100)
                let answers = try await stand.target().script(script)
                #expect(stand.countByNode(answers) == [0, 100])
            }
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [EgretConfiguration.PoolMode.session, EgretConfiguration.PoolMode.transaction])
        func `No write reaches a standby`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(
                poolMode: poolMode, weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("statement_level_load_balance", "on")
                    // Reads between the writes go to the standby at once: nothing but their text keeps writes away.
                    configuration.set("read_consistency", "off")
                }
            ) { stand in
                let log = stand.cluster.nodes[1].log
                let (errors, reads) = (log.count(of: "read-only transaction"), log.count(of: "SELECT 1"))
                let answer = try await stand.drive("routing.py")
                #expect(answer.hasPrefix("written="))
                #expect(log.count(of: "read-only transaction") == errors, "\(log.tail())")
                #expect(log.count(of: "only_primary") == 0, "\(log.tail())")
                #expect(log.count(of: "SELECT 1") > reads, "nothing was read there at all: this test shows nothing")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `What the text does not show, the catalog does`() async throws {
            try await Stand.withSharedCluster(
                poolMode: .transaction, weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("statement_level_load_balance", "on")
                    configuration.set("relcache_expire", "1")
                    // Volatile functions may write, and reads behind them would stay away from the standby.
                    configuration.set("read_consistency", "off")
                }
            ) { stand in
                let ports = stand.cluster.nodes.map { "\($0.port)" }
                let answer = try await stand.drive(
                    "hidden_functions.py", ["--primary", ports[0], "--standby", ports[1]])
                #expect(answer.hasPrefix("routed="))
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A transaction belongs to the primary`() async throws {
            try await Stand.withSharedCluster(
                weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("statement_level_load_balance", "on")
                    // What it creates would keep reads away from the standby for a moment.
                    configuration.set("read_consistency", "off")
                    configuration.set("catalog_facts", "off")
                }
            ) { stand in
                let script = """
                    SELECT inet_server_port();
                    BEGIN;
                    SELECT inet_server_port();
                    CREATE TABLE in_transaction AS SELECT 1 AS i;
                    SELECT inet_server_port() FROM in_transaction;
                    ROLLBACK;
                    SELECT inet_server_port();
                    """
                let answers = try await stand.target().script(script).split(separator: "\n")
                let ports = stand.cluster.nodes.map { Substring("\($0.port)") }
                #expect(answers == [ports[1], ports[0], ports[0], ports[1]])
            }
        }
    }
}
