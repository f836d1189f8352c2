internal import ProxyCore

/// The values that sessions have given themselves with `PGPOOL SET`.
struct SessionParameters {
    struct Key: Hashable {
        var worker: Int
        var session: UInt64
    }

    /// What a parameter of context S takes.
    private enum Form {
        case switching
        /// Seconds, -1 allowed where pgpool allows it.
        case seconds
        case words([String])
    }

    private static let levels = LogSeverity.allCases.map(\.word)

    private static let forms: [String: Form] = [
        "client_idle_limit": .seconds, "client_idle_limit_in_recovery": .seconds, "log_statement": .switching,
        "log_per_node_statement": .switching, "notice_per_node_statement": .switching,
        "log_client_messages": .switching, "log_backend_messages": .words(["none", "terse", "verbose"]),
        "log_error_verbosity": .words(["terse", "default", "verbose"]), "client_min_messages": .words(levels),
        "log_min_messages": .words(levels), "check_unlogged_table": .switching, "allow_sql_comments": .switching,
    ]

    private var values: [Key: [String: String]] = [:]

    var sessionCount: Int { values.count }

    /// Whether the parameter is one that a session may set.
    static func isOfSession(_ name: String) -> Bool { forms[name] != nil }

    /// The value in the form that `PGPOOL SHOW` prints; nil when the parameter does not take it.
    static func display(_ name: String, _ value: String) -> String? {
        let lower = value.lowercased()
        switch forms[name] {
        case nil: return nil
        case .switching:
            guard !lower.isEmpty else { return nil }
            if lower == "1" || "true".hasPrefix(lower) || "yes".hasPrefix(lower) || lower == "on" { return "on" }
            let isOff = lower == "0" || "false".hasPrefix(lower) || "no".hasPrefix(lower) || lower == "of"
            return isOff || lower == "off" ? "off" : nil
        case .seconds:
            guard let seconds = Int(lower), seconds >= -1, seconds <= Int(Int32.max) else { return nil }
            return String(seconds)
        case .words(let words): return words.contains(lower) ? lower : nil
        }
    }

    subscript(key: Key, name: String) -> String? { values[key]?[name] }

    /// What the session wants told of its statements.
    func logging(for key: Key) -> OwnStatementLogging {
        var logging = OwnStatementLogging()
        for (name, value) in values[key] ?? [:] {
            guard let told = StatementLogging(parameter: name) else { continue }
            if value == "on" { logging.on.insert(told) } else { logging.off.insert(told) }
        }
        return logging
    }

    mutating func set(_ name: String, to value: String, for key: Key) { values[key, default: [:]][name] = value }

    mutating func reset(_ name: String, for key: Key) { values[key]?[name] = nil }

    mutating func resetAll(for key: Key) { values[key] = nil }

    /// Forgets the sessions that are gone.
    mutating func keep(_ sessions: Set<Key>) { values = values.filter { sessions.contains($0.key) } }
}
