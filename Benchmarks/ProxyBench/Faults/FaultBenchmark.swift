import LocalCluster

/// Plays faults, each for a number of rounds, on a cluster of its own that is made whole after every round.
struct FaultBenchmark {
    let faults: [Fault]
    let rounds: Int
    let progress: @Sendable (String) -> Void

    /// Everything that was started is gone when this returns or throws.
    func run() async throws -> FaultReport {
        let began = ContinuousClock.now
        var report = FaultReport(machine: .current(), rounds: rounds)
        for fault in faults {
            let cluster = try await LocalCluster.create(options: ClusterOptions(users: []), progress: progress)
            let outcome: Result<FaultResult, any Error>
            do {
                if report.server.isEmpty { report.server = try await cluster.primary.query("SHOW server_version") }
                outcome = .success(try await play(fault, cluster))
            } catch {
                outcome = .failure(error)
            }
            await cluster.destroy()
            report.results.append(try outcome.get())
        }
        report.seconds = (ContinuousClock.now - began) / .seconds(1)
        return report
    }

    private func play(_ fault: Fault, _ cluster: LocalCluster) async throws -> FaultResult {
        var result = FaultResult(fault: fault)
        let hook = try TimedHook(ClusterScripts(cluster), stopsOldPrimary: fault == .switchover)
        var primaryNumber = 0
        for number in 1...rounds {
            let stand = try await FaultStand.start(cluster, primaryNumber: primaryNumber, hook: hook, round: number)
            let outcome: Result<FaultRound, any Error>
            do {
                outcome = .success(try await fault.play(stand))
            } catch {
                outcome = .failure(BenchError("\(fault.rawValue): \(error)\nEgret's log:\n\(stand.egret.log.tail())"))
            }
            await stand.egret.stop()
            let round = try outcome.get()
            result.add(round)
            let values = round.values.map { "\($0.measure.rawValue) \($0.value.fixed(1))" }.joined(separator: ", ")
            progress("\(fault.rawValue), round \(number): \(values)")
            for error in Set(round.errors).sorted() { progress("  \(error)") }
            if number == rounds { break }
            try await heal(stand, fault)
            if fault.movesPrimary { primaryNumber = stand.standbyNumber }
        }
        return result
    }

    /// Makes the cluster whole again: where the primary has moved, the former one becomes the standby.
    private func heal(_ stand: FaultStand, _ fault: Fault) async throws {
        switch fault {
        case .primaryKill, .postmasterKill, .switchover:
            await stand.primary.kill()
            try await stand.cluster.createStandby(stand.primary, from: stand.standby)
        case .standbyKill:
            await stand.standby.kill()
            try await stand.standby.start()
            try await stand.cluster.waitUntilStreaming(stand.standby, from: stand.primary)
        case .standbyHang:
            try await stand.cluster.waitUntilStreaming(stand.standby, from: stand.primary)
        }
    }
}
