import Glibc
import Kernel
import Testing

@Suite struct WakeFDTests {
    @Test func `any number of signals is one waking`() throws {
        let wake = try WakeFD()
        defer { Socket.close(wake.descriptor) }
        let epoll = try Epoll(capacity: 1)
        try epoll.add(wake.descriptor, .read, EventToken(kind: .wake, slot: 0, generation: 0))
        #expect(epoll.wait(milliseconds: 0) == 0)
        for _ in 0..<1_000 { wake.signal() }
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        wake.drain()
        #expect(epoll.wait(milliseconds: 0) == 0)
        // Draining what is empty does not block.
        wake.drain()
        wake.signal()
        #expect(epoll.wait(milliseconds: 1_000) == 1)
    }

    @Test func `another thread ends a wait that has no end of its own`() throws {
        let wake = try WakeFD()
        defer { Socket.close(wake.descriptor) }
        let epoll = try Epoll(capacity: 1)
        try epoll.add(wake.descriptor, .read, EventToken(kind: .wake, slot: 0, generation: 9))
        let thread = try Thread.start(name: "waker") { wake.signal() }
        #expect(epoll.wait(milliseconds: 10_000) == 1)
        #expect(epoll.event(at: 0).token?.generation == 9)
        thread.join()
    }
}
