import ArgumentParser

/// `ProxyBench faults`
struct FaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "How long faults last for Egret's clients.",
        discussion: """
            Starts a throw-away primary and standby with Egret in front of them, kills, stops or switches over one of \
            them under load, and prints how long that was felt: the median and the worst of the rounds.
            """)

    @Option(help: "How often each fault is played.")
    var rounds = 20

    @Option(help: "Comma-separated: primary-kill, postmaster-kill, standby-kill, standby-hang, switchover.")
    var only = CommaSeparated<Fault>(Fault.allCases)

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("The number of rounds is positive.") }
    }

    func run() async throws {
        let benchmark = FaultBenchmark(faults: only.values, rounds: rounds, progress: note)
        let report = try await interruptibly { try await benchmark.run() }
        try output.publish(report, plain: report.plain(), markdown: report.markdown())
        try output.judge(report.goals)
    }
}
