import Foundation
import Glibc
import Synchronization

/// A throw-away PostgreSQL cluster on the loopback interface: a primary and standbys that stream from it.
///
/// Node 0 is the primary at first. Everything lies in one directory, and all of it is gone after `destroy()`, or at
/// the latest when this process ends.
package final class LocalCluster: Sendable {
    package let directory: String
    package let options: ClusterOptions
    package let binaries: PostgresBinaries
    package let account: Account?
    /// In the order of their numbers: `nodes[i].name` is `node<i>`.
    package let nodes: [PostgresServer]

    /// The server that was created as the primary.
    package var primary: PostgresServer { nodes[0] }
    /// The servers that were created as standbys.
    package var standbys: [PostgresServer] { Array(nodes.dropFirst()) }

    private init(
        directory: String, options: ClusterOptions, binaries: PostgresBinaries, account: Account?,
        nodes: [PostgresServer]
    ) {
        self.directory = directory
        self.options = options
        self.binaries = binaries
        self.account = account
        self.nodes = nodes
    }

    /// Creates and starts a primary and its standbys, and waits until all of them stream. On failure nothing is left.
    ///
    /// `directory` must not exist yet; nil makes one up below the system's directory for temporary files. `progress`
    /// is told each step in one line.
    package static func create(
        directory: String? = nil, standbys: Int = 1, options: ClusterOptions = ClusterOptions(),
        progress: (String) -> Void = { _ in }
    ) async throws -> LocalCluster {
        let binaries = try await PostgresBinaries.find()
        let account = try Account.forPostgres()
        let root = try makeDirectory(directory, account: account)
        do {
            let nodes = try (0...standbys).map { number in
                PostgresServer(
                    name: "node\(number)", dataDirectory: root + "/node\(number)", port: try FreePort.take(),
                    socketDirectory: root, logPath: root + "/node\(number).log", binaries: binaries, account: account)
            }
            let cluster = LocalCluster(
                directory: root, options: options, binaries: binaries, account: account, nodes: nodes)
            try await cluster.createPrimary(progress: progress)
            for standby in cluster.standbys {
                progress("standby \(standby.name): pg_basebackup, streaming, port \(standby.port)")
                try await cluster.createStandby(standby, from: cluster.primary)
            }
            return cluster
        } catch {
            await remove(directory: root)
            throw error
        }
    }

    /// Stops all servers by process id and removes the directory.
    package func destroy() async {
        for node in nodes {
            node.resume()
            try? await node.stop(mode: .immediate, timeLimit: .seconds(6))
            await node.kill()
        }
        await Self.remove(directory: directory)
    }

    private static func remove(directory: String) async {
        // Half created: whatever works in one of the data directories is a server of ours.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let processes = names.flatMap { ProcessTable.working(in: directory + "/" + $0) }
        for process in processes { Glibc.kill(process, SIGQUIT) }
        _ = await Poll.until(.seconds(3)) { !processes.contains(where: ProcessTable.isAlive) }
        ExitCleanup.remove(directory: directory)
        ExitCleanup.forget(directory: directory)
    }

    /// A new directory that the account may enter, with a name short enough for the sockets in it: the kernel's limit
    /// for a socket's path is 107 bytes.
    private static func makeDirectory(_ wanted: String?, account: Account?) throws -> String {
        var base = NSTemporaryDirectory()
        if base.utf8.count > 60 { base = "/tmp/" }
        let unresolved = wanted ?? base + "egret-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let manager = FileManager.default
        try ExitCleanup.add(directory: unresolved)
        try manager.createDirectory(atPath: unresolved, withIntermediateDirectories: true)
        // The processes' working directories, by which they are found again, have their links resolved.
        guard let resolved = realpath(unresolved, nil) else {
            throw LocalClusterError.system(call: "realpath(\(unresolved))", errno: errno)
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        if path != unresolved {
            try ExitCleanup.add(directory: path)
            ExitCleanup.forget(directory: unresolved)
        }
        guard chmod(path, 0o755) == 0 else { throw LocalClusterError.system(call: "chmod(\(path))", errno: errno) }
        if let account, chown(path, account.userID, account.groupID) != 0 {
            throw LocalClusterError.system(call: "chown(\(path))", errno: errno)
        }
        return path
    }

    private func createPrimary(progress: (String) -> Void) async throws {
        progress("primary \(primary.name): initdb")
        try await Command(
            binaries.path("initdb"),
            [
                "-D", primary.dataDirectory, "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions",
                "--encoding=UTF8", "--locale=C.UTF-8",
            ],
            account: account, directory: directory
        ).output()
        try writeFile("pg_hba.conf", of: primary, options.hostBasedAuthentication)
        try writeFile(
            "postgresql.conf", of: primary,
            options.settings(port: primary.port, socketDirectory: directory, primary: nil))
        progress("primary \(primary.name): start, port \(primary.port)")
        try await primary.start()
        try await primary.query(options.roleStatements)
    }

    /// Makes `standby` anew as a copy of `upstream` and waits until it streams from it. Whatever it was before is
    /// gone: this is also how a former primary comes back.
    package func createStandby(_ standby: PostgresServer, from upstream: PostgresServer) async throws {
        try await standby.stop(mode: .immediate)
        SharedMemory.remove(ofDataDirectory: standby.dataDirectory)
        if FileManager.default.fileExists(atPath: standby.dataDirectory) {
            try FileManager.default.removeItem(atPath: standby.dataDirectory)
        }
        try await upstream.query(
            """
            SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '\(standby.name)';
            SELECT pg_create_physical_replication_slot('\(standby.name)', true);
            """)
        try await Command(
            binaries.path("pg_basebackup"),
            [
                "-D", standby.dataDirectory, "-h", "127.0.0.1", "-p", String(upstream.port), "-U", "postgres", "-X",
                "stream", "-S", standby.name, "-c", "fast", "--no-sync", "--no-manifest",
            ],
            account: account, directory: directory
        ).output()
        let source = UpstreamServer(port: upstream.port, applicationName: standby.name)
        try writeFile(
            "postgresql.conf", of: standby,
            options.settings(port: standby.port, socketDirectory: directory, primary: source))
        try writeFile("standby.signal", of: standby, "")
        try await standby.start()
        try await waitUntilStreaming(standby, from: upstream)
    }

    /// Waits until the upstream server says that the standby streams.
    package func waitUntilStreaming(_ standby: PostgresServer, from upstream: PostgresServer) async throws {
        let isStreaming = try await Poll.until(.seconds(20)) {
            try await upstream.query(
                "SELECT count(*) FROM pg_stat_replication WHERE application_name = '\(standby.name)' "
                    + "AND state = 'streaming'") == "1"
        }
        guard isStreaming else {
            throw LocalClusterError.notReady(
                what: "PostgreSQL \(standby.name)", why: "it does not stream", logTail: standby.log.tail())
        }
    }

    /// Waits until the standbys that run have replayed all that the primary has written so far.
    package func waitUntilReplayed(from upstream: PostgresServer) async throws {
        // A transaction of our own flushes what others have left to the WAL writer, which may sleep for seconds.
        try await upstream.query("SELECT pg_logical_emit_message(true, 'egret', '')")
        let position = try await upstream.query("SELECT pg_current_wal_flush_lsn()")
        for node in nodes where node !== upstream && node.isRunning {
            let isThere = try await Poll.until(.seconds(20)) {
                try await node.query("SELECT pg_last_wal_replay_lsn() >= '\(position)'") == "t"
            }
            guard isThere else {
                throw LocalClusterError.notReady(
                    what: "PostgreSQL \(node.name)", why: "it lags behind", logTail: node.log.tail())
            }
        }
    }

    /// Makes pgbench's tables on the primary and waits until the standbys have them.
    package func pgbench(scale: Int) async throws {
        try await primary.pgbench(scale: scale)
        try await primary.query("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; CHECKPOINT")
        try await waitUntilReplayed(from: primary)
    }

    private func writeFile(_ name: String, of server: PostgresServer, _ text: String) throws {
        let path = server.dataDirectory + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        if let account, chown(path, account.userID, account.groupID) != 0 {
            throw LocalClusterError.system(call: "chown(\(path))", errno: errno)
        }
    }
}
