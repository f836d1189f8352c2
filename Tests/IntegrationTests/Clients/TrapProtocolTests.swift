import LocalCluster
import Testing

extension IntegrationTests {
    /// What has gone wrong in poolers before, by the numbers of `Tests/TRAPS.md`: pipelines, statements that a server
    /// does not have, messages of any size, and COPY that ends early.
    @Suite(.serialized)
    struct TrapProtocolTests {
        /// So many servers for transaction mode, where clients share them; session mode has one for each client.
        private static func run(
            _ script: String, _ arguments: [String] = [], _ poolMode: EgretConfiguration.PoolMode, servers: Int
        ) async throws {
            try await Stand.withSharedCluster(
                poolMode: poolMode,
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", poolMode == .transaction ? String(servers) : "20")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let answer = try await stand.drive(script, arguments)
                #expect(answer == "well\n")
            }
        }

        /// Item 37.
        @Test(.timeLimit(.minutes(1)), arguments: DriverTests.modes)
        func `Pipelines of several clients, on servers that change`(poolMode: EgretConfiguration.PoolMode) async throws
        {
            try await Self.run("pipelines_in_company.py", ["--mode", poolMode.rawValue], poolMode, servers: 3)
        }

        /// Items 40, 43 and 44.
        @Test(.timeLimit(.minutes(1)), arguments: DriverTests.modes)
        func `Statements that Egret parses and closes by itself`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Self.run("hidden_statements.py", ["--mode", poolMode.rawValue], poolMode, servers: 2)
        }

        /// Item 48.
        @Test(.timeLimit(.minutes(1)), arguments: DriverTests.modes)
        func `Names, texts and values of any size`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Self.run("long_messages.py", [], poolMode, servers: 2)
        }

        /// Items 62, 67 and 68, with the server that a copy leaves behind in another client's hands.
        @Test(.timeLimit(.minutes(1)), arguments: DriverTests.modes)
        func `COPY that ends otherwise than it began`(poolMode: EgretConfiguration.PoolMode) async throws {
            let servers = poolMode == .transaction ? "1" : "20"
            try await Self.run("copy_trouble.py", ["--servers", servers], poolMode, servers: 1)
        }
    }
}
