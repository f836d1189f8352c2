import ControlPlane
import Foundation
import ProxyCore
import Testing

/// The rows of the reports, cell by cell.
@Suite struct ShowTests {
    private static let changed: Int64 = 1_700_000_000

    private static func overview() -> ClusterOverview {
        func node(_ number: UInt8, _ status: NodeStatus, _ role: NodeRole, _ weight: Double) -> ClusterOverview.Node {
            ClusterOverview.Node(
                view: NodeView(
                    id: NodeID(number), host: number == 2 ? "/tmp" : "db\(number)", port: 5432 + UInt16(number),
                    status: status, role: role, weight: weight, isFreshEnough: true),
                statusChangedAt: changed)
        }
        var overview = ClusterOverview(
            primary: NodeID(0),
            nodes: [
                node(0, .up, .primary, 1.0 / 3), node(1, .waiting, .standby, 2.0 / 3), node(2, .down, .standby, 0),
            ])
        overview.nodes[1].delayBytes = 4_096
        overview.nodes[1].replication = ReplicationState(
            node: NodeID(1), state: "streaming", syncState: "async", replayLag: .milliseconds(2_500))
        return overview
    }

    private static let glances: [NodeID: NodeGlance] = [
        NodeID(0): NodeGlance(isAccepting: true, role: .primary),
        NodeID(1): NodeGlance(isAccepting: true, role: .standby),
        NodeID(2): NodeGlance(isAccepting: false, role: .unknown),
    ]

    private static var counters: [NodeCounters] {
        var counters = NodeCounters(node: NodeID(1))
        (counters.selects, counters.inserts, counters.updates, counters.deletes) = (42, 1, 2, 3)
        (counters.ddls, counters.others, counters.panics, counters.fatals, counters.errors) = (4, 5, 6, 7, 8)
        return [counters]
    }

    private static func rows(_ reply: AdminReply) -> [[String]] {
        guard case .rows(let columns, let rows) = reply else { return [] }
        #expect(rows.allSatisfy { $0.count == columns.count })
        return rows
    }

