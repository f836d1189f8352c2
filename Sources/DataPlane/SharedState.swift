import Kernel
import ProxyCore
import Synchronization
import TLS

/// Counts a global resource down to its limit. Shared by the workers; no lock.
final class Permits: Sendable {
    private let taken = Atomic<Int>(0)
    /// Workers, or clients, that wait for one of these.
    private let wanted = Atomic<Int>(0)
    /// Places that are kept free for those who have less than their share.
    private let claims = Atomic<Int>(0)
    /// Pools that have this limit in common, and have servers or want some.
    private let sharing = Atomic<Int>(0)
    /// A pool's servers and claims.
    private let uses = Atomic<Int>(0)

    var isWanted: Bool { wanted.load(ordering: .relaxed) > 0 }

    func addWanting() { wanted.wrappingAdd(1, ordering: .relaxed) }

    func removeWanting() { wanted.wrappingSubtract(1, ordering: .relaxed) }

    var count: Int { taken.load(ordering: .relaxed) }

    func addClaim() { claims.wrappingAdd(1, ordering: .relaxed) }

    func removeClaim() { claims.wrappingSubtract(1, ordering: .relaxed) }

    var hasClaims: Bool { claims.load(ordering: .relaxed) > 0 }

    /// Whether there is a claim for which no place is free.
    func isClaimed(limit: Int) -> Bool { hasClaims && count > limit - claims.load(ordering: .relaxed) }

    var sharers: Int { sharing.load(ordering: .relaxed) }

    func addSharer() { sharing.wrappingAdd(1, ordering: .relaxed) }

    var isUsed: Bool { uses.load(ordering: .relaxed) > 0 }

    /// - Returns: how many uses there were before.
    func addUse() -> Int { uses.wrappingAdd(1, ordering: .relaxed).oldValue }

    func removeUse() -> Int { uses.wrappingSubtract(1, ordering: .relaxed).oldValue }

    func removeSharer() { sharing.wrappingSubtract(1, ordering: .relaxed) }

    /// - Parameters:
    ///   - limit: how many there may be in all.
    ///   - isClaimed: whoever asks has claimed a place, and may have one of those that are kept free.
    func take(limit: Int, isClaimed: Bool = false) -> Bool {
        let before = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        if before < (isClaimed ? limit : limit - claims.load(ordering: .relaxed)) { return true }
        taken.wrappingSubtract(1, ordering: .relaxed)
        return false
    }

    func give() { taken.wrappingSubtract(1, ordering: .relaxed) }
}

/// Identifies a pool across workers.
struct PoolKey: Hashable, Sendable {
    let node: NodeID
    let name: IdentityName
}

/// The nodes as published, with their addresses looked up. Immutable.
final class Topology: Sendable {
    let snapshot: RoutingSnapshot
    /// By node number; empty while the name cannot be resolved.
    let addresses: [UInt8: [SocketAddress]]

    init(snapshot: RoutingSnapshot, addresses: [UInt8: [SocketAddress]]) {
        self.snapshot = snapshot
        self.addresses = addresses
    }
}

/// What all workers share. Everything in it is atomic or constant, and nothing of it is locked on the path of a query.
final class SharedState: Sendable {
    let places = Permits()
    /// Sockets of clients, from accept(2) to close(2).
    let sockets = Permits()
    /// By node number.
    let serversOfNode: [Permits] = (0..<128).map { _ in Permits() }
    let statistics: [WorkerStatistics]
    let mailboxes: [Mailbox]
    /// What every client's cancel key is made of.
    let cancelSecret = SecureRandom.bytes(32)
    /// All claims for a place, so that they are looked for only while there are some.
    let claims = Permits()
    let catalogs = SharedCatalogs()
    let replay = ReplayMarks()
    let report: @Sendable (DataPlaneEvent) -> Void
    private let pools = Mutex<[PermitsKey: SharedPermits]>([:])
    private let methods = Mutex<[IdentityName: AuthenticationMethod]>([:])
    /// Whose clients have asked for what they had drawn from sequences. Of databases and users that have logged in, so
    /// there is an end to it.
    private let sequenceAskers = Mutex<Set<IdentityName>>([])

