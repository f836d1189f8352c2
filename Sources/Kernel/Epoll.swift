internal import CLinux
internal import Glibc

/// What epoll gives back: which slot, and which tenant of that slot it was armed for. A token of a connection that
/// was closed earlier in the same batch no longer matches its slot's generation and is dropped.
public struct EventToken: Equatable, Sendable, BitwiseCopyable {
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        case listener
        case wake
        case client
        case server
        case cancel
        /// The server of a replication connection.
        case replication
    }

    public var kind: Kind
    /// Index in the slab of the kind; below 2^24.
    public var slot: UInt32
    public var generation: UInt32

    @inlinable @inline(__always)
    public init(kind: Kind, slot: UInt32, generation: UInt32) {
        self.kind = kind
        self.slot = slot
        self.generation = generation
    }

    @inlinable public var isClient: Bool {
        @inline(__always) get { kind.rawValue == Kind.client.rawValue }
    }

    @inlinable public var rawValue: UInt64 {
        UInt64(generation) << 32 | UInt64(kind.rawValue) << 24 | UInt64(slot & 0xFF_FFFF)
    }

    @inlinable @inline(__always)
    public init?(rawValue: UInt64) {
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: rawValue >> 24)) else { return nil }
        self.init(
            kind: kind, slot: UInt32(truncatingIfNeeded: rawValue & 0xFF_FFFF),
            generation: UInt32(truncatingIfNeeded: rawValue >> 32))
    }
}

/// What to be told of a socket. Level-triggered throughout.
package struct Interest: OptionSet, Sendable, BitwiseCopyable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The peer has closed its sending side; kept while reading is paused, so that a vanished peer is noticed.
    package static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
    /// Of several threads waiting for one listener only one wakes.
    package static let exclusive = Interest(rawValue: EPOLLEXCLUSIVE.rawValue)
}

/// What happened to a socket.
///
/// The kernel's bits are written out, so that the questions are inlined into a worker's loop: EPOLLIN 0x1, EPOLLOUT
/// 0x4, EPOLLERR 0x8, EPOLLHUP 0x10, EPOLLRDHUP 0x2000.
public struct Readiness: Sendable, BitwiseCopyable {
    @usableFromInline let rawValue: UInt32

    @inlinable public var isReadable: Bool { rawValue & 0x19 != 0 }
    @inlinable public var isWritable: Bool { rawValue & 0x1C != 0 }
    @inlinable public var isPeerClosed: Bool { rawValue & 0x2018 != 0 }
}

/// An epoll instance and the space for its events, allocated once.
package struct Epoll: ~Copyable {
    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity: Int

    /// - Parameter capacity: events taken per wait, more than 0.
    package init(capacity: Int) throws(Errno) {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .current }
        self.descriptor = descriptor
        self.capacity = capacity
        self.events = .allocate(capacity: capacity)
    }

    deinit {
        events.deallocate()
        Socket.close(descriptor)
    }

    package func add(_ socket: Int32, _ interest: Interest, _ token: EventToken) throws(Errno) {
        try control(EPOLL_CTL_ADD, socket, interest, token)
    }

    package func modify(_ socket: Int32, _ interest: Interest, _ token: EventToken) throws(Errno) {
        try control(EPOLL_CTL_MOD, socket, interest, token)
    }

    package func remove(_ socket: Int32) {
        _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, nil)
    }

    private func control(_ operation: Int32, _ socket: Int32, _ interest: Interest, _ token: EventToken) throws(Errno) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: token.rawValue))
        guard epoll_ctl(descriptor, operation, socket, &event) == 0 else { throw .current }
    }

    /// Waits for events. A frame of its own, so that a profile can tell waiting from working.
    /// - Parameter milliseconds: the longest wait; -1 waits for ever.
    /// - Returns: how many events `event(at:)` can be asked for.
    @inline(never)
    package func wait(milliseconds: Int32) -> Int {
        let count = egret_epoll_wait(descriptor, events, Int32(capacity), milliseconds)
        if count >= 0 { return count }
        precondition(Errno(rawValue: Int32(truncatingIfNeeded: -count)) == .interrupted, "epoll_wait failed")
        return 0
    }

    package func event(at index: Int) -> (token: EventToken?, readiness: Readiness) {
        precondition(index < capacity)
        let event = events[index]
        return (EventToken(rawValue: event.data.u64), Readiness(rawValue: event.events))
    }
}
