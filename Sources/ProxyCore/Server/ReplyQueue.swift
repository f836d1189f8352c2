/// What a server still owes us, in the order in which it will answer.
package struct ExpectedReply: Equatable, Sendable, BitwiseCopyable {
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// Answered by any number of messages up to ReadyForQuery.
        case query
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

    package var kind: Kind
    /// The client did not ask for it and does not see its answer.
    package var isHidden: Bool
    /// The prepared statement that a parse makes or a close ends; 0 for none.
    package var statement: UInt32

    @inlinable
    package init(_ kind: Kind, isHidden: Bool = false, statement: UInt32 = 0) {
        self.kind = kind
        self.isHidden = isHidden
        self.statement = statement
    }
}

/// A ring of expected replies. It grows when a client pipelines deeply and never shrinks: servers are few.
@safe
package struct ReplyQueue: ~Copyable {
    @usableFromInline var storage: UnsafeMutablePointer<ExpectedReply>
    @usableFromInline var mask: Int
    @usableFromInline var head = 0
    package private(set) var count = 0

    package init() {
        unsafe storage = .allocate(capacity: 16)
        mask = 15
    }

    deinit { unsafe storage.deallocate() }

    package var isEmpty: Bool { count == 0 }

    package var first: ExpectedReply? {
        // Safety: `head & mask` is below the capacity, and slots from `head` on for `count` are initialized.
        count == 0 ? nil : unsafe storage[head & mask]
    }

    /// Whether the next answer is to a request of this kind.
    package func isNext(_ kind: ExpectedReply.Kind) -> Bool { first?.kind == kind }

    /// Whether the next answer is one that the client waits for.
    package var isNextVisible: Bool { first.map { !$0.isHidden } ?? false }

    /// Whether the next answer is that to a simple query of the client.
    package var isNextVisibleQuery: Bool {
        guard count > 0 else { return false }
        // Safety: as in `first`.
        let reply = unsafe storage[head & mask]
        return reply.kind == .query && !reply.isHidden
    }

    /// Whether the next answer is one that the client did not ask for.
    package var isNextHidden: Bool { first.map(\.isHidden) ?? false }

    package subscript(offset: Int) -> ExpectedReply {
        precondition(offset >= 0 && offset < count)
        // Safety: as in `first`, for an offset below `count`.
        return unsafe storage[(head &+ offset) & mask]
    }

    package mutating func append(_ reply: ExpectedReply) {
        if count > mask { grow() }
        // Safety: there is room, so this slot is not one of the `count` in use.
        unsafe storage[(head &+ count) & mask] = reply
        count &+= 1
    }

    @discardableResult
    package mutating func removeFirst() -> ExpectedReply {
        precondition(count > 0, "a reply that nobody expects")
        // Safety: as in `first`.
        let reply = unsafe storage[head & mask]
        head = (head &+ 1) & mask
        count &-= 1
        return reply
    }

    package mutating func removeAll() {
        head = 0
        count = 0
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
        count -= removed
        return removed
    }

    private mutating func grow() {
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