    /// Whose permits they are.
    private enum PermitsKey: Hashable {
        case pool(PoolKey)
        case database(NodeID, ExactName)
        case user(NodeID, ExactName)
    }

    /// The permits of a pool while any worker has one of its kind.
    private struct SharedPermits {
        let permits: Permits
        var workers: Int

        init() { (permits, workers) = (Permits(), 0) }

        init(_ shared: SharedPermits, workers: Int) { (permits, self.workers) = (shared.permits, workers) }
    }

    init(mailboxes: [Mailbox], report: @escaping @Sendable (DataPlaneEvent) -> Void) {
        self.mailboxes = mailboxes
        self.report = report
        statistics = mailboxes.map { _ in WorkerStatistics() }
    }

    /// The permits of a pool that a worker opens; balanced by `closePool`.
    func openPool(_ pool: PoolKey) -> PoolPermits {
        pools.withLock { pools in
            for key in Self.keys(pool) { pools[key, default: SharedPermits()].workers += 1 }
            let granted = Self.keys(pool).map { pools[$0, default: SharedPermits()] }
            return PoolPermits(
                pool: granted[0].permits, database: granted[1].permits, user: granted[2].permits,
                node: serversOfNode[Int(pool.node.rawValue)])
        }
    }

    func closePool(_ pool: PoolKey) {
        pools.withLock { pools in
            for key in Self.keys(pool) {
                guard let shared = pools[key] else { continue }
                pools[key] = shared.workers > 1 ? SharedPermits(shared, workers: shared.workers - 1) : nil
            }
        }
    }

    private static func keys(_ pool: PoolKey) -> [PermitsKey] {
        [.pool(pool), .database(pool.node, pool.name.database), .user(pool.node, pool.name.user)]
    }

    /// How the servers authenticate a user, once one of them has asked on any worker.
    func asksSequences(_ name: IdentityName) -> Bool { sequenceAskers.withLock { $0.contains(name) } }

    func noteAsksSequences(_ name: IdentityName) { sequenceAskers.withLock { _ = $0.insert(name) } }

    func method(of identity: IdentityName) -> AuthenticationMethod? { methods.withLock { $0[identity] } }

    func learn(_ method: AuthenticationMethod, of identity: IdentityName) {
        methods.withLock { methods in
            // Names are made up freely by whoever knocks; what is known can be found out again.
            if methods.count >= Self.methodsMax { methods.removeAll() }
            methods[identity] = method
        }
    }

    private static let methodsMax = 10_000

    /// Tells every worker but one.
    func post(_ message: WorkerMessage, except worker: Int) {
        for (index, mailbox) in mailboxes.enumerated() where index != worker { mailbox.post(message) }
    }
}

/// One worker's counters by node: written by its thread alone, read by anybody.
final class WorkerStatistics: Sendable {
    private nonisolated(unsafe) let statements: UnsafeMutablePointer<Atomic<UInt64>>
    // Safety: allocated once for the object's life, and every access to an element is atomic.

    init() {
        statements = .allocate(capacity: 256 * StatementCounter.count)
        for index in 0..<256 * StatementCounter.count { (statements + index).initialize(to: Atomic(0)) }
    }

    deinit {
        statements.deinitialize(count: 256 * StatementCounter.count)
        statements.deallocate()
    }

    /// The owning worker. A load and a store, since nobody else writes: cheaper than an atomic addition.
    func count(_ counter: StatementCounter, node: NodeID) {
        let place = Int(node.rawValue) * StatementCounter.count + counter.rawValue
        statements[place].store(statements[place].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// Any thread.
    func value(_ counter: StatementCounter, node: NodeID) -> UInt64 {
        statements[Int(node.rawValue) * StatementCounter.count + counter.rawValue].load(ordering: .relaxed)
    }
}

/// The columns of `SHOW pool_backend_stats`.
package enum StatementCounter: Int, Sendable, CaseIterable {
    case select, insert, update, delete, ddl, other, panic, fatal, error

    static let count = 9
}
