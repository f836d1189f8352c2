/// What to measure, as the command line says it.
struct BenchPlan: Sendable {
    /// In the order in which they take turns and appear in the tables.
    var proxies: [ProxyKind]
    var modes: [QueryMode]
    var transport: Transport
    var clients: [Int]
    var seconds: Int
    var rounds: Int
    var scale: Int
    var workers: Int
    var poolSize: Int
    /// 0 leaves the idle clients out.
    var idleClients: Int
    /// Empty leaves the large results out.
    var bigQueries: [BigQuery]
    var countsSyscalls: Bool
    var samplesUserShare: Bool

    var settings: [Setting] {
        modes.flatMap { mode in clients.map { Setting(mode: mode, clients: $0) } }
    }

    /// The proxies' limit of clients: all idle ones, all of pgbench's, and some room.
    var clientLimit: Int { max(idleClients, clients.max() ?? 1) + 1000 }
}
