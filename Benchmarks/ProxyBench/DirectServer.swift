import LocalCluster

/// The one PostgreSQL behind all proxies, filled for pgbench.
struct DirectServer {
    static let user = "postgres"
    static let database = "postgres"

    let cluster: LocalCluster
    let version: String
    var port: UInt16 { cluster.primary.port }
    var pgbench: String { cluster.binaries.path("pgbench") }

    /// - Parameter scale: pgbench's: 100,000 accounts each.
    static func start(scale: Int, progress: (String) -> Void) async throws -> DirectServer {
        var options = ClusterOptions(users: [])
        // pgpool-II keeps a server connection for each of its children; autovacuum would come and go as it likes.
        options.extraSettings = ["max_connections": "400", "shared_buffers": "256MB", "autovacuum": "off"]
        let cluster = try await LocalCluster.create(standbys: 0, options: options, progress: progress)
        do {
            progress("pgbench -i -s \(scale)")
            try await cluster.pgbench(scale: scale)
            let version = try await cluster.primary.query("SHOW server_version")
            return DirectServer(cluster: cluster, version: version)
        } catch {
            await cluster.destroy()
            throw error
        }
    }

    func asProxy() -> ProxyUnderTest {
        ProxyUnderTest(kind: .direct, version: "direct", port: port, process: nil)
    }
}
