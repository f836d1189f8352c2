internal import Kernel
internal import Logging
package import ProxyCore
internal import UnixSignals

/// The control plane's services and what connects them: the nodes are watched, failovers decided, operators and
/// `SHOW` commands answered, signals obeyed.
package actor ControlPlane {
    /// What the rest of the process does for the control plane.
    package struct Surroundings: Sendable {
        /// Reads the configuration file again.
        /// - Throws: when it is not acceptable; the old one stays in force.
        package var loadConfiguration: @Sendable () throws -> (ClusterSettings, any ParameterReading)
        /// Gives the new configuration to the data plane.
        package var configurationLoaded: @Sendable () -> Void

        package init(
            loadConfiguration: @escaping @Sendable () throws -> (ClusterSettings, any ParameterReading),
            configurationLoaded: @escaping @Sendable () -> Void = {}
        ) {
            self.loadConfiguration = loadConfiguration
            self.configurationLoaded = configurationLoaded
        }
    }

    private let dataPlane: any DataPlaneControl
    private let coordinator: FailoverCoordinator
    private let responder: AdminResponder
    private let catalogs: CatalogKeeper
    private let replay: ReplayWatch
    private let surroundings: Surroundings
    private let settings: ClusterSettings
    private let observing: any DataPlaneObserving
    private let sink: LogSink
    private let log: Logger
    private let workerLog: Logger
    private let requests: AsyncStream<AdminRequest>
    private nonisolated let requestSink: AsyncStream<AdminRequest>.Continuation

    package init(
        settings: ClusterSettings, parameters: any ParameterReading, dataPlane: any DataPlaneControl,
        observing: any DataPlaneObserving, sink: LogSink, surroundings: Surroundings
    ) {
        self.dataPlane = dataPlane
        self.observing = observing
        self.surroundings = surroundings
        self.settings = settings
        self.sink = sink
        log = sink.logger("main")
        workerLog = sink.logger("child")
        coordinator = FailoverCoordinator(
            settings: settings, dataPlane: dataPlane, observing: observing,
            statusFile: StatusFile(directory: settings.workDirectory),
            hooks: HookRunner(log: log, traceDirectory: settings.workDirectory), log: log,
            makeMonitor: { NodeMonitor(settings: $0, log: sink, report: $1) })
        let coordinator = coordinator
        catalogs = CatalogKeeper(
            surroundings: CatalogKeeper.Surroundings(
                target: { await coordinator.target(database: $0) },
                changes: { observing.catalogChanges(of: $0) },
                learn: { dataPlane.learn($0, of: $1, changes: $2) },
                databasesInUse: { Set(await observing.sessions().map(\.database)) }),
            period: settings.catalogPeriod, log: sink.logger("catalog"))
        replay = ReplayWatch(
            surroundings: ReplayWatch.Surroundings(
                cluster: { await coordinator.replayCluster() }, lastWrite: { observing.lastWrite },
                reached: { dataPlane.replayed($0, until: $1) }, ended: { dataPlane.endWatch() },
                clock: { Clock.monotonic() }),
            log: sink.logger("replay"))
        responder = AdminResponder(
            coordinator: coordinator, dataPlane: observing, catalogs: catalogs, parameters: parameters,
            settings: settings.show)
        // A session asks one thing at a time, so there are at most as many requests as sessions.
        (requests, requestSink) = AsyncStream.makeStream()
    }

    /// Takes an event of the data plane; never waits, so that a worker may call it.
    package nonisolated func observe(_ event: DataPlaneEvent) {
        switch event {
        case .admin(let request): requestSink.yield(request)
        case .log(let level, let text): workerLog.post(level.severity, text)
        case .databaseUsed(let database), .catalogChanged(let database):
            Task { await catalogs.read(database) }
        case .positionsWanted: replay.wake()
        case .positionLost(let id): Task { await replay.forget(id) }
        case .nodeFailed, .nodeShutdown, .nodeSilent, .nodeUsed, .promotionHint: coordinator.observe(event)
        }
    }

    /// Serves until the task is cancelled: the owner does that when the data plane has stopped.
    /// - Throws: when the control socket or one of PCP's cannot be bound.
    package func run() async throws {
        let commands = ControlCommands(
            operations: coordinator, coordinator: coordinator, responder: responder, dataPlane: observing,
            reload: { await self.reload() }, rotateLog: { await self.sink.rotate() })
        let server = try ControlServer(path: settings.controlSocketPath, log: log) {
            await commands.carryOut($0, progress: $1)
        } stop: {
            self.stop($0)
        }
        let pcp = try makePCPServer()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.coordinator.run() }
            group.addTask { await self.catalogs.run() }
            group.addTask { await self.replay.run() }
            group.addTask { await server.run() }
            group.addTask { await pcp.run() }
            group.addTask { await self.answerRequests() }
            group.addTask { await self.obeySignals() }
        }
        log.post(.log, "Egret system is shutdown")
        sink.finish()
    }

    private func makePCPServer() throws -> PCPServer {
        let commands = PCPCommands(
            operations: coordinator, coordinator: coordinator, responder: responder,
            nodeInfoFields: settings.pcp.nodeInfoFields, reload: { await self.reload() },
            rotateLog: { await self.sink.rotate() })
        return try PCPServer(settings: settings.pcp, log: sink.logger("pcp_main")) {
            await commands.carryOut($0, progress: $1)
        } stop: {
            self.stop($0)
        }
    }

    private func answerRequests() async {
        let (responder, dataPlane) = (responder, dataPlane)
        await withDiscardingTaskGroup { group in
            for await request in requests {
                group.addTask {
                    dataPlane.answer(request, with: await responder.answer(request))
                }
            }
        }
    }

    private func obeySignals() async {
        let signals = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint, .sigquit, .sigusr1)
        for await signal in signals {
            switch signal {
            case .sighup: _ = await reload()
            case .sigusr1: rotateLog()
            case .sigterm: stop(.smart)
            case .sigint: stop(.fast)
            case .sigquit: stop(.immediate)
            default: break
            }
        }
    }

    /// As pgpool's logger process does at this signal. A disk that hangs must not hold up the signals that follow.
    private nonisolated func rotateLog() {
        let log = sink.logger("main")
        sink.rotate { outcome in
            guard case .refused(let reason) = outcome else { return }
            log.post(.warning, "SIGUSR1 did not rotate the log", detail: reason)
        }
    }

    private nonisolated func stop(_ mode: StopMode) {
        sink.logger("main").post(.log, "received \(mode.rawValue) shutdown request")
        dataPlane.stop(mode)
    }

    /// - Returns: why the configuration was not taken, or nil.
    private func reload() async -> String? {
        log.post(.log, "reload config files.")
        do {
            let (settings, parameters) = try surroundings.loadConfiguration()
            sink.apply(settings.log)
            await coordinator.reconfigure(settings)
            await responder.apply(parameters, settings.show)
            surroundings.configurationLoaded()
            return nil
        } catch {
            let reason = String(describing: error)
            log.post(.error, "the configuration was not reloaded", detail: reason)
            return reason
        }
    }
}

extension DataPlaneLogLevel {
    fileprivate var severity: LogSeverity {
        switch self {
        case .debug: .debug1
        case .log: .log
        case .warning: .warning
        case .error: .error
        case .fatal: .fatal
        }
    }
}
