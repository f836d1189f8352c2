import ArgumentParser
import LocalCluster

/// `ProxyBench compare`, which is also what `ProxyBench` alone does.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Egret, PgBouncer and pgpool-II side by side, in one run.",
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

    @Option(help: "What carries pgbench's connections, on both sides: unix, as where pgbench is told no host, or tcp.")
    var transport = Transport.unix

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

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard duration ?? 1 > 0, rounds ?? 1 > 0, scale > 0, workers > 0, poolSize > 0, idleClients > 0 else {
            throw ValidationError("Durations, counts and sizes are positive.")
        }
    }

    func run() async throws {
        let plan = plan
        // Descriptors: a client and a server side each, and what everybody has open besides.
        let needed = plan.clientLimit * 2 + 1000
        let limit = OpenFiles.raise(to: needed)
        if limit < needed { note("only \(limit) open files are allowed, \(needed) are wanted") }
        let report = try await interruptibly { try await Benchmark(plan: plan, progress: note).run() }
        try output.publish(report, plain: report.plain(), markdown: report.markdown())
        try output.judge(report.goals)
    }

    private var plan: BenchPlan {
        BenchPlan(
            proxies: proxies.values, modes: pgbench ? modes.values : [], transport: transport,
            clients: clients.values.map(\.rawValue), seconds: duration ?? (quick ? 2 : 5),
            rounds: rounds ?? (quick ? 1 : 3), scale: scale, workers: workers, poolSize: poolSize,
            idleClients: idle ? idleClients : 0, bigQueries: big ? BigQuery.allCases : [], countsSyscalls: strace,
            samplesUserShare: perf)
    }
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
