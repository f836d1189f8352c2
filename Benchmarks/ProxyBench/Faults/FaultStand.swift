import LocalCluster

/// A primary and a standby with a fresh Egret in front of them, for one round.
struct FaultStand: Sendable {
    /// What the goals speak of.
    static let healthPeriodSeconds = 1
    static let healthTimeoutSeconds = 1
    /// As many server connections as a load can have clients: those that a hanging node holds keep nobody else waiting.
    private static let poolSize = 250

    let cluster: LocalCluster
    /// Numbers of nodes.
    let primaryNumber: Int
    var standbyNumber: Int { 1 - primaryNumber }
    let hook: TimedHook
    /// How often the hook had run before.
    let hookRuns: Int
    let egret: EgretProcess

    var primary: PostgresServer { cluster.nodes[primaryNumber] }
    var standby: PostgresServer { cluster.nodes[standbyNumber] }

    /// Starts Egret and waits until it knows both nodes.
    static func start(
        _ cluster: LocalCluster, primaryNumber: Int, hook: TimedHook, round: Int
    ) async throws -> FaultStand {
        try await cluster.nodes[primaryNumber].query(
            "DROP TABLE IF EXISTS writes; CREATE TABLE writes (number bigint)")
        var configuration = try EgretConfiguration(cluster: cluster, poolMode: .transaction, weights: [1, 1])
        configuration.failoverCommand = hook.command
        configuration.set("health_check_period", "\(healthPeriodSeconds)")
        configuration.set("health_check_timeout", "\(healthTimeoutSeconds)")
        configuration.set("statement_level_load_balance", "on")
        configuration.set("num_init_children", "\(poolSize + 50)")
        configuration.set("default_pool_size", "\(poolSize)")
        configuration.set("log_connections", "off")
        configuration.set("log_disconnections", "off")
        let egret = try await EgretProcess.start(configuration, directory: "\(cluster.directory)/egret-\(round)")
        let stand = FaultStand(
            cluster: cluster, primaryNumber: primaryNumber, hook: hook, hookRuns: hook.runs.count, egret: egret)
        let isWhole = await Poll.until(.seconds(10)) { (try? stand.isWhole()) ?? false }
        guard isWhole else {
            await egret.stop()
            throw LocalClusterError.notReady(
                what: "Egret", why: "it does not see both nodes", logTail: egret.log.tail())
        }
        return stand
    }

    private func isWhole() throws -> Bool {
        let connection = try RawConnection(
            port: egret.port, user: DirectServer.user, database: DirectServer.database)
        let states = try connection.rows("SHOW pool_backend_stats").compactMap(NodeState.init)
        return states.count == 2 && !states.contains { $0.isDown }
            && states.first { $0.isPrimary }?.number == primaryNumber
    }

    /// Puts Egret under load and lets that run for a while. How long differs from round to round by up to one period of
    /// the health check: a fault may come at any moment between two checks.
    func load(_ plan: LoadPlan) async throws -> ClientLoad {
        let load = try await ClientLoad.start(plan, port: egret.port)
        let phase = Int.random(in: 0..<Self.healthPeriodSeconds * 1000)
        try await Task.sleep(for: .milliseconds(700 + phase))
        return load
    }
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}
