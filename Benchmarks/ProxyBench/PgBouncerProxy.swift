import Glibc
import LocalCluster

/// PgBouncer in transaction mode, as somebody would set it up who wants it fast: one process, no statistics in the log.
enum PgBouncerProxy {
    private static let program = "/usr/sbin/pgbouncer"

    static func start(server: DirectServer, poolSize: Int, clientLimit: Int) async throws -> ProxyUnderTest {
        let version = try await version()
        // Statement names survive the change of servers from 1.21 on (parameter max_prepared_statements).
        let canPrepare = (version.major, version.minor) >= (1, 21)
        let account = server.cluster.account
        let directory = try ProxyDirectory("pgbouncer", below: server.cluster.directory, account: account)
        let port = try FreePort.take()
        try directory.write("users.txt", "\"\(DirectServer.user)\" \"\"\n")
        let configuration = try directory.write(
            "pgbouncer.ini",
            """
            [databases]
            \(DirectServer.database) = host=\(server.host) port=\(server.port) dbname=\(DirectServer.database)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir = \(directory.path)
            auth_type = trust
            auth_file = \(directory.path)/users.txt
            pool_mode = transaction
            default_pool_size = \(poolSize)
            max_client_conn = \(clientLimit)
            ignore_startup_parameters = extra_float_digits
            log_connections = 0
            log_disconnections = 0
            log_stats = 0
            \(canPrepare ? "max_prepared_statements = 200" : "")

            """)
        let process = try await ProxyProcess.start(
            Command(program, [configuration], account: account, directory: directory.path),
            what: "PgBouncer", port: port, log: "\(directory.path)/pgbouncer.log",
            // SIGTERM leaves at once; SIGINT would wait for the clients.
            stopSignal: SIGTERM)
        return ProxyUnderTest(
            kind: .pgbouncer, version: "PgBouncer \(version.text)",
            host: server.transport.host(directory: directory.path), port: port, process: process,
            whyNotPrepared: canPrepare
                ? nil : "PgBouncer \(version.text) has no max_prepared_statements, which came with 1.21")
    }

    private static func version() async throws -> (major: Int, minor: Int, text: String) {
        let words = try await Command(program, ["--version"]).output().split(whereSeparator: \.isWhitespace)
        let text = words.count > 1 ? String(words[1]) : ""
        let numbers = text.split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2 else { throw BenchError("no version number from \(program) --version") }
        return (numbers[0], numbers[1], text)
    }
}
