package import DataPlane
package import ProxyCore
internal import Synchronization

/// The data plane as the control plane uses it: its workers start with the first snapshot that has a primary, so that
/// no client meets a cluster that nobody has looked at yet.
package final class DataPlaneHost: DataPlaneControl, DataPlaneObserving {
    private struct State {
        var snapshot: RoutingSnapshot?
        var isStarted = false
        var isStopped = false
    }

    private let dataPlane: DataPlane
    private let nodes: [NodeID]
    private let state = Mutex(State())
    private let started: @Sendable (Result<Void, StartError>) -> Void

    /// - Parameters:
    ///   - nodes: the configured ones, for the counters.
    ///   - started: called once, when clients are served or cannot be.
    package init(
        dataPlane: DataPlane, nodes: [NodeID], started: @escaping @Sendable (Result<Void, StartError>) -> Void
    ) {
        self.dataPlane = dataPlane
        self.nodes = nodes
        self.started = started
    }

    package func publish(_ snapshot: RoutingSnapshot) {
        let wasStarted = state.withLock { state in
            state.snapshot = snapshot
            return state.isStarted
        }
        if wasStarted { return dataPlane.publish(snapshot) }
        if snapshot.primary != nil { startAnyway() }
    }

    /// Starts the workers although no primary is known: reads can be served, writes wait.
    package func startAnyway() {
        let snapshot = state.withLock { state -> RoutingSnapshot? in
            guard !state.isStarted, !state.isStopped, let snapshot = state.snapshot else { return nil }
            state.isStarted = true
            return snapshot
        }
        guard let snapshot else { return }
        do {
            try dataPlane.start(snapshot)
            started(.success(()))
        } catch { started(.failure(error)) }
    }

    package func answer(_ request: AdminRequest, with reply: AdminReply) { dataPlane.answer(request, with: reply) }

    package func learn(_ knowledge: CatalogKnowledge, of database: String, changes: UInt64) {
        dataPlane.learn(knowledge, of: database, changes: changes)
    }

    package func replayed(_ id: NodeID, until moment: UInt64) { dataPlane.replayed(id, until: moment) }

    package var lastWrite: UInt64 { dataPlane.lastWrite }

    package func endWatch() { dataPlane.endWatch() }

    package func catalogChanges(of database: String) -> UInt64 { dataPlane.catalogChanges(of: database) }

    package func stop(_ mode: StopMode) {
        let wasStarted = state.withLock { state in
            state.isStopped = true
            return state.isStarted
        }
        if wasStarted {
            dataPlane.stop(mode)
        } else {
            started(.failure(StartError("stopped before a primary was found")))
        }
    }

    package func sessions() async -> [SessionView] {
        await withCheckedContinuation { continuation in
            dataPlane.describeSessions { continuation.resume(returning: $0) }
        }
    }

    package func openTransactions(on node: NodeID) async -> Int {
        guard state.withLock({ $0.isStarted }) else { return 0 }
        return await withCheckedContinuation { continuation in
            dataPlane.countOpenTransactions(on: node) { continuation.resume(returning: $0) }
        }
    }

    package func nodeCounters() -> [NodeCounters] {
        nodes.map { node in
            var counters = NodeCounters(node: node)
            counters.selects = dataPlane.count(.select, node: node)
            counters.inserts = dataPlane.count(.insert, node: node)
            counters.updates = dataPlane.count(.update, node: node)
            counters.deletes = dataPlane.count(.delete, node: node)
            counters.ddls = dataPlane.count(.ddl, node: node)
            counters.others = dataPlane.count(.other, node: node)
            counters.panics = dataPlane.count(.panic, node: node)
            counters.fatals = dataPlane.count(.fatal, node: node)
            counters.errors = dataPlane.count(.error, node: node)
            return counters
        }
    }
}
