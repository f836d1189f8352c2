import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// Who may use PCP.
    @Suite(.serialized)
    struct PCPLoginTests {
        @Test(.timeLimit(.minutes(1)))
        func `A wrong password and an unknown user are refused`() async throws {
            try await PCPStand.withEgret { pcp in
                let wrong = try await pcp.run("pcp_node_count", passwords: "*:*:admin:guess\n")
                #expect(wrong.status == 1 && wrong.output.isEmpty, "\(wrong)")
                #expect(wrong.errors.contains("FATAL:  authentication failed for user \"admin\""), "\(wrong)")
                #expect(wrong.errors.contains("DETAIL:  username and/or password does not match"), "\(wrong)")
                let unknown = try await pcp.run("pcp_node_count", user: "nobody")
                #expect(unknown.status == 1 && unknown.errors.contains("authentication failed"), "\(unknown)")
                let log = pcp.stand.egret.log.text
                #expect(log.contains("PCP authentication failed for user \"admin\" at 127.0.0.1"))
                #expect(log.contains("PCP authentication failed for user \"nobody\" at 127.0.0.1"))
                #expect(!log.contains("guess") && !log.contains("secret"))
                #expect(try await pcp.output("pcp_node_count") == "2")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Guessing is slowed down for its address only`() async throws {
            try await PCPStand.withEgret { pcp in
                for _ in 0..<6 {
                    let wrong = try await pcp.run("pcp_node_count", passwords: "*:*:admin:guess\n")
                    #expect(wrong.status == 1)
                }
                let early = try await pcp.run("pcp_node_count")
                #expect(early.status == 1 && early.errors.contains("too many failed logins"), "\(early)")
                #expect(try await pcp.output("pcp_node_count", host: pcp.stand.egret.directory) == "2")
                let isHeard = try await Poll.until(.seconds(10), every: .milliseconds(250)) {
                    try await pcp.run("pcp_node_count").isSuccess
                }
                #expect(isHeard)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Lines of pcppass are matched by host, port and user`() async throws {
            try await PCPStand.withEgret { pcp in
                let lines = """
                    # a comment
                    127.0.0.1:1:admin:wrong
                    127.0.0.1:\(pcp.port):other:wrong
                    127.0.0.1:\(pcp.port):admin:secret
                    *:*:*:wrong

                    """
                let matched = try await pcp.run("pcp_node_count", passwords: lines)
                #expect(matched.isSuccess && matched.output == "2\n", "\(matched)")
                let directory = pcp.stand.egret.directory
                let bySocket = try await pcp.run(
                    "pcp_node_count", host: directory, passwords: "\(directory):\(pcp.port):admin:secret\n")
                #expect(bySocket.isSuccess && bySocket.output == "2\n", "\(bySocket)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Users are read at each login, and without any nobody comes in`() async throws {
            try await PCPStand.withEgret(adjust: { _, directory in
                try? FileManager.default.removeItem(atPath: directory + "/pcp.conf")
            }) { pcp in
                let log = pcp.stand.egret.log
                #expect(log.text.contains("pcp commands are not possible yet"), "\(log.tail())")
                let path = pcp.stand.egret.directory + "/pcp.conf"
                let early = try await pcp.run("pcp_node_count")
                #expect(early.status == 1 && early.errors.contains("authentication failed"), "\(early)")
                PCPStand.write("# nobody\nadmin:notahash\n", path)
                let still = try await pcp.run("pcp_node_count")
                #expect(still.status == 1, "\(still)")
                PCPStand.write("admin:\(PCPStand.hash.replacing("5", with: "6"))\nadmin:\(PCPStand.hash)\n", path)
                let count = try await pcp.output("pcp_node_count")
                #expect(count == "2")
                let debugged = try await pcp.run("pcp_node_count", ["-d"])
                #expect(debugged.isSuccess && debugged.output.contains("2\n"), "\(debugged)")
            }
        }
    }
}
