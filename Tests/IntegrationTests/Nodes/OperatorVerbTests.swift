import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// `egret`'s verbs beyond attach and detach: what they print, and the status they end with.
    @Suite(.serialized)
    struct OperatorVerbTests {
        private struct Session: Decodable {
            var user: String
            var state: String
        }

        @Test(.timeLimit(.minutes(1)))
        func `status, processes and health tell people and scripts`() async throws {
            try await Stand.withSharedCluster { stand in
                let session = try await stand.session()
                _ = try await session.ask("BEGIN")
                let status = try await stand.egret.operate("status")
                #expect(status.isSuccess && status.output.contains("pid \(stand.egret.pid)"), "\(status)")
                #expect(status.output.contains("the primary is node 0"), "\(status)")
                let processes = try await stand.egret.operate("processes")
                #expect(processes.isSuccess && processes.output.contains("postgres"), "\(processes)")
                let listed = try await stand.egret.operate("processes", "--json")
                let sessions = try JSONDecoder().decode([Session].self, from: Data(listed.output.utf8))
                #expect(sessions.contains { $0.user == "postgres" && $0.state == "Idle in transaction" }, "\(listed)")
                let health = try await stand.egret.operate("health")
                #expect(health.isSuccess && health.output.split(separator: "\n").count == 3, "\(health)")
                let json = try await stand.egret.operate("health", "--json")
                #expect(json.isSuccess && json.output.contains("\"average_ms\""), "\(json)")
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Refusals end with 1, nonsense with 2`() async throws {
            try await Stand.withSharedCluster { stand in
                for words in [
                    ["promote", "0"], ["promote", "9"], ["promote", "1", "--take-note"], ["recover", "1"],
                ] {
                    let refused = try await Command(
                        stand.egret.binary, words + ["-f", stand.egret.configurationPath],
                        timeLimit: .seconds(60)
                    ).result()
                    #expect(refused.status == 1 && !refused.errors.isEmpty, "\(words): \(refused)")
                }
                let json = try await stand.egret.operate("recover", "9", "--json")
                #expect(json.status == 1 && json.output.contains("\"ok\" : false"), "\(json)")
                let unknown = try await stand.egret.operate("detach", "one")
                #expect(unknown.status == 2 && !unknown.errors.isEmpty, "\(unknown)")
                let mode = try await stand.egret.operate("stop", "-m", "gently")
                #expect(mode.status == 2, "\(mode)")
                let nowhere = try await Command(stand.egret.binary, ["nodes", "--socket", "/nowhere"]).result()
                #expect(nowhere.status == 1, "\(nowhere)")
                let nodes = try await stand.nodes()
                #expect(nodes.map(\.role) == ["primary", "standby"] && nodes.allSatisfy(\.isUsable), "\(nodes)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `detach gracefully, reload, stop`() async throws {
            try await Stand.withSharedCluster(weights: [1, 1]) { stand in
                let detached = try await stand.egret.operate("detach", "-g", "1")
                #expect(detached.isSuccess, "\(detached)")
                var nodes = try await stand.nodes()
                #expect(nodes[1].status == "down", "\(nodes)")
                let attached = try await stand.egret.operate("attach", "1", "--json")
                #expect(attached.isSuccess && attached.output.contains("\"ok\" : true"), "\(attached)")
                nodes = try await stand.nodes()
                #expect(nodes[1].isUsable, "\(nodes)")

                var changed = stand.configuration
                changed.set("client_idle_limit", "'sometimes'")
                try EgretProcess.write(changed, into: stand.egret.directory)
                let socket = stand.egret.directory + "/.s.EGRET.\(stand.egret.port)"
                let refused = try await Command(stand.egret.binary, ["reload", "--socket", socket]).result()
                #expect(refused.status == 1 && refused.errors.contains("client_idle_limit"), "\(refused)")
                changed.set("client_idle_limit", "77")
                try EgretProcess.write(changed, into: stand.egret.directory)
                let reloaded = try await stand.egret.operate("reload")
                #expect(reloaded.isSuccess, "\(reloaded)")
                let shown = try await stand.query("pgpool show client_idle_limit")
                #expect(shown == "77s")

                let stopped = try await stand.egret.operate("stop", "-m", "fast")
                #expect(stopped.isSuccess && stopped.output.contains("stopping"), "\(stopped)")
                let exit = await stand.egret.waitForExit(.seconds(10))
                #expect(exit == .exited(code: 0), "\(stand.egret.log.tail())")
            }
        }
    }
}
