import Foundation
import LocalCluster
import Synchronization

/// Clients that ask without end, in a thread of their own.
final class ClientLoad: Sendable {
    /// How long answers are waited for while nothing is asked.
    private static let drainLimit = Duration.seconds(20)

    private let log = Mutex(LoadLog())
    private let isEnding = Atomic(false)
    private let hasEnded = Atomic(false)

    private init() {}

    /// Starts it, and returns when all clients are logged in and have each been answered once.
    static func start(_ plan: LoadPlan, port: UInt16) async throws -> ClientLoad {
        let load = ClientLoad()
        Thread.detachNewThread { load.run(plan, port: port) }
        try await load.wait("the clients log in", .seconds(30)) { $0.hasBegun }
        return load
    }

    private func run(_ plan: LoadPlan, port: UInt16) {
        do {
            var loop = try LoadLoop(plan, port: port)
            try turn(&loop, untilIdleWithin: Self.drainLimit)
            guard loop.isIdle else { throw BenchError("the first statements were not answered") }
            log.withLock { $0.hasBegun = true }
            loop.begin()
            while !isEnding.load(ordering: .acquiring) { try turn(&loop, asks: true) }
            try turn(&loop, untilIdleWithin: Self.drainLimit)
            log.withLock { $0.requests += loop.unanswered() }
        } catch {
            log.withLock { $0.breakdown = "\(error)" }
        }
        hasEnded.store(true, ordering: .releasing)
    }

    /// Asks nothing, and takes the answers that are owed.
    private func turn(_ loop: inout LoadLoop, untilIdleWithin limit: Duration) throws {
        let deadline = ContinuousClock.now + limit
        while !loop.isIdle, ContinuousClock.now < deadline { try turn(&loop, asks: false) }
    }

    private func turn(_ loop: inout LoadLoop, asks: Bool) throws {
        try loop.turn(asks: asks) { event in
            log.withLock { log in
                switch event {
                case .request(let request): log.requests.append(request)
                case .sample(let sample): log.samples.append(sample)
                }
            }
        }
    }

    /// Waits until the log says so.
    /// - Throws: `BenchError` when it does not in time, or when the load has broken down.
    func wait(_ what: String, _ limit: Duration, _ holds: (LoadLog) -> Bool) async throws {
        let isSo = try await Poll.until(limit, every: .milliseconds(10)) {
            try log.withLock { log in
                if let breakdown = log.breakdown { throw BenchError("\(what): \(breakdown)") }
                return holds(log)
            }
        }
        guard isSo else {
            _ = await finish()
            throw BenchError("\(what): not within \(limit)")
        }
    }

    /// Asks nothing any more, waits for what is under way, and gives back everything.
    func end() async throws -> LoadLog {
        let log = await finish()
        if let breakdown = log.breakdown { throw BenchError(breakdown) }
        return log
    }

    /// Ends it, whatever has become of it.
    private func finish() async -> LoadLog {
        isEnding.store(true, ordering: .releasing)
        _ = await Poll.until(Self.drainLimit + .seconds(10), every: .milliseconds(5)) {
            hasEnded.load(ordering: .acquiring)
        }
        return log.withLock { $0 }
    }
}
