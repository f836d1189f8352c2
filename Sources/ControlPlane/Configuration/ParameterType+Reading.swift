extension ParameterType {
    /// Reads a value's text, as it stood in the file without its quotes. A default may lie outside the range: it then
    /// means "not set".
    package func value(
        of text: String, checkingRange: Bool = true
    ) throws(ParameterValueError) -> ParameterValue {
        switch self {
        case .bool:
            return .bool(try Self.bool(text))
        case .int(let range, let unit):
            let value = try Self.integer(text, unit: unit, range: range)
            if checkingRange, !range.contains(value) { throw Self.outside(text, range: range, unit: unit) }
            return .int(value)
        case .real(let range):
            guard let value = Self.plainReal(text.trimmingBlanks()) else {
                throw ParameterValueError(message: "\"\(text.shortened)\" is not a number")
            }
            if checkingRange, !range.contains(value) {
                throw ParameterValueError(
                    message:
                        "\(text.shortened) is outside the range \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
                )
            }
            return .real(value)
        case .string:
            return .string(text)
        case .enumeration(let words):
            let wanted = text.trimmingBlanks().lowercased()
            guard let word = words.first(where: { $0.word.lowercased() == wanted }) else {
                throw Self.notOneOf(words.map(\.word), text: text)
            }
            return .word(word.meaning.lowercased())
        case .list(let separator, let words):
            return .list(try Self.list(text, separator: separator, words: words))
        }
    }

    private static func bool(_ text: String) throws(ParameterValueError) -> Bool {
        let wanted = text.trimmingBlanks().lowercased()
        let spellings: [(String, Bool)] = [
            ("on", true), ("off", false), ("true", true), ("false", false), ("yes", true), ("no", false),
            ("1", true), ("0", false),
        ]
        let matches = wanted.isEmpty ? [] : spellings.filter { $0.0.hasPrefix(wanted) }
        guard matches.count == 1, let match = matches.first else {
            throw ParameterValueError(message: "\"\(text.shortened)\" is not a boolean; write on or off")
        }
        return match.1
    }

    private static func list(
        _ text: String, separator: Character, words: [String]
    ) throws(ParameterValueError) -> [String] {
        var elements: [String] = []
        for part in text.split(separator: separator) {
            let element = String(part).trimmingBlanks()
            if element.isEmpty { continue }
            if words.isEmpty {
                elements.append(element)
                continue
            }
            guard let word = words.first(where: { $0.lowercased() == element.lowercased() }) else {
                throw notOneOf(words, text: element)
            }
            elements.append(word)
        }
        return elements
    }

    private static func notOneOf(_ words: [String], text: String) -> ParameterValueError {
        ParameterValueError(message: "\"\(text.shortened)\" is not one of \(words.joined(separator: ", "))")
    }

    static func outside(_ text: String, range: ClosedRange<Int>, unit: ParameterUnit) -> ParameterValueError {
        let suffix = unit == .none ? "" : " (in \(unit.symbol))"
        return ParameterValueError(
            message: "\(text.shortened) is outside the range \(range.lowerBound) to \(range.upperBound)\(suffix)")
    }

    /// A real number as C's strtod reads it, but neither `nan` nor `inf` nor hexadecimal.
    private static func plainReal(_ text: String) -> Double? {
        let allowed = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E || $0 == 0x65 || $0 == 0x45
        }
        guard allowed, let value = Double(text), value.isFinite else { return nil }
        return value
    }
}

extension String {
    /// For a message: the whole text, or the beginning of a long one.
    var shortened: String { count > 80 ? prefix(77) + "..." : self }

    /// Without the blanks, tabs and carriage returns at both ends.
    func trimmingBlanks() -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
