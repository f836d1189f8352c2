/// What a server still owes us, in the order in which it will answer.
public struct ExpectedReply: Equatable, Sendable, BitwiseCopyable {
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// Answered by any number of messages up to ReadyForQuery.
        case query
        /// A query of Egret's own whose rows say what state the session has.
        case inspection
        case functionCall
        case parse
        case bind
        case close
        case describeStatement
        case describePortal
        case execute
        /// Answered by ReadyForQuery; an error skips to here.
        case sync
        /// Nothing is owed: CopyDone or CopyFail has passed here.
        case copyEnd
        /// Egret answers these itself, once everything in front of them is answered.
        case localParseComplete
        case localCloseComplete
    }

    public var kind: Kind
    /// The client did not ask for it and does not see its answer.
    public var isHidden: Bool
    /// The prepared statement that a parse makes or a close ends; 0 for none.
    public var statement: UInt32
    /// The client's name that a parse made, by its serial number; 0 for none.
    public var name: UInt32

    @inlinable @inline(__always)
    public init(_ kind: Kind, isHidden: Bool = false, statement: UInt32 = 0, name: UInt32 = 0) {
        self.kind = kind
        self.isHidden = isHidden
        self.statement = statement
        self.name = name
    }
}

/// A ring of expected replies. It grows when a client pipelines deeply and never shrinks: servers are few.
@safe
public struct ReplyQueue: ~Copyable {
    @usableFromInline var storage: UnsafeMutablePointer<ExpectedReply>
    @usableFromInline var mask: Int
    @usableFromInline var head = 0
    @usableFromInline var used = 0

    @inlinable public var count: Int { @inline(__always) get { used } }

    package init() {
        unsafe storage = .allocate(capacity: 16)
        mask = 15
    }

    deinit { unsafe storage.deallocate() }

    @inlinable public var isEmpty: Bool { @inline(__always) get { used == 0 } }

    @inlinable public var first: ExpectedReply? {
        @inline(__always) get {
            // Safety: `head & mask` is below the capacity, and slots from `head` on for `used` are initialized.
            used == 0 ? nil : unsafe storage[head & mask]
        }
    }

    /// Whether the next answer is to a request of this kind.
    @inlinable @inline(__always)
    public func isNext(_ kind: ExpectedReply.Kind) -> Bool { first.map { $0.kind.rawValue == kind.rawValue } ?? false }

    /// Whether the next answer is one that the client waits for.
    @inlinable public var isNextVisible: Bool { @inline(__always) get { first.map { !$0.isHidden } ?? false } }

    /// Whether the next answer is that to a simple query of the client.
    @inlinable public var isNextVisibleQuery: Bool {
        @inline(__always) get {
            first.map { $0.kind.rawValue == ExpectedReply.Kind.query.rawValue && !$0.isHidden } ?? false
        }
    }

    /// Whether the next answer is one that the client did not ask for.
    @inlinable public var isNextHidden: Bool { @inline(__always) get { first.map { $0.isHidden } ?? false } }

    package subscript(offset: Int) -> ExpectedReply {
        precondition(offset >= 0 && offset < count)
        // Safety: as in `first`, for an offset below `count`.
        return unsafe storage[(head &+ offset) & mask]
    }

    @inlinable @inline(__always)
    public mutating func append(_ reply: ExpectedReply) {
        if used > mask { grow() }
        // Safety: there is room, so this slot is not one of the `used` ones.
        unsafe storage[(head &+ used) & mask] = reply
        used &+= 1
    }

    @inlinable @inline(__always)
    @discardableResult
    public mutating func removeFirst() -> ExpectedReply {
        precondition(used > 0, "a reply that nobody expects")
        // Safety: as in `first`.
        let reply = unsafe storage[head & mask]
        head = (head &+ 1) & mask
        used &-= 1
        return reply
    }

    package mutating func removeAll() {
        head = 0
        used = 0
    }

    /// The first of these asks for the data of a COPY. What was sent of it without waiting for that lies behind it: the
    /// server reads a Sync in front of the copy's end without answering it. Takes those, and the end, off the queue.
    /// - Returns: how many syncs there were, and whether the end was sent.
    package mutating func beginCopy() -> (ignoredSyncs: Int, isOver: Bool) {
        var syncs = 0
        var offset = 1
        while offset < count, self[offset].kind == .sync {
            syncs += 1
            offset += 1
        }
        let isOver = offset < count && self[offset].kind == .copyEnd
        let removed = syncs + (isOver ? 1 : 0)
        if removed == 0 { return (0, false) }
        for place in 1..<(count - removed) {
            // Safety: `place` plus `removed` is below `count`.
            unsafe storage[(head &+ place) & mask] = self[place + removed]
        }
        used -= removed
        return (syncs, isOver)
    }

    @usableFromInline @inline(never)
    mutating func grow() {
        let larger = UnsafeMutablePointer<ExpectedReply>.allocate(capacity: (mask + 1) * 2)
        for offset in 0..<count {
            // Safety: both rings hold at least `count` slots.
            unsafe (larger + offset).initialize(to: self[offset])
        }
        unsafe storage.deallocate()
        unsafe storage = larger
        mask = mask * 2 + 1
        head = 0
    }
}
