import Foundation
import Glibc

/// An `egret run` of its own, with its configuration, its log and its sockets in one directory.
package final class EgretProcess: Sendable {
    /// What Egret logs once it accepts clients.
    package static let readyText = "egret is ready"

    package let binary: String
    package let directory: String
    package let port: UInt16
    package let log: LogFile
    private let child: ChildProcess

    package var configurationPath: String { directory + "/egret.conf" }

    private init(binary: String, directory: String, port: UInt16, log: LogFile, child: ChildProcess) {
        self.binary = binary
        self.directory = directory
        self.port = port
        self.log = log
        self.child = child
    }

    /// The program: `EGRET_BINARY`, else `egret` beside the program that runs now.
    package static func findBinary() throws -> String {
        if let named = ProcessInfo.processInfo.environment["EGRET_BINARY"], !named.isEmpty {
            guard access(named, X_OK) == 0 else {
                throw LocalClusterError.notReady(what: "EGRET_BINARY", why: "\(named) is no program", logTail: "")
            }
            return named
        }
        let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let beside = (running as NSString).deletingLastPathComponent + "/egret"
        guard access(beside, X_OK) == 0 else {
            throw LocalClusterError.notReady(
                what: "egret", why: "\(beside) is not there: swift build --product egret", logTail: "")
        }
        return beside
    }

    /// Writes `egret.conf` and `pool_passwd` into `directory`, which exists.
    package static func write(_ configuration: EgretConfiguration, into directory: String) throws {
        let path = directory + "/egret.conf"
        try Data(configuration.text(directory: directory).utf8).write(to: URL(fileURLWithPath: path))
        let passwords = directory + "/pool_passwd"
        try Data(configuration.passwordFile.utf8).write(to: URL(fileURLWithPath: passwords))
        chmod(passwords, 0o600)
    }

    /// Starts Egret in `directory`, which is created when it is not there, and waits until it accepts connections.
    package static func start(
        _ configuration: EgretConfiguration, directory: String, arguments: [String] = [],
        environment: [String: String] = [:], timeLimit: Duration = .seconds(20)
    ) async throws -> EgretProcess {
        // The log of an earlier run in this directory goes on.
        let readyBefore = LogFile(path: directory + "/egret.log").count(of: readyText)
        let egret = try await launch(
            configuration, directory: directory, arguments: arguments, environment: environment)
        let isReady = await Poll.until(timeLimit) {
            !egret.isRunning || egret.log.count(of: readyText) > readyBefore
        }
        guard isReady && egret.isRunning else {
            egret.child.killGroup()
            throw LocalClusterError.notReady(
                what: "egret on port \(configuration.port)",
                why: egret.exit.map { "it ended (\($0))" } ?? "it was not ready in time", logTail: egret.log.tail())
        }
        return egret
    }

    /// Starts Egret and waits for nothing: for configurations that it is expected to refuse.
    package static func launch(
        _ configuration: EgretConfiguration, directory: String, arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> EgretProcess {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try write(configuration, into: directory)
        let binary = try findBinary()
        let log = LogFile(path: directory + "/egret.log")
        let child = try await ChildProcess.start(
            Command(
                binary, ["run", "-f", directory + "/egret.conf"] + arguments, environment: environment,
                directory: directory),
            log: log.path)
        return EgretProcess(
            binary: binary, directory: directory, port: configuration.port, log: log, child: child)
    }

    package var pid: Int32 { child.pid }
    /// Nil while it runs.
    package var exit: ChildProcess.Exit? { child.exit }
    package var isRunning: Bool { child.isRunning }
    /// Resident memory in bytes; nil once it has ended.
    package var residentBytes: Int? { ProcessTable.residentBytes(pid) }
    /// CPU time of all of its threads so far; nil once it has ended.
    package var cpuTime: ProcessTable.CPUTime? { ProcessTable.cpuTime(pid) }

    package func signal(_ number: Int32) { child.signal(number) }

    package func waitForExit(_ limit: Duration) async -> ChildProcess.Exit? { await child.waitForExit(limit) }

    /// Sends SIGHUP; with a configuration, writes that first.
    package func reload(_ configuration: EgretConfiguration? = nil) throws {
        if let configuration { try Self.write(configuration, into: directory) }
        child.signal(SIGHUP)
    }

    /// Stops it with a signal (SIGTERM is pgpool's smart, SIGINT fast, SIGQUIT immediate) and kills it when that
    /// takes longer than the limit. Gives back how it ended.
    @discardableResult
    package func stop(_ signal: Int32 = SIGINT, timeLimit: Duration = .seconds(10)) async -> ChildProcess.Exit? {
        child.signal(signal)
        if let exit = await child.waitForExit(timeLimit) { return exit }
        child.killGroup()
        return await child.waitForExit(.seconds(5))
    }

    /// Runs one of the operator's verbs against this Egret: `operate("attach", "1")`.
    package func operate(_ arguments: String...) async throws -> Command.Result {
        try await Command(
            binary, arguments + ["-f", configurationPath], directory: directory, timeLimit: .seconds(60)
        ).result()
    }
}
