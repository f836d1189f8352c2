import LocalCluster
import Testing

extension IntegrationTests {
    /// Cancel requests against real servers.
    @Suite(.serialized)
    struct CancelTests {
        @Test(.timeLimit(.minutes(1)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `Every kind of session can be canceled`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let answer = try await stand.drive("cancel_everywhere.py")
                #expect(answer == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: [1, 2])
        func `Cancels at any moment never hit another client`(servers: Int) async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("default_pool_size", "\(servers)")
                    configuration.set("load_balance_mode", "off")
                }
            ) { stand in
                let answer = try await stand.drive("cancel_storm.py")
                #expect(answer == "well\n")
            }
        }
    }
}
