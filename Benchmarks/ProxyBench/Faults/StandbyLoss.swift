import LocalCluster

/// A standby that dies or hangs, under clients that read from it and from the primary.
enum StandbyLoss {
    /// How long a lost standby may stay in use before the round counts as failed.
    private static let patience = Duration.seconds(30)

    static func play(_ stand: FaultStand, _ fault: Fault) async throws -> FaultRound {
        let load = try await stand.load(plan(fault, node: stand.standbyNumber))
        let connections = try await clientBackends(of: stand.standby)
        let moment: ContinuousClock.Instant
        if fault == .standbyHang {
            moment = .now
            stand.standby.pause()
        } else {
            moment = stand.standby.strike(backends: true)
        }
        let log: LoadLog
        do {
            try await load.wait("the standby is down", patience) { $0.samples.last?.isDown == true }
            // Whatever is sent to it after that would be seen.
            try await Task.sleep(for: .milliseconds(300))
            log = try await load.end()
        } catch {
            stand.standby.resume()
            throw error
        }
        stand.standby.resume()
        guard let last = log.lastGrowth() else { throw BenchError("no read was ever sent to the standby") }
        // With all of them taken, further reads would wait for a connection, and the measurement would end too early.
        if fault == .standbyHang, log.growth(since: moment) >= connections {
            throw BenchError("the reads of the hanging standby have used up its \(connections) connections")
        }
        return FaultRound(
            values: [
                (.lastRead, max(0, (last.moment - moment).milliseconds)),
                (.longestRead, log.longestRequest(answeredAfter: moment).milliseconds),
                (.failures, Double(log.failuresOfOneClient)),
            ], errors: log.errors, resolution: last.window.milliseconds)
    }

    private static func plan(_ fault: Fault, node: Int) -> LoadPlan {
        // Clients that wait for their answers would all wait for a hanging node within milliseconds, and nothing more
        // would be sent to it, whatever the proxy knows. So others arrive all the time.
        fault == .standbyHang
            ? LoadPlan(clients: 240, pace: .arrivals(every: .milliseconds(20)), watchedNode: node) { _ in "SELECT 1" }
            : LoadPlan(clients: 8, pace: .afterAnswer(.milliseconds(1)), watchedNode: node) { _ in "SELECT 1" }
    }

    /// The server connections that Egret has to a node.
    private static func clientBackends(of server: PostgresServer) async throws -> Int {
        let answer = try await server.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND client_addr IS NOT NULL
            """)
        return Int(answer) ?? 0
    }
}
