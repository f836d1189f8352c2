internal import Glibc
internal import ProxyCore

/// Carries out what operators ask for on the control socket. `stop` is only checked here: the server does it when the
/// client has its reply.
package struct ControlCommands: Sendable {
    private let operations: any ClusterOperating
    private let coordinator: FailoverCoordinator
    private let responder: AdminResponder
    private let dataPlane: any DataPlaneObserving
    private let startedAt = WallClock.now().seconds
    private let reload: @Sendable () async -> String?
    private let rotateLog: @Sendable () async -> LogRotationOutcome

    /// - Parameter reload: returns why the configuration was not taken, or nil.
    package init(
        operations: any ClusterOperating, coordinator: FailoverCoordinator, responder: AdminResponder,
        dataPlane: any DataPlaneObserving, reload: @escaping @Sendable () async -> String?,
        rotateLog: @escaping @Sendable () async -> LogRotationOutcome
    ) {
        self.operations = operations
        self.coordinator = coordinator
        self.responder = responder
        self.dataPlane = dataPlane
        self.reload = reload
        self.rotateLog = rotateLog
    }

    /// - Parameter progress: gets lines while an order takes its time; from any thread.
    package func carryOut(
        _ request: ControlRequest, progress: @escaping @Sendable (String) -> Void
    ) async -> ControlReply {
        switch request.verb {
        case .nodes: return ControlReply(isDone: true, nodes: await nodes())
        case .health:
            return ControlReply(isDone: true, health: await coordinator.overview().nodes.map(HealthReport.init))
        case .processes: return ControlReply(isDone: true, sessions: await sessions())
        case .status: return ControlReply(isDone: true, status: await status())
        case .route:
            let place = SessionPlace(database: request.database ?? "postgres")
            let route = await responder.route(request.statement ?? "", place)
            return ControlReply(isDone: true, route: RouteReport(route))
        case .attach:
            return await order(request, "is attached") { await operations.attach($0) }
        case .detach:
            return await order(request, "is detached") {
                await operations.detach($0, gracefully: request.gracefully ?? false)
            }
        case .promote:
            return await order(request, "is the primary") {
                await operations.promote(
                    $0, request.promotion ?? .switchover, gracefully: request.gracefully ?? false,
                    progress: progress)
            }
        case .recover:
            return await order(request, "is recovered and attached") {
                await operations.recover($0, progress: progress)
            }
        case .reload:
            let failure = await reload()
            return ControlReply(isDone: failure == nil, message: failure ?? "the configuration is read again")
        case .rotateLog:
            switch await rotateLog() {
            case .writing(let path): return ControlReply(isDone: true, message: "the log goes to \(path)")
            case .refused(let reason): return ControlReply(isDone: false, message: reason)
            }
        case .stop:
            guard let mode = request.stopMode else {
                return ControlReply(isDone: false, message: "the mode must be smart, fast or immediate")
            }
            return ControlReply(isDone: true, message: "Egret is stopping (\(mode.rawValue))")
        }
    }

    /// - Parameter outcome: what is to be said of the node when it is done.
    private func order(
        _ request: ControlRequest, _ outcome: String, _ operation: (NodeID) async -> OperatorVerdict
    ) async -> ControlReply {
        guard let node = request.node else {
            return ControlReply(isDone: false, message: "the number of a node is missing")
        }
        switch await operation(NodeID(node)) {
        case .accepted: return ControlReply(isDone: true, message: "node \(node) \(outcome)")
        case .refused(let reason): return ControlReply(isDone: false, message: reason)
        }
    }

    private func nodes() async -> [NodeReport] {
        async let glances = coordinator.glances()
        let overview = await coordinator.overview()
        let counters = dataPlane.nodeCounters()
        let seen = await glances
        return overview.nodes.map { node in
            let id = node.view.id
            let glance = seen[id] ?? NodeGlance(isAccepting: nil, role: .unknown)
            return NodeReport(
                id: id.rawValue, host: node.view.host, port: node.view.port, status: node.view.status.rawValue,
                pgStatus: ShowNodes.pgStatus(glance), weight: node.view.weight,
                role: node.view.role.rawValue, pgRole: glance.role.rawValue,
                selects: counters.first { $0.node == id }?.selects ?? 0, delayBytes: node.delayBytes,
                replicationState: node.replication?.state ?? "",
                replicationSyncState: node.replication?.syncState ?? "",
                lastStatusChange: LocalTime.seconds(node.statusChangedAt),
                lastHook: node.lastHook.map {
                    HookReport(
                        hook: $0.kind.rawValue, startedAt: LocalTime.seconds($0.startedAt), result: $0.result)
                })
        }
    }

    private func sessions() async -> [SessionReport] {
        await dataPlane.sessions().sorted { $0.processID < $1.processID }.map(SessionReport.init)
    }

    private func status() async -> ProcessReport {
        ProcessReport(
            pid: getpid(), version: EgretVersion.number, startedAt: LocalTime.seconds(startedAt),
            primary: await coordinator.overview().primary?.rawValue, clients: await dataPlane.sessions().count)
    }
}

extension SessionReport {
    init(_ session: SessionView) {
        self.init(
            processID: session.processID, database: session.database, user: session.user,
            state: session.state.rawValue, startedAt: LocalTime.seconds(session.startedAt),
            idleSeconds: session.idleSeconds, loadBalanceNode: session.loadBalanceNode?.rawValue,
            servers: session.servers.map {
                Server(node: $0.node.rawValue, backendPID: $0.backendPID, isAttached: $0.isAttached)
            })
    }
}

extension HealthReport {
    init(_ node: ClusterOverview.Node) {
        let health = node.health
        self.init(
            node: node.view.id.rawValue, status: node.view.status.rawValue, total: health.total,
            succeeded: health.succeeded, failed: health.failed, skipped: health.skipped, retries: health.retries,
            averageMilliseconds: health.sum / .milliseconds(1) / Double(max(1, health.asked)),
            longestMilliseconds: health.longest / .milliseconds(1),
            lastSuccess: health.lastSuccessAt.map(LocalTime.seconds),
            lastFailure: health.lastFailureAt.map(LocalTime.seconds))
    }
}
