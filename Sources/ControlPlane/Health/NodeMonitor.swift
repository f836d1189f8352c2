internal import Logging
internal import ProxyCore

/// Watches one node from a thread of its own: health checks, and samples of its role and position.
package actor NodeMonitor: NodeWatching {
    private enum Round {
        case alive
        case dead(PQError)
    }

    /// The time that a sample may take where `connect_timeout` sets no limit.
    private static let sampleTimeout = Duration.seconds(10)
    /// How often a loop with nothing to do looks whether a reload has given it something.
    private static let idleInterval = Duration.seconds(1)

    private let executor: DedicatedThreadExecutor
    private let report: @Sendable (MonitorReport) -> Void
    private let healthLog: Logger
    private let samplingLog: Logger
    private var settings: NodeSettings
    private var isUsable = true
    private var counters = HealthStatistics()
    private var lastRefusal: String?
    private var lastSampleFailure: String?
    private var searchInterval: Duration?
    /// The pause of the sampling loop; cancelled to make it sample at once.
    private var pause: Task<Void, Never>?
    private var samplingConnection: (connection: PQConnection, identity: NodeIdentity)?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(settings: NodeSettings, log: LogSink, report: @escaping @Sendable (MonitorReport) -> Void) {
        executor = DedicatedThreadExecutor(name: "egret-node-\(settings.id)")
        self.settings = settings
        self.report = report
        healthLog = log.logger("health_check\(settings.id)")
        samplingLog = log.logger("sr_check_worker")
    }

    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.checkHealth() }
            group.addTask { await self.takeSamples() }
        }
        samplingConnection = nil
    }

    package func setUsable(_ isUsable: Bool) {
        self.isUsable = isUsable
        if !isUsable { samplingConnection = nil }
        pause?.cancel()
    }

    package func search(every interval: Duration?) {
        searchInterval = interval
        pause?.cancel()
    }

    package func statistics() -> HealthStatistics { counters }

    package func apply(_ settings: NodeSettings) {
        if settings.samplingTarget != self.settings.samplingTarget { samplingConnection = nil }
        self.settings = settings
        pause?.cancel()
    }

    // MARK: Questions from outside

    // A health check may be hanging on this actor's thread for many seconds, so these run on a thread of their own.

    package nonisolated func confirm() async -> String? {
        let settings = await currentSettings
        return await NodeVisitor(settings: settings).confirm()
    }

    package nonisolated func glance(role isRoleWanted: Bool) async -> NodeGlance {
        let settings = await currentSettings
        return await NodeVisitor(settings: settings).glance(role: isRoleWanted)
    }

    // MARK: Health checks

    private func checkHealth() async {
        while !Task.isCancelled {
            guard let period = settings.healthPeriod else {
                try? await Task.sleep(for: Self.idleInterval)
                continue
            }
            if isUsable {
                await checkOnce()
            } else {
                counters.skip(at: WallClock.now().seconds)
            }
            try? await Task.sleep(for: period)
        }
    }

    /// One round: the probe and its retries.
    private func checkOnce() async {
        let began = ContinuousClock.now
        var retries = 0
        while true {
            switch probe() {
            case .alive:
                if retries > 0 {
                    healthLog.post(.log, "health check retrying on DB node: \(settings.id) succeeded")
                }
                finish(true, retries, began)
                return
            case .dead(let error):
                guard error.kind != .cancelled, isUsable else { return }
                let timeout = error.kind == .timedOut ? 1 : 0
                guard retries < settings.retriesMax else {
                    healthLog.post(
                        .log, "health check failed on node \(settings.id) (timeout:\(timeout))", detail: error.message)
                    finish(false, retries, began)
                    report(.probeFailed(settings.id, reason: error.message))
                    return
                }
                retries += 1
                healthLog.post(
                    .log, "health check retrying on DB node: \(settings.id) (round:\(retries))", detail: error.message)
                guard (try? await Task.sleep(for: settings.retryDelay)) != nil else { return }
            }
        }
    }

    private func probe() -> Round {
        do {
            let refusal = try NodeProbe.login(
                settings.healthTarget, connectTimeout: settings.connectTimeout, timeout: settings.healthTimeout)
            if let refusal, refusal.message != lastRefusal {
                healthLog.post(
                    .warning, "node \(settings.id) is alive but refuses the health check's login",
                    detail: refusal.message)
            }
            lastRefusal = refusal?.message
            return .alive
        } catch {
            return .dead(error)
        }
    }

    private func finish(_ isSuccess: Bool, _ retries: Int, _ began: ContinuousClock.Instant) {
        counters.finish(
            succeeded: isSuccess, retries: UInt64(retries), took: began.duration(to: .now),
            at: WallClock.now().seconds)
    }

    private var currentSettings: NodeSettings {
        get async { settings }
    }

    // MARK: Samples

    private func takeSamples() async {
        while !Task.isCancelled {
            let interval = searchInterval ?? settings.samplingPeriod
            if isUsable, interval != nil { sampleOnce() }
            await rest(interval ?? Self.idleInterval)
        }
    }

    /// Sleeps, unless somebody wants a sample before.
    private func rest(_ duration: Duration) async {
        let pause = Task { () -> Void in try? await Task.sleep(for: duration) }
        self.pause = pause
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
    }

    private func sampleOnce() {
        let id = settings.id
        let deadline = ContinuousClock.now + (settings.connectTimeout ?? Self.sampleTimeout)
        do {
            let (connection, identity) = try sampler(deadline)
            let sample = try NodeProbe.sample(connection, identity, deadline: deadline)
            lastSampleFailure = nil
            report(.sampled(id, sample))
            guard sample.role == .primary, !settings.applicationNames.isEmpty else { return }
            let states = try NodeProbe.replication(connection, names: settings.applicationNames, deadline: deadline)
            report(.replication(id, states))
        } catch {
            samplingConnection = nil
            guard error.kind != .cancelled else { return }
            if error.message != lastSampleFailure {
                samplingLog.post(.log, "node \(id) could not be asked for its role", detail: error.message)
            }
            lastSampleFailure = error.message
            report(.sampleFailed(id))
        }
    }

    private func sampler(_ deadline: ContinuousClock.Instant) throws(PQError) -> (PQConnection, NodeIdentity) {
        if let samplingConnection { return samplingConnection }
        let connection = try PQConnection(to: settings.samplingTarget, deadline: deadline)
        let identity = try NodeProbe.identity(connection, deadline: deadline)
        samplingConnection = (connection, identity)
        return (connection, identity)
    }
}
