import ControlPlane
import Foundation
import Testing

/// The kernel's name of the thread. Not pthread_self(): it is declared constant, and the optimizer asks it once for
/// several threads.
private func threadName() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? ""
}

@Suite struct DedicatedThreadExecutorTests {
    private actor Blocker {
        private let executor = DedicatedThreadExecutor(name: "egret-test")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func block(_ microseconds: UInt32) { usleep(microseconds) }

        func thread() -> String { threadName() }

        func threadAfterSleep() async -> String {
            try? await Task.sleep(for: .milliseconds(5))
            return threadName()
        }
    }

    @Test("All of an actor runs on one thread, which is its own")
    func oneThread() async {
        let first = Blocker()
        let second = Blocker()
        let thread = await first.thread()
        #expect(await first.thread() == thread)
        #expect(await first.threadAfterSleep() == thread)
        #expect(await second.thread() != thread)
        // Used again, so that the first actor, and with it its thread's number, is not free for the second.
        #expect(await first.thread() == thread)
    }

    @Test("Actors that block do not hold up each other, however many they are")
    func noStarvation() async {
        let began = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            for _ in 0..<32 {
                group.addTask { await Blocker().block(500_000) }
            }
        }
        #expect(began.duration(to: .now) < .seconds(6))
    }

    @Test("The thread ends with its actor")
    func threadsEnd() async throws {
        @Sendable func count() throws -> Int {
            let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
            return tasks.filter {
                (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "egret-ending\n"
            }.count
        }
        actor Ending {
            private let executor = DedicatedThreadExecutor(name: "egret-ending")
            nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
            func touch() { _ = threadName() }
        }
        do {
            let actors = (0..<5).map { _ in Ending() }
            for actor in actors { await actor.touch() }
            #expect(await eventually { (try? count()) == 5 })
            // Used again, so that none of them is gone before it is counted.
            for actor in actors { await actor.touch() }
        }
        #expect(await eventually { (try? count()) == 0 })
    }
}
