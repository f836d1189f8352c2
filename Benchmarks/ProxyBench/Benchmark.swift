import LocalCluster

/// One whole run: one PostgreSQL, all proxies in front of it at once, asked in turn.
struct Benchmark {
    let plan: BenchPlan
    let progress: @Sendable (String) -> Void

    /// Everything that was started is gone when this returns or throws.
    func run() async throws -> Report {
        let server = try await DirectServer.start(
            scale: plan.scale, transport: plan.transport, progress: progress)
        let outcome: Result<Report, any Error>
        do {
            outcome = .success(try await measure(server))
        } catch {
            outcome = .failure(error)
        }
        await server.cluster.destroy()
        return try outcome.get()
    }

    private func measure(_ server: DirectServer) async throws -> Report {
        var report = Report(
            machine: .current(), server: server.version, scale: plan.scale, transport: plan.transport,
            secondsPerRun: plan.seconds, rounds: plan.rounds, poolSize: plan.poolSize,
            samplesUserShare: plan.samplesUserShare)
        if !plan.settings.isEmpty || plan.countsSyscalls {
            try await withProxies(plan.proxies, server: server) { proxies in
                report.name(proxies)
                for clients in plan.clients {
                    let settings = plan.settings.filter { $0.clients == clients }
                    report.cells += try await measure(settings, proxies, server: server)
                }
                report.syscalls = try await countSyscalls(proxies, server: server)
            }
        }
        // Memory is measured on processes that have served queries and nothing else: what an earlier measurement left
        // free inside of them would hide what the next one needs.
        for kind in plan.proxies where kind != .direct && plan.idleClients > 0 {
            try await withProxies([kind], server: server) { proxies in
                report.name(proxies)
                progress("idle clients, \(kind.rawValue)")
                for proxy in proxies {
                    guard let cost = try await IdleClients.measure(proxy, count: plan.idleClients) else { continue }
                    report.idle.append(cost)
                }
            }
        }
        for query in plan.bigQueries {
            // Buffering whole rows is what pgpool does by design; a gigabyte in it proves nothing more.
            for kind in plan.proxies where kind != .pgpool {
                try await withProxies([kind], server: server) { proxies in
                    report.name(proxies)
                    progress("\(query.title), \(kind.rawValue)")
                    for proxy in proxies { report.big.append(try await BigResult.measure(proxy, query)) }
                }
            }
        }
        report.goals = Goal.all(of: report, plan: plan)
        return report
    }

    /// Starts proxies, has each serve a second of queries, and stops them again however `body` ends.
    private func withProxies(
        _ kinds: [ProxyKind], server: DirectServer, body: ([ProxyUnderTest]) async throws -> Void
    ) async throws {
        var proxies: [ProxyUnderTest] = []
        let outcome: Result<Void, any Error>
        do {
            for kind in kinds {
                progress("start and warm up \(kind.rawValue)")
                let proxy = try await start(kind, server: server)
                proxies.append(proxy)
                _ = try await pgbench(server, Setting(mode: .simple, clients: 16), seconds: 1).run(proxy)
            }
            outcome = .success(try await body(proxies))
        } catch {
            outcome = .failure(error)
        }
        for proxy in proxies { await proxy.process?.stop() }
        try outcome.get()
    }

    private func start(_ kind: ProxyKind, server: DirectServer) async throws -> ProxyUnderTest {
        switch kind {
        case .direct:
            server.asProxy()
        case .egret:
            try await EgretProxy.start(
                server: server, workers: plan.workers, poolSize: plan.poolSize, clientLimit: plan.clientLimit)
        case .pgbouncer:
            try await PgBouncerProxy.start(server: server, poolSize: plan.poolSize, clientLimit: plan.clientLimit)
        case .pgpool:
            try await PgpoolProxy.start(server: server)
        }
    }

    private func countSyscalls(_ proxies: [ProxyUnderTest], server: DirectServer) async throws -> [SyscallCount] {
        guard plan.countsSyscalls else { return [] }
        var counts: [SyscallCount] = []
        for proxy in proxies where proxy.kind == .egret || proxy.kind == .pgbouncer {
            progress("system calls, \(proxy.kind.rawValue)")
            let run = pgbench(server, Setting(mode: .simple, clients: 16), seconds: plan.seconds)
            if let count = try await SyscallCount.measure(proxy, run: run) { counts.append(count) }
        }
        return counts
    }

    /// Within each round every proxy takes its turn in every query mode, so that what disturbs the machine for a while
    /// disturbs all that is compared. Each round starts with another proxy: nobody always runs in the wake of the same
    /// neighbour.
    /// - Parameter settings: those of one number of clients.
    private func measure(
        _ settings: [Setting], _ proxies: [ProxyUnderTest], server: DirectServer
    ) async throws -> [Report.Cell] {
        var cells = settings.flatMap { setting in
            proxies.map { Report.Cell(setting: setting, proxy: $0.kind, notApplicable: $0.objection(to: setting)) }
        }
        for round in 1...plan.rounds {
            for (number, setting) in settings.enumerated() {
                for turn in proxies.indices {
                    let proxy = (turn + round - 1) % proxies.count
                    let cell = number * proxies.count + proxy
                    guard cells[cell].notApplicable == nil else { continue }
                    let measurement = try await measure(setting, proxies[proxy], round: round, server: server)
                    cells[cell].rounds.append(measurement)
                }
            }
        }
        for index in cells.indices { cells[index].median = Measurement.median(of: cells[index].rounds) }
        return cells
    }

    private func measure(
        _ setting: Setting, _ proxy: ProxyUnderTest, round: Int, server: DirectServer
    ) async throws -> Measurement {
        var run = pgbench(server, setting, seconds: plan.seconds)
        run.samplesUserShare = plan.samplesUserShare
        let measurement = try await run.measure(proxy)
        let rate = measurement.transactionsPerSecond.fixed(0)
        let cost = measurement.cpuMicroseconds.map { ", \($0.fixed(2)) µs of CPU" } ?? ""
        progress(
            "-M \(setting.mode.rawValue) -c \(setting.clients), round \(round), \(proxy.kind.rawValue): "
                + "\(rate) tps\(cost)")
        return measurement
    }

    private func pgbench(_ server: DirectServer, _ setting: Setting, seconds: Int) -> PgbenchRun {
        PgbenchRun(
            program: server.pgbench, setting: setting, seconds: seconds, directory: server.cluster.directory)
    }
}
