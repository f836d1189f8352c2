import ControlPlane
import ProxyCore
import Testing

@Suite struct AdminResponderTests {
    private struct Parameters: ParameterReading {
        func displayValue(item name: String) -> String? {
            ["port": "9999", "log_statement": "off", "backend_hostname0": "db0", "client_idle_limit": "0"][name]
        }

        func allItems() -> [ParameterItem] {
            [
                ParameterItem(item: "backend_hostname0", value: "db0", description: "host"),
                ParameterItem(item: "backend_hostname1", value: "db1", description: "host"),
                ParameterItem(item: "port", value: "9999", description: "port"),
            ]
        }

        func statusItems() -> [ParameterItem] { allItems() }
    }

    private static func ask(_ texts: [String], session: UInt64 = 1) async throws -> [AdminReply] {
        let cluster = try FakeCluster()
        #expect(await cluster.becomeNormal())
        let responder = AdminResponder(
            coordinator: cluster.coordinator, dataPlane: cluster.dataPlane, parameters: Parameters(),
            settings: ShowSettings())
        var replies: [AdminReply] = []
        for text in texts {
            replies.append(
                await responder.answer(
                    AdminRequest(worker: 0, session: session, text: text, loadBalanceNode: NodeID(1))))
        }
        await cluster.stop()
        return replies
    }

    @Test("PGPOOL SHOW, SET and RESET")
    func parameters() async throws {
        let replies = try await Self.ask([
            "PGPOOL SHOW port", "PGPOOL SHOW nothing", "PGPOOL SHOW backend_hostname", "PGPOOL SHOW ALL",
            "PGPOOL SET log_statement TO yes", "PGPOOL SHOW log_statement", "PGPOOL SET log_statement TO perhaps",
            "PGPOOL SET port TO 1", "PGPOOL SET nothing TO 1", "PGPOOL RESET log_statement",
            "PGPOOL SHOW log_statement", "PGPOOL RESET ALL", "PGPOOL DO",
        ])
        let items = ["item", "value", "description"]
        #expect(
            replies == [
                .rows(columns: ["port"], rows: [["9999"]]),
                .failed(sqlState: "42704", message: "config variable \"nothing\" not found"),
                .rows(
                    columns: items,
                    rows: [["backend_hostname0", "db0", "host"], ["backend_hostname1", "db1", "host"]]),
                .rows(
                    columns: items,
                    rows: [
                        ["backend_hostname0", "db0", "host"], ["backend_hostname1", "db1", "host"],
                        ["port", "9999", "port"],
                    ]),
                .done(tag: "SET"),
                .rows(columns: ["log_statement"], rows: [["on"]]),
                .failed(sqlState: "22023", message: "invalid value for parameter \"log_statement\": \"perhaps\""),
                .failed(
                    sqlState: "55P02", message: "invalid Context, value for parameter \"port\" cannot be changed"),
                .failed(sqlState: "42704", message: "config variable \"nothing\" not found"),
                .done(tag: "RESET"),
                .rows(columns: ["log_statement"], rows: [["off"]]),
                .done(tag: "RESET"),
                .failed(sqlState: "42601", message: "syntax error at or near \"do\""),
            ])
    }

    @Test("Every report answers with rows as wide as its header")
    func reports() async throws {
        let names = AdminCommand.Report.allCases.map(\.rawValue)
        let replies = try await Self.ask(names.map { "SHOW \($0)" })
        let widths = replies.map { reply -> Int? in
            guard case .rows(let columns, let rows) = reply, !rows.isEmpty else { return nil }
            return rows.allSatisfy { $0.count == columns.count } ? columns.count : nil
        }
        // No hook has run, and nobody is pinned.
        #expect(widths == [14, 1, 3, 8, 18, 9, 20, 14, nil, nil])
        #expect(replies[1] == .rows(columns: ["pool_version"], rows: [["4.6.0 (egret \(EgretVersion.number))"]]))
    }
}
