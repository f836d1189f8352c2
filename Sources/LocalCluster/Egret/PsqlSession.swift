import Foundation
import Glibc
import Synchronization

/// Where a psql connects to, and as whom.
package struct PsqlTarget: Sendable {
    package var binaries: PostgresBinaries
    package var host: String
    package var port: UInt16
    package var user: String
    package var password: String?
    package var database: String

    package init(
        binaries: PostgresBinaries, host: String = "127.0.0.1", port: UInt16, user: String = "postgres",
        password: String? = nil, database: String = "postgres"
    ) {
        self.binaries = binaries
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }

    /// The words that a person would type to get there.
    package var commandLine: String { "psql -h \(host) -p \(port) -U \(user) \(database)" }

    func command(_ flags: [String], input: String = "", timeLimit: Duration = .seconds(60)) -> Command {
        var environment = ["PGCONNECT_TIMEOUT": "20"]
        if let password { environment["PGPASSWORD"] = password }
        return Command(
            binaries.path("psql"),
            flags + ["-w", "-h", host, "-p", String(port), "-U", user, "-d", database],
            environment: environment, input: input, timeLimit: timeLimit)
    }

    /// Runs SQL in a connection of its own and gives back what `psql -XAtq` prints, without the last line feed.
    @discardableResult
    package func query(_ sql: String, timeLimit: Duration = .seconds(60)) async throws -> String {
        let output = try await command(
            ["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], timeLimit: timeLimit
        ).output()
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    /// Runs a script, each statement a message of its own, all in one connection.
    package func script(_ sql: String, timeLimit: Duration = .seconds(60)) async throws -> String {
        try await command(
            ["-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"], input: sql, timeLimit: timeLimit
        ).output()
    }

    /// Runs SQL in a connection of its own and gives back whatever comes of it. Errors are shown with their SQLSTATE.
    package func attempt(_ sql: String, timeLimit: Duration = .seconds(60)) async throws -> Command.Result {
        try await command(["-XAtq", "-v", "VERBOSITY=verbose", "-c", sql], timeLimit: timeLimit).result()
    }

    /// The answer as psql draws it for people.
    package func table(_ sql: String) async throws -> String {
        try await command(["-Xq", "-P", "footer=off", "-c", sql]).output()
    }
}

/// One psql that stays connected and is given statement after statement, like one that a person sits at.
package final class PsqlSession: Sendable {
    private let child: ChildProcess
    private let log: LogFile
    private let input: Mutex<Int32?>
    private let asked = Mutex(0)

    private init(child: ChildProcess, log: LogFile, input: Int32) {
        self.child = child
        self.log = log
        self.input = Mutex(input)
    }

    deinit { close() }

    /// Starts psql; what it prints is kept in the file `log`.
    package static func start(_ target: PsqlTarget, log: String) async throws -> PsqlSession {
        var ends: [Int32] = [-1, -1]
        // A socket, because writing to one whose reader has died can be told not to raise SIGPIPE.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw LocalClusterError.system(call: "socketpair", errno: errno)
        }
        let command = target.command(["-XAtq", "-v", "VERBOSITY=verbose"])
        do {
            let child = try await ChildProcess.start(command, log: log, input: ends[1])
            return PsqlSession(child: child, log: LogFile(path: log), input: ends[0])
        } catch {
            Glibc.close(ends[0])
            throw error
        }
    }

    /// False once psql has ended: it does so when its connection is lost.
    package var isRunning: Bool { child.isRunning }
    package var pid: Int32 { child.pid }

    /// Everything that psql has printed so far.
    package var transcript: String { log.text }

    /// Sends a statement, without its semicolon, and gives back what psql prints for it, errors included, without the
    /// last line feed.
    package func ask(_ sql: String, timeLimit: Duration = .seconds(30)) async throws -> String {
        let number = asked.withLock { asked in
            asked += 1
            return asked
        }
        let marker = "answer-\(number)-ends"
        let start = log.text.utf8.count
        send("\(sql)\n;\n\\echo \(marker)\n")
        let isAnswered = await Poll.until(timeLimit, every: .milliseconds(10)) {
            log.text.contains(marker) || !child.isRunning
        }
        let answer = String(decoding: Array(log.text.utf8.dropFirst(start)), as: UTF8.self)
        guard isAnswered, let end = answer.range(of: marker) else {
            throw LocalClusterError.notReady(
                what: "psql, asked for \(sql),",
                why: child.isRunning ? "got no answer in time" : "lost its connection", logTail: log.tail())
        }
        let text = String(answer[..<end.lowerBound])
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Sends a statement and waits for nothing.
    package func send(_ text: String) {
        input.withLock { input in
            guard let input else { return }
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return }
                bytes = bytes.dropFirst(count)
            }
        }
    }

    /// Ends psql as Ctrl-D does.
    package func close() {
        input.withLock { input in
            if let input { Glibc.close(input) }
            input = nil
        }
    }

    /// Kills psql: its connection is cut without a farewell.
    package func kill() { child.signal(SIGKILL) }

    /// Interrupts the running statement as Ctrl-C does: psql sends a cancel request.
    package func cancel() { child.signal(SIGINT) }
}
