import ControlPlane
import Foundation
import Glibc
import Logging
import Synchronization
import Testing

/// `logging_collector = on`, with real files and a clock that the test sets.
@Suite struct LogFilesTests {
    private static let redirected = "LOG:  redirecting log output to log files\n"

    @Test func `lines go to a file in a directory that is made, with the modes that are set`() throws {
        let log = try CollectedLog { LogFileSettings(directory: $0 + "/log", mode: 0o664) }
        log.post("one")
        log.post("two", .warning)
        #expect(log.names == ["pgpool-2023-11-14_221320.log"])
        #expect(log.read("log/pgpool-2023-11-14_221320.log") == "LOG:  one\nWARNING:  two\n")
        // Whatever the umask of the test is.
        #expect(try log.mode("log/pgpool-2023-11-14_221320.log") == 0o664)
        #expect(try log.mode("log") == 0o700)
        let hint = "HINT:  Future log output will appear in directory \"\(log.path)/log\".\n"
        #expect(log.standardError == Self.redirected + hint)
    }

    @Test func `the owner may write whatever the mode says, and a file that is there keeps its own`() throws {
        let log = try CollectedLog { LogFileSettings(directory: $0, pattern: "%S.log", mode: 0o044) }
        log.post("one")
        #expect(try log.mode("20.log") == 0o244)
        log.write("21.log", "old\n", mode: 0o600)
        log.advance(1)
        #expect(log.rotate() == .writing(path: log.path + "/21.log"))
        log.post("two")
        #expect(log.read("21.log") == "old\nLOG:  two\n")
        #expect(try log.mode("21.log") == 0o600)
    }

    @Test func `a file that was moved away is left alone after a rotation`() throws {
        let log = try CollectedLog { LogFileSettings(directory: $0, pattern: "egret.log") }
        log.post("one")
        log.sink.flush()
        #expect(rename(log.path + "/egret.log", log.path + "/egret.log.1") == 0)
        log.post("two")
        #expect(log.rotate() == .writing(path: log.path + "/egret.log"))
        log.post("three")
        #expect(log.read("egret.log.1") == "LOG:  one\nLOG:  two\n")
        #expect(log.read("egret.log") == "LOG:  three\n")
    }

    @Test func `a full file is followed by another`() throws {
        let log = try CollectedLog {
            LogFileSettings(directory: $0 + "/log", pattern: "%M%S.log", rotationSize: 1_024)
        }
        for number in 0..<12 {
            log.post("\(number) " + String(repeating: "x", count: 291))
            log.advance(1)
        }
        #expect(log.names == ["1320.log", "1324.log", "1328.log"])
        let lines = log.names.compactMap { log.read("log/" + $0)?.split(separator: "\n").count }
        #expect(lines == [4, 4, 4])
    }

    @Test(arguments: [(true, "LOG:  two\n"), (false, "last hour\nLOG:  two\n")])
    func `age opens the file of the planned name, and empties it where that is wished`(
        truncates: Bool, text: String
    ) throws {
        let log = try CollectedLog {
            LogFileSettings(directory: $0, pattern: "%M.log", truncates: truncates, rotationAge: 60)
        }
        log.post("one")
        log.write("14.log", "last hour\n", mode: 0o600)
        log.advance(39)
        log.post("still one")
        log.advance(4)
        log.post("two")
        #expect(log.read("13.log") == "LOG:  one\nLOG:  still one\n")
        #expect(log.read("14.log") == text)
    }

    @Test func `age needs no record`() async throws {
        let directory = try TemporaryDirectory()
        let sink = LogSink(
            settings: .init(
                threshold: .panic,
                files: LogFileSettings(directory: directory.file("log"), pattern: "%H%M%S.log", rotationAge: 1)))
        let isRotated = await eventually {
            ((try? FileManager.default.contentsOfDirectory(atPath: directory.file("log"))) ?? []).count >= 3
        }
        #expect(isRotated)
        sink.apply(.init())
        sink.flush()
    }

    @Test func `without a collector there is nothing to rotate`() throws {
        let log = try CollectedLog { _ in nil }
        log.post("one")
        #expect(log.rotate() == .refused("log rotation is not possible: logging_collector is off"))
        #expect(log.standardError == "LOG:  one\n")
        var settings = LogSink.Settings(files: LogFileSettings(directory: log.path))
        settings.usesStandardError = false
        log.sink.apply(settings)
        #expect(log.rotate() == .refused("log rotation is not possible: log_destination does not have stderr"))
        log.post("two")
        #expect(log.standardError == "LOG:  one\n" && log.names.isEmpty)
    }

