package import Logging

/// swift-log's door to the log: turns events into records of pgpool's form.
///
/// The label of the logger is pgpool's name for a part of the process: main, health_check0, sr_check_worker, ...
package struct PoolLogHandler: LogHandler {
    /// Nothing is held back here: LOG has no place in swift-log's order, so the sink compares severities.
    package var logLevel: Logger.Level = .trace
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let sink: LogSink

    package init(label: String, sink: LogSink) {
        self.label = label
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }

        let severity = fields.removeValue(forKey: LogField.severity)
            .flatMap { Int($0.description) }.flatMap(LogSeverity.init(rawValue:))
        let application = fields.removeValue(forKey: LogField.application)?.description
        let database = fields.removeValue(forKey: LogField.database)?.description
        let user = fields.removeValue(forKey: LogField.user)?.description
        let detail = fields.removeValue(forKey: LogField.detail)?.description
        let hint = fields.removeValue(forKey: LogField.hint)?.description
        var text = event.message.description
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
        sink.append(
            LogRecord(
                severity: severity ?? LogSeverity(level: event.level), text: text, detail: detail, hint: hint,
                time: .now(), application: application ?? label, process: label, database: database ?? "",
                user: user ?? ""))
    }
}

extension LogSink {
    /// A logger that writes here. Loggers are made from the sink and handed down; there is no global one.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { PoolLogHandler(label: $0, sink: self) }
    }
}
