import LocalCluster
import Testing

extension IntegrationTests {
    /// What Egret answers, against what PostgreSQL answers to the same bytes.
    @Suite(.serialized)
    struct SideBySideTests {
        /// What the names of the cases begin with.
        private static let cases = [
            "copy", "Sync", "left", "half", "pipeline", "cut", "early", "skipped", "told",
        ]

        /// One server connection, so that each case finds what the one before has left of it.
        @Test(.timeLimit(.minutes(2)), arguments: DriverTests.modes, Self.cases)
        func `Egret answers as PostgreSQL does`(poolMode: EgretConfiguration.PoolMode, cases: String) async throws {
            try await Stand.withSharedCluster(
                poolMode: poolMode,
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", poolMode == .transaction ? "1" : "4")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let direct = "\(stand.cluster.primary.port)"
                let answer = try await stand.drive("side_by_side.py", ["--direct", direct, "--only", cases])
                #expect(answer.hasPrefix("same="), "\(answer)")
            }
        }

        /// With one server connection for two clients.
        @Test(.timeLimit(.minutes(1)), arguments: ["group", "query", "transaction", "parameter"])
        func `A pipeline without end leaves others their turn`(kind: String) async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "1")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let answer = try await stand.drive("endless_pipeline.py", ["--kind", kind])
                #expect(answer == "well\n")
            }
        }
    }
}
