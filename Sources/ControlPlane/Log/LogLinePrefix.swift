/// `log_line_prefix`, parsed: `%a %p %P %t %m %d %u %l %%`, each with an optional width (`%-10a` pads on the right).
package struct LogLinePrefix: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case literal(String)
        /// - Parameter width: the least number of characters; negative pads on the right.
        case field(Field, width: Int)
    }

    enum Field: Character, Sendable {
        case application = "a"
        case pid = "p"
        case process = "P"
        case seconds = "t"
        case milliseconds = "m"
        case database = "d"
        case user = "u"
        case lineNumber = "l"
    }

    private static let widthMax = 64

    private let parts: [Part]

    /// An unknown letter disappears with its `%`, as in PostgreSQL.
    package init(_ template: String) {
        var parts: [Part] = []
        var literal = ""
        var rest = template[...]
        while let letter = rest.popFirst() {
            guard letter == "%" else {
                literal.append(letter)
                continue
            }
            let isLeft = rest.first == "-"
            if isLeft { rest.removeFirst() }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest.removeFirst(digits.count)
            let width = min(Int(digits) ?? 0, Self.widthMax)
            guard let key = rest.popFirst() else { break }
            if key == "%" {
                literal.append("%")
            } else if let field = Field(rawValue: key) {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                parts.append(.field(field, width: isLeft ? -width : width))
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    func expand(_ record: LogRecord, pid: Int32, lineNumber: UInt64) -> String {
        var prefix = ""
        for part in parts {
            switch part {
            case .literal(let text): prefix += text
            case .field(let field, let width):
                let value = value(of: field, record, pid: pid, lineNumber: lineNumber)
                let padding = String(repeating: " ", count: max(0, abs(width) - value.count))
                prefix += width < 0 ? value + padding : padding + value
            }
        }
        return prefix
    }

    private func value(of field: Field, _ record: LogRecord, pid: Int32, lineNumber: UInt64) -> String {
        switch field {
        case .application: record.application
        case .pid: String(pid)
        case .process: record.process
        case .seconds: LocalTime.seconds(record.time.seconds)
        case .milliseconds: LocalTime.milliseconds(record.time)
        case .database: record.database
        case .user: record.user
        case .lineNumber: String(lineNumber)
        }
    }
}
