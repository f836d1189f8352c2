import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// The orders that take their time, given with pgpool's own programs and with `egret`.
    @Suite(.serialized)
    struct PCPPromotionTests {
        private static func withOwnCluster(
            adjust: (inout EgretConfiguration, LocalCluster) throws -> Void, _ body: (PCPStand) async throws -> Void
        ) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let port = try FreePort.take()
            var problem: (any Error)?
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, directory in
                    configuration.set("pcp_listen_addresses", "'127.0.0.1'")
                    configuration.set("pcp_port", String(port))
                    PCPStand.write("admin:\(PCPStand.hash)\n", directory + "/pcp.conf")
                    do { try adjust(&configuration, cluster) } catch { problem = error }
                }
            ) { stand in
                if let problem { throw problem }
                try await body(PCPStand(stand: stand, port: port))
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `pcp_promote_node -s and egret promote are switchovers`() async throws {
            try await Self.withOwnCluster(adjust: { configuration, cluster in
                configuration.failoverCommand = try ClusterScripts(cluster).promote()
            }) { pcp in
                // A standby is no primary: nothing to take note of.
                try await pcp.expectRefusal("pcp_promote_node", "1", says: "could not process promote request")
                let promoted = try await pcp.output("pcp_promote_node", "-s", "1")
                #expect(promoted == "pcp_promote_node -- Command Successful")
                let nodes = try await pcp.stand.nodes()
                #expect(nodes[1].role == "primary", "\(nodes)")
                let isStandby = try await pcp.stand.cluster.nodes[1].query("SELECT pg_is_in_recovery()")
                #expect(isStandby == "f")
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: [true, false])
        func `pcp_recovery_node and egret recover bring a lost standby back`(byPCP: Bool) async throws {
            try await Self.withOwnCluster(adjust: { configuration, cluster in
                configuration.set("recovery_user", "'postgres'")
                configuration.set("recovery_1st_stage_command", "'copy.sh'")
                configuration.set("recovery_timeout", "20")
                try ClusterScripts(cluster).recovery()
            }) { pcp in
                let cluster = pcp.stand.cluster
                try await cluster.primary.query("CREATE EXTENSION pgpool_recovery")
                try await cluster.nodes[1].stop(mode: .immediate)
                try FileManager.default.removeItem(atPath: cluster.nodes[1].dataDirectory)
                try await pcp.stand.waitForNodes("node 1 is down") { $0[1].status == "down" }
                if byPCP {
                    let recovered = try await pcp.run("pcp_recovery_node", ["-n", "1"])
                    #expect(recovered.output == "pcp_recovery_node -- Command Successful\n", "\(recovered)")
                } else {
                    let recovered = try await pcp.stand.egret.operate("recover", "1")
                    #expect(recovered.isSuccess, "\(recovered)")
                    #expect(recovered.output == "node 1 is recovered and attached\n", "\(recovered)")
                    #expect(recovered.errors.contains("node recovery, 1st stage is done"), "\(recovered)")
                }
                let nodes = try await pcp.stand.nodes()
                #expect(nodes[1].isUsable, "\(nodes)")
            }
        }
    }
}
