import LocalCluster

/// Egret in transaction mode with the same pool as PgBouncer gets, and what it would log per client switched off, as in
/// the others. Its checks of the node go on: they are part of what it is.
enum EgretProxy {
    static func start(
        server: DirectServer, workers: Int, poolSize: Int, clientLimit: Int
    ) async throws -> ProxyUnderTest {
        var configuration = try EgretConfiguration(cluster: server.cluster, poolMode: .transaction)
        configuration.backends[0].host = server.host
        configuration.set("workers", "\(workers)")
        configuration.set("default_pool_size", "\(poolSize)")
        configuration.set("num_init_children", "\(clientLimit)")
        // The periods of an installation, not those of a test that waits for a failover.
        configuration.set("health_check_period", "10")
        configuration.set("sr_check_period", "10")
        configuration.set("log_connections", "off")
        configuration.set("log_disconnections", "off")
        let directory = "\(server.cluster.directory)/egret"
        let egret = try await EgretProcess.start(configuration, directory: directory)
        let process = ProxyProcess(pid: egret.pid) { await egret.stop() }
        try await process.waitForLogin(what: "Egret", port: egret.port, log: egret.log) { egret.exit }
        return ProxyUnderTest(
            kind: .egret, version: "Egret (\(workers) \(workers == 1 ? "worker" : "workers"))",
            host: server.transport.host(directory: directory), port: egret.port, process: process)
    }
}
