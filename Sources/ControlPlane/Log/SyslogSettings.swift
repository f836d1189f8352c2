/// `syslog` in pgpool's `log_destination`.
package struct SyslogSettings: Sendable, Equatable {
    /// `syslog_facility`: the number N of LOCALN, 0 to 7.
    package var facility: Int
    /// `syslog_ident`: the program's name there.
    package var ident: String

    package init(facility: Int = 0, ident: String = "pgpool") {
        self.facility = facility
        self.ident = ident
    }
}

extension LogSeverity {
    /// The number of syslog's priority (0 emergency, 7 debug), chosen as PostgreSQL and pgpool do: a LOG is nothing to
    /// worry about there, and only what ends a session is an error.
    package var syslogPriority: Int32 {
        switch self {
        case .debug5, .debug4, .debug3, .debug2, .debug1: 7
        case .info, .log: 6
        case .notice, .warning: 5
        case .error: 4
        case .fatal: 3
        case .panic: 2
        }
    }
}

/// Cuts records for syslog, whose daemons take lines and short ones only.
package enum SyslogText {
    /// The most that goes into one message, in bytes; PostgreSQL's number.
    package static let lengthMax = 900

    /// The messages for one record, one for each line or part of a long line. They are numbered, as PostgreSQL's are,
    /// so that a daemon takes none for a repetition: `[7-1] text`, `[7-2] text`.
    package static func messages(_ lines: String, number: UInt64) -> [String] {
        lines.split(separator: "\n").flatMap(cut).enumerated().map { "[\(number)-\($0.offset + 1)] \($0.element)" }
    }

    /// Between words where that is possible, and never inside of a character.
    private static func cut(_ line: Substring) -> [Substring] {
        var pieces: [Substring] = []
        var rest = line
        while rest.utf8.count > lengthMax {
            var end = rest.startIndex
            var length = 0
            var blank: Substring.Index?
            while end < rest.endIndex {
                length += rest[end].utf8.count
                if length > lengthMax { break }
                if rest[end].isWhitespace, end > rest.startIndex { blank = end }
                end = rest.index(after: end)
            }
            // A single character of that size is no text any more: it goes whole.
            if end == rest.startIndex { end = rest.index(after: end) }
            let place = blank ?? end
            pieces.append(rest[..<place])
            rest = rest[place...]
        }
        if !rest.isEmpty { pieces.append(rest) }
        return pieces
    }
}
