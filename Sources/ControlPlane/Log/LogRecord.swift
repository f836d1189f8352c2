/// One event as it goes to the log, before it is text.
package struct LogRecord: Sendable, Equatable {
    package var severity: LogSeverity
    package var text: String
    package var detail: String?
    package var hint: String?
    package var time: WallClock
    /// `%a`: the client's application name, or the name of the part of Egret that speaks.
    package var application: String
    /// `%P`: main, child, health_check0, ...
    package var process: String
    package var database: String
    package var user: String

    package init(
        severity: LogSeverity, text: String, detail: String? = nil, hint: String? = nil, time: WallClock,
        application: String, process: String, database: String = "", user: String = ""
    ) {
        self.severity = severity
        self.text = text
        self.detail = detail
        self.hint = hint
        self.time = time
        self.application = application
        self.process = process
        self.database = database
        self.user = user
    }

    /// The record's lines, each with the prefix and a line break: `LOG:  text`, then DETAIL and HINT.
    package func lines(prefix: LogLinePrefix, pid: Int32, lineNumber: UInt64) -> String {
        let start = prefix.expand(self, pid: pid, lineNumber: lineNumber)
        var lines = "\(start)\(severity.label):  \(Self.onOneLine(text))\n"
        if let detail { lines += "\(start)DETAIL:  \(Self.onOneLine(detail))\n" }
        if let hint { lines += "\(start)HINT:  \(Self.onOneLine(hint))\n" }
        return lines
    }

    /// A line break is followed by a tab, as PostgreSQL does it, and other control characters are spelled out: no text
    /// that comes from outside can look like a record of its own or steer a terminal.
    private static func onOneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        var safe = ""
        for letter in text.unicodeScalars {
            switch letter.value {
            case 0x0A: safe += "\n\t"
            case 0x09: safe += "\t"
            case 0..<0x20, 0x7F: safe += "\\x" + (letter.value < 16 ? "0" : "") + String(letter.value, radix: 16)
            default: safe.unicodeScalars.append(letter)
            }
        }
        return safe
    }
}
