import Kernel
import ProxyCore
import Wire

/// What one client's connection is and has. A plain value in the worker's slab, kept small: an idle client costs this
/// and nothing else.
struct ClientConnection {
    enum State: UInt8 {
        case free
        /// Its first packets are read: TLS and GSS requests, a cancel, the startup packet.
        case startup
        /// Beyond `num_init_children`: waits for somebody to leave.
        case waitingPlace
        /// The servers' authentication method for this user is being found out.
        case waitingMethod
        /// It owes an answer to an authentication request.
        case authenticating
        /// Authenticated; a server shows that its parameters are accepted and what it must be told at the start.
        case waitingWelcome
        case ready
        /// Authenticated, for replication: a server of its own is being connected, or waited for.
        case waitingReplication
        /// Its bytes and those of its own server go to and fro as they are.
        case replicating
        /// It has brought a cancel request, and is closed when that is done.
        case canceling
        /// What is in waiting for it is still sent; nothing is read any more.
        case closing
    }

    /// Why its messages are not read at the moment.
    enum Wait: UInt8 {
        case none
        /// In the queue of a pool.
        case pool
        /// For a node to be there at all.
        case node
        /// For the control plane to answer a command.
        case admin
        /// For its server to answer what it has been sent, before it changes to another.
        case drain
    }

    struct Flags: OptionSet {
        var rawValue: UInt32
        static let isDirty = Flags(rawValue: 1 << 0)
        static let isReadPaused = Flags(rawValue: 1 << 1)
        static let isWriteArmed = Flags(rawValue: 1 << 2)
        /// Session state lives on its server, or may: it keeps that server. `pins` says why.
        static let isPinned = Flags(rawValue: 1 << 3)
        /// Extended messages since the last Sync.
        static let isGroupOpen = Flags(rawValue: 1 << 4)
        /// The open group has a Bind: it cannot move to another server any more.
        static let hasPortal = Flags(rawValue: 1 << 5)
        /// Answered with an error: messages up to the next Sync are dropped.
        static let skipsToSync = Flags(rawValue: 1 << 6)
        /// The open group holds a command that Egret answers itself.
        static let isLocalGroup = Flags(rawValue: 1 << 7)
        static let isRunnable = Flags(rawValue: 1 << 8)
        /// The server went away inside a transaction and the client has not been told yet.
        static let hasLostTransaction = Flags(rawValue: 1 << 9)
        /// The body being streamed is dropped instead of forwarded.
        static let discardsBody = Flags(rawValue: 1 << 10)
        /// Counted among `num_init_children`.
        static let hasPlace = Flags(rawValue: 1 << 11)
        /// CopyData, CopyDone and CopyFail belong to a COPY.
        static let isCopyingIn = Flags(rawValue: 1 << 12)
        /// The open group parsed the unnamed statement.
        static let parsedUnnamed = Flags(rawValue: 1 << 13)
        /// DISCARD ALL was sent: nothing is left of its session when it is answered.
        static let isDiscarding = Flags(rawValue: 1 << 14)
        /// Everything that it asked for was answered by another node than the primary so far in this group.
        static let isReadGroup = Flags(rawValue: 1 << 15)
        /// The open group was judged up to its Sync.
        static let isPlanned = Flags(rawValue: 1 << 17)
        /// Its next statement is a read that a standby could not answer.
        static let needsPrimary = Flags(rawValue: 1 << 16)
        /// It speaks protocol 3.2: its cancel key is a long one.
        static let hasLongKey = Flags(rawValue: 1 << 24)
        /// Its session may have changed: its server is asked once the transaction is over.
        static let needsInspection = Flags(rawValue: 1 << 18)
        /// A parameter was reset: what comes next waits until the value of the session's start is back.
        static let isResetting = Flags(rawValue: 1 << 19)
        /// A reset is answered but for ReadyForQuery, which comes when the values of the session's start are back.
        static let owesReady = Flags(rawValue: 1 << 22)
        /// The text that is passing is being searched.
        static let searchesText = Flags(rawValue: 1 << 23)
        /// `standard_conforming_strings` is off: a backslash escapes in plain strings.
        static let escapesInStrings = Flags(rawValue: 1 << 20)
        /// Its encoding has bytes of ASCII inside of longer characters.
        static let hidesASCII = Flags(rawValue: 1 << 21)
        static let textSettings: Flags = [.escapesInStrings, .hidesASCII]
        /// Its peer has closed its sending side; what it had sent before is still read.
        static let hasEnded = Flags(rawValue: 1 << 26)
        /// All that it has sent is read, and a Terminate of ours is behind it.
        static let isHalfClosed = Flags(rawValue: 1 << 27)
        /// It has said Terminate, and what it asked for before is still being answered.
        static let hasTakenLeave = Flags(rawValue: 1 << 28)
        /// Its connection is broken, and what it asked for in front of its Terminate is still to be done.
        static let isGone = Flags(rawValue: 1 << 29)
        /// It waits until its parameters are set on the server that it has been given, and keeps that.
        static let awaitsParameters = Flags(rawValue: 1 << 30)
        /// The next message means something else once what is under way is answered.
        static let changesWhatFollows: Flags = [.isDiscarding, .isResetting]
        /// The next message may have to wait.
        static let holdsBack: Flags = [.isDiscarding, .isResetting, .owesReady]
    }

