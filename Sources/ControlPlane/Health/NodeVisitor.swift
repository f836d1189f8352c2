internal import ProxyCore

/// Puts one question to a node from a thread of its own, and is gone with the answer.
actor NodeVisitor {
    private let executor: DedicatedThreadExecutor
    private let settings: NodeSettings

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(settings: NodeSettings) {
        executor = DedicatedThreadExecutor(name: "egret-visit-\(settings.id)")
        self.settings = settings
    }

    /// One login with a short limit.
    func confirm() -> String? {
        let limit = min(settings.confirmTimeout, settings.connectTimeout ?? settings.confirmTimeout)
        do {
            _ = try NodeProbe.login(settings.healthTarget, connectTimeout: limit, timeout: limit)
            return nil
        } catch {
            return error.message
        }
    }

    /// One login with hardly any patience.
    func answers(within limit: Duration) -> Bool {
        do {
            _ = try NodeProbe.login(settings.healthTarget, connectTimeout: limit, timeout: limit)
            return true
        } catch {
            return false
        }
    }

    func examine() -> NodeSample? {
        let deadline = ContinuousClock.now + settings.confirmTimeout
        do {
            let connection = try PQConnection(to: settings.samplingTarget, deadline: deadline)
            let identity = try NodeProbe.identity(connection, deadline: deadline)
            var sample = try NodeProbe.sample(connection, identity, deadline: deadline)
            if sample.role == .primary { sample.position = try NodeProbe.flushed(connection, deadline: deadline) }
            return sample
        } catch {
            return nil
        }
    }

    func flushWAL() {
        let deadline = ContinuousClock.now + settings.confirmTimeout
        do {
            let connection = try PQConnection(to: settings.samplingTarget, deadline: deadline)
            try NodeProbe.flush(connection, deadline: deadline)
        } catch {
            // The WAL writer does the same within a few seconds.
        }
    }

    func glance() -> NodeGlance {
        guard settings.healthPeriod != nil else { return NodeGlance(isAccepting: nil, role: .unknown) }
        guard PQPing.isAccepting(settings.healthTarget, timeout: settings.confirmTimeout) else {
            return NodeGlance(isAccepting: false, role: .unknown)
        }
        guard settings.samplingPeriod != nil else { return NodeGlance(isAccepting: true, role: .unknown) }
        let deadline = ContinuousClock.now + settings.confirmTimeout
        do {
            let connection = try PQConnection(to: settings.samplingTarget, deadline: deadline)
            let answer = try connection.query("SELECT pg_catalog.pg_is_in_recovery()", deadline: deadline)
            return NodeGlance(isAccepting: true, role: answer[0, 0] == "t" ? .standby : .primary)
        } catch {
            return NodeGlance(isAccepting: true, role: .unknown)
        }
    }
}
