import Foundation
import Glibc
import LocalCluster
import Testing

extension IntegrationTests {
    /// What pgpool's own programs make an Egret do, and what it refuses.
    @Suite(.serialized)
    struct PCPOrderTests {
        @Test(.timeLimit(.minutes(1)))
        func `pcp_detach_node and pcp_attach_node change the nodes`() async throws {
            try await PCPStand.withEgret { pcp in
                let detached = try await pcp.output("pcp_detach_node", "1")
                #expect(detached == "pcp_detach_node -- Command Successful")
                var nodes = try await pcp.stand.nodes()
                #expect(nodes[1].status == "down", "\(nodes)")
                let line = try await pcp.output("pcp_node_info", "1")
                #expect(line.contains(" 3 ") && line.contains(" down "), "\(line)")

                let attached = try await pcp.output("pcp_attach_node", "-n", "1", host: pcp.stand.egret.directory)
                #expect(attached == "pcp_attach_node -- Command Successful")
                nodes = try await pcp.stand.nodes()
                #expect(nodes[1].isUsable, "\(nodes)")

                let gracefully = try await pcp.output("pcp_detach_node", "-g", "-n", "1")
                #expect(gracefully == "pcp_detach_node -- Command Successful")
                nodes = try await pcp.stand.nodes()
                #expect(nodes[1].status == "down", "\(nodes)")
                try await pcp.expectRefusal("pcp_detach_node", "1", says: "could not detach node 1")
                #expect(try await pcp.output("pcp_attach_node", "1").hasSuffix("Successful"))
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Orders that make no sense are refused and change nothing`() async throws {
            try await PCPStand.withEgret { pcp in
                try await pcp.expectRefusal(
                    "pcp_attach_node", "9", says: "could not attach node 9", "node id 9 is not valid")
                try await pcp.expectRefusal("pcp_attach_node", "1", says: "could not attach node 1")
                try await pcp.expectRefusal("pcp_detach_node", "9", says: "node id 9 is not valid")
                for arguments in [["9"], ["-s", "9"]] {
                    let result = try await pcp.run("pcp_promote_node", arguments)
                    #expect(result.errors.contains("could not process promote request"), "\(result)")
                    #expect(result.errors.contains("node id 9 is not valid"), "\(result)")
                }
                for arguments in [["0"], ["-s", "0"], ["-g", "0"]] {
                    let result = try await pcp.run("pcp_promote_node", arguments)
                    #expect(result.errors.contains("invalid promote request"), "\(result)")
                    #expect(
                        result.errors.contains("specified node is already primary node, can't promote node id 0"),
                        "\(result)")
                }
                // The standby is none: whoever takes note of a promotion looks first.
                try await pcp.expectRefusal("pcp_promote_node", "1", says: "could not process promote request")
                try await pcp.expectRefusal(
                    "pcp_recovery_node", "9", says: "process recovery request failed", "node id 9 is not valid")
                try await pcp.expectRefusal(
                    "pcp_recovery_node", "0", says: "process recovery request failed",
                    "primary server cannot be recovered by online recovery.")
                try await pcp.expectRefusal("pcp_recovery_node", "1", says: "node recovery failed, node id: 1 is alive")
                let nodes = try await pcp.stand.nodes()
                #expect(nodes.map(\.role) == ["primary", "standby"] && nodes.allSatisfy(\.isUsable), "\(nodes)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `pcp_reload_config takes up new values, and says what is wrong with them`() async throws {
            try await PCPStand.withEgret(weights: [1, 1]) { pcp in
                var changed = pcp.stand.configuration
                changed.backends[1].weight = 3
                try EgretProcess.write(changed, into: pcp.stand.egret.directory)
                let reloaded = try await pcp.output("pcp_reload_config")
                #expect(reloaded == "pcp_reload_config -- Command Successful")
                try await pcp.stand.waitForNodes("the weights are new") { $0[1].fields[5] == "0.750000" }
                changed.set("client_idle_limit", "'sometimes'")
                try EgretProcess.write(changed, into: pcp.stand.egret.directory)
                try await pcp.expectRefusal("pcp_reload_config", says: "could not reload", "client_idle_limit")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["s", "f", "i"])
        func `pcp_stop_pgpool stops Egret`(mode: String) async throws {
            try await PCPStand.withEgret { pcp in
                let session = try await pcp.stand.session()
                _ = try await session.ask("SELECT 1")
                let stopped = try await pcp.output("pcp_stop_pgpool", "-m", mode)
                #expect(stopped == "pcp_stop_pgpool -- Command Successful")
                if mode == "s" {
                    try await Task.sleep(for: .milliseconds(500))
                    #expect(pcp.stand.egret.isRunning, "smart did not wait for the client")
                    session.close()
                }
                let exit = await pcp.stand.egret.waitForExit(.seconds(10))
                #expect(exit == .exited(code: 0), "\(pcp.stand.egret.log.tail())")
                #expect(!FreePort.accepts(pcp.port))
                let socket = pcp.stand.egret.directory + "/.s.PGSQL.\(pcp.port)"
                #expect(!FileManager.default.fileExists(atPath: socket))
                session.close()
            }
        }
    }
}