    @Test("pool_nodes: the 14 columns in pgpool's order")
    func nodes() {
        let time = LocalTime.seconds(Self.changed)
        let reply = ShowNodes.reply(
            Self.overview(), glances: Self.glances, counters: Self.counters, loadBalanceNode: NodeID(1),
            ShowSettings())
        #expect(
            reply
                == .rows(
                    columns: [
                        "node_id", "hostname", "port", "status", "pg_status", "lb_weight", "role", "pg_role",
                        "select_cnt", "load_balance_node", "replication_delay", "replication_state",
                        "replication_sync_state", "last_status_change",
                    ],
                    rows: [
                        [
                            "0", "db0", "5432", "up", "up", "0.333333", "primary", "primary", "0", "false", "0", "", "",
                            time,
                        ],
                        [
                            "1", "db1", "5433", "waiting", "up", "0.666667", "standby", "standby", "42", "true",
                            "4096", "streaming", "async", time,
                        ],
                        [
                            "2", "/tmp", "5434", "down", "down", "0.000000", "standby", "unknown", "0", "false", "0",
                            "", "", time,
                        ],
                    ]))
    }

    @Test("pool_nodes: delay in time, roles of other modes, nothing asked")
    func nodesOtherwise() {
        var settings = ShowSettings()
        settings.showsDelayAsTime = true
        settings.isStreaming = false
        let rows = Self.rows(
            ShowNodes.reply(Self.overview(), glances: [:], counters: [], loadBalanceNode: nil, settings))
        #expect(rows.map { $0[10] } == ["0.000000 second", "2.500000 seconds", "0.000000 second"])
        #expect(rows.map { $0[6] } == ["main", "replica", "replica"])
        #expect(rows.map { $0[4] } == ["unknown", "unknown", "unknown"])
        #expect(rows.map { $0[9] } == ["false", "false", "false"])
    }

    @Test("pool_pins")
    func pins() {
        let server = SessionServer(
            node: NodeID(1), backendPID: 4_711, connectedAt: 1_700_000_000, useCount: 3, isAttached: true)
        let pin = SessionPin(reasons: [.listen, .temporaryObject], since: 1_700_000_060, count: 2)
        let sessions = [9, 8, 7].map { number in
            SessionView(
                worker: 0, session: 1, processID: number, database: "db", user: "app", startedAt: 1_700_000_000,
                state: .idle, servers: [server], pin: number == 8 ? nil : pin)
        }
        let reply = ShowPins.reply(sessions)
        let since = LocalTime.seconds(1_700_000_060)
        let rest = ["db", "app", "1", "4711", "temporary object, listen", since, "2"]
        #expect(reply == .rows(columns: ShowPins.columns, rows: [["7"] + rest, ["9"] + rest]))
    }

    @Test("pool_backend_stats")
    func backendStatistics() {
        let rows = Self.rows(
            ShowBackendStatistics.reply(Self.overview(), counters: Self.counters, ShowSettings()))
        #expect(rows[0] == ["0", "db0", "5432", "up", "primary"] + Array(repeating: "0", count: 9))
        #expect(rows[1] == ["1", "db1", "5433", "waiting", "standby", "42", "1", "2", "3", "4", "5", "6", "7", "8"])
    }

    @Test("pool_hooks: the hooks that have run, and one that runs")
    func hooks() {
        var overview = Self.overview()
        overview.nodes[0].hooks = [
            HookRecord(
                kind: .failover, startedAt: Self.changed, finishedAt: Self.changed + 2, took: .milliseconds(1_250),
                result: "failed with exit status 3"),
            HookRecord(kind: .followPrimary, startedAt: Self.changed + 3),
        ]
        let times = (0...3).map { LocalTime.seconds(Self.changed + $0) }
        #expect(
            ShowHooks.reply(overview)
                == .rows(
                    columns: ["node_id", "hook", "started", "finished", "seconds", "result"],
                    rows: [
                        ["0", "failover_command", times[0], times[2], "1.250", "failed with exit status 3"],
                        ["0", "follow_primary_command", times[3], "", "", "running"],
                    ]))
    }

    @Test("pool_health_check_stats: averages over the rounds that asked")
    func healthStatistics() {
        var overview = Self.overview()
        var health = HealthStatistics()
        health.finish(succeeded: true, retries: 0, took: .milliseconds(10), at: Self.changed)
        health.finish(succeeded: false, retries: 3, took: .milliseconds(5), at: Self.changed + 1)
        health.skip(at: Self.changed + 2)
        overview.nodes[1].health = health
        let rows = Self.rows(ShowHealthCheckStatistics.reply(overview, ShowSettings()))
        let times = (0...2).map { LocalTime.seconds(Self.changed + $0) }
        #expect(
            rows[1] == [
                "1", "db1", "5433", "waiting", "standby", times[0], "3", "1", "1", "1", "3", "1.500000", "3", "10", "5",
                "7.500000", times[2], times[0], times[2], times[1],
            ])
        #expect(rows[0].suffix(4) == ["", "", "", ""])
    }

    @Test("pool_processes: sessions first, then empty rows up to num_init_children")
    func processes() {
        var settings = ShowSettings()
        settings.clientsMax = 3
        let rows = Self.rows(ShowProcesses.reply(Self.sessions, processStart: Self.changed, settings))
        let time = LocalTime.seconds(Self.changed)
        let later = LocalTime.seconds(Self.changed + 5)
        #expect(rows.count == 3)
        #expect(rows[0] == ["11", time, "1", "bench", "alice", later, "9", "Idle in transaction"])
        #expect(rows[1] == ["12", time, "1", "bench", "bob", "", "0", "Idle"])
        #expect(rows[2] == [String(getpid()), time, "0", "", "", "", "0", "Wait for connection"])
    }

    @Test("pool_pools: server connections, then the empty slots of pgpool's arithmetic")
    func pools() {
        var settings = ShowSettings()
        settings.clientsMax = 2
        settings.poolsPerClient = 2
        let rows = Self.rows(
            ShowPools.reply(
                Self.sessions, nodes: [NodeID(0), NodeID(1)], processStart: Self.changed, settings))
        let time = LocalTime.seconds(Self.changed)
        #expect(rows.count == 8)
        #expect(
            rows[0] == [
                "11", time, "1", "0", "1", "bench", "alice", LocalTime.seconds(Self.changed + 5), time, "", "0", "3",
                "0", "9", "777", "1", "Idle in transaction", "1",
            ])
        #expect(rows[1][0] == String(getpid()))
        #expect(rows.dropFirst().allSatisfy { $0[6] == "" })
    }

    private static let sessions = [
        SessionView(
            worker: 0, session: 2, processID: 12, database: "bench", user: "bob", startedAt: changed, state: .idle),
        SessionView(
            worker: 0, session: 1, processID: 11, database: "bench", user: "alice", startedAt: changed,
            state: .idleInTransaction, loadBalanceNode: NodeID(1),
            servers: [
                SessionServer(
                    node: NodeID(1), backendPID: 777, connectedAt: changed + 5, useCount: 9, isAttached: true)
            ]),
    ]
}
