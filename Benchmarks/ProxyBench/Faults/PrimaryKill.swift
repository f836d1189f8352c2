import Foundation
import LocalCluster

/// `kill -9` of the primary and all of its backends, under clients that write.
enum PrimaryKill {
    static func play(_ stand: FaultStand) async throws -> FaultRound {
        let load = try await stand.load(
            LoadPlan(clients: 4, pace: .afterAnswer(.milliseconds(1))) { "INSERT INTO writes VALUES (\($0))" })
        let kill = stand.primary.killAll()
        let wallOffset = Date.now.timeIntervalSince1970 * 1000 - (ContinuousClock.now - kill).milliseconds
        // Of what is asked when all of the primary's processes are killed, nothing can be answered by it.
        let isDead = ContinuousClock.now
        try await load.wait("the first write after the primary's death", .seconds(60)) {
            $0.firstSuccess(askedAfter: isDead) != nil
        }
        // Errors that come late are errors, too.
        try await Task.sleep(for: .milliseconds(300))
        let log = try await load.end()
        guard let first = log.firstSuccess(askedAfter: isDead) else { throw BenchError("there was no write") }
        let count = try await stand.standby.query("SELECT count(*) FROM writes WHERE number = \(first.number)")
        guard count == "1" else { throw BenchError("the new primary does not have the first write") }
        let run = try stand.hook.run(after: stand.hookRuns)
        let total = (first.answered - kill).milliseconds
        return FaultRound(
            values: [
                (.total, total), (.promotion, run.milliseconds), (.beyond, total - run.milliseconds),
                (.beforeHook, Double(run.began) / 1e6 - wallOffset),
                (.afterHook, wallOffset + total - Double(run.ended) / 1e6),
                (.failures, Double(log.failuresOfOneClient)),
            ], errors: log.errors)
    }
}
