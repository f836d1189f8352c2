import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// What pgpool's own programs print about an Egret, word for word as scripts read it.
    @Suite(.serialized)
    struct PCPReportTests {
        @Test(.timeLimit(.minutes(1)))
        func `pcp_node_count and pcp_node_info print what scripts read`() async throws {
            try await PCPStand.withEgret(weights: [1, 3]) { pcp in
                #expect(try await pcp.output("pcp_node_count") == "2")
                #expect(
                    try await pcp.output("pcp_node_count", "-v").split(separator: "\n").last.map(String.init) == " 2")
                _ = try await pcp.stand.query("SELECT 1")
                try await pcp.stand.waitForNodes("both are looked at") { nodes in
                    nodes[1].fields[11] == "streaming" && nodes.allSatisfy { $0.fields[4] == "up" }
                }
                let shown = try await pcp.stand.nodes()
                let lines = try await pcp.output("pcp_node_info", "-a").split(separator: "\n")
                try #require(lines.count == 2, "\(lines)")
                for (node, line) in zip(shown, lines) {
                    let fields = line.split(separator: " ").map(String.init)
                    try #require(fields.count == 13, "\(line)")
                    let status = node.status == "up" ? "2" : "1"
                    let port = String(pcp.stand.cluster.nodes[node.id].port)
                    #expect(fields[0...2] == ["127.0.0.1", port, status], "\(line)")
                    #expect(fields[3] == (node.id == 0 ? "0.250000" : "0.750000"), "\(line)")
                    #expect(fields[4...7] == [node.status, "up", node.role, node.role], "\(line)")
                    #expect(Int(fields[8]) != nil, "\(line)")
                    #expect(fields[9...10] == (node.id == 0 ? ["none", "none"] : ["streaming", "async"]), "\(line)")
                    #expect(fields[11] + " " + fields[12] == node.fields[13], "\(line)")
                }
                #expect(try await pcp.output("pcp_node_info", "1") == lines[1])
                #expect(try await pcp.output("pcp_node_info", "-n", "0", host: pcp.stand.egret.directory) == lines[0])
                let verbose = try await pcp.output("pcp_node_info", "-v", "-n", "1").split(separator: "\n")
                let titles = verbose.map { $0.split(separator: ":")[0].trimmingCharacters(in: .whitespaces) }
                #expect(
                    titles == [
                        "Hostname", "Port", "Status", "Weight", "Status Name", "Backend Status Name", "Role",
                        "Backend Role", "Replication Delay", "Replication State", "Replication Sync State",
                        "Last Status Change",
                    ])
                #expect(verbose[6].hasSuffix(": standby") && verbose[9].hasSuffix(": streaming"), "\(verbose)")
                try await pcp.expectRefusal(
                    "pcp_node_info", "-n", "7", says: "informing node info failed", "invalid node ID")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `pcp_proc_count and pcp_proc_info show the sessions`() async throws {
            try await PCPStand.withEgret { pcp in
                let session = try await pcp.stand.session()
                let transaction = try await session.ask("BEGIN")
                #expect(transaction.isEmpty)
                let backend = try await session.ask("SELECT pg_backend_pid()")
                let pids = try await pcp.output("pcp_proc_count").split(separator: " ").map(String.init)
                #expect(pids.count == 8, "\(pids)")
                let used = try await pcp.output("pcp_proc_info").split(separator: "\n")
                try #require(!used.isEmpty)
                let mine = used.first { $0.contains(" \(backend) ") }
                let fields = try #require(mine).split(separator: " ").map(String.init)
                #expect(fields[0...1] == ["postgres", "postgres"], "\(fields)")
                #expect(fields.contains(pids[0]), "\(fields) \(pids)")
                let one = try await pcp.output("pcp_proc_info", "-P", pids[0])
                #expect(one.contains(backend), "\(one)")
                let verbose = try await pcp.output("pcp_proc_info", "-v", "-P", pids[0])
                #expect(verbose.contains("Database") && verbose.contains("Idle in transaction"), "\(verbose)")
                let all = try await pcp.output("pcp_proc_info", "-a").split(separator: "\n")
                #expect(all.count == 8 * 4 * 2, "\(all.count)")
                try await pcp.expectRefusal(
                    "pcp_proc_info", "-P", "99999999", says: "informing process info failed",
                    "invalid process ID : 99999999")
                _ = try await session.ask("COMMIT")
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `pcp_health_check_stats, pcp_pool_status and pcp_watchdog_info answer`() async throws {
            try await PCPStand.withEgret { pcp in
                let port = String(pcp.stand.cluster.nodes[1].port)
                let isChecked = try await Poll.until(.seconds(10), every: .milliseconds(200)) {
                    let fields = try await pcp.output("pcp_health_check_stats", "1").split(separator: " ")
                    return fields.count > 8 && fields[0...2] == ["1", "127.0.0.1", port[...]] && Int(fields[7]) != 0
                }
                #expect(isChecked)
                let verbose = try await pcp.output("pcp_health_check_stats", "-v", "-n", "0")
                #expect(verbose.split(separator: "\n").count == 20, "\(verbose)")
                try await pcp.expectRefusal("pcp_health_check_stats", "7", says: "invalid node ID 7")

                let status = try await pcp.output("pcp_pool_status")
                let shown = try await pcp.stand.query("show pool_status").split(separator: "\n")
                #expect(
                    status.contains("name : port\nvalue: \(pcp.stand.egret.port)\ndesc : "), "\(status.prefix(300))")
                #expect(status.contains("name : pcp_port\nvalue: \(pcp.port)\n"))
                #expect(status.split(separator: "\n").count { $0.hasPrefix("name : ") } == shown.count)
                #expect(status.contains("name : backend_status1\n"))

                try await pcp.expectRefusal(
                    "pcp_watchdog_info", says: "PCP: informing watchdog info failed", "watchdog is not enabled")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Clients of pgpool 4_4 get the field that they expect, newer requests an honest answer`() async throws {
            try await PCPStand.withEgret(adjust: { configuration, _ in
                configuration.set("pcp_node_info_fields", "13")
            }) { pcp in
                _ = try await Driver.run(
                    "pcp_requests.py", ["--port", String(pcp.port), "--user", "admin", "--password", "secret"])
                // This client expects 12, and reads the unit of the delay as the delay, and the delay as the state.
                let line = try await pcp.output("pcp_node_info", "-n", "0")
                #expect(line.contains(" primary primary 0 0 "), "\(line)")
            }
        }
    }
}
