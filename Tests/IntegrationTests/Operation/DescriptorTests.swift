import LocalCluster
import Testing

extension IntegrationTests {
    /// Egret runs out of descriptors. That is its own affair, and no failure of a node.
    @Suite(.serialized)
    struct DescriptorTests {
        @Test(.timeLimit(.minutes(1)))
        func `Sockets that say nothing take no node down`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.set("health_check_period", "1")
                    configuration.set("health_check_max_retries", "0")
                    configuration.set("sr_check_period", "1")
                    configuration.set("failover_on_backend_error", "on")
                }
            ) { stand in
                let answer = try await stand.drive("silent_sockets.py", ["--pid", "\(stand.egret.pid)"])
                #expect(answer == "well\n")
                let nodes = try await stand.nodes()
                #expect(nodes.allSatisfy { $0.isUsable }, "\(nodes)")
                #expect(stand.egret.log.count(of: "Too many open files") > 0, "it never ran out of descriptors")
                #expect(stand.egret.log.count(of: "could not be asked") > 0, "the health check never ran out of them")
                #expect(stand.egret.log.count(of: "degenerate backend request") == 0)
                #expect(stand.egret.log.count(of: "clients are not accepted") <= 2 * 2)
            }
        }
    }
}
