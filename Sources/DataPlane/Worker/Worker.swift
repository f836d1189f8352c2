import Kernel
import ProxyCore
import TLS
import Wire

/// One thread and everything that it owns: its listeners, its clients for their whole life, its server connections.
/// No other thread reads or writes any of it; what comes from outside comes through the mailbox.
///
/// A tick: wait, read the clock once, take the events, run the clients that can go on, send what is in waiting once
/// for each socket, sweep for deadlines.
///
/// A method that does not mutate is handed a copy of these 600 bytes, unless it is inlined (Swift 6.3): those on a
/// statement's way are `@inline(__always)`.
struct Worker: ~Copyable {
    let id: Int
    let shared: SharedState
    let mailbox: Mailbox
    let statistics: WorkerStatistics
    var settings: DataPlaneSettings
    /// `pool_mode`; it does not change while the worker runs.
    let poolsTransactions: Bool
    var topology: Topology

    var epoll: Epoll
    /// Monotonic nanoseconds at the start of this tick.
    var now: UInt64
    var clients = Slab<ClientConnection>()
    var servers = Slab<ServerConnection>()
    var cancels = Slab<CancelConnection>()
    var pools = Slab<Pool>()
    var identities = Slab<Identity>()
    var identityByName: [IdentityName: Int32] = [:]
    var poolByKey: [PoolKey: Int32] = [:]
    /// What is known of the catalogs of databases in use.
    var catalogs: [ExactName: CatalogStorage] = [:]
    /// Which workers asked for a server of a pool.
    var wanters: [PoolKey: [Wanter]] = [:]

    var buffers = BufferPool()
    let scratch: UnsafeMutableRawPointer
    /// The size of one read. Large enough that a big result needs few system calls, small enough to stay in the
    /// second-level cache.
    static let scratchSize = 64 << 10

    var dirtyClients: [ClientReference] = []
    var dirtyServers: [ClientReference] = []
    var runnable: [ClientReference] = []
    /// Servers whose clients may be done with them: looked at between two steps, so that a queue of clients that are
    /// served at once does not pile up on the stack.
    var settling: [ClientReference] = []
    var nodes = NodeTable()
    var listeners: [Int32]
    /// Those that are its own come first; the others are closed by whoever owns all workers.
    let ownListeners: Int
    var listenersArePaused = false
    /// What this process was short of: descriptors for clients, or for servers.
    var acceptShortage = Shortage()
    var connectShortage = Shortage()
    var parameterSets = ParameterSets()
    var statements: StatementRegistry
    var random: WeightedRandom
    /// Clients that wait until there is a node to send them to.
    var waitingForNode: [ClientReference] = []
    /// Clients beyond `num_init_children`, first come first served.
    var waitingForPlace: [ClientReference] = []
    /// Clients in the state `replicating`.
    var replicatingClients = 0
    var nextSweep: UInt64 = 0
    /// Some statement has to be told of.
    var logsStatements = false
    /// Sessions that have their own idea of that.
    var ownLoggings = 0
    var stopMode: StopMode?
    var isFinished = false

    init(
        id: Int, shared: SharedState, settings: DataPlaneSettings, topology: Topology, listeners: [Int32],
        sharedListeners: [Int32]
    ) throws(Errno) {
        let epoll = try Epoll(capacity: 256)
        let wake = shared.mailboxes[id].wake
        try epoll.add(wake.descriptor, .read, EventToken(kind: .wake, slot: 0, generation: 0))
        for (index, listener) in (listeners + sharedListeners).enumerated() {
            try epoll.add(listener, [.read, .exclusive], Self.listenerToken(index))
        }
        self.epoll = epoll
        self.id = id
        self.shared = shared
        self.settings = settings
        poolsTransactions = settings.poolMode == .transaction
        self.topology = topology
        self.listeners = listeners + sharedListeners
        ownListeners = listeners.count
        mailbox = shared.mailboxes[id]
        statistics = shared.statistics[id]
        now = Clock.monotonic()
        scratch = .allocate(byteCount: Self.scratchSize, alignment: 64)
        statements = StatementRegistry(worker: id)
        random = WeightedRandom(seed: SecureRandom.uint64())
        nodes.adopt(topology.snapshot)
        logsStatements = !settings.statementLogging.isNothing
    }

    deinit { scratch.deallocate() }

    static func listenerToken(_ index: Int) -> EventToken {
        EventToken(kind: .listener, slot: UInt32(index), generation: 0)
    }

    mutating func run() {
        Thread.markWorker(UInt(id) + 1)
        while !isFinished {
            let count = epoll.wait(milliseconds: waitMilliseconds)
            now = Clock.monotonic()
            // Servers first: one that has gone is known to be gone before a client of the same batch is given to it.
            for index in 0..<count { dispatch(index, clients: false) }
            for index in 0..<count { dispatch(index, clients: true) }
            settle()
            if now >= nextSweep { sweep() }
        }
        closeEverything()
    }

