internal import Dispatch
package import Logging
package import ProxyCore

/// Feeds the `FailoverMachine` with what monitors, workers and operators report, and does what it says.
package actor FailoverCoordinator {
    /// What takes time, and therefore runs beside the coordinator.
    private enum Errand: Sendable {
        case hook(FailoverHook, timeout: Duration?)
        case confirm(NodeID, any NodeWatching)
        case hear(NodeID, any NodeWatching)
        case confirmFailback(NodeID, any NodeWatching)
        case examine(NodeID, any NodeWatching)
        case watch(any NodeWatching)
    }

    /// The workers may report faster than anybody can act; what does not fit in here repeats what does.
    private static let eventsMax = 4_096
    private static let tickInterval = Duration.milliseconds(200)
    /// How long a hook waits for its entry in the journal. A disk that hangs must not keep the promotion.
    private static let journalPatience = Duration.seconds(1)

    let observing: any DataPlaneObserving
    let log: Logger
    private let dataPlane: any DataPlaneControl
    private let statusFile: StatusFile
    private let hooks: HookRunner
    private let journal: FailoverJournal
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

    var machine: FailoverMachine
    var settings: ClusterSettings
    var monitors: [NodeID: any NodeWatching] = [:]
    /// The node that is being recovered, and the work on it.
    var recovering: (node: NodeID, work: Task<RecoveryFailure?, Never>)?
    private let processStart = WallClock.now().seconds
    private var statusChangedAt: [NodeID: Int64] = [:]
    private var history = HookHistory()
    /// Operators who wait for the ends of their requests.
    private var waiters: [RequestTicket: CheckedContinuation<OperatorVerdict, Never>] = [:]
    private(set) var isStopped = false

    package init(
        settings: ClusterSettings, dataPlane: any DataPlaneControl, observing: any DataPlaneObserving,
        statusFile: StatusFile, hooks: HookRunner, log: Logger,
        makeMonitor:
            @escaping @Sendable (NodeSettings, @escaping @Sendable (MonitorReport) -> Void) -> any NodeWatching
    ) {
        self.dataPlane = dataPlane
        self.observing = observing
        self.statusFile = statusFile
        self.hooks = hooks
        self.log = log
        self.makeMonitor = makeMonitor
        self.settings = settings
        journal = FailoverJournal(directory: settings.workDirectory)
        machine = FailoverMachine(
            settings: settings.failover, remembered: statusFile.read(), journal: journal.read())
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
        isStopped = true
        recovering?.work.cancel()
        for waiter in waiters.values { waiter.resume(returning: .refused("Egret is stopping")) }
        waiters = [:]
        fileQueue.sync {}
    }

    // MARK: From the workers

    /// Takes an event of the data plane; never waits, so that a worker may call it.
    package nonisolated func observe(_ event: DataPlaneEvent) {
        eventSink.yield(event)
    }

    // MARK: From operators

    /// Does what the machine says and waits for the end of the request where there is one to wait for.
    func carryOut(_ answer: OperatorAnswer) async -> OperatorVerdict {
        guard let ticket = answer.ticket, !isStopped else {
            perform(answer.directives)
            return answer.verdict
        }
        return await withCheckedContinuation { continuation in
            waiters[ticket] = continuation
            perform(answer.directives)
        }
    }

    package func reconfigure(_ settings: ClusterSettings) {
        self.settings = settings
        for node in settings.nodes {
            if let monitor = monitors[node.id] {
                monitor.apply(node)
            } else {
                watch(node)
            }
        }
        perform(machine.reconfigure(settings.failover, now: now))
    }

    /// Whom to ask about a database: the primary, or while there is none the first node that is in use.
    package func target(database: String) -> PQTarget? {
        let snapshot = machine.snapshot
        guard let id = snapshot.primary ?? snapshot.nodes.first(where: { $0.status.isUsable })?.id,
            var target = settings.nodes.first(where: { $0.id == id })?.samplingTarget
        else { return nil }
        target.database = database
        return target
    }

    /// Whom to ask for positions in the write-ahead log.
    package func replayCluster() -> ReplayWatch.Cluster {
        let snapshot = machine.snapshot
        var cluster = ReplayWatch.Cluster(term: snapshot.primaryTerm, primary: nil, standbys: [:])
        for view in snapshot.nodes where view.status.isUsable {
            let target = settings.nodes.first { $0.id == view.id }?.samplingTarget
            if view.id == snapshot.primary { cluster.primary = target } else { cluster.standbys[view.id] = target }
        }
        return cluster
    }

    package func overview() -> ClusterOverview {
        let snapshot = machine.snapshot
        let nodes = snapshot.nodes.map { view in
            ClusterOverview.Node(
                view: view, statusChangedAt: statusChangedAt[view.id] ?? processStart,
                delayBytes: machine.delayBytes(of: view.id), replication: machine.replication(of: view.id),
                health: monitors[view.id]?.statistics() ?? HealthStatistics(), hooks: history.records(of: view.id))
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

    var now: Duration { clockStart.duration(to: .now) }

    private func keepTime() async {
        while (try? await Task.sleep(for: Self.tickInterval)) != nil {
            // A hook that has outlived an earlier Egret is left to end by itself.
            if let hook = machine.interruptedHook, let pid = hooks.survivor(of: hook.kind) {
                perform(machine.interruptedHookRuns(as: pid, now: now))
            }
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
        case .replication(let id, let states): perform(machine.replicationSeen(states, by: id, now: now))
        }
    }

    private func take(_ event: DataPlaneEvent) {
        switch event {
        case .nodeFailed(let id, let reason): perform(machine.backendFailed(id, reason: reason))
        case .nodeSilent(let id): perform(machine.nodeSilent(id))
        case .nodeShutdown(let id): perform(machine.backendShutDown(id))
        case .nodeUsed(let id): perform(machine.nodeUsed(id))
        case .promotionHint:
            for monitor in monitors.values { monitor.sampleNow() }
        case .admin, .databaseUsed, .catalogChanged, .positionsWanted, .positionLost, .log:
            // ControlPlane routes these past the coordinator.
            break
        }
    }

    // MARK: Directives

    func perform(_ directives: [FailoverDirective]) {
        for directive in directives {
            switch directive {
            case .publish(let snapshot): dataPlane.publish(snapshot)
            case .statusChanged(let id, let status):
                statusChangedAt[id] = WallClock.now().seconds
                monitors[id]?.setUsable(status.isUsable)
            case .writeStatusFile(let statuses): write(statuses)
            case .writeJournal(let hooks): write(hooks)
            case .runHook(let hook): errandSink.yield(.hook(hook, timeout: timeout(of: hook)))
            case .searchPrimary(let interval):
                for monitor in monitors.values { monitor.search(every: interval) }
            case .endSearch:
                for monitor in monitors.values { monitor.search(every: nil) }
            case .sample(let id): monitors[id]?.sampleNow()
            case .hear(let id):
                if let monitor = monitors[id] { errandSink.yield(.hear(id, monitor)) }
            case .confirm(let id):
                if let monitor = monitors[id] { errandSink.yield(.confirm(id, monitor)) }
            case .confirmFailback(let id):
                if let monitor = monitors[id] { errandSink.yield(.confirmFailback(id, monitor)) }
            case .examine(let id):
                if let monitor = monitors[id] { errandSink.yield(.examine(id, monitor)) }
            case .ended(let ticket, let verdict):
                waiters.removeValue(forKey: ticket)?.resume(returning: verdict)
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

    private func write(_ hooks: [UnfinishedHook]) {
        let (journal, log) = (journal, log)
        fileQueue.async {
            do {
                try journal.write(hooks)
            } catch {
                log.post(.warning, "could not write \(journal.path)", detail: String(describing: error))
            }
        }
    }

    /// A base backup takes as long as it takes, so `follow_primary_command` has no deadline.
    private func timeout(of hook: FailoverHook) -> Duration? {
        switch hook.kind {
        case .failover, .failback: settings.hookTimeout
        case .followPrimary: nil
        }
    }

    /// Waits until what has been given to the disk so far is there.
    private func filesAreWritten() async {
        let (written, signal) = AsyncStream<Void>.makeStream()
        fileQueue.async { signal.finish() }
        let alarm = Task {
            try? await Task.sleep(for: Self.journalPatience)
            signal.finish()
        }
        for await _ in written {}
        alarm.cancel()
    }

    private func run(_ hook: FailoverHook, timeout: Duration?) async {
        await filesAreWritten()
        // Whoever is promoted now must be the only one that is written to.
        await waitUntilLeft(hook.node)
        let began = ContinuousClock.now
        history.begin(hook, at: WallClock.now().seconds)
        let outcome = await hooks.run(hook, timeout: timeout)
        history.end(hook, outcome, took: began.duration(to: .now), at: WallClock.now().seconds)
        // A hook that Egret's own end has ended is unfinished: the journal keeps it.
        guard !Task.isCancelled else { return }
        perform(machine.hookFinished(hook, outcome, now: now))
    }

    private func run(_ errand: Errand) async {
        switch errand {
        case .hook(let hook, let timeout):
            await run(hook, timeout: timeout)
        case .hear(let id, let monitor):
            let answers = await monitor.answersQuickly()
            perform(machine.heard(id, answers: answers))
        case .confirm(let id, let monitor):
            let failure = await monitor.confirm()
            perform(machine.confirmed(id, failure: failure, now: now))
        case .confirmFailback(let id, let monitor):
            let failure = await monitor.confirm()
            let sample = failure == nil ? await monitor.examine() : nil
            perform(machine.failbackConfirmed(id, failure: failure, sample: sample, now: now))
        case .examine(let id, let monitor):
            let sample = await monitor.examine()
            perform(machine.examined(id, sample, now: now))
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
