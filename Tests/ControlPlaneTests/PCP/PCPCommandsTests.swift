import ControlPlane
import ProxyCore
import Synchronization
import Testing

/// What each request does and answers, on a cluster of fakes: node 0 is the primary.
@Suite struct PCPCommandsTests {
    private struct Parameters: ParameterReading {
        func displayValue(item name: String) -> String? { nil }
        func allItems() -> [ParameterItem] { [] }
        func statusItems() -> [ParameterItem] {
            [
                ParameterItem(
                    item: String(repeating: "n", count: 100), value: String(repeating: "é", count: 400),
                    description: String(repeating: "d", count: 100))
            ]
        }
    }

    private static func commands(
        _ cluster: FakeCluster, _ operations: FakeOperations, fields: Int = 12, reload: String? = nil,
        rotation: LogRotationOutcome
    ) -> PCPCommands {
        var show = ShowSettings()
        show.clientsMax = 4
        let responder = cluster.responder(Parameters(), show)
        return PCPCommands(
            operations: operations, coordinator: cluster.coordinator, responder: responder, nodeInfoFields: fields,
            reload: { reload }, rotateLog: { rotation })
    }

    private static func withCommands(
        _ verdict: OperatorVerdict = .accepted, fields: Int = 12, reload: String? = nil,
        rotation: LogRotationOutcome = .refused("log rotation is not possible"),
        _ body: (FakeCluster, PCPCommands, FakeOperations) async throws -> Void
    ) async throws {
        let cluster = try FakeCluster()
        let isNormal = await cluster.becomeNormal()
        #expect(isNormal)
        let operations = FakeOperations(verdict)
        let commands = commands(cluster, operations, fields: fields, reload: reload, rotation: rotation)
        try await body(cluster, commands, operations)
        await cluster.stop()
    }

    private static func ask(_ commands: PCPCommands, _ request: PCPRequest) async -> [[String]] {
        await commands.carryOut(request) { _ in }.frames.map(\.fields)
    }

    @Test("Nodes: their number, and pgpool's numbers and words for each")
    func nodes() async throws {
        try await Self.withCommands { _, commands, _ in
            #expect(await Self.ask(commands, .nodeCount) == [["CommandComplete", "2"]])
            let all = await Self.ask(commands, .nodeInfo(nil))
            #expect(all.count == 4)
            #expect(all[0] == ["ArraySize", "2"])
            #expect(all[3] == ["CommandComplete"])
            let first = all[1]
            #expect(first.count == 13)
            #expect(first.prefix(6) == ["NodeInfo", "db0", "5432", "1", "0", "up"])
            #expect(first[7...10] == ["2", "standby", "0", ""])
            #expect(Double(first[6]) != nil && Int(first[12]) != nil)
            let one = await Self.ask(commands, .nodeInfo(1))
            #expect(one.count == 3 && one[1].prefix(3) == ["NodeInfo", "db1", "5433"] && one[1][7] == "3")
            let none = await Self.ask(commands, .nodeInfo(2))
            #expect(none[0].prefix(4) == ["SERROR", "CXX000", "Minforming node info failed", "Dinvalid node ID : 2"])
        }
        try await Self.withCommands(fields: 13) { _, commands, _ in
            let one = await Self.ask(commands, .nodeInfo(1))
            #expect(one[1].count == 14 && one[1][9...11] == ["0", "0", ""])
        }
    }

    @Test("Processes: a pid for each place, and the connections of each")
    func processes() async throws {
        try await Self.withCommands { cluster, commands, _ in
            let session = SessionView(
                worker: 0, session: 1, processID: 4711, database: "shop", user: "ann", startedAt: 0, state: .idle,
                servers: [
                    SessionServer(node: NodeID(1), backendPID: 99, connectedAt: 0, useCount: 3, isAttached: true)
                ])
            cluster.dataPlane.state.withLock { $0.sessions = [session] }
            let pids = await Self.ask(commands, .processCount)
            #expect(pids.count == 1 && pids[0].count == 6)
            #expect(pids[0].prefix(3) == ["CommandComplete", "4", "4711"])
            let one = await Self.ask(commands, .processInfo(4711))
            #expect(one.count == 3 && one[0] == ["ArraySize", "1"])
            #expect(one[1][0...1] == ["ProcessInfo", "4711"] && one[1][5...7] == ["1", "shop", "ann"])
            #expect(one[1].count >= 18)
            let all = await Self.ask(commands, .processInfo(nil))
            #expect(all.count == 2 + 4 * 4 * 2)
            let none = await Self.ask(commands, .processInfo(1))
            #expect(none[0].contains("Dinvalid process ID : 1"))
        }
    }

