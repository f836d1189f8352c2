internal import ProxyCore

/// The samples of one node's role and position, over a connection that is kept, on a thread of their own.
actor NodeSampler {
    /// What a node has told.
    struct Answer: Sendable {
        var sample: NodeSample
        /// From a primary, where the standbys' names are known.
        var replication: [ReplicationState]?
    }

    /// The time that a sample may take where `connect_timeout` sets no limit.
    private static let patience = Duration.seconds(10)

    private let executor: DedicatedThreadExecutor
    private var kept: (target: PQTarget, connection: PQConnection, identity: NodeIdentity)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(id: NodeID) { executor = DedicatedThreadExecutor(name: "egret-node-\(id)") }

    /// Ends the connection; the next sample makes a new one.
    func disconnect() { kept = nil }

    func sample(_ settings: NodeSettings) -> Result<Answer, PQError> {
        let deadline = ContinuousClock.now + (settings.connectTimeout ?? Self.patience)
        do {
            return .success(try answer(settings, deadline))
        } catch {
            kept = nil
            return .failure(error)
        }
    }

    private func answer(
        _ settings: NodeSettings, _ deadline: ContinuousClock.Instant
    ) throws(PQError) -> Answer {
        let (connection, identity) = try connected(settings.samplingTarget, deadline)
        var sample = try NodeProbe.sample(connection, identity, deadline: deadline)
        if settings.asksForUpstream, sample.role == .standby {
            sample.upstream = try NodeProbe.upstream(connection, deadline: deadline)
        }
        guard sample.role == .primary, !settings.applicationNames.isEmpty else { return Answer(sample: sample) }
        let states = try NodeProbe.replication(connection, names: settings.applicationNames, deadline: deadline)
        return Answer(sample: sample, replication: states)
    }

    private func connected(
        _ target: PQTarget, _ deadline: ContinuousClock.Instant
    ) throws(PQError) -> (PQConnection, NodeIdentity) {
        if let kept, kept.target == target { return (kept.connection, kept.identity) }
        let connection = try PQConnection(to: target, deadline: deadline)
        let identity = try NodeProbe.identity(connection, deadline: deadline)
        kept = (target, connection, identity)
        return (connection, identity)
    }
}
