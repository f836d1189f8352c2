internal import Foundation
internal import Glibc
internal import Synchronization

/// Runs an actor on a thread of its own, so that it may block there: in `poll` on libpq's socket, or in the resolver.
/// A hanging node stops its own thread and no other.
package final class DedicatedThreadExecutor: SerialExecutor {
    private let jobs: JobQueue

    /// - Parameter name: what `top -H` shows; Linux keeps the first 15 bytes.
    package init(name: String) {
        let jobs = JobQueue()
        self.jobs = jobs
        // The thread holds the queue, not the executor: the executor's end is what ends the thread.
        let thread = Thread {
            Self.name(String(name.prefix(15)))
            jobs.run()
        }
        thread.stackSize = 512 * 1024
        thread.start()
    }

    /// Foundation would drop a name that a thread gives itself before its start has returned to whoever started it.
    private static func name(_ name: String) {
        guard let file = fopen("/proc/thread-self/comm", "w") else { return }
        fputs(name, file)
        fclose(file)
    }

    deinit {
        jobs.stop()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(UnownedJob(job), for: asUnownedSerialExecutor())
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? {
        jobs.isOnThread
    }

    package func checkIsolated() {
        precondition(jobs.isOnThread, "code of an actor runs outside of the actor's own thread")
    }
}

private final class JobQueue: Sendable {
    private struct Item {
        var job: UnownedJob
        var executor: UnownedSerialExecutor
    }

    private struct State {
        var items: [Item] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let thread = Atomic<UInt>(0)

    var isOnThread: Bool { thread.load(ordering: .acquiring) == UInt(pthread_self()) }

    func append(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
        state.withLock { $0.items.append(Item(job: job, executor: executor)) }
        signal.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        signal.signal()
    }

    func run() {
        thread.store(UInt(pthread_self()), ordering: .releasing)
        while true {
            signal.wait()
            let (items, isStopped) = state.withLock { state in
                defer { state.items = [] }
                return (state.items, state.isStopped)
            }
            for item in items { item.job.runSynchronously(on: item.executor) }
            // Jobs hold their actor, which holds the executor: once it is gone no job can be left.
            if isStopped, items.isEmpty { return }
        }
    }
}