    @Test("Health and parameters, within the bounds of the clients' buffers")
    func reports() async throws {
        try await Self.withCommands { _, commands, _ in
            let health = await Self.ask(commands, .healthCheckStatistics(1))
            #expect(
                health.count == 1 && health[0].count == 21 && health[0].prefix(3) == ["CommandComplete", "1", "db1"])
            let none = await Self.ask(commands, .healthCheckStatistics(2))
            #expect(none[0].contains("Dinvalid node ID 2"))
            let status = await Self.ask(commands, .poolStatus)
            #expect(status[1].map(\.utf8.count) == [13, 63, 510, 79])
        }
    }

    @Test("Orders reach the cluster")
    func orders() async throws {
        try await Self.withCommands { _, commands, operations in
            #expect(await Self.ask(commands, .attach(1)) == [["CommandComplete"]])
            _ = await Self.ask(commands, .detach(1, gracefully: true))
            _ = await Self.ask(commands, .promote(1, .switchover, gracefully: false))
            _ = await Self.ask(commands, .promote(1, .takeNote, gracefully: true))
            let seen = operations.orders.withLock { $0 }
            #expect(
                seen == ["attach 1", "detach 1 true", "promote 1 switchover false", "promote 1 takeNote true"])
            let stop = await commands.carryOut(.stop(.immediate)) { _ in }
            #expect(stop == PCPAnswer([PCPFrame("t", ["CommandComplete"])], stop: .immediate))
            #expect(await Self.ask(commands, .reload) == [["CommandComplete"]])
        }
    }

    @Test("What cannot be is refused with pgpool's words, and nobody is asked to do it")
    func refusals() async throws {
        try await Self.withCommands(reload: "line 3 is wrong") { _, commands, operations in
            let cases: [(PCPRequest, String, String?)] = [
                (.attach(7), "could not attach node 7", "node id 7 is not valid"),
                (.attach(-1), "could not attach node -1", "node id -1 is not valid"),
                (.attach(256), "could not attach node 256", "node id 256 is not valid"),
                (.detach(7, gracefully: false), "could not detach node 7", "node id 7 is not valid"),
                (
                    .promote(7, .switchover, gracefully: false), "could not process promote request",
                    "node id 7 is not valid"
                ),
                (
                    .promote(0, .takeNote, gracefully: false), "invalid promote request",
                    "specified node is already primary node, can't promote node id 0"
                ),
                (.recover(7), "process recovery request failed", "node id 7 is not valid"),
                (
                    .recover(0), "process recovery request failed",
                    "primary server cannot be recovered by online recovery."
                ),
                (.recover(1), "node recovery failed, node id: 1 is alive", nil),
                (.watchdogInfo, "PCP: informing watchdog info failed", "watchdog is not enabled"),
                (.reload, "could not reload the configuration", "line 3 is wrong"),
                (.rotateLog, "could not rotate the log", "log rotation is not possible"),
                (.invalidateCache, "could not invalidate the query cache", "query cache is not enabled"),
            ]
            for (request, message, detail) in cases {
                let answer = await Self.ask(commands, request)
                #expect(answer.count == 1)
                #expect(answer[0].prefix(3) == ["SERROR", "CXX000", "M" + message])
                if let detail { #expect(answer[0].contains("D" + detail)) }
            }
            #expect(operations.orders.withLock { $0 }.isEmpty)
        }
    }

    @Test("A rotation of the log is answered as pgpool does it")
    func logRotation() async throws {
        try await Self.withCommands(rotation: .writing(path: "/log/new")) { _, commands, _ in
            let answer = await commands.carryOut(.rotateLog) { _ in }
            #expect(answer == PCPAnswer([PCPFrame("v", ["CommandComplete"])]))
        }
    }

    @Test("A refusal of the cluster is passed on")
    func refused() async throws {
        try await Self.withCommands(.refused("it does not answer")) { _, commands, _ in
            let answer = await Self.ask(commands, .attach(1))
            #expect(answer[0].prefix(4) == ["SERROR", "CXX000", "Mcould not attach node 1", "Dit does not answer"])
        }
    }
}
