import Foundation
import LocalCluster

/// `kill -9` of the primary, under clients that write.
enum PrimaryKill {
    /// - Parameter backends: whether they are killed with their postmaster.
    static func play(_ stand: FaultStand, backends: Bool) async throws -> FaultRound {
        let load = try await stand.load(
            LoadPlan(clients: 4, pace: .afterAnswer(.milliseconds(1))) { number in
                "INSERT INTO writes VALUES (\(number)) RETURNING inet_server_port()"
            })
        let newPort = "\(stand.standby.port)"
        let kill = stand.primary.strike(backends: backends)
        let wallOffset = Date.now.timeIntervalSince1970 * 1000 - (ContinuousClock.now - kill).milliseconds
        try await load.wait("the first write on the new primary", .seconds(60)) { $0.first(answer: newPort) != nil }
        // Errors that come late are errors, too.
        try await Task.sleep(for: .milliseconds(300))
        let log = try await load.end()
        guard let first = log.first(answer: newPort) else { throw BenchError("there was no write") }
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