    var descriptor: Int32 = -1
    var generation: UInt32 = 0
    var state = State.free
    var wait = Wait.none
    /// How often what it has under way was asked again.
    var repeats: UInt8 = 0
    var flags: Flags = []
    /// The node that this session's reads go to; 255 while none was chosen.
    var loadBalanceNode: UInt8 = 255
    /// Why it keeps its server.
    var pins: SessionPins = []
    var identity: Int32 = -1
    var parameters: ParameterSets.ID = ParameterSets.none
    /// The server that answers it now; -1 for none.
    var server: Int32 = -1
    /// Session mode: the servers it keeps, linked by `nextHeld`.
    var firstHeld: Int32 = -1
    /// The pool that it used last, which is mostly the next one; looked at before use.
    var lastPool: Int32 = -1
    /// The queue that it waits in, and its neighbours there.
    var waitingPool: Int32 = -1
    var nextWaiting: Int32 = -1
    var previousWaiting: Int32 = -1
    /// Body bytes of a streamed message that are still to come.
    var bodyRemaining: UInt32 = 0
    /// Bytes of the open group, from the next message on, that were judged to be reads.
    var judgedAhead: Int32 = 0
    var unnamedSerial: UInt32 = 0
    /// Monotonic nanoseconds: when a wait ends badly.
    var deadline: UInt64 = 0
    /// Monotonic nanoseconds: its last message.
    var lastActivity: UInt64 = 0
    /// Monotonic nanoseconds: when it heard of the end of its last transaction that may have written; 0 for never.
    var wroteAt: UInt64 = 0
    /// The last change of a default, of its database and user, that it was told of.
    var reloadsHeard: UInt64 = 0
    /// Wall clock seconds, for display.
    var connectedAt: Int64 = 0
    var inbound = ByteQueue()
    var outbound = ByteQueue()
    /// Only while it logs in.
    var login: ClientLogin?
    /// Only once it has prepared a statement.
    var statements: ClientStatements?
    /// The server that has last drawn from a sequence for it.
    var drewOn: ClientReference?
    /// Only once it may have changed its session.
    var followed: FollowedSession?
    var ownLogging = OwnStatementLogging()
    /// Only once its statements are told of.
    var portalTexts: PortalTexts?
    /// Only while Egret answers it itself, or it has prepared such a command.
    var locals: LocalStatements?
}

extension UnsafeMutablePointer<ClientConnection> {
    /// Asked of the place and not of the record: a property of the record would copy all of it.
    var isOpen: Bool {
        @inline(__always) get { pointee.state != .free }
    }
}

/// A client by its place and the tenant of it: for everything that may outlive the connection.
struct ClientReference: Equatable {
    var index: Int32
    var generation: UInt32

    init(index: Int32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    var rawValue: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: index)) }

    init(rawValue: UInt64) {
        index = Int32(bitPattern: UInt32(truncatingIfNeeded: rawValue))
        generation = UInt32(truncatingIfNeeded: rawValue >> 32)
    }
}
