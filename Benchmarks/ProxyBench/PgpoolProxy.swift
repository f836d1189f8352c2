import Glibc
import LocalCluster

/// pgpool-II in streaming replication mode with one backend, caching connections, its checks and its balancing off:
/// what is left is its forwarding.
enum PgpoolProxy {
    private static let program = "/usr/sbin/pgpool"
    /// Children, each of which serves one client at a time.
    private static let children = 128

    static func start(server: DirectServer) async throws -> ProxyUnderTest {
        let account = server.cluster.account
        let directory = try ProxyDirectory("pgpool", below: server.cluster.directory, account: account)
        let port = try FreePort.take()
        try directory.write("pcp.conf", "")
        let configuration = try directory.write(
            "pgpool.conf",
            """
            backend_clustering_mode = 'streaming_replication'
            listen_addresses = '127.0.0.1'
            port = \(port)
            socket_dir = '\(directory.path)'
            pcp_listen_addresses = '127.0.0.1'
            pcp_port = \(try FreePort.take())
            pcp_socket_dir = '\(directory.path)'
            backend_hostname0 = '\(server.host)'
            backend_port0 = \(server.port)
            backend_weight0 = 1
            backend_flag0 = 'ALWAYS_PRIMARY'
            num_init_children = \(children)
            max_pool = 1
            child_life_time = 0
            connection_life_time = 0
            connection_cache = on
            load_balance_mode = off
            enable_pool_hba = off
            pool_passwd = ''
            sr_check_period = 0
            sr_check_user = '\(DirectServer.user)'
            health_check_period = 0
            pid_file_name = '\(directory.path)/pgpool.pid'
            logdir = '\(directory.path)'
            work_dir = '\(directory.path)'

            """)
        let process = try await ProxyProcess.start(
            Command(
                program, ["-n", "-f", configuration, "-F", "\(directory.path)/pcp.conf"], account: account,
                directory: directory.path),
            what: "pgpool-II", port: port, log: "\(directory.path)/pgpool.log",
            // pgpool's fast shutdown.
            stopSignal: SIGINT)
        return ProxyUnderTest(
            kind: .pgpool, version: try await version(),
            host: server.transport.host(directory: directory.path), port: port, process: process,
            // A few children are left for those that the kernel has not yet told of their client's end.
            clientLimit: children - 8, hasProcessPerClient: true)
    }

    private static func version() async throws -> String {
        let result = try await Command(program, ["--version"]).result()
        let text = result.output + result.errors
        let number = text.split(separator: "version ").last?.split(separator: " ").first
        return "pgpool-II \(number.map(String.init) ?? "of an unknown version")"
    }
}
