import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// The operator's verbs, and the file that remembers what they did.
    @Suite(.serialized)
    struct OperatorTests {
        @Test(.timeLimit(.minutes(1)))
        func `Nodes are listed, detached and attached`() async throws {
            try await Stand.withSharedCluster(weights: [1, 1]) { stand in
                let ports = stand.cluster.nodes.map { "\($0.port)" }
                let listed = try await stand.egret.operate("nodes")
                #expect(listed.isSuccess, "\(listed)")
                #expect(ports.allSatisfy(listed.output.contains), "\(listed.output)")
                #expect(listed.output.contains("primary") && listed.output.contains("standby"), "\(listed.output)")

                let detached = try await stand.egret.operate("detach", "1")
                #expect(detached.isSuccess, "\(detached)")
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" && $0[0].isUsable }
                let script = String(repeating: "SELECT inet_server_port();\n", count: 20)
                let apart = stand.countByNode(try await stand.target().script(script))
                #expect(apart == [20, 0])
                let status = try String(contentsOfFile: stand.egret.directory + "/pgpool_status", encoding: .utf8)
                #expect(status == "up\ndown\n")
                // A healthy node that was detached stays so: the operator has his reasons.
                try await Task.sleep(for: .milliseconds(2_500))
                let still = try await stand.nodes()
                #expect(still[1].status == "down")

                let attached = try await stand.egret.operate("attach", "1")
                #expect(attached.isSuccess, "\(attached)")
                try await stand.waitForNodes("node 1 is back") { $0[1].isUsable }
                let unknown = try await stand.egret.operate("attach", "7")
                #expect(!unknown.isSuccess, "\(unknown)")
                #expect((unknown.output + unknown.errors).contains("7"), "\(unknown)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A node that was down is still down after a restart`() async throws {
            try await Stand.withSharedCluster { stand in
                let detached = try await stand.egret.operate("detach", "1")
                #expect(detached.isSuccess, "\(detached)")
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" }
                await stand.egret.stop()
                let again = try await EgretProcess.start(stand.configuration, directory: stand.egret.directory)
                let second = Stand(cluster: stand.cluster, egret: again, configuration: stand.configuration)
                let nodes = try await second.nodes()
                #expect(nodes[0].isUsable && nodes[1].status == "down", "\(nodes)")
                await again.stop()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `The verbs say so when no Egret runs`() async throws {
            try await Stand.withSharedCluster { stand in
                await stand.egret.stop()
                let result = try await stand.egret.operate("nodes")
                #expect(!result.isSuccess)
                #expect(!result.errors.isEmpty)
            }
        }
    }
}
