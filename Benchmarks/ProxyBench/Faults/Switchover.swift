import LocalCluster

/// `egret promote`, under clients that write.
enum Switchover {
    static func play(_ stand: FaultStand) async throws -> FaultRound {
        let load = try await stand.load(
            LoadPlan(clients: 20, pace: .afterAnswer(.milliseconds(2))) { "INSERT INTO writes VALUES (\($0))" })
        let begin = ContinuousClock.now
        let order = try await stand.egret.operate("promote", "\(stand.standbyNumber)")
        guard order.isSuccess else { throw BenchError("egret promote: \(order.output)\(order.errors)") }
        try await Task.sleep(for: .milliseconds(500))
        let log = try await load.end()
        let written = try await stand.standby.query("SELECT count(*) FROM writes")
        let confirmed = log.requests.count { $0.failure == nil }
        guard written == "\(confirmed)" else {
            throw BenchError("\(confirmed) writes were confirmed, and the new primary has \(written)")
        }
        let run = try stand.hook.run(after: stand.hookRuns)
        return FaultRound(
            values: [
                (.longestPause, log.longestRequest(answeredAfter: begin).milliseconds), (.hook, run.milliseconds),
                (.failures, Double(log.failuresOfOneClient)),
            ], errors: log.errors)
    }
}
