internal import Glibc
package import ProxyCore

/// Carries out what operators ask for on the control socket.
package struct ControlCommands: Sendable {
    private let coordinator: FailoverCoordinator
    private let dataPlane: any DataPlaneObserving
    private let startedAt = WallClock.now().seconds
    /// - Returns: why the configuration was not taken, or nil.
    private let reload: @Sendable () async -> String?
    private let stop: @Sendable (StopMode) -> Void

    package init(
        coordinator: FailoverCoordinator, dataPlane: any DataPlaneObserving,
        reload: @escaping @Sendable () async -> String?, stop: @escaping @Sendable (StopMode) -> Void
    ) {
        self.coordinator = coordinator
        self.dataPlane = dataPlane
        self.reload = reload
        self.stop = stop
    }

    package func carryOut(_ request: ControlRequest) async -> ControlReply {
        switch request.verb {
        case .nodes: return ControlReply(isDone: true, nodes: await nodes())
        case .attach:
            guard let node = request.node else { return Self.nodeMissing }
            return Self.reply(await coordinator.attach(NodeID(node)), "node \(node) is attached")
        case .detach:
            guard let node = request.node else { return Self.nodeMissing }
            return Self.reply(await coordinator.detach(NodeID(node)), "node \(node) is detached")
        case .reload:
            let failure = await reload()
            return ControlReply(isDone: failure == nil, message: failure ?? "the configuration is read again")
        case .stop:
            guard let mode = StopMode(rawValue: request.mode ?? "smart") else {
                return ControlReply(isDone: false, message: "the mode must be smart, fast or immediate")
            }
            stop(mode)
            return ControlReply(isDone: true, message: "Egret is stopping (\(mode.rawValue))")
        case .status: return ControlReply(isDone: true, status: await status())
        }
    }

    private static let nodeMissing = ControlReply(isDone: false, message: "the number of a node is missing")

    private static func reply(_ verdict: OperatorVerdict, _ success: String) -> ControlReply {
        switch verdict {
        case .accepted: ControlReply(isDone: true, message: success)
        case .refused(let reason): ControlReply(isDone: false, message: reason)
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
                pgStatus: glance.isAccepting.map { $0 ? "up" : "down" } ?? "unknown", weight: node.view.weight,
                role: node.view.role.rawValue, pgRole: glance.role.rawValue,
                selects: counters.first { $0.node == id }?.selects ?? 0, delayBytes: node.delayBytes,
                replicationState: node.replication?.state ?? "",
                replicationSyncState: node.replication?.syncState ?? "",
                lastStatusChange: LocalTime.seconds(node.statusChangedAt))
        }
    }

    private func status() async -> ProcessReport {
        ProcessReport(
            pid: getpid(), version: EgretVersion.number, startedAt: LocalTime.seconds(startedAt),
            primary: await coordinator.overview().primary?.rawValue, clients: await dataPlane.sessions().count)
    }
}
