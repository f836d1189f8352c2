import LocalCluster
import Testing

extension IntegrationTests {
    /// Egret's own commands, in both protocols.
    @Suite(.serialized)
    struct ShowTests {
        @Test(.timeLimit(.minutes(1)))
        func `show pool_nodes has its 14 columns, in any spelling and in both protocols`() async throws {
            try await Stand.withSharedCluster(weights: [1, 3]) { stand in
                let target = stand.target()
                for spelling in [
                    "show pool_nodes", "SHOW POOL_NODES;", "  Show\tPool_Nodes ;", "/* now */ show pool_nodes",
                    "show\npool_nodes",
                ] {
                    let text = try await target.table(spelling)
                    let header = text.split(separator: "\n").first.map(String.init) ?? ""
                    let names = header.split(separator: "|").map { $0.filter { $0 != " " } }
                    #expect(names == PoolNode.columns, "\(spelling): \(text)")
                }
                let rows = try await stand.drive("show_commands.py").split(separator: "\n")
                try #require(rows.count == 3)
                #expect(rows[0] == PoolNode.columns.joined(separator: ","))
                let ports = stand.cluster.nodes.map { "\($0.port)" }
                for number in 0..<2 {
                    let fields = rows[number + 1].split(separator: "|", omittingEmptySubsequences: false)
                    #expect(fields[0...2] == ["\(number)", "127.0.0.1", Substring(ports[number])])
                    #expect(fields[5] == ["0.250000", "0.750000"][number])
                    #expect(fields[6] == ["primary", "standby"][number])
                    #expect(fields[13].wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/) != nil)
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `The standby's replication is shown`() async throws {
            try await Stand.withSharedCluster { stand in
                try await stand.waitForNodes("states of replication") { nodes in
                    nodes.count == 2 && nodes[1].fields[11...12] == ["streaming", "async"]
                        && nodes.map { $0.fields[4] } == ["up", "up"]
                        && nodes.map { $0.fields[7] } == ["primary", "standby"]
                        && nodes[0].fields[10] == "0"
                }
                let balanced = try await stand.nodes().count { $0.fields[9] == "true" }
                #expect(balanced == 1, "exactly one node is the session's for reads")
            }
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                ("show pool_version", "pool_version"),
                ("show pool_status", "item,value,description"),
                (
                    "show pool_processes",
                    "pool_pid,start_time,client_connection_count,database,username,backend_connection_time,"
                        + "pool_counter,status"
                ),
                (
                    "show pool_health_check_stats",
                    "node_id,hostname,port,status,role,last_status_change,total_count,success_count,fail_count,"
                        + "skip_count,retry_count,average_retry_count,max_retry_count,max_duration,min_duration,"
                        + "average_duration,last_health_check,last_successful_health_check,last_skip_health_check,"
                        + "last_failed_health_check"
                ),
                (
                    "show pool_backend_stats",
                    "node_id,hostname,port,status,role,select_cnt,insert_cnt,update_cnt,delete_cnt,ddl_cnt,"
                        + "other_cnt,panic_cnt,fatal_cnt,error_cnt"
                ),
                ("pgpool show port", "port"),
            ])
        func `The other commands have pgpool's columns`(command: String, columns: String) async throws {
            try await Stand.withSharedCluster { stand in
                let rows = try await stand.drive("show_commands.py", ["--command", command]).split(separator: "\n")
                try #require(rows.count > 1, "\(rows)")
                #expect(rows[0] == columns)
                let simple = try await stand.query(command)
                #expect(!simple.isEmpty)
                if command == "pgpool show port" { #expect(simple == "\(stand.egret.port)") }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `show pool_pools shows the servers in use`() async throws {
            try await Stand.withSharedCluster { stand in
                let session = try await stand.session("scrammy", password: "scram-secret")
                _ = try await session.ask("BEGIN")
                _ = try await session.ask("SELECT 1")
                let rows = try await stand.query("show pool_pools").split(separator: "\n")
                #expect(rows.contains { $0.contains("|scrammy|") && $0.contains("|postgres|") }, "\(rows)")
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Statements that only look like Egret's go to PostgreSQL`() async throws {
            try await Stand.withSharedCluster { stand in
                let answers = try await stand.target().script(
                    "SHOW server_version_num;\nSELECT 'show pool_nodes';\nSHOW TimeZone;\n")
                #expect(answers.hasSuffix("show pool_nodes\nUTC\n"), "\(answers)")
                let unknown = try await stand.target().attempt("SHOW pool_nonsense")
                #expect(unknown.errors.contains("42704"), "\(unknown.errors)")
            }
        }
    }
}
