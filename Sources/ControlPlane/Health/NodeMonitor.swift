internal import Logging
package import ProxyCore
internal import Synchronization

/// Watches one node: health checks, and samples of its role and position. Both block threads of their own while the
/// node hangs, so that neither waits for the other.
package actor NodeMonitor: NodeWatching {
    /// What others set or read at any time.
    private struct Desk {
        var settings: NodeSettings
        var isUsable = true
        var searchInterval: Duration?
        var counters = HealthStatistics()
        /// Counts the calls that want a sample before the pause is over.
        var calls: UInt64 = 0
        var pause: Task<Void, Never>?

        mutating func call() {
            calls += 1
            pause?.cancel()
        }
    }

    /// The shortest time between two samples, however many events ask for one.
    private static let sampleSpacing = Duration.milliseconds(20)
    /// How long a node that workers hear nothing of may take to answer.
    private static let hearingLimit = Duration.milliseconds(500)
    /// How often a loop with nothing to do looks whether a reload has given it something.
    private static let idleInterval = Duration.seconds(1)

    private let id: NodeID
    private let prober: NodeProber
    private let sampler: NodeSampler
    private let desk: Mutex<Desk>
    private let report: @Sendable (MonitorReport) -> Void
    private let healthLog: Logger
    private let samplingLog: Logger
    private var lastRefusal: String?
    private var lastSampleFailure: String?

    package init(settings: NodeSettings, log: LogSink, report: @escaping @Sendable (MonitorReport) -> Void) {
        id = settings.id
        prober = NodeProber(id: settings.id)
        sampler = NodeSampler(id: settings.id)
        desk = Mutex(Desk(settings: settings))
        self.report = report
        healthLog = log.logger("health_check\(settings.id)")
        samplingLog = log.logger("sr_check_worker")
    }

    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.checkHealth() }
            group.addTask { await self.takeSamples() }
        }
        await sampler.disconnect()
    }

    // MARK: Orders and questions from outside

    package nonisolated func setUsable(_ isUsable: Bool) {
        desk.withLock { desk in
            desk.isUsable = isUsable
            desk.call()
        }
    }

    package nonisolated func search(every interval: Duration?) {
        desk.withLock { desk in
            desk.searchInterval = interval
            desk.call()
        }
    }

    package nonisolated func sampleNow() { desk.withLock { $0.call() } }

    package nonisolated func apply(_ settings: NodeSettings) {
        desk.withLock { desk in
            desk.settings = settings
            desk.call()
        }
    }

    package nonisolated func statistics() -> HealthStatistics { desk.withLock { $0.counters } }

    // Questions that somebody waits for run on threads of their own, past a check or a sample that hangs.

    package nonisolated func confirm() async -> String? {
        await NodeVisitor(settings: desk.withLock { $0.settings }).confirm()
    }

    package nonisolated func answersQuickly() async -> Bool {
        let end = ContinuousClock.now + Self.hearingLimit
        let answers = await NodeVisitor(settings: desk.withLock { $0.settings }).answers(within: Self.hearingLimit)
        // Whoever asks will ask again at once.
        if !answers { try? await Task.sleep(until: end) }
        return answers
    }

    package nonisolated func examine() async -> NodeSample? {
        await NodeVisitor(settings: desk.withLock { $0.settings }).examine()
    }

    package nonisolated func flushWAL() async {
        await NodeVisitor(settings: desk.withLock { $0.settings }).flushWAL()
    }

    package nonisolated func glance() async -> NodeGlance {
        await NodeVisitor(settings: desk.withLock { $0.settings }).glance()
    }

    // MARK: Health checks

    private func checkHealth() async {
        while !Task.isCancelled {
            let (settings, isUsable) = desk.withLock { ($0.settings, $0.isUsable) }
            guard let period = settings.healthPeriod else {
                try? await Task.sleep(for: Self.idleInterval)
                continue
            }
            if isUsable {
                await checkOnce(settings)
            } else {
                desk.withLock { $0.counters.skip(at: WallClock.now().seconds) }
            }
            try? await Task.sleep(for: period)
        }
    }

    /// One round: the probe and its retries.
    private func checkOnce(_ settings: NodeSettings) async {
        let began = ContinuousClock.now
        var retries = 0
        while true {
            guard let error = await probe(settings) else {
                if retries > 0 { healthLog.post(.log, "health check retrying on DB node: \(id) succeeded") }
                finish(true, retries, began)
                return
            }
            guard error.kind != .cancelled, desk.withLock({ $0.isUsable }) else { return }
            guard retries < settings.retriesMax else {
                let timeout = error.kind == .timedOut ? 1 : 0
                healthLog.post(
                    .log, "health check failed on node \(id) (timeout:\(timeout))", detail: error.message)
                finish(false, retries, began)
                report(.probeFailed(id, reason: error.message))
                return
            }
            retries += 1
            healthLog.post(
                .log, "health check retrying on DB node: \(id) (round:\(retries))", detail: error.message)
            guard (try? await Task.sleep(for: settings.retryDelay)) != nil else { return }
        }
    }

    /// - Returns: why the node counts as dead, or nil.
    private func probe(_ settings: NodeSettings) async -> PQError? {
        switch await prober.login(settings) {
        case .failure(let error): return error
        case .success(let refusal):
            if let refusal, refusal.message != lastRefusal {
                let outcome =
                    refusal.isShortage ? "could not be asked" : "is alive but refuses the health check's login"
                healthLog.post(.warning, "node \(id) \(outcome)", detail: refusal.message)
            }
            lastRefusal = refusal?.message
            return nil
        }
    }

    private func finish(_ isSuccess: Bool, _ retries: Int, _ began: ContinuousClock.Instant) {
        let took = began.duration(to: .now)
        desk.withLock { desk in
            desk.counters.finish(
                succeeded: isSuccess, retries: UInt64(retries), took: took, at: WallClock.now().seconds)
        }
    }

    // MARK: Samples

    private func takeSamples() async {
        while !Task.isCancelled {
            let (settings, isUsable, search, calls) = desk.withLock {
                ($0.settings, $0.isUsable, $0.searchInterval, $0.calls)
            }
            let interval = search ?? settings.samplingPeriod
            if !isUsable {
                await sampler.disconnect()
            } else if interval != nil {
                await sampleOnce(settings)
            }
            let next = ContinuousClock.now + Self.sampleSpacing
            await rest(interval ?? Self.idleInterval, unlessCalledSince: calls)
            try? await Task.sleep(until: next)
        }
    }

    /// Sleeps, unless somebody wants a sample before.
    private func rest(_ duration: Duration, unlessCalledSince calls: UInt64) async {
        let pause = Task { () -> Void in try? await Task.sleep(for: duration) }
        desk.withLock { desk in
            desk.pause = pause
            if desk.calls != calls { pause.cancel() }
        }
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
    }

    private func sampleOnce(_ settings: NodeSettings) async {
        switch await sampler.sample(settings) {
        case .success(let answer):
            lastSampleFailure = nil
            report(.sampled(id, answer.sample))
            if let states = answer.replication { report(.replication(id, states)) }
        case .failure(let error):
            guard error.kind != .cancelled else { return }
            if error.message != lastSampleFailure {
                samplingLog.post(.log, "node \(id) could not be asked for its role", detail: error.message)
            }
            lastSampleFailure = error.message
            if !error.isShortage { report(.sampleFailed(id)) }
        }
    }
}
