/// All rounds of one fault.
struct FaultResult: Sendable, Codable {
    /// One number over the rounds.
    struct Row: Sendable, Codable {
        let measure: FaultMeasure
        /// By round. Times in milliseconds.
        var rounds: [Double]

        var median: Double? {
            let sorted = rounds.sorted()
            guard !sorted.isEmpty else { return nil }
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        var worst: Double? { rounds.max() }
    }

    let fault: Fault
    var rows: [Row] = []
    /// What clients were told, over all rounds.
    var errors: [String] = []
    /// How exactly the last read's moment is known, by round, in milliseconds.
    var resolutions: [Double] = []

    mutating func add(_ round: FaultRound) {
        for (measure, value) in round.values {
            if let index = rows.firstIndex(where: { $0.measure == measure }) {
                rows[index].rounds.append(value)
            } else {
                rows.append(Row(measure: measure, rounds: [value]))
            }
        }
        errors += round.errors
        if let resolution = round.resolution { resolutions.append(resolution) }
    }
}

/// All that a run of faults has shown.
struct FaultReport: Sendable, Codable {
    let machine: Machine
    let rounds: Int
    /// PostgreSQL's version.
    var server = ""
    var results: [FaultResult] = []
    /// How long the whole run took.
    var seconds = 0.0

    /// Judged by the worst round.
    var goals: [Goal] {
        results.flatMap { result in
            result.rows.compactMap { row in
                row.measure.limit(for: result.fault).map {
                    Goal(name: "\(result.fault.rawValue): \(row.measure.title)", limit: $0, measured: row.worst)
                }
            }
        }
    }

    private var heading: [String] {
        [
            "ProxyBench faults: \(machine.summary)",
            "PostgreSQL \(server), a primary and a standby; \(rounds) rounds of each fault, "
                + "\(seconds.fixed(0)) s altogether",
            "health_check_period \(FaultStand.healthPeriodSeconds) s, health_check_timeout "
                + "\(FaultStand.healthTimeoutSeconds) s, no retries, transaction mode, "
                + "statement_level_load_balance on, weights 1:1",
        ]
    }

    private var table: ResultTable {
        var table = ResultTable(
            title: "faults", columns: ["fault", "what", "median", "worst", "goal, worst", "", "errors"], textColumns: 2)
        for result in results {
            for (index, row) in result.rows.enumerated() {
                let digits = row.measure == .failures ? 0 : 1
                let limit = row.measure.limit(for: result.fault)
                let goal = limit.map { Goal(name: "", limit: $0, measured: row.worst) }
                table.rows.append([
                    index == 0 ? result.fault.rawValue : "", row.measure.title, row.median?.fixed(digits) ?? "",
                    row.worst?.fixed(digits) ?? "", limit.map { "\($0.fixed(0))" } ?? "",
                    goal.map { $0.isMet ? "ok" : "MISSED" } ?? "", index == 0 ? "\(result.errors.count)" : "",
                ])
            }
            if let worst = result.resolutions.max() {
                table.notes.append(
                    "\(result.fault.rawValue): the last read was sent \(worst.fixed(1)) ms at most before the moment "
                        + "that counts")
            }
        }
        return table
    }

    func plain() -> String { (heading + ["", table.plain()]).joined(separator: "\n") }

    func markdown() -> String { (heading.map { "- \($0)" } + ["", table.markdown()]).joined(separator: "\n") }
}