    @Test func `a reload moves the log, and switches it to files and back`() throws {
        let log = try CollectedLog { _ in nil }
        log.post("one")
        log.apply(LogFileSettings(directory: log.path, pattern: "a.log"))
        log.post("two")
        log.apply(LogFileSettings(directory: log.path, pattern: "b.log"))
        log.post("three")
        log.apply(LogFileSettings(directory: log.path, pattern: "b.log", mode: 0o644))
        log.post("four")
        log.apply(nil)
        log.post("five")
        #expect(log.read("a.log") == "LOG:  two\n")
        #expect(log.read("b.log") == "LOG:  three\nLOG:  four\n")
        let standardError = log.standardError.split(separator: "\n").filter { !$0.hasPrefix("HINT") }
        #expect(standardError == ["LOG:  one", "LOG:  redirecting log output to log files", "LOG:  five"])
    }

    @Test func `what ends the process is told on standard error, too`() throws {
        let log = try CollectedLog { LogFileSettings(directory: $0, pattern: "a.log") }
        log.post("bad", .error)
        log.post("the end", .fatal)
        #expect(log.read("a.log") == "ERROR:  bad\nFATAL:  the end\n")
        #expect(log.standardError.hasSuffix("FATAL:  the end\n") && !log.standardError.contains("bad"))
    }
}

/// What becomes of the log when its file cannot be opened or written.
@Suite struct LogFileFailureTests {
    @Test func `a directory that cannot be is told once; the log goes on, and comes back`() throws {
        let log = try CollectedLog {
            LogFileSettings(directory: $0 + "/log", pattern: "a.log")
        } before: {
            try Data().write(to: URL(fileURLWithPath: $0 + "/log"))
        }
        for number in 0..<3 {
            log.post("record \(number)")
            log.advance(LogRotation.retryInterval)
        }
        let failure = "could not open the log file \"\(log.path)/log/a.log\": Not a directory"
        let hint = "The log goes to standard error until that can be done."
        let told = "WARNING:  \(failure)\nHINT:  \(hint)\nLOG:  record 0\nLOG:  record 1\nLOG:  record 2\n"
        #expect(log.standardError == told)
        #expect(log.rotate() == .refused("\(failure); the log goes to standard error"))
        #expect(unlink(log.path + "/log") == 0)
        log.post("too early")
        log.advance(LogRotation.retryInterval)
        log.post("back")
        #expect(
            log.read("log/a.log") == "WARNING:  4 log records went to standard error: \(failure)\nLOG:  back\n")
        #expect(log.standardError.hasPrefix(told + "LOG:  too early\nLOG:  redirecting log output to log files\n"))
        log.post("further")
        #expect(log.read("log/a.log")?.hasSuffix("LOG:  further\n") == true)
    }

    @Test func `a full disk loses no record`() throws {
        let log = try CollectedLog { _ in LogFileSettings(directory: "/dev", pattern: "full") }
        log.post("one")
        log.advance(LogRotation.retryInterval)
        log.post("two")
        let lines = log.standardError.split(separator: "\n").filter { !$0.hasPrefix("HINT") }
        let failure = "could not write to the log file \"/dev/full\": No space left on device"
        #expect(
            lines == [
                "LOG:  redirecting log output to log files", "WARNING:  \(failure)", "LOG:  one", "LOG:  two",
            ])
        #expect(log.rotate() == .refused("\(failure); the log goes to standard error"))
        log.apply(LogFileSettings(directory: log.path, pattern: "a.log"))
        log.post("three")
        #expect(log.read("a.log") == "WARNING:  2 log records went to standard error: \(failure)\nLOG:  three\n")
    }

    @Test func `a file that was removed is noticed and replaced, with its directory`() throws {
        let log = try CollectedLog { LogFileSettings(directory: $0 + "/log", pattern: "%S.log") }
        log.post("one")
        log.sink.flush()
        try FileManager.default.removeItem(atPath: log.path + "/log")
        log.advance(1)
        log.post("two")
        #expect(log.names == ["21.log"])
        #expect(log.read("log/21.log") == "LOG:  two\n")
        // And where the directory cannot be made again.
        try FileManager.default.removeItem(atPath: log.path + "/log")
        try Data().write(to: URL(fileURLWithPath: log.path + "/log"))
        log.advance(1)
        log.post("three")
        #expect(log.standardError.hasSuffix("LOG:  three\n") && log.standardError.contains("Not a directory"))
    }

    @Test func `a rotation that fails leaves the log in a file that can still be read`() throws {
        let log = try CollectedLog { LogFileSettings(directory: $0 + "/log", pattern: "%S.log") }
        log.post("one")
        log.sink.flush()
        #expect(rename(log.path + "/log", log.path + "/moved") == 0)
        try Data().write(to: URL(fileURLWithPath: log.path + "/log"))
        let failure = "could not open the log file \"\(log.path)/log/20.log\": Not a directory"
        let old = "\(log.path)/log/20.log"
        #expect(log.rotate() == .refused("\(failure); the log stays in \"\(old)\""))
        log.post("two")
        #expect(log.read("moved/20.log") == "LOG:  one\nLOG:  two\n")
        #expect(!log.standardError.contains("two"))
        #expect(unlink(log.path + "/log") == 0)
        #expect(log.rotate() == .writing(path: old))
        log.post("three")
        #expect(log.read("log/20.log") == "LOG:  three\n")
    }

    @Test func `a pipe that nobody reads holds up no caller and is given up`() throws {
        let log = try CollectedLog {
            LogFileSettings(directory: $0, pattern: "pipe")
        } before: {
            #expect(mkfifo($0 + "/pipe", 0o600) == 0)
        }
        // ENXIO: there is no reader at all.
        log.post("one")
        #expect(log.standardError.hasSuffix("LOG:  one\n"))
        let reader = open(log.path + "/pipe", O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        log.advance(LogRotation.retryInterval)
        let began = ContinuousClock.now
        for number in 0..<5_000 { log.post("record \(number) " + String(repeating: "x", count: 100)) }
        #expect(began.duration(to: .now) < .seconds(2))
        #expect(log.standardError.contains("LOG:  record 4999 "))
        #expect(began.duration(to: .now) < .seconds(10), "each record waits for the pipe by itself")
    }

    @Test func `a record that was cut short does not run into the next one`() throws {
        var reader: Int32 = -1
        let log = try CollectedLog {
            LogFileSettings(directory: $0, pattern: "pipe")
        } before: {
            #expect(mkfifo($0 + "/pipe", 0o600) == 0)
            reader = open($0 + "/pipe", O_RDONLY | O_NONBLOCK)
        }
        defer { close(reader) }
        let long = String(repeating: "x", count: 100_000)
        log.post(long)
        #expect(log.standardError.hasSuffix("LOG:  \(long)\n"), "the whole record is there")
        var buffer = [UInt8](repeating: 0, count: 200_000)
        let cut = read(reader, &buffer, buffer.count)
        #expect(cut > 0 && cut < 100_000)
        log.advance(LogRotation.retryInterval)
        log.post("next")
        log.sink.flush()
        let count = read(reader, &buffer, buffer.count)
        let rest = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        #expect(rest.hasPrefix("\nWARNING:  1 log records went to standard error: "))
        #expect(rest.hasSuffix("Resource temporarily unavailable\nLOG:  next\n"))
    }
}

