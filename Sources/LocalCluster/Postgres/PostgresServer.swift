import Foundation
import Glibc
import Synchronization

/// One PostgreSQL server with its data directory, its port and its log.
package final class PostgresServer: Sendable {
    package enum StopMode: Sendable {
        case smart
        case fast
        case immediate

        var signal: Int32 {
            switch self {
            case .smart: SIGTERM
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }
    }

    /// `node0`, `node1`: also the application name under which it streams, and the name of its slot.
    package let name: String
    package let dataDirectory: String
    package let port: UInt16
    /// Where its unix socket is.
    package let socketDirectory: String
    package let log: LogFile
    package let binaries: PostgresBinaries
    package let account: Account?

    private let process = Mutex<ChildProcess?>(nil)

    init(
        name: String, dataDirectory: String, port: UInt16, socketDirectory: String, logPath: String,
        binaries: PostgresBinaries, account: Account?
    ) {
        self.name = name
        self.dataDirectory = dataDirectory
        self.port = port
        self.socketDirectory = socketDirectory
        self.log = LogFile(path: logPath)
        self.binaries = binaries
        self.account = account
    }

    /// The postmaster's process id while it runs.
    package var pid: Int32? {
        process.withLock { process in
            guard let process, process.isRunning else { return nil }
            return process.pid
        }
    }

    package var isRunning: Bool { pid != nil }

    /// Starts it and waits until it accepts connections, which for a standby means read-only ones.
    package func start(timeLimit: Duration = .seconds(30)) async throws {
        guard !isRunning else { return }
        let child = try await ChildProcess.start(
            Command(binaries.path("postgres"), ["-D", dataDirectory], account: account, directory: dataDirectory),
            log: log.path)
        process.withLock { $0 = child }
        let isReady = await Poll.until(timeLimit, every: .milliseconds(10)) {
            !child.isRunning || pidFileStatus(of: child.pid) == "ready"
        }
        guard isReady && child.isRunning else {
            child.signal(SIGQUIT)
            throw LocalClusterError.notReady(
                what: "PostgreSQL \(name) on port \(port)",
                why: child.exit.map { "it ended (\($0))" } ?? "it was not ready in time", logTail: log.tail())
        }
    }

    /// The eighth line of `postmaster.pid`: `starting`, `ready`, `standby`, `stopping`; nil when it is another's file.
    private func pidFileStatus(of pid: Int32) -> String? {
        guard let text = try? String(contentsOfFile: dataDirectory + "/postmaster.pid", encoding: .utf8) else {
            return nil
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 7, lines[0] == String(pid) else { return nil }
        return lines[7].trimmingCharacters(in: .whitespaces)
    }

    /// Stops it and waits for its end. A smart stop waits for the clients, so it may need the time limit.
    package func stop(mode: StopMode = .fast, timeLimit: Duration = .seconds(30)) async throws {
        guard let child = process.withLock({ $0 }), child.isRunning else { return }
        child.signal(mode.signal)
        if await child.waitForExit(timeLimit) == nil {
            throw LocalClusterError.notReady(
                what: "PostgreSQL \(name) on port \(port)", why: "it did not stop in time", logTail: log.tail())
        }
    }

    /// Kills the postmaster as `kill -9` does, and waits until all of its children are gone too.
    package func kill() async {
        guard let child = process.withLock({ $0 }), child.isRunning else { return }
        child.signal(SIGKILL)
        _ = await child.waitForExit(.seconds(10))
        // Backends notice the death of the postmaster at their next wait; one that computes does not.
        let areGone = await Poll.until(.seconds(1)) { ProcessTable.working(in: dataDirectory).isEmpty }
        if areGone { return }
        for process in ProcessTable.working(in: dataDirectory) { Glibc.kill(process, SIGKILL) }
        _ = await Poll.until(.seconds(5)) { ProcessTable.working(in: dataDirectory).isEmpty }
    }

    /// Kills the postmaster as `kill -9` does and waits for nothing.
    /// - Parameter backends: whether its children die at the same moment. Those that do not notice within milliseconds
    ///   that they are orphans, take leave of their clients and end.
    /// - Returns: the moment before the first of them was killed.
    package func strike(backends: Bool) -> ContinuousClock.Instant {
        guard let pid else { return .now }
        let processes = [pid] + (backends ? ProcessTable.children(of: pid) : [])
        let moment = ContinuousClock.now
        for process in processes { Glibc.kill(process, SIGKILL) }
        return moment
    }

    /// Stops the postmaster and all of its backends with SIGSTOP: the server hangs, its sockets stay open.
    package func pause() {
        guard let pid else { return }
        // The postmaster first, so that no backend is born while its siblings are stopped.
        Glibc.kill(pid, SIGSTOP)
        for process in ProcessTable.children(of: pid) { Glibc.kill(process, SIGSTOP) }
    }

    /// Undoes `pause()`.
    package func resume() {
        guard let pid else { return }
        for process in ProcessTable.children(of: pid) { Glibc.kill(process, SIGCONT) }
        Glibc.kill(pid, SIGCONT)
    }

    /// Makes a standby a primary and waits until it takes writes.
    package func promote() async throws {
        try await Command(
            binaries.path("pg_ctl"), ["promote", "-w", "-s", "-D", dataDirectory], account: account,
            directory: dataDirectory
        ).output()
    }

    /// Runs SQL on the server itself, past every proxy, as its superuser. Gives back what `psql -XAtq` prints, without
    /// the last line feed.
    @discardableResult
    package func query(_ sql: String, database: String = "postgres") async throws -> String {
        let arguments = [
            "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", socketDirectory, "-p", String(port), "-U", "postgres", "-d",
            database, "-c", sql,
        ]
        let output = try await Command(binaries.path("psql"), arguments).output()
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    /// Makes tables for pgbench; `scale` times 100,000 accounts.
    package func pgbench(scale: Int, database: String = "postgres", user: String = "postgres") async throws {
        try await Command(
            binaries.path("pgbench"),
            [
                "-i", "-q", "-s", String(scale), "-h", socketDirectory, "-p", String(port), "-U", user, database,
            ]
        ).output()
    }
}
