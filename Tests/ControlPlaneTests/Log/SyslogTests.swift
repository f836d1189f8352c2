import ControlPlane
import Testing

/// What syslog gets, before it gets it.
@Suite struct SyslogTests {
    @Test func `each line is a message, and all of a record have its number`() {
        #expect(SyslogText.messages("LOG:  one\n", number: 7) == ["[7-1] LOG:  one"])
        #expect(
            SyslogText.messages("LOG:  one\nDETAIL:  two\n\n\tthree", number: 8)
                == ["[8-1] LOG:  one", "[8-2] DETAIL:  two", "[8-3] \tthree"])
        #expect(SyslogText.messages("", number: 9).isEmpty)
    }

    @Test func `long lines are cut between words, and no character is`() {
        let words = String(repeating: "word ", count: 500)
        let pieces = SyslogText.messages(words, number: 1).map { $0.drop { $0 != "]" }.dropFirst(2) }
        #expect(pieces.joined() == words)
        #expect(pieces.allSatisfy { $0.utf8.count <= SyslogText.lengthMax })
        #expect(pieces.dropLast().allSatisfy { $0.hasSuffix("word") })
        let letters = String(repeating: "\u{E9}", count: 1_000)
        let parts = SyslogText.messages(letters, number: 1).map { $0.drop { $0 != "]" }.dropFirst(2) }
        #expect(parts.map(\.utf8.count) == [900, 900, 200])
        #expect(parts.joined() == letters)
    }

    @Test func `priorities are PostgreSQL's`() {
        let pairs = LogSeverity.allCases.map { ($0.word, $0.syslogPriority) }
        let expected: [(String, Int32)] = [
            ("debug5", 7), ("debug4", 7), ("debug3", 7), ("debug2", 7), ("debug1", 7), ("info", 6), ("notice", 5),
            ("warning", 5), ("error", 4), ("log", 6), ("fatal", 3), ("panic", 2),
        ]
        #expect(pairs.map(\.0) == expected.map(\.0) && pairs.map(\.1) == expected.map(\.1))
    }

    @Test func `the parameters are read as pgpool reads them`() throws {
        func settings(_ text: String) -> LogSink.Settings {
            let nodes = "backend_hostname0 = 'db'\nbackend_port0 = 5432\n"
            return LogSink.Settings(Configuration.load(text: nodes + text, file: "/etc/egret.conf").0)
        }
        let plain = settings("")
        #expect(plain.usesStandardError && plain.syslog == nil && plain.files == nil)
        let syslog = settings("log_destination = 'syslog'\nsyslog_facility = 'LOCAL5'\nsyslog_ident = 'egret'")
        #expect(!syslog.usesStandardError && syslog.syslog == SyslogSettings(facility: 5, ident: "egret"))
        let both = settings("log_destination = 'stderr, syslog'")
        #expect(both.usesStandardError && both.syslog == SyslogSettings(facility: 0, ident: "pgpool"))
        #expect(
            settings("logging_collector = on").files
                == LogFileSettings(
                    directory: "/tmp/pgpool_logs", pattern: "pgpool-%Y-%m-%d_%H%M%S.log", mode: 0o600,
                    truncates: false, rotationAge: 86_400, rotationSize: 10_485_760))
        let files = settings(
            """
            logging_collector = on
            log_directory = '/var/log/egret'
            log_filename = 'egret-%a.log'
            log_file_mode = 0640
            log_truncate_on_rotation = on
            log_rotation_age = 2h
            log_rotation_size = 0
            """
        ).files
        #expect(
            files
                == LogFileSettings(
                    directory: "/var/log/egret", pattern: "egret-%a.log", mode: 0o640, truncates: true,
                    rotationAge: 7_200, rotationSize: 0))
        let relative = try #require(settings("logging_collector = on\nlog_directory = 'log'").files?.directory)
        #expect(relative.hasPrefix("/") && relative.hasSuffix("/log") && relative != "/etc/log")
    }
}
