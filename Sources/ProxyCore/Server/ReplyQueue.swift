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

    /// While data is copied in, the server reads Sync without answering it. Removes the syncs behind the head that it
    /// will have read that way: those in front of the end of the copy.
    /// - Returns: how many were removed.
    package mutating func removeSyncsIgnoredDuringCopy() -> Int {
        var removed = 0
        var kept = 1
        var isInCopy = true
        for offset in 1..<max(1, count) {
            let reply = self[offset]
            if reply.kind == .copyEnd { isInCopy = false }
            if isInCopy && reply.kind == .sync {
                removed += 1
                continue
            }
            // Safety: `kept` is at most `offset`, which is below `count`.
            unsafe storage[(head &+ kept) & mask] = reply
            kept += 1
        }
        used -= removed
        return removed
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
