import Kernel
import ProxyCore
import Wire

/// One connection to a PostgreSQL server. Servers are few, so this is less frugal than a client's record.
struct ServerConnection {
    enum State: UInt8 {
        case free
        case connecting
        case authenticating
        /// Logged in, in the pool, nobody's.
        case idle
        /// Serving a client, or kept for one.
        case linked
        /// Running the reset queries between two sessions.
        case resetting
        /// A replication client's own, from its login to its end.
        case replicating
    }

    struct Flags: OptionSet {
        var rawValue: UInt32
        static let isDirty = Flags(rawValue: 1 << 0)
        static let isReadPaused = Flags(rawValue: 1 << 1)
        static let isWriteArmed = Flags(rawValue: 1 << 2)
        /// Its node is down or no longer what it was: closed as soon as nothing is in flight, at the latest when the
        /// grace is over.
        static let isDoomed = Flags(rawValue: 1 << 3)
        /// The body being read is dropped instead of forwarded.
        static let discardsBody = Flags(rawValue: 1 << 4)
        /// A message of a size that was not read whole is on its way to the client.
        static let isStreaming = Flags(rawValue: 1 << 5)
        /// Made to find out the authentication method only.
        static let isScout = Flags(rawValue: 1 << 6)
        /// Skips everything up to the next Sync, as PostgreSQL does after an error in the extended protocol.
        static let skipsToSync = Flags(rawValue: 1 << 7)
        /// What is first in the queue of replies is Egret's to answer, behind the message that is being taken.
        static let owesLocalAnswer = Flags(rawValue: 1 << 8)
        /// Requests of its client are under way.
        static let hasRequests = Flags(rawValue: 1 << 9)
        /// All of them may be asked again, and `requests` holds them.
        static let isRepeatable = Flags(rawValue: 1 << 10)
        /// Part of the answer to the first of them has gone to the client.
        static let hasAnswered = Flags(rawValue: 1 << 11)
        /// One of them may have committed something by now.
        static let mayHaveCommitted = Flags(rawValue: 1 << 12)
        /// The client asked for the end of what is under way.
        static let wasCanceled = Flags(rawValue: 1 << 13)
        /// The answer ended in an error that the client does not see: the request is asked again.
        static let isToRepeat = Flags(rawValue: 1 << 14)
        /// Its client has left it to finish what is under way.
        static let runsAlone = Flags(rawValue: 1 << 15)
        /// Session state may be left on it.
        static let hasSessionState = Flags(rawValue: 1 << 16)
        /// A request under way binds an unnamed statement that was parsed before it.
        static let usesOldUnnamed = Flags(rawValue: 1 << 17)
        /// A message under way may drop what Egret has prepared: DISCARD ALL, DEALLOCATE ALL.
        static let mayClear = Flags(rawValue: 1 << 18)
        /// What Egret sets on it is told to its client.
        static let tellsClient = Flags(rawValue: 1 << 19)
        /// Its replication client has sent a Terminate.
        static let wasLeft = Flags(rawValue: 1 << 24)
        /// `ignoredSyncs` is more than 0.
        static let hasIgnoredSyncs = Flags(rawValue: 1 << 20)
        /// A copy failed with Syncs in the middle of it: how many it answers is being counted.
        static let countsReady = Flags(rawValue: 1 << 21)
        /// Its client has left in the middle of a group, whose Sync is sent once all of it is answered.
        static let awaitsSync = Flags(rawValue: 1 << 22)
        /// Its client has vanished: what is under way there is cancelled.
        static let isAbandoned = Flags(rawValue: 1 << 23)
        /// A cancel request of its client waits for the end of a query of Egret's own.
        static let cancelsLater = Flags(rawValue: 1 << 25)
        /// Others have waited for it while its client sent one request behind the other.
        static let isWanted = Flags(rawValue: 1 << 26)
        /// A statement that named a sequence has drawn for `drewFor`.
        static let drewByName = Flags(rawValue: 1 << 27)
        /// A Close of its client, or a Parse of a text that it has, is not answered yet.
        static let owesNames = Flags(rawValue: 1 << 28)
        /// It has refused its client's parameters, and has those that it had before, or some of them.
        static let refuses = Flags(rawValue: 1 << 29)
        /// A statement of its client's that may write is under way, or its transaction still open.
        static let mayHaveWritten = Flags(rawValue: 1 << 30)
        /// Before the next message of its client is taken, something has to be looked at.
        static let holdsBack: Flags = [.isToRepeat, .hasIgnoredSyncs, .isWanted, .mayClear]
        /// The next ReadyForQuery is out of the ordinary.
        static let changesReady: Flags = [.skipsToSync, .countsReady]
        /// What ends with the last request.
        static let requestFlags: Flags = [
            .hasRequests, .isRepeatable, .hasAnswered, .mayHaveCommitted, .wasCanceled, .usesOldUnnamed, .mayClear,
            .cancelsLater, .owesNames,
        ]
    }

