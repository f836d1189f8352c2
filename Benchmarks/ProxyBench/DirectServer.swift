import LocalCluster

/// The one PostgreSQL behind all proxies, filled for pgbench.
struct DirectServer {
    static let user = "postgres"
    static let database = "postgres"

    let cluster: LocalCluster
    let version: String
    let transport: Transport
    /// Where the proxies connect: an address, or the directory of the unix socket.
    var host: String { transport.host(directory: cluster.primary.socketDirectory) }
    var port: UInt16 { cluster.primary.port }
    var pgbench: String { cluster.binaries.path("pgbench") }

    /// - Parameters:
    ///   - scale: pgbench's: 100,000 accounts each.
    ///   - transport: what carries the connections that are measured.
    static func start(
        scale: Int, transport: Transport, progress: (String) -> Void
    ) async throws -> DirectServer {
        var options = ClusterOptions(users: [])
        // pgpool-II keeps a server connection for each of its children; autovacuum would come and go as it likes.
        options.extraSettings = ["max_connections": "400", "shared_buffers": "256MB", "autovacuum": "off"]
        let cluster = try await LocalCluster.create(standbys: 0, options: options, progress: progress)
        do {
            progress("pgbench -i -s \(scale)")
            try await cluster.pgbench(scale: scale)
            let version = try await cluster.primary.query("SHOW server_version")
            return DirectServer(cluster: cluster, version: version, transport: transport)
        } catch {
            await cluster.destroy()
            throw error
        }
    }

    func asProxy() -> ProxyUnderTest {
        ProxyUnderTest(kind: .direct, version: "direct", host: host, port: port, process: nil)
    }
}
