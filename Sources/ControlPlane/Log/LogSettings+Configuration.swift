internal import Foundation

extension LogSink.Settings {
    /// What `log_destination` and the parameters that go with it say.
    package init(_ configuration: any ConfigurationReading) {
        self.init(
            threshold: LogSeverity(word: configuration.word("log_min_messages")) ?? .warning,
            prefix: configuration.string("log_line_prefix", node: nil))
        let destinations = configuration.list("log_destination", node: nil)
        usesStandardError = destinations.contains("stderr")
        if destinations.contains("syslog") { syslog = SyslogSettings(configuration) }
        if configuration.bool("logging_collector") { files = LogFileSettings(configuration) }
    }
}

extension SyslogSettings {
    fileprivate init(_ configuration: any ConfigurationReading) {
        // local0 to local7
        self.init(
            facility: configuration.word("syslog_facility").last.flatMap(\.wholeNumberValue) ?? 0,
            ident: configuration.string("syslog_ident", node: nil))
    }
}

extension LogFileSettings {
    /// pgpool takes a relative `log_directory` from the directory that it was started in.
    fileprivate init(_ configuration: any ConfigurationReading) {
        self.init(
            directory: absolutePath(
                configuration.string("log_directory", node: nil),
                relativeTo: FileManager.default.currentDirectoryPath),
            pattern: configuration.string("log_filename", node: nil),
            mode: UInt32(configuration.int("log_file_mode", node: nil)),
            truncates: configuration.bool("log_truncate_on_rotation"),
            rotationAge: Int64(configuration.int("log_rotation_age", node: nil)) * 60,
            rotationSize: Int64(configuration.int("log_rotation_size", node: nil)) * 1024)
    }
}