/// A log whose standard error is a file beside its log files. Its clock stands at 2023-11-14 22:13:20 UTC.
private final class CollectedLog: Sendable {
    let sink: LogSink
    private let directory: TemporaryDirectory
    private let descriptor: Int32
    private let time: Time

    private final class Time: Sendable {
        let seconds = Mutex<Int64>(1_700_000_000)
    }

    init(_ files: (_ directory: String) -> LogFileSettings?, before: (_ directory: String) throws -> Void = { _ in })
        throws
    {
        directory = try TemporaryDirectory()
        try before(directory.path)
        let time = Time()
        self.time = time
        descriptor = open(directory.file("stderr"), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0o600)
        sink = LogSink(
            descriptor: descriptor,
            settings: LogSink.Settings(threshold: .debug5, prefix: "", files: files(directory.path)), zone: .fixed(0),
            clock: { WallClock(seconds: time.seconds.withLock { $0 }) })
    }

    deinit {
        sink.flush()
        close(descriptor)
    }

    var path: String { directory.path }
    var standardError: String { read("stderr") ?? "" }

    /// What is in the directory `log`.
    var names: [String] {
        sink.flush()
        return ((try? FileManager.default.contentsOfDirectory(atPath: directory.file("log"))) ?? []).sorted()
    }

    func post(_ text: String, _ severity: LogSeverity = .log) { sink.logger("main").post(severity, text) }

    /// Sets the clock forward, behind everything that was posted.
    func advance(_ seconds: Int64) {
        sink.flush()
        time.seconds.withLock { $0 += seconds }
    }

    func apply(_ files: LogFileSettings?) {
        sink.apply(LogSink.Settings(threshold: .debug5, prefix: "", files: files))
    }

    func rotate() -> LogRotationOutcome? {
        let outcome = Mutex<LogRotationOutcome?>(nil)
        sink.rotate { result in outcome.withLock { $0 = result } }
        sink.flush()
        return outcome.withLock { $0 }
    }

    func read(_ name: String) -> String? {
        sink.flush()
        return FileManager.default.contents(atPath: directory.file(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func write(_ name: String, _ text: String, mode: Int) {
        _ = FileManager.default.createFile(
            atPath: directory.file(name), contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    }

    func mode(_ name: String) throws -> Int? {
        sink.flush()
        return try FileManager.default.attributesOfItem(atPath: directory.file(name))[.posixPermissions] as? Int
    }
}
