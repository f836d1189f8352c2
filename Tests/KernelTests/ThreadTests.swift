import Glibc
import Kernel
import Synchronization
import Testing

@Suite struct ThreadTests {
    private final class Record: Sendable {
        let value = Atomic<UInt>(0)
        let name = Mutex("")
    }

    @Test func `joining waits for the end of the body`() throws {
        let record = Record()
        let threads = try (0..<8).map { _ in
            try Thread.start(name: "counter") {
                for _ in 0..<1_000 { record.value.wrappingAdd(1, ordering: .relaxed) }
            }
        }
        for thread in threads { thread.join() }
        #expect(record.value.load(ordering: .relaxed) == 8_000)
    }

    @Test func `a thread has its name, cut to what the kernel shows`() throws {
        let record = Record()
        let thread = try Thread.start(name: "a name that is too long") {
            let file = open("/proc/thread-self/comm", O_RDONLY)
            var name = [UInt8](repeating: 0, count: 32)
            let count = read(file, &name, name.count)
            close(file)
            record.name.withLock { $0 = String(decoding: name.prefix(max(0, count)), as: UTF8.self) }
        }
        thread.join()
        #expect(record.name.withLock { $0 } == "a name that is \n")
    }

    @Test func `the mark of a worker is its own thread's`() throws {
        let record = Record()
        let before = Thread.currentWorker
        let thread = try Thread.start(name: "marked") {
            Thread.markWorker(5)
            record.value.store(Thread.currentWorker, ordering: .relaxed)
        }
        thread.join()
        #expect(record.value.load(ordering: .relaxed) == 5)
        #expect(Thread.currentWorker == before)
    }

    @Test func `what the body holds is freed when it has run`() throws {
        weak var weakRecord: Record?
        do {
            let record = Record()
            weakRecord = record
            let thread = try Thread.start(name: "owner") { record.value.store(1, ordering: .relaxed) }
            thread.join()
        }
        #expect(weakRecord == nil)
    }

    @Test func `the monotonic clock does not go back, on any thread`() throws {
        let start = Clock.monotonic()
        var last = start
        for _ in 0..<10_000 {
            let now = Clock.monotonic()
            #expect(now >= last)
            last = now
        }
        let record = Record()
        let thread = try Thread.start(name: "clock") {
            record.value.store(UInt(Clock.monotonic()), ordering: .relaxed)
        }
        thread.join()
        #expect(UInt64(record.value.load(ordering: .relaxed)) >= last)
        #expect(Clock.monotonic() >= UInt64(record.value.load(ordering: .relaxed)))
    }

    @Test func `the monotonic clock counts nanoseconds`() {
        let start = Clock.monotonic()
        var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
        nanosleep(&pause, nil)
        let elapsed = Clock.monotonic() - start
        #expect(elapsed >= 20_000_000 && elapsed < 10_000_000_000)
    }

    @Test func `the wall clock is that of this machine`() {
        let before = time(nil)
        let now = Clock.wallSeconds()
        #expect(now >= Int64(before) - 1 && now <= Int64(time(nil)) + 1)
    }

    @Test func `the machine has a core and a limit of files`() {
        #expect(Machine.cores >= 1)
        #expect(Machine.processID == getpid())
        let limits = Machine.raiseOpenFileLimit()
        #expect(limits.soft > 0 && limits.raised >= limits.soft && limits.raised <= limits.hard)
    }
}
