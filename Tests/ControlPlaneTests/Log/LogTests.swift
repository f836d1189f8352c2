import ControlPlane
import Foundation
import Logging
import Synchronization
import Testing

@Suite struct LogTests {
    private static let record = LogRecord(
        severity: .log, text: "hello", detail: "more", hint: "try",
        time: WallClock(seconds: 1_700_000_000, nanoseconds: 45_600_000), application: "psql", process: "child",
        database: "bench", user: "alice")

    @Test(arguments: [
        ("%a %p %P %d %u %l %%|", "psql 42 child bench alice 7 %|"),
        ("[%10a]", "[      psql]"),
        ("[%-10a]", "[psql      ]"),
        ("[%2a]", "[psql]"),
        ("[%-6p] [%6l]", "[42    ] [     7]"),
        ("%q%x", ""),
        ("end%", "end"),
        ("", ""),
    ])
    func prefixEscapes(_ template: String, _ expanded: String) {
        var record = Self.record
        record.detail = nil
        record.hint = nil
        #expect(
            record.lines(prefix: LogLinePrefix(template), pid: 42, lineNumber: 7) == "\(expanded)LOG:  hello\n")
    }

    @Test("Times are local, with milliseconds for %m")
    func times() {
        let formatter = DateFormatter()
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        formatter.locale = Locale(identifier: "en_US_POSIX")
        let local = formatter.string(from: Date(timeIntervalSince1970: 1_700_000_000))
        #expect(LocalTime.seconds(1_700_000_000) == local)
        let lines = Self.record.lines(prefix: LogLinePrefix("%t|%m: "), pid: 1, lineNumber: 1)
        #expect(lines.hasPrefix("\(local)|\(local).045: LOG:  hello\n"))
    }

    @Test("DETAIL and HINT have lines of their own with the prefix")
    func detailAndHint() {
        let lines = Self.record.lines(prefix: LogLinePrefix("%a: "), pid: 1, lineNumber: 1)
        #expect(lines == "psql: LOG:  hello\npsql: DETAIL:  more\npsql: HINT:  try\n")
    }

    @Test("Text from outside cannot forge a record")
    func forgery() {
        var record = Self.record
        record.text = "a\nFATAL:  b\u{1B}[2J\r"
        record.detail = nil
        record.hint = nil
        #expect(
            record.lines(prefix: LogLinePrefix(""), pid: 1, lineNumber: 1) == "LOG:  a\n\tFATAL:  b\\x1b[2J\\x0d\n")
    }

    @Test("log_min_messages: LOG is above ERROR and below FATAL")
    func threshold() throws {
        let capture = try LogCapture(threshold: .error)
        let log = capture.sink.logger("main")
        for severity in LogSeverity.allCases { log.post(severity, severity.word) }
        #expect(capture.lines == ["ERROR:  error", "LOG:  log", "FATAL:  fatal", "PANIC:  panic"])
        capture.sink.apply(.init(threshold: .debug5, prefix: "x "))
        log.post(.debug3, "fine")
        #expect(capture.lines.last == "x DEBUG:  fine")
    }

    @Test("Records of libraries have swift-log's levels, and their metadata is shown")
    func libraries() throws {
        let capture = try LogCapture(prefix: "%a %P: ")
        var log = capture.sink.logger("health_check0")
        log[metadataKey: "node"] = "1"
        log.warning("odd", metadata: ["why": "because"])
        log[metadataKey: LogField.application] = "psql"
        log.error("bad")
        #expect(
            capture.lines == [
                "health_check0 health_check0: WARNING:  odd node=1 why=because",
                "psql health_check0: ERROR:  bad node=1",
            ])
    }

    @Test("Many threads, one line each, none mixed or lost")
    func concurrency() async throws {
        let capture = try LogCapture(prefix: "%l ")
        await withDiscardingTaskGroup { group in
            for writer in 0..<8 {
                group.addTask {
                    let log = capture.sink.logger("w")
                    for number in 0..<200 {
                        log.post(.log, "writer \(writer) \(number) \(String(repeating: "x", count: 200))")
                    }
                }
            }
        }
        let lines = capture.lines
        #expect(lines.count == 1_600)
        #expect(lines.enumerated().allSatisfy { $0.element.hasPrefix("\($0.offset + 1) LOG:  writer ") })
    }

    @Test("A pipe that nobody reads does not hold up the caller; the loss is counted")
    func blockedPipe() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let sink = LogSink(descriptor: ends[1], settings: .init(threshold: .log, prefix: ""))
        let log = sink.logger("main")
        let began = ContinuousClock.now
        for number in 0..<20_000 { log.post(.log, "record \(number) \(String(repeating: "x", count: 100))") }
        #expect(began.duration(to: .now) < .seconds(5))
        sink.finish()
        #expect(began.duration(to: .now) < .seconds(8), "the end of the process waits for it")
        let text = Mutex("")
        let reader = ends[0]
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(reader, &buffer, buffer.count), count > 0 {
                let part = String(decoding: buffer.prefix(count), as: UTF8.self)
                text.withLock { $0 += part }
            }
            text.withLock { $0 += "<end>" }
        }
        thread.start()
        sink.flush()
        close(ends[1])
        #expect(await eventually { text.withLock { $0.hasSuffix("<end>") } })
        close(ends[0])
        let written = text.withLock { $0 }
        #expect(written.hasPrefix("LOG:  record 0 "))
        #expect(written.contains("log records were dropped because the log could not be written fast enough\n"))
    }
}
