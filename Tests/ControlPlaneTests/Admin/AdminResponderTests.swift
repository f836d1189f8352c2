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
        let responder = cluster.responder(Parameters())
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
        var told = OwnStatementLogging()
        told.on = .statements
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
                .set(tag: "SET", told),
                .rows(columns: ["log_statement"], rows: [["on"]]),
                .failed(sqlState: "22023", message: "invalid value for parameter \"log_statement\": \"perhaps\""),
                .failed(
                    sqlState: "55P02", message: "invalid Context, value for parameter \"port\" cannot be changed"),
                .failed(sqlState: "42704", message: "config variable \"nothing\" not found"),
                .set(tag: "RESET", OwnStatementLogging()),
                .rows(columns: ["log_statement"], rows: [["off"]]),
                .set(tag: "RESET", OwnStatementLogging()),
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

    @Test(
        "SHOW pool_route names the verdict, the node and the reason",
        arguments: [
            ("SELECT 1", ["read", "1", "a read: those of this session go there"]),
            ("BEGIN", ["primary", "0", "a transaction belongs to the primary"]),
            ("SELECT a FROM t FOR SHARE", ["primary", "0", "it locks rows: FOR SHARE"]),
            (
                "SELECT my_function(a) FROM t",
                ["primary", "0", "the function my_function is not known to run anywhere"]
            ),
            ("SELECT ''it''''s''; SELECT 2", ["primary", "0", "several statements in one text"]),
            (
                "SELECT ''open",
                ["primary", "0", "the text cannot be read: something in it has no end, or its encoding hides it"]
            ),
            ("/* NO LOAD BALANCE */ SELECT 1", ["primary", "0", "the hint NO LOAD BALANCE stands in front of it"]),
            ("SHOW pool_nodes", ["egret", "", "Egret answers it itself"]),
            ("TABLE pg_class", ["primary", "0", "pg_class is PostgreSQL's own, and each node has its own state"]),
        ])
    func route(statement: String, row: [String]) async throws {
        let reply = try await Self.ask(["SHOW pool_route '\(statement)'"])
        #expect(reply == [.rows(columns: ["verdict", "node_id", "reason"], rows: [row])])
    }

    @Test("A session that cannot move is told why")
    func boundRoute() async throws {
        let cluster = try FakeCluster()
        #expect(await cluster.becomeNormal())
        let responder = cluster.responder(Parameters())
        var place = SessionPlace(boundTo: NodeID(0), pins: [.temporaryObject])
        let pinned = await responder.route("SELECT 1", place, loadBalanceNode: NodeID(1))
        #expect(pinned.nodes == [NodeID(0)])
        #expect(pinned.reason == "the session keeps its server: temporary object")
        place.pins = []
        #expect(await responder.route("SELECT 1", place).reason == "a transaction is open there")
        await cluster.stop()
    }

    @Test("docs/routing.md has every reason as it is shown", arguments: RouteReason.allCases)
    func documented(reason: RouteReason) throws {
        let page = try RepositoryFiles.read("docs/routing.md")
        #expect(page.contains("| \(reason.words(.insert, about: "NAME")) |"))
    }
}
