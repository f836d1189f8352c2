extension ParameterType {
    /// As `PGPOOL SHOW` prints a value: booleans as `on` and `off`, enumerations as words, numbers in the largest unit
    /// that is exact, lists without a blank after the separator.
    package func display(_ value: ParameterValue) -> String {
        switch value {
        case .bool(let value): value ? "on" : "off"
        case .int(let value): displayUnit.display(value)
        case .real(let value): Self.plain(value)
        case .string(let value), .word(let value): value
        case .list(let elements): elements.joined(separator: separator)
        }
    }

    /// As `SHOW pool_status` prints a value: booleans and enumerations as numbers, numbers in the base unit.
    package func rawDisplay(_ value: ParameterValue) -> String {
        switch (self, value) {
        case (_, .bool(let value)): value ? "1" : "0"
        case (_, .int(let value)): String(value)
        case (.enumeration(let words), .word(let word)):
            words.first { $0.meaning.lowercased() == word }.map { $0.number.map(String.init) ?? $0.word } ?? word
        case (_, .real), (_, .string), (_, .word), (_, .list): display(value)
        }
    }

    /// What the reference page calls the type.
    package var summary: String {
        switch self {
        case .bool: "boolean"
        case .int(let range, let unit):
            "integer" + (unit == .none ? "" : " in \(unit.symbol)") + Self.limits(range)
        case .real(let range): "number, \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
        case .string: "string"
        case .enumeration(let words):
            words.filter { $0.meaning == $0.word }.map(\.word).joined(separator: " | ")
        case .list(let separator, let words):
            "list separated by \(separator)" + (words.isEmpty ? "" : " of \(words.joined(separator: ", "))")
        }
    }

    /// Whether a file needs quotes around a value.
    package var isQuoted: Bool {
        switch self {
        case .bool, .int, .real: false
        case .string, .enumeration, .list: true
        }
    }

    private var displayUnit: ParameterUnit {
        if case .int(_, let unit) = self { unit } else { .none }
    }

    private var separator: String {
        if case .list(let separator, _) = self { String(separator) } else { "," }
    }

    private static func limits(_ range: ClosedRange<Int>) -> String {
        if range.upperBound < 2_147_483_647 { return ", \(range.lowerBound) to \(range.upperBound)" }
        return range.lowerBound == 0 ? "" : ", from \(range.lowerBound)"
    }

    /// Whole numbers without their `.0`.
    static func plain(_ value: Double) -> String {
        if let whole = Int(exactly: value) { String(whole) } else { String(value) }
    }
}
