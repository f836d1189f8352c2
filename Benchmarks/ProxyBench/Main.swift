import ArgumentParser
import Foundation
import LocalCluster

@main
struct ProxyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ProxyBench", abstract: "Egret, PgBouncer and pgpool-II side by side, in one run.",
        discussion: """
            Starts a throw-away PostgreSQL and every proxy in front of it, asks them in turn with pgbench -S, and \
            prints throughput, latency, CPU per transaction and memory with Egret's ratios to the others. Egret is the \
            executable beside this program, or the one that EGRET_BINARY names.
            """)

    @Option(help: "Comma-separated: direct, egret, pgbouncer, pgpool.")
    var proxies = CommaSeparated<ProxyKind>(ProxyKind.allCases)

    @Option(name: .customLong("only"), help: "pgbench's query modes, comma-separated: simple, extended, prepared.")
    var modes = CommaSeparated<QueryMode>(QueryMode.allCases)

    @Option(help: "Numbers of clients, comma-separated.")
    var clients = CommaSeparated<ClientCount>([1, 16, 64].map { ClientCount($0) })

    @Option(help: "Seconds of each pgbench run (default: 5).")
    var duration: Int?

    @Flag(help: "2 seconds and one round, where nothing else is said.")
    var quick = false

    @Option(help: "How often every proxy takes its turn in a setting; the median counts (default: 3).")
    var rounds: Int?

    @Option(help: "pgbench's scale: 100,000 accounts each.")
    var scale = 10

    @Option(help: "Egret's worker threads.")
    var workers = 1

    @Option(help: "Server connections of a pool (default_pool_size), for Egret and PgBouncer.")
    var poolSize = 20

    @Option(help: "Idle clients to open.")
    var idleClients = 5000

    @Flag(inversion: .prefixedNo, help: "Measure the memory of idle clients.")
    var idle = true

    @Flag(inversion: .prefixedNo, help: "Pass large results through.")
    var big = true

    @Flag(inversion: .prefixedNo, help: "Run pgbench.")
    var pgbench = true

    @Flag(help: "Count system calls per transaction with strace.")
    var strace = false

    @Flag(help: "Let perf tell user from system time, with 4,000 samples a second instead of the kernel's ticks.")
    var perf = false

    @Option(help: "Write everything, all rounds included, to this file.")
    var json: String?

    @Option(help: "Write the tables to this file.")
    var markdown: String?

    @Flag(help: "Exit with status 1 when one of the goals that this run measures is missed.")
    var check = false

    func validate() throws {
        guard duration ?? 1 > 0, rounds ?? 1 > 0, scale > 0, workers > 0, poolSize > 0, idleClients > 0 else {
            throw ValidationError("Durations, counts and sizes are positive.")
        }
    }

    func run() async throws {
        ExitCleanup.onSignals { signal in
            note("interrupted: ending what was started")
            return 128 + signal
        }
        let plan = plan
        // Descriptors: a client and a server side each, and what everybody has open besides.
        let needed = plan.clientLimit * 2 + 1000
        let limit = OpenFiles.raise(to: needed)
        if limit < needed { note("only \(limit) open files are allowed, \(needed) are wanted") }
        let report: Report
        do {
            report = try await Benchmark(plan: plan, progress: note).run()
        } catch {
            // Errors while a signal's clean-up goes on are its echo; the process ends from there.
            if ExitCleanup.isClosed { try await Task.sleep(for: .seconds(60)) }
            throw error
        }
        print(report.plain())
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(report).write(to: URL(fileURLWithPath: json))
        }
        if let markdown { try Data(report.markdown().utf8).write(to: URL(fileURLWithPath: markdown)) }
        if check { try judge(report) }
    }

    private var plan: BenchPlan {
        BenchPlan(
            proxies: proxies.values, modes: pgbench ? modes.values : [], clients: clients.values.map(\.rawValue),
            seconds: duration ?? (quick ? 2 : 5), rounds: rounds ?? (quick ? 1 : 3), scale: scale, workers: workers,
            poolSize: poolSize, idleClients: idle ? idleClients : 0, bigQueries: big ? BigQuery.allCases : [],
            countsSyscalls: strace, samplesUserShare: perf)
    }

    private func judge(_ report: Report) throws {
        guard !report.goals.isEmpty else { throw ValidationError("This selection measures none of the goals.") }
        let missed = report.goals.filter { !$0.isMet }
        for goal in missed {
            note("missed: \(goal.name): \(goal.measured?.fixed(2) ?? "not measured"), at most \(goal.limit.fixed(2))")
        }
        if !missed.isEmpty { throw ExitCode(1) }
    }
}

/// Progress and complaints go to standard error: standard output is the report.
private func note(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
}

/// `a,b,c` on the command line.
struct CommaSeparated<Element: RawRepresentable & Sendable>: ExpressibleByArgument, Sendable
where Element.RawValue: LosslessStringConvertible {
    let values: [Element]

    init(_ values: [Element]) {
        self.values = values
    }

    init?(argument: String) {
        var values: [Element] = []
        for word in argument.split(separator: ",") {
            guard let raw = Element.RawValue(String(word)), let value = Element(rawValue: raw) else { return nil }
            values.append(value)
        }
        guard !values.isEmpty else { return nil }
        self.values = values
    }

    var defaultValueDescription: String { values.map { "\($0.rawValue)" }.joined(separator: ",") }
}

/// A number of clients that pgbench can be asked for.
struct ClientCount: RawRepresentable, Sendable {
    let rawValue: Int

    init(_ rawValue: Int) {
        self.rawValue = rawValue
    }

    init?(rawValue: Int) {
        guard (1...10_000).contains(rawValue) else { return nil }
        self.init(rawValue)
    }
}
