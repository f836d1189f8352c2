import Kernel
import Testing

@Suite struct EpollTests {
    private static func token(_ slot: UInt32, _ generation: UInt32 = 1) -> EventToken {
        EventToken(kind: .client, slot: slot, generation: generation)
    }

    @Test func `a token comes back whole`() {
        for kind in [EventToken.Kind.listener, .wake, .client, .server, .cancel] {
            for slot in [0, 1, 0xFF_FFFF] as [UInt32] {
                for generation in [0, 1, UInt32.max] {
                    let token = EventToken(kind: kind, slot: slot, generation: generation)
                    #expect(EventToken(rawValue: token.rawValue) == token)
                }
            }
        }
        #expect(EventToken(rawValue: 0xFF << 24) == nil)
    }

    @Test func `a readable socket is told with its token, and again until it is read`() throws {
        let pair = try SocketPair()
        let epoll = try Epoll(capacity: 4)
        try epoll.add(pair.left, .read, Self.token(7, 42))
        #expect(epoll.wait(milliseconds: 0) == 0)
        #expect(pair.send([1, 2, 3]).count == 3)
        for _ in 0..<2 {
            #expect(epoll.wait(milliseconds: 1_000) == 1)
            let (token, readiness) = epoll.event(at: 0)
            #expect(token == Self.token(7, 42))
            #expect(readiness.isReadable && !readiness.isWritable && !readiness.isPeerClosed)
        }
        #expect(receive(pair.left).bytes == [1, 2, 3])
        #expect(epoll.wait(milliseconds: 0) == 0)
    }

    @Test func `an event of the tenant before carries the old generation`() throws {
        let epoll = try Epoll(capacity: 4)
        let old = try SocketPair()
        try epoll.add(old.left, .read, Self.token(3, 1))
        #expect(old.send([1]).count == 1)
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        let new = try SocketPair()
        try epoll.add(new.left, .read, Self.token(3, 2))
        #expect(new.send([1]).count == 1)
        let stale = epoll.event(at: 0).token
        #expect(stale == Self.token(3, 1))
        epoll.remove(old.left)
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        #expect(epoll.event(at: 0).token == Self.token(3, 2))
        #expect(epoll.event(at: 0).token != stale)
    }

    @Test func `modifying replaces the token too`() throws {
        let pair = try SocketPair()
        let epoll = try Epoll(capacity: 4)
        try epoll.add(pair.left, .read, Self.token(1, 1))
        try epoll.modify(pair.left, .read, Self.token(1, 2))
        #expect(pair.send([1]).count == 1)
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        #expect(epoll.event(at: 0).token == Self.token(1, 2))
    }

    @Test func `while reading is paused only the peer's end is told`() throws {
        let pair = try SocketPair()
        let epoll = try Epoll(capacity: 4)
        try epoll.add(pair.left, .read, Self.token(1))
        try epoll.modify(pair.left, .peerClosed, Self.token(1))
        #expect(pair.send([1]).count == 1)
        #expect(epoll.wait(milliseconds: 0) == 0)
        Socket.shutdownWrite(pair.right)
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        #expect(epoll.event(at: 0).readiness.isPeerClosed)
        // What was sent before the end is still there when reading goes on.
        try epoll.modify(pair.left, [.read, .peerClosed], Self.token(1))
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        #expect(epoll.event(at: 0).readiness.isReadable)
        #expect(receive(pair.left).bytes == [1])
        #expect(receive(pair.left).outcome.isEndOfStream)
    }

    @Test func `a hangup is told to whoever waits for anything`() throws {
        for interest in [Interest.read, .write, .peerClosed, []] {
            let pair = try SocketPair()
            let epoll = try Epoll(capacity: 4)
            try epoll.add(pair.left, interest, Self.token(1))
            pair.closeRight()
            #expect(epoll.wait(milliseconds: 1_000) == 1)
            let readiness = epoll.event(at: 0).readiness
            #expect(readiness.isReadable && readiness.isWritable && readiness.isPeerClosed)
        }
    }

    @Test func `a full socket becomes writable when its peer reads`() throws {
        let pair = try SocketPair()
        let epoll = try Epoll(capacity: 4)
        let block = [UInt8](repeating: 7, count: 64 << 10)
        while pair.send(block).count != nil {}
        #expect(pair.send(block).isWouldBlock)
        try epoll.add(pair.right, .write, Self.token(5))
        #expect(epoll.wait(milliseconds: 0) == 0)
        while receive(pair.left).outcome.count != nil {}
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        #expect(epoll.event(at: 0).readiness.isWritable)
    }

    @Test func `no more events are given than there is space for, and none is lost`() throws {
        let epoll = try Epoll(capacity: 2)
        let pairs = try (0..<5).map { _ in try SocketPair() }
        for (slot, pair) in pairs.enumerated() {
            try epoll.add(pair.left, .read, Self.token(UInt32(slot)))
            #expect(pair.send([1]).count == 1)
        }
        var seen: Set<UInt32> = []
        for _ in 0..<5 {
            let count = epoll.wait(milliseconds: 1_000)
            #expect(count <= 2)
            for index in 0..<count {
                guard let slot = epoll.event(at: index).token?.slot else { continue }
                seen.insert(slot)
                _ = receive(pairs[Int(slot)].left)
            }
            if seen.count == 5 { break }
        }
        #expect(seen == [0, 1, 2, 3, 4])
    }

    @Test func `what cannot be watched is an error`() throws {
        let epoll = try Epoll(capacity: 1)
        let pair = try SocketPair()
        try epoll.add(pair.left, .read, Self.token(1))
        #expect(throws: Errno.self) { try epoll.add(pair.left, .read, Self.token(1)) }
        #expect(throws: Errno.noSuchFile) { try epoll.modify(pair.right, .read, Self.token(1)) }
        #expect(throws: Errno.badDescriptor) { try epoll.add(-1, .read, Self.token(1)) }
        // Removing what is not there is not an error: a closed socket has left by itself.
        epoll.remove(pair.right)
    }
}
