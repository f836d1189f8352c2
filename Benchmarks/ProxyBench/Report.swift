/// All that one run measured.
struct Report: Sendable, Codable {
    /// One setting through one proxy.
    struct Cell: Sendable, Codable {
        let setting: Setting
        let proxy: ProxyKind
        var rounds: [Measurement] = []
        /// Field by field over the rounds; nil when there was none.
        var median: Measurement?
        /// Why there are no numbers.
        var notApplicable: String?
    }

    let machine: Machine
    /// PostgreSQL's version.
    let server: String
    let scale: Int
    let transport: Transport
    let secondsPerRun: Int
    let rounds: Int
    let poolSize: Int
    /// Whether perf split user from system time.
    let samplesUserShare: Bool
    /// Of everything that stood in front of it, in the order of the tables.
    var versions: [String] = []
    var cells: [Cell] = []
    var idle: [IdleCost] = []
    var big: [BigResult] = []
    var syscalls: [SyscallCount] = []
    var goals: [Goal] = []

    /// Enters the versions of those that take part, each once.
    mutating func name(_ proxies: [ProxyUnderTest]) {
        for proxy in proxies where proxy.kind != .direct && !versions.contains(proxy.version) {
            versions.append(proxy.version)
        }
    }

    func median(_ mode: QueryMode, clients: Int, _ proxy: ProxyKind) -> Measurement? {
        cells.first { $0.setting == Setting(mode: mode, clients: clients) && $0.proxy == proxy }?.median
    }

    /// CPU per transaction of one cell in units of another's: the median of the ratios within each round. What changes
    /// the machine's speed from one round to the next, by a fifth at times, is not in it.
    func cpuRatio(
        _ cell: (mode: QueryMode, proxy: ProxyKind), to base: (mode: QueryMode, proxy: ProxyKind), clients: Int
    ) -> Double? {
        zip(rounds(cell.mode, clients: clients, cell.proxy), rounds(base.mode, clients: clients, base.proxy))
            .compactMap { round, base in
                guard let cost = round.cpuMicroseconds, let base = base.cpuMicroseconds, base > 0 else { return nil }
                return cost / base
            }
            .medianIfAny
    }

    private func rounds(_ mode: QueryMode, clients: Int, _ proxy: ProxyKind) -> [Measurement] {
        cells.first { $0.setting == Setting(mode: mode, clients: clients) && $0.proxy == proxy }?.rounds ?? []
    }

    func bytesPerIdleClient(_ proxy: ProxyKind) -> Double? {
        idle.first { $0.proxy == proxy }?.bytesPerClient
    }
}

/// A number that Egret promises to reach, and what it reached.
struct Goal: Sendable, Codable {
    let name: String
    /// What the measured value may be at most.
    let limit: Double
    /// nil when the run could not measure it, which is not reaching it.
    let measured: Double?

    var isMet: Bool { measured.map { $0 <= limit } ?? false }
}

extension Goal {
    /// The clients at which CPU per transaction is compared.
    static let clients = 16

    /// The goals that this plan asks for; what was left out on purpose is not held against anybody.
    static func all(of report: Report, plan: BenchPlan) -> [Goal] {
        guard plan.proxies.contains(.egret) else { return [] }
        var goals: [Goal] = []
        let simple = report.median(.simple, clients: clients, .egret)
        let isSimpleMeasured = plan.modes.contains(.simple) && plan.clients.contains(clients)
        if isSimpleMeasured {
            goals.append(
                Goal(name: "simple: user CPU per transaction (µs)", limit: 1.5, measured: simple?.userMicroseconds))
            for (proxy, limit) in [(ProxyKind.pgbouncer, 1.0), (.pgpool, 0.35)] where plan.proxies.contains(proxy) {
                goals.append(
                    Goal(
                        name: "simple: CPU per transaction, egret / \(proxy.rawValue)", limit: limit,
                        measured: report.cpuRatio((.simple, .egret), to: (.simple, proxy), clients: clients)))
            }
        }
        if isSimpleMeasured, plan.modes.contains(.prepared) {
            goals.append(
                Goal(
                    name: "CPU per transaction, egret prepared / egret simple", limit: 1.15,
                    measured: report.cpuRatio((.prepared, .egret), to: (.simple, .egret), clients: clients)))
        }
        if plan.idleClients > 0 {
            goals.append(
                Goal(
                    name: "memory per idle client (bytes)", limit: 900, measured: report.bytesPerIdleClient(.egret)))
        }
        for query in plan.bigQueries {
            let growth = report.big.first { $0.proxy == .egret && $0.query == query }?.growth
            goals.append(
                Goal(
                    name: "\(query.title): growth of resident memory (MiB)", limit: 4,
                    measured: growth.map { Double($0) / 1_048_576 }))
        }
        return goals
    }
}
