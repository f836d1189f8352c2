import Kernel
import ProxyCore
import Synchronization

/// What another thread asks of a worker.
enum WorkerMessage: Sendable {
    case topology(Topology)
    case settings(DataPlaneSettings)
    case adminReply(session: UInt64, AdminReply)
    /// A cancel request for a client of this worker.
    case cancel(CancelOrder)
    /// The cancel request that a client of this worker has brought is done with.
    case cancelDone(ClientReference)
    /// A client has left while others wait for a place.
    case placeFreed
    /// A worker needs a server of this pool and all of them are taken.
    case wantServer(PoolKey, worker: Int)
    /// A worker needs a server of a node that has no permit left: an idle one goes.
    case evictIdleServer(EvictionScope)
    /// Roles or databases are not what they were: connections that were made before are not used again.
    case renewServers
    case asksSequences(IdentityName)
    /// Something else is known of this database's catalog, or nothing any more.
    case catalog(ExactName)
    /// A server connection moves here.
    case adopt(TravellingServer)
    /// A permit came free, or a server was not found: look again.
    case retryWaiters
    case stop(StopMode)
    case describeSessions(WorkerCollector<[SessionView]>)
    case countOpenTransactions(NodeID, WorkerCollector<Int>)
}

/// An idle server connection between two workers.
final class TravellingServer: Sendable {
    let key: PoolKey
    let descriptor: Int32
    let processID: Int32
    let cancelKey: [UInt8]
    let primaryTerm: UInt64
    let parameters: [ParameterSets.Entry]
    let reported: [String: String]
    /// It has drawn from a sequence for some client.
    let hasDrawn: Bool
    /// By worker: each names its statements in its own way.
    let statements: [Int: ServerStatements]
    let connectedAt: UInt64
    let lifetimeEnd: UInt64
    let startedAt: Int64

    init(
        key: PoolKey, server: ServerConnection, from worker: Int, parameters: [ParameterSets.Entry]
    ) {
        var statements = server.statementsElsewhere
        statements[worker] = server.statements
        self.statements = statements
        hasDrawn = server.drewFor != 0
        self.key = key
        descriptor = server.descriptor
        processID = server.processID
        cancelKey = server.cancelKey
        primaryTerm = server.primaryTerm
        self.parameters = parameters
        reported = server.reported
        connectedAt = server.connectedAt
        lifetimeEnd = server.lifetimeEnd
        startedAt = server.startedAt
    }
}

/// The only door into a worker from another thread.
final class Mailbox: Sendable {
    private let pending = Mutex<[WorkerMessage]>([])
    let wake: WakeFD

    init() throws(Errno) { wake = try WakeFD() }

    /// Any thread. The eventfd is written only when the box goes from empty to non-empty: a worker that is already
    /// awake sees the message before it sleeps again.
    func post(_ message: WorkerMessage) {
        let wasEmpty = pending.withLock { queue in
            defer { queue.append(message) }
            return queue.isEmpty
        }
        if wasEmpty { wake.signal() }
    }

    /// The worker.
    func takeAll() -> [WorkerMessage] {
        wake.drain()
        return pending.withLock { queue in
            defer { queue = [] }
            return queue
        }
    }
}
