/// What a parameter's value may be.
package enum ParameterType: Sendable {
    case bool
    /// An integer in the base unit. The range is in the base unit, too.
    case int(ClosedRange<Int>, ParameterUnit = .none)
    case real(ClosedRange<Double>)
    case string
    case enumeration([EnumerationWord])
    /// A list in one string. With words, its elements are limited to them.
    case list(separator: Character, words: [String] = [])
}

/// A word of an enumeration.
package struct EnumerationWord: Sendable {
    package let word: String
    /// The number that pgpool-II's `SHOW pool_status` prints for the word; without one it prints the word.
    package let number: Int?
    /// The word that this one is another spelling of.
    package let meaning: String

    package init(_ word: String, _ number: Int?, meaning: String? = nil) {
        self.word = word
        self.number = number
        self.meaning = meaning ?? word
    }
}

extension ParameterType {
    /// An enumeration whose numbers count from 1 in the order of its words.
    static func words(_ words: String...) -> ParameterType {
        .enumeration(words.enumerated().map { EnumerationWord($0.element, $0.offset + 1) })
    }

    /// pgpool's message levels. LOG stands above ERROR for what is logged, although its number is lower.
    static let messageLevel = ParameterType.enumeration([
        EnumerationWord("debug5", 10), EnumerationWord("debug4", 11), EnumerationWord("debug3", 12),
        EnumerationWord("debug2", 13), EnumerationWord("debug1", 14), EnumerationWord("info", 17),
        EnumerationWord("notice", 18), EnumerationWord("warning", 19), EnumerationWord("error", 20),
        EnumerationWord("log", 15), EnumerationWord("fatal", 21), EnumerationWord("panic", 22),
    ])

    static let count = ParameterType.int(0...2_147_483_647)
    static let seconds = ParameterType.int(0...2_147_483_647, .seconds)
    static let milliseconds = ParameterType.int(0...2_147_483_647, .milliseconds)
    static let clientPort = ParameterType.int(1024...65535)
    static let commaList = ParameterType.list(separator: ",")
}

/// A value of a parameter, converted: integers are in the parameter's base unit.
package enum ParameterValue: Sendable, Equatable {
    case bool(Bool)
    case int(Int)
    case real(Double)
    case string(String)
    /// The lower-case word.
    case word(String)
    /// The elements, without the blanks around them; empty ones are left out.
    case list([String])
}

/// Why a text is no value of a type. The message continues a line that names the parameter.
package struct ParameterValueError: Error, Equatable {
    package let message: String
}