    var descriptor: Int32 = -1
    var generation: UInt32 = 0
    var state = State.free
    var flags: Flags = []
    var transaction = TransactionStatus.idle
    var node = NodeID(0)
    /// Which of the node's addresses is being tried.
    var addressIndex = 0
    var pool: Int32 = -1
    var client: Int32 = -1
    var nextHeld: Int32 = -1
    /// Neighbours in the pool's idle stack.
    var nextIdle: Int32 = -1
    var previousIdle: Int32 = -1
    var cancelsInFlight: Int32 = 0
    var bodyRemaining: UInt32 = 0
    var primaryTerm: UInt64 = 0
    var processID: Int32 = 0
    var cancelKey: [UInt8] = []
    var applied: ParameterSets.ID = ParameterSets.none
    /// Which client's unnamed statement it has: the client's reference and the client's count of such statements.
    var unnamedOwner: UInt64 = 0
    var unnamedSerial: UInt32 = 0
    /// The client for whom it has last drawn from a sequence; 0 for nobody.
    var drewFor: UInt64 = 0
    /// Monotonic nanoseconds.
    var connectedAt: UInt64 = 0
    var idleSince: UInt64 = 0
    /// When it is old enough to be closed once it is free.
    var lifetimeEnd = UInt64.max
    /// The login's, or a doomed server's last moment.
    var deadline: UInt64 = 0
    /// Wall clock seconds, for display.
    var startedAt: Int64 = 0
    var leases: UInt64 = 0
    /// The lease in which others were first seen to wait for it.
    var wantedLease: UInt64 = 0
    /// Syncs that were sent while data was copied in: the server read them without an answer, or is about to answer.
    var ignoredSyncs: Int32 = 0
    /// Who brought the request that waits, with `cancelsLater`.
    var cancelBearer: CancelBearer?
    /// Bytes of answers that have come since its client left it.
    var unheard = 0
    /// How many ReadyForQuery have come while they are counted.
    var readyCount: Int32 = 0
    var inbound = ByteQueue()
    var outbound = ByteQueue()
    /// The client's messages that are not answered yet, while they may be asked again.
    var requests = ByteQueue()
    let replies: ReplyQueueBox
    var statements = ServerStatements()
    /// What it still has from the time with other workers, by worker: it may go back there.
    var statementsElsewhere: [Int: ServerStatements] = [:]
    var login: ServerLogin?
    /// What it reports of itself: ParameterStatus, by name.
    var reported: [String: String] = [:]
    /// Its last words: an error that ends the connection.
    var fatal: ErrorResponse?
    /// What the client is told in place of the error that was just read.
    var ownError: [UInt8] = []
    /// The error of a hidden statement.
    var hiddenFailure: ErrorResponse?

    init(replies: ReplyQueueBox = ReplyQueueBox()) { self.replies = replies }

    /// DISCARD ALL or DEALLOCATE ALL has run on it.
    mutating func forgetStatements() {
        statements.removeAll()
        statementsElsewhere = [:]
        unnamedOwner = 0
    }

}

/// Holds the queue of replies by pointer, since a record in a slab must be copyable and a queue is not.
struct ReplyQueueBox {
    private let queue: UnsafeMutablePointer<ReplyQueue>

    init() {
        queue = .allocate(capacity: 1)
        queue.initialize(to: ReplyQueue())
    }

    var isEmpty: Bool { queue.pointee.isEmpty }
    var count: Int { queue.pointee.count }
    var first: ExpectedReply? { queue.pointee.first }
    var isNextVisible: Bool { queue.pointee.isNextVisible }
    var isNextVisibleQuery: Bool { queue.pointee.isNextVisibleQuery }
    var isNextHidden: Bool { queue.pointee.isNextHidden }
    func isNext(_ kind: ExpectedReply.Kind) -> Bool { queue.pointee.isNext(kind) }
    subscript(offset: Int) -> ExpectedReply { queue.pointee[offset] }
    func append(_ reply: ExpectedReply) { queue.pointee.append(reply) }
    @discardableResult func removeFirst() -> ExpectedReply { queue.pointee.removeFirst() }
    func removeAll() { queue.pointee.removeAll() }
    func beginCopy() -> (ignoredSyncs: Int, isOver: Bool) { queue.pointee.beginCopy() }
}

extension UnsafeMutablePointer<ServerConnection> {
    /// Nothing is owed and no transaction is open. Asked of the place and not of the record: a property of the record
    /// would copy all of it.
    var isIdleInside: Bool {
        @inline(__always) get { pointee.replies.isEmpty && pointee.transaction.isIdle }
    }
}

extension TransactionStatus {
    /// A switch, since comparing enums of another module is a call.
    var isIdle: Bool {
        @inline(__always) get {
            switch self {
            case .idle: true
            case .inBlock, .failed: false
            }
        }
    }
}
