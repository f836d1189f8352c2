internal import Dispatch
package import Logging
package import ProxyCore

/// Feeds the `FailoverMachine` with what monitors, workers and operators report, and does what it says.
package actor FailoverCoordinator {
    /// What takes time, and therefore runs beside the coordinator.
    private enum Errand: Sendable {
        case hook(FailoverHook, timeout: Duration?)
        case confirm(NodeID, any NodeWatching)
        case watch(any NodeWatching)
    }

    /// The workers may report faster than anybody can act; what does not fit in here repeats what does.
    private static let eventsMax = 4_096
    private static let tickInterval = Duration.milliseconds(200)

    private let dataPlane: any DataPlaneControl
    private let statusFile: StatusFile
    private let hooks: HookRunner
    private let log: Logger
    private let makeMonitor: @Sendable (NodeSettings, @escaping @Sendable (MonitorReport) -> Void) -> any NodeWatching
    private let initialNodes: [NodeSettings]
    private let reports: AsyncStream<MonitorReport>
    private let reportSink: AsyncStream<MonitorReport>.Continuation
    private let events: AsyncStream<DataPlaneEvent>
    private let eventSink: AsyncStream<DataPlaneEvent>.Continuation
    private let errands: AsyncStream<Errand>
    private let errandSink: AsyncStream<Errand>.Continuation
    /// A slow disk must not hold up a failover.
    private let fileQueue = DispatchQueue(label: "egret.status-file")
    private let clockStart = ContinuousClock.now

    private var machine: FailoverMachine
    private var hookTimeout: Duration?
    private var monitors: [NodeID: any NodeWatching] = [:]
    private let processStart = WallClock.now().seconds
    private var statusChangedAt: [NodeID: Int64] = [:]

    package init(
        settings: ClusterSettings, dataPlane: any DataPlaneControl, statusFile: StatusFile, hooks: HookRunner,
        log: Logger,
        makeMonitor:
            @escaping @Sendable (NodeSettings, @escaping @Sendable (MonitorReport) -> Void) -> any NodeWatching
    ) {
        self.dataPlane = dataPlane
        self.statusFile = statusFile
        self.hooks = hooks
        self.log = log
        self.makeMonitor = makeMonitor
        hookTimeout = settings.hookTimeout
        machine = FailoverMachine(settings: settings.failover, remembered: statusFile.read())
        (reports, reportSink) = AsyncStream.makeStream()
        (events, eventSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.eventsMax))
        (errands, errandSink) = AsyncStream.makeStream()
        initialNodes = settings.nodes
    }

    /// Works until the task is cancelled. Hooks that are running then are ended with their process groups.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for node in initialNodes { watch(node) }
            group.addTask { await self.handleReports() }
            group.addTask { await self.handleEvents() }
            group.addTask { await self.keepTime() }
            perform(machine.start(now: now))
            for await errand in errands {
                group.addTask { await self.run(errand) }
            }
        }
        fileQueue.sync {}
    }

    // MARK: From the workers

    /// Takes an event of the data plane; never waits, so that a worker may call it.
    package nonisolated func observe(_ event: DataPlaneEvent) {
        eventSink.yield(event)
    }

    // MARK: From operators

    /// Attaches a node that is down, after asking it whether it is alive: pgpool would send clients to a dead one.
    package func attach(_ id: NodeID) async -> OperatorVerdict {
        if let monitor = monitors[id], machine.snapshot.nodes.contains(where: { $0.id == id && $0.status == .down }),
            let failure = await monitor.confirm()
        {
            return .refused("node \(id) does not answer: \(failure)")
        }
        let (verdict, directives) = machine.attach(id, now: now)
        perform(directives)
        return verdict
    }

    package func detach(_ id: NodeID) -> OperatorVerdict {
        let (verdict, directives) = machine.detach(id, now: now)
        perform(directives)
        return verdict
    }

    package func reconfigure(_ settings: ClusterSettings) {
        hookTimeout = settings.hookTimeout
        for node in settings.nodes {
            if let monitor = monitors[node.id] {
                monitor.apply(node)
            } else {
                watch(node)
            }
        }
        perform(machine.reconfigure(settings.failover, now: now))
    }

    package func overview() -> ClusterOverview {
        let snapshot = machine.snapshot
        let nodes = snapshot.nodes.map { view in
            ClusterOverview.Node(
                view: view, statusChangedAt: statusChangedAt[view.id] ?? processStart,
                delayBytes: machine.delayBytes(of: view.id), replication: machine.replication(of: view.id),
                health: monitors[view.id]?.statistics() ?? HealthStatistics())
        }
        return ClusterOverview(primary: snapshot.primary, nodes: nodes)
    }

    /// Asks every node at the same time what it is now.
    package nonisolated func glances() async -> [NodeID: NodeGlance] {
        let monitors = await currentMonitors
        return await withTaskGroup(of: (NodeID, NodeGlance).self) { group in
            for (id, monitor) in monitors {
                group.addTask { (id, await monitor.glance()) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private var currentMonitors: [NodeID: any NodeWatching] {
        get async { monitors }
    }

    // MARK: Events

    private var now: Duration { clockStart.duration(to: .now) }

    private func keepTime() async {
        while (try? await Task.sleep(for: Self.tickInterval)) != nil {
            perform(machine.tick(now: now))
        }
    }

    private func handleReports() async {
        for await report in reports { take(report) }
    }

    private func handleEvents() async {
        for await event in events { take(event) }
    }

    private func take(_ report: MonitorReport) {
        switch report {
        case .probeFailed(let id, let reason): perform(machine.probeFailed(id, reason: reason, now: now))
        case .sampled(let id, let sample): perform(machine.sampled(id, sample, now: now))
        case .sampleFailed(let id): perform(machine.sampleFailed(id, now: now))
        case .replication(let id, let states): perform(machine.replicationSeen(states, by: id))
        }
    }

    private func take(_ event: DataPlaneEvent) {
        switch event {
        case .nodeFailed(let id, let reason): perform(machine.backendFailed(id, reason: reason))
        case .nodeShutdown(let id): perform(machine.backendShutDown(id))
        case .nodeUsed(let id): perform(machine.nodeUsed(id))
        case .promotionHint:
            for monitor in monitors.values { monitor.sampleNow() }
        case .admin, .log:
            // ControlPlane routes these past the coordinator.
            break
        }
    }

    // MARK: Directives

    private func perform(_ directives: [FailoverDirective]) {
        for directive in directives {
            switch directive {
            case .publish(let snapshot): dataPlane.publish(snapshot)
            case .statusChanged(let id, let status):
                statusChangedAt[id] = WallClock.now().seconds
                monitors[id]?.setUsable(status.isUsable)
            case .writeStatusFile(let statuses): write(statuses)
            case .runHook(let hook): errandSink.yield(.hook(hook, timeout: hookTimeout))
            case .searchPrimary(let interval):
                for monitor in monitors.values { monitor.search(every: interval) }
            case .endSearch:
                for monitor in monitors.values { monitor.search(every: nil) }
            case .sample(let id): monitors[id]?.sampleNow()
            case .confirm(let id):
                if let monitor = monitors[id] { errandSink.yield(.confirm(id, monitor)) }
            case .log(let level, let text): log.post(level.severity, text)
            }
        }
    }

    private func write(_ statuses: [NodeStatus]) {
        let (file, log) = (statusFile, log)
        fileQueue.async {
            do {
                try file.write(statuses)
            } catch {
                log.post(.warning, "could not write \(file.path)", detail: String(describing: error))
            }
        }
    }

    private func run(_ errand: Errand) async {
        switch errand {
        case .hook(let hook, let timeout):
            _ = await hooks.run(hook, timeout: timeout)
            perform(machine.hookFinished(now: now))
        case .confirm(let id, let monitor):
            let failure = await monitor.confirm()
            perform(machine.confirmed(id, failure: failure, now: now))
        case .watch(let monitor):
            await monitor.run()
        }
    }

    private func watch(_ settings: NodeSettings) {
        let sink = reportSink
        let monitor = makeMonitor(settings) { sink.yield($0) }
        monitors[settings.id] = monitor
        let status = machine.snapshot.nodes.first { $0.id == settings.id }?.status
        monitor.setUsable(status?.isUsable ?? false)
        errandSink.yield(.watch(monitor))
    }
}

extension FailoverLogLevel {
    fileprivate var severity: LogSeverity {
        switch self {
        case .log: .log
        case .warning: .warning
        case .error: .error
        }
    }
}