    /// Runs and flushes until neither makes work for the other.
    mutating func settle() {
        while !runnable.isEmpty || !settling.isEmpty || !dirtyClients.isEmpty || !dirtyServers.isEmpty {
            while let reference = settling.popLast() {
                if servers[reference.index].pointee.generation == reference.generation {
                    serverSettled(reference.index)
                }
            }
            runClients()
            flushAll()
        }
    }

    private var waitMilliseconds: Int32 {
        let pause = nextSweep > now ? (nextSweep - now) / 1_000_000 + 1 : 0
        return Int32(clamping: pause)
    }

    @inline(__always)
    private mutating func dispatch(_ index: Int, clients isForClients: Bool) {
        let (token, readiness) = epoll.event(at: index)
        guard let token, token.isClient == isForClients else { return }
        let slot = Int32(token.slot)
        switch token.kind {
        case .client:
            // A client that was closed earlier in this batch has another generation now.
            let client = clients[slot]
            guard client.pointee.generation == token.generation, client.isOpen else { return }
            clientEvent(slot, readiness)
        case .server:
            let server = servers[slot]
            guard server.pointee.generation == token.generation, server.pointee.state != .free else { return }
            serverEvent(slot, readiness)
        case .listener: acceptClients(listeners[Int(slot)])
        case .wake: takeMail()
        case .cancel: cancelEvent(slot, token.generation, readiness)
        case .replication:
            let server = servers[slot]
            guard server.pointee.generation == token.generation, server.pointee.state == .replicating else { return }
            replicationEvent(slot, readiness)
        }
    }
}

/// A worker that asked for a server, and when: monotonic nanoseconds.
struct Wanter {
    var worker: Int
    var since: UInt64
}

/// The name that an identity is found by.
struct IdentityName: Hashable {
    let database: ExactName
    let user: ExactName

    init(database: String, user: String) { (self.database, self.user) = (ExactName(database), ExactName(user)) }
}

/// What a worker has of each node, flat, for the choice of one per statement.
struct NodeTable: ~Copyable {
    struct Entry {
        var isConfigured = false
        var isUsable = false
        /// Its data is fresh enough to be read.
        var isFresh = false
        /// Nothing new is sent to it.
        var isDraining = false
        var weight = 0.0
        var isUsed = false
        /// A connection broke or could not be made a moment ago: reads try elsewhere until then, monotonic nanoseconds.
        var suspectUntil: UInt64 = 0
        /// A connection could not be made a moment ago: until then, monotonic nanoseconds, others stand in for it,
        /// which is more than reads that try elsewhere. A single session that was ended there is no reason.
        var unreachableUntil: UInt64 = 0
        /// When a failure to connect was told last, monotonic nanoseconds.
        var failureToldAt: UInt64 = 0
        /// When the last bytes came from it, and when its silence was told last: monotonic nanoseconds.
        var lastHeard: UInt64 = 0
        var silenceToldAt: UInt64 = 0
        var silencePause: UInt64 = 0

        var takesStatements: Bool { isUsable && !isDraining }

        mutating func trust() { (suspectUntil, unreachableUntil) = (0, 0) }

        mutating func mark(unreachableUntil moment: UInt64) { (suspectUntil, unreachableUntil) = (moment, moment) }
    }

    private let entries: UnsafeMutablePointer<Entry>
    private(set) var ids: [UInt8] = []
    /// -1 while there is none.
    private(set) var primary: Int16 = -1
    private(set) var primaryTerm: UInt64 = 0

    init() {
        entries = .allocate(capacity: 256)
        entries.initialize(repeating: Entry(), count: 256)
    }

    deinit { entries.deallocate() }

    subscript(id: UInt8) -> UnsafeMutablePointer<Entry> { entries + Int(id) }

    mutating func adopt(_ snapshot: RoutingSnapshot) {
        ids = snapshot.nodes.map(\.id.rawValue)
        primary = snapshot.primary.map { Int16($0.rawValue) } ?? -1
        primaryTerm = snapshot.primaryTerm
        for node in snapshot.nodes {
            let entry = self[node.id.rawValue]
            entry.pointee.isConfigured = true
            entry.pointee.isUsable = node.status.isUsable
            entry.pointee.isFresh = node.isFreshEnough
            entry.pointee.isDraining = node.isDraining
            entry.pointee.weight = node.weight
            entry.pointee.isUsed = node.status != .waiting
            if node.status.isUsable { entry.pointee.trust() }
        }
    }
}

/// A generator for weighted choices: SplitMix64. Not for secrets.
struct WeightedRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to, not including, 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
