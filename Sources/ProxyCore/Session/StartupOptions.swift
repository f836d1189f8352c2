/// The `options` parameter of a startup packet: `-c name=value --name=value`, with backslash before a blank that
/// belongs to a value. PostgreSQL documentation, "StartupMessage" and "postgres -c".
package enum StartupOptions {
    package enum Failure: Error, Equatable, Sendable {
        /// A switch that sets no parameter.
        case unsupported(String)
    }

    package static func parse(_ text: String) throws(Failure) -> [ParameterSets.Entry] {
        var words = split(text)[...]
        var entries: [ParameterSets.Entry] = []
        while let word = words.popFirst() {
            let setting: String
            if word == "-c" {
                guard let next = words.popFirst() else { throw .unsupported(word) }
                setting = next
            } else if word.hasPrefix("-c") || word.hasPrefix("--") {
                setting = String(word.dropFirst(2))
            } else {
                throw .unsupported(word)
            }
            guard let equals = setting.unicodeScalars.firstIndex(of: "="), equals != setting.startIndex else {
                throw .unsupported(word)
            }
            let name = setting[..<equals].split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_")
            entries.append(.init(name: name, value: String(setting[setting.index(after: equals)...])))
        }
        return entries
    }

    private static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isWord = false
        var isEscaped = false
        // Scalar by scalar, and blanks as C's isspace knows them: to Swift, a blank with an accent behind it is none.
        for character in text.unicodeScalars {
            if isEscaped {
                word.unicodeScalars.append(character)
                isEscaped = false
            } else if character == "\\" {
                (isEscaped, isWord) = (true, true)
            } else if isBlank(character) {
                if isWord { words.append(word) }
                (word, isWord) = ("", false)
            } else {
                word.unicodeScalars.append(character)
                isWord = true
            }
        }
        if isWord { words.append(word) }
        return words
    }

    private static func isBlank(_ character: Unicode.Scalar) -> Bool {
        character == " " || (0x09...0x0D).contains(character.value)
    }
}
