import ControlPlane
import Foundation
import Glibc
import ProxyCore

/// A PostgreSQL 15 of a test's own. `stop` must be called: it waits until the server is gone.
final class TemporaryPostgres: Sendable {
    struct Failure: Error { var text: String }

    private static let binaries = "/usr/lib/postgresql/15/bin/"

    let port: UInt16
    private let directory: TemporaryDirectory
    private var data: String { directory.file("data") }

    /// A primary that trusts everybody on loopback.
    init(extra options: String = "") async throws {
        directory = try TemporaryDirectory()
        port = try Self.freePort()
        try await Self.runApart("initdb", "-D", directory.file("data"), "-A", "trust", "-U", "postgres", "--no-sync")
        try await start(options)
    }

    /// A streaming standby of another one.
    init(standbyOf primary: TemporaryPostgres, applicationName: String) async throws {
        directory = try TemporaryDirectory()
        port = try Self.freePort()
        try await Self.runApart(
            "pg_basebackup", "-D", directory.file("data"), "-R", "-X", "stream", "-c", "fast", "-d",
            "host=127.0.0.1 port=\(primary.port) user=postgres application_name=\(applicationName)")
        try await start("")
    }

    var target: PQTarget { PQTarget(host: "127.0.0.1", port: port, user: "postgres", database: "postgres") }

    var processID: Int32 {
        get throws {
            let text = try String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)
            guard let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
                throw Failure(text: "no pid")
            }
            return pid
        }
    }

    func start(_ options: String = "") async throws {
        try await Self.runApart(
            "pg_ctl", "-D", data, "-w", "-l", directory.file("log"), "start", "-o",
            "-p \(port) -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off "
                + "-c max_connections=20 \(options)")
    }

    func stop() throws {
        try Self.run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    }

    func promote() throws {
        try Self.run("pg_ctl", "-D", data, "-w", "promote")
    }

    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure(text: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// On a thread of its own: initdb takes seconds, and the other tests need the few threads that tasks run on.
    private static func runApart(_ program: String, _ arguments: String...) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(program, arguments) })
            }
        }
    }

    private static func run(_ program: String, _ arguments: String...) throws { try run(program, arguments) }

    private static func run(_ program: String, _ arguments: [String]) throws {
        guard FileManager.default.isExecutableFile(atPath: binaries + program) else {
            throw Failure(text: "\(binaries)\(program) is missing: install postgresql-15")
        }
        var line = [binaries + program] + arguments
        if geteuid() == 0 { line = ["/usr/sbin/runuser", "-u", "postgres", "--"] + line }
        // Foundation's Process waits for a pipe that the server would inherit and never close.
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        guard posix_spawn(&child, line[0], &files, nil, &words, environ) == 0 else {
            throw Failure(text: "\(line[0]) could not be started")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failure(text: "\(program) ended with status \(status >> 8)") }
    }
}
