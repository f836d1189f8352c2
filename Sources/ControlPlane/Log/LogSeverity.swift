package import Logging

/// PostgreSQL's message levels in the order of `log_min_messages`: LOG stands above ERROR, so that it is seen at
/// every setting short of fatal.
package enum LogSeverity: Int, Sendable, CaseIterable, Comparable {
    case debug5
    case debug4
    case debug3
    case debug2
    case debug1
    case info
    case notice
    case warning
    case error
    case log
    case fatal
    case panic

    /// The word of `log_min_messages`.
    package var word: String {
        switch self {
        case .debug5: "debug5"
        case .debug4: "debug4"
        case .debug3: "debug3"
        case .debug2: "debug2"
        case .debug1: "debug1"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        case .log: "log"
        case .fatal: "fatal"
        case .panic: "panic"
        }
    }

    /// - Parameter word: `debug` counts as debug2, as in PostgreSQL; any letter case.
    package init?(word: String) {
        let lower = word.lowercased()
        if lower == "debug" {
            self = .debug2
        } else if let match = Self.allCases.first(where: { $0.word == lower }) {
            self = match
        } else {
            return nil
        }
    }

    /// What stands before the colon in the log.
    package var label: String {
        switch self {
        case .debug5, .debug4, .debug3, .debug2, .debug1: "DEBUG"
        case .info, .notice, .warning, .error, .log, .fatal, .panic: word.uppercased()
        }
    }

    package static func < (left: LogSeverity, right: LogSeverity) -> Bool { left.rawValue < right.rawValue }

    /// The severity of a record that a library wrote without knowing of PostgreSQL's levels.
    init(level: Logger.Level) {
        switch level {
        case .trace: self = .debug5
        case .debug: self = .debug1
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .fatal
        }
    }

    var level: Logger.Level {
        switch self {
        case .debug5, .debug4, .debug3, .debug2: .trace
        case .debug1: .debug
        case .info: .info
        case .notice, .log: .notice
        case .warning: .warning
        case .error: .error
        case .fatal, .panic: .critical
        }
    }
}

extension Logger {
    /// Writes a record with one of PostgreSQL's levels, which swift-log's own do not cover.
    /// - Parameters:
    ///   - detail: shown on a line of its own as `DETAIL:`.
    ///   - hint: shown on a line of its own as `HINT:`.
    package func post(_ severity: LogSeverity, _ text: String, detail: String? = nil, hint: String? = nil) {
        var fields: Logger.Metadata = [LogField.severity: .stringConvertible(severity.rawValue)]
        if let detail { fields[LogField.detail] = .string(detail) }
        if let hint { fields[LogField.hint] = .string(hint) }
        log(level: severity.level, Message(stringLiteral: text), metadata: fields)
    }
}

/// The metadata keys that the handler turns into parts of a line; all others are shown behind the text.
package enum LogField {
    package static let severity = "egret.severity"
    package static let detail = "egret.detail"
    package static let hint = "egret.hint"
    package static let application = "egret.application"
    package static let database = "egret.database"
    package static let user = "egret.user"
}
