import ControlPlane
import ProxyCore
import Synchronization
import Testing

/// What each verb does and answers, on a cluster of fakes: node 0 is the primary.
@Suite struct ControlCommandsTests {
    private static func withCommands(
        _ verdict: OperatorVerdict = .accepted, rotation: LogRotationOutcome = .refused("it is off"),
        _ body: (FakeCluster, ControlCommands, FakeOperations) async throws -> Void
    ) async throws {
        let cluster = try FakeCluster()
        let isNormal = await cluster.becomeNormal()
        #expect(isNormal)
        let operations = FakeOperations(verdict)
        let commands = ControlCommands(
            operations: operations, coordinator: cluster.coordinator, responder: cluster.responder(NoParameters()),
            dataPlane: cluster.dataPlane, reload: { nil }, rotateLog: { rotation })
        try await body(cluster, commands, operations)
        await cluster.stop()
    }

    private struct NoParameters: ParameterReading {
        func displayValue(item name: String) -> String? { nil }
        func allItems() -> [ParameterItem] { [] }
        func statusItems() -> [ParameterItem] { [] }
    }

    @Test("route says where a statement would go, and why")
    func route() async throws {
        try await Self.withCommands { _, commands, _ in
            let request = ControlRequest(verb: .route, statement: "UPDATE t SET a = 1", database: "d")
            let update = await Self.ask(commands, request).route
            #expect(update?.verdict == "primary")
            #expect(update?.nodes == [0])
            #expect(update?.reason == "UPDATE belongs to the primary")
            let read = await Self.ask(commands, ControlRequest(verb: .route, statement: "SELECT 1")).route
            #expect(read?.verdict == "read")
            #expect(read?.nodes == [0, 1])
            #expect(read?.reason == "a read: one of them, by weight")
        }
    }

    private static func ask(_ commands: ControlCommands, _ request: ControlRequest) async -> ControlReply {
        await commands.carryOut(request) { _ in }
    }

    @Test("Orders reach the cluster; a promotion is a switchover unless it says otherwise")
    func orders() async throws {
        try await Self.withCommands { _, commands, operations in
            let lines = Mutex<[String]>([])
            let requests = [
                ControlRequest(verb: .attach, node: 1), ControlRequest(verb: .detach, node: 1),
                ControlRequest(verb: .detach, node: 1, gracefully: true), ControlRequest(verb: .promote, node: 1),
                ControlRequest(verb: .promote, node: 1, gracefully: true, promotion: .takeNote),
                ControlRequest(verb: .recover, node: 1),
            ]
            var messages: [String?] = []
            for request in requests {
                let reply = await commands.carryOut(request) { line in lines.withLock { $0.append(line) } }
                #expect(reply.isDone)
                messages.append(reply.message)
            }
            let seen = operations.orders.withLock { $0 }
            #expect(
                seen == [
                    "attach 1", "detach 1 false", "detach 1 true", "promote 1 switchover false",
                    "promote 1 takeNote true", "recover 1",
                ])
            #expect(lines.withLock { $0 } == ["copying"])
            #expect(
                messages == [
                    "node 1 is attached", "node 1 is detached", "node 1 is detached", "node 1 is the primary",
                    "node 1 is the primary", "node 1 is recovered and attached",
                ])
        }
    }

    @Test("Refusals are passed on, a missing node and a wrong mode are noticed")
    func refusals() async throws {
        try await Self.withCommands(.refused("no")) { _, commands, operations in
            let refused = await Self.ask(commands, ControlRequest(verb: .attach, node: 1))
            #expect(refused == ControlReply(isDone: false, message: "no"))
            let missing = await Self.ask(commands, ControlRequest(verb: .recover))
            #expect(missing == ControlReply(isDone: false, message: "the number of a node is missing"))
            let mode = await Self.ask(commands, ControlRequest(verb: .stop, mode: "gently"))
            #expect(!mode.isDone)
            let stop = await Self.ask(commands, ControlRequest(verb: .stop))
            #expect(stop.isDone)
            #expect(operations.orders.withLock { $0 } == ["attach 1"])
        }
    }

    @Test("A rotation of the log says which file it is now, or why there is none")
    func logRotation() async throws {
        try await Self.withCommands(rotation: .writing(path: "/log/new")) { _, commands, _ in
            let done = await Self.ask(commands, ControlRequest(verb: .rotateLog))
            #expect(done == ControlReply(isDone: true, message: "the log goes to /log/new"))
        }
        try await Self.withCommands { _, commands, _ in
            let refused = await Self.ask(commands, ControlRequest(verb: .rotateLog))
            #expect(refused == ControlReply(isDone: false, message: "it is off"))
        }
    }

    @Test("Reports: nodes, health, sessions, the process")
    func reports() async throws {
        try await Self.withCommands { cluster, commands, _ in
            cluster.dataPlane.state.withLock { state in
                state.sessions = [7, 3].map { number in
                    SessionView(
                        worker: 0, session: 1, processID: number, database: "shop", user: "ann", startedAt: 0,
                        state: .idle, idleSeconds: 5,
                        servers: [
                            SessionServer(
                                node: NodeID(1), backendPID: 99, connectedAt: 0, useCount: 3, isAttached: true)
                        ])
                }
            }
            let nodes = await Self.ask(commands, ControlRequest(verb: .nodes)).nodes
            #expect(nodes?.map(\.role) == ["primary", "standby"])
            let health = await Self.ask(commands, ControlRequest(verb: .health)).health
            #expect(health?.map(\.node) == [0, 1] && health?[0].total == 0)
            let sessions = await Self.ask(commands, ControlRequest(verb: .processes)).sessions
            #expect(sessions?.map(\.processID) == [3, 7])
            #expect(sessions?[0].servers.map(\.backendPID) == [99] && sessions?[0].idleSeconds == 5)
            let status = await Self.ask(commands, ControlRequest(verb: .status)).status
            #expect(status?.clients == 2 && status?.primary == 0)
        }
    }
}
