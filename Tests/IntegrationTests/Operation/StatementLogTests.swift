import LocalCluster
import Testing

extension IntegrationTests {
    /// Statements in the log, with the words that pgpool has for them.
    @Suite(.serialized)
    struct StatementLogTests {
        @Test(.timeLimit(.minutes(1)))
        func `A session has its own statements told, and each with its node`() async throws {
            try await Stand.withSharedCluster(
                weights: [0, 1],
                adjust: { configuration, _ in configuration.set("statement_level_load_balance", "on") }
            ) { stand in
                let log = stand.egret.log
                let (session, other) = (try await stand.session(), try await stand.session())
                _ = try await session.ask("SELECT 'before'")
                _ = try await session.ask("PGPOOL SET log_statement TO on")
                _ = try await session.ask("PGPOOL SET log_per_node_statement TO on")
                _ = try await session.ask("SELECT 'told'")
                _ = try await session.ask("LOCK TABLE nowhere")
                _ = try await other.ask("SELECT 'not mine'")
                _ = try await session.ask("PGPOOL SET notice_per_node_statement TO on")
                let answer = try await session.ask("SELECT 'noticed'")
                #expect(answer.contains("DB node id: 1 statement: SELECT 'noticed'"), "\(answer)")
                _ = try await session.ask("PGPOOL RESET ALL")
                _ = try await session.ask("SELECT 'after'")
                let isTold = await Poll.until(.seconds(5)) { log.text.contains("SELECT 'noticed'") }
                #expect(isTold)
                let text = log.text
                #expect(text.contains("LOG:  statement: SELECT 'told'"))
                #expect(text.contains(/LOG:  DB node id: 1 backend pid: \d+ statement: SELECT 'told'/))
                #expect(text.contains(/LOG:  DB node id: 0 backend pid: \d+ statement: LOCK TABLE nowhere/))
                for word in ["before", "not mine", "after"] { #expect(!text.contains(word), "\(word)") }
                session.close()
                other.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Messages of the extended protocol are told one by one, for everybody`() async throws {
            try await Stand.withSharedCluster(
                weights: [0, 1],
                adjust: { configuration, _ in
                    configuration.set("statement_level_load_balance", "on")
                    configuration.set("log_per_node_statement", "on")
                    configuration.set("log_statement", "on")
                }
            ) { stand in
                try await stand.drive("statement_log.py")
                let log = stand.egret.log
                let isTold = await Poll.until(.seconds(5)) { log.text.contains("'the last'") }
                #expect(isTold)
                let lines = log.text.split(separator: "\n").filter { $0.contains("'told'") }
                let told = lines.map { line in
                    String(line.split(separator: "LOG:  ").last ?? "").replacing(
                        /backend pid: \d+/, with: "backend pid: P")
                }
                let node = "DB node id: 1 backend pid: P statement: "
                let text = "SELECT $1::text, 'told'"
                let once = [node + "Bind: \(text)", "statement: \(text)", node + "Execute: \(text)"]
                #expect(told == [node + "Parse: \(text)"] + once + once)
            }
        }
    }
}
