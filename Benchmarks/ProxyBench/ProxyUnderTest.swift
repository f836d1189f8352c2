import ArgumentParser
import Foundation
import Glibc
import LocalCluster

/// Who stands between pgbench and PostgreSQL.
enum ProxyKind: String, Sendable, Codable, CaseIterable, ExpressibleByArgument {
    case direct
    case egret
    case pgbouncer
    case pgpool
}

/// One started proxy: a port to connect to, and the processes whose cost is counted.
struct ProxyUnderTest: Sendable {
    let kind: ProxyKind
    let version: String
    /// Where pgbench connects: an address, or the directory of the unix socket.
    let host: String
    let port: UInt16
    /// nil for direct connections: there is nobody to pay.
    let process: ProxyProcess?
    /// Why it cannot be asked for prepared statements in this set-up; nil when it can.
    var whyNotPrepared: String?
    /// How many clients it can hold at once at most; nil where only the machine limits it.
    var clientLimit: Int?
    /// True where each client has a process of its own, made before the client comes: its memory per client is then
    /// what a process takes, as the growth while clients arrive would show almost nothing.
    var hasProcessPerClient = false

    var tree: ProcessTree? { process.map { ProcessTree(root: $0.pid) } }

    /// Why a setting cannot be measured with it, or nil.
    func objection(to setting: Setting) -> String? {
        if setting.mode == .prepared, let whyNotPrepared { return whyNotPrepared }
        if let clientLimit, setting.clients > clientLimit { return "takes \(clientLimit) clients" }
        return nil
    }
}

/// A proxy's first process and how it is ended.
struct ProxyProcess: Sendable {
    let pid: Int32
    let stop: @Sendable () async -> Void

    /// Starts a program and waits until a client can log in through it and be answered.
    /// - Parameters:
    ///   - what: its name in errors.
    ///   - stopSignal: the one that does not wait for clients.
    static func start(
        _ command: Command, what: String, port: UInt16, log: String, stopSignal: Int32
    ) async throws -> ProxyProcess {
        let child = try await ChildProcess.start(command, log: log)
        let process = ProxyProcess(pid: child.pid) {
            child.signal(stopSignal)
            if await child.waitForExit(.seconds(8)) == nil { child.killGroup() }
            _ = await child.waitForExit(.seconds(5))
        }
        try await process.waitForLogin(what: what, port: port, log: LogFile(path: log)) { child.exit }
        return process
    }

    /// Returns once a query is answered through the port. When that does not come to pass, the process is stopped.
    func waitForLogin(
        what: String, port: UInt16, log: LogFile, exit: @Sendable () -> ChildProcess.Exit?
    ) async throws {
        var reason = "it was not ready in time"
        let isReady = await Poll.until(.seconds(20), every: .milliseconds(50)) {
            if exit() != nil { return true }
            do {
                let connection = try RawConnection(
                    port: port, user: DirectServer.user, database: DirectServer.database)
                _ = try connection.query("SELECT 1") {}
                return true
            } catch {
                reason = "\(error)"
                return false
            }
        }
        if isReady, exit() == nil { return }
        let end = exit().map { "it ended (\($0))" }
        await stop()
        throw LocalClusterError.notReady(what: "\(what) on port \(port)", why: end ?? reason, logTail: log.tail())
    }
}

/// Where a proxy keeps its configuration, its log and its sockets: a directory of its own, owned by the account that it
/// runs as.
struct ProxyDirectory {
    let path: String
    private let account: Account?

    init(_ name: String, below parent: String, account: Account?) throws {
        path = "\(parent)/\(name)"
        self.account = account
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try give(path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try give(file)
        return file
    }

    private func give(_ path: String) throws {
        guard let account else { return }
        guard chown(path, account.userID, account.groupID) == 0 else { throw BenchError(call: "chown(\(path))") }
    }
}

/// Why the benchmark could not go on, for people.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A failed system call, with the reason that `errno` holds.
    init(call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}
