/// A cursor over one line of a configuration file. A line may hold several settings, as pgpool-II allows.
struct ConfigurationLine {
    private let bytes: ArraySlice<UInt8>
    private let file: String
    private let number: Int
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>, file: String, number: Int) {
        self.bytes = bytes
        self.file = file
        self.number = number
        position = bytes.startIndex
    }

    /// The next setting; nil at the end of the line or at a comment.
    mutating func next() throws(ConfigurationProblem) -> ConfigurationFile.Setting? {
        skipBlanks()
        guard let first = current, first != Character.hash else { return nil }
        guard Self.isNameStart(first) else { throw problem(nil, "a parameter's name should stand here") }
        let start = position
        while let byte = current, Self.isNamePart(byte) { position += 1 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        skipBlanks()
        if current == Character.equals {
            position += 1
            skipBlanks()
        }
        guard let byte = current, byte != Character.hash else { throw problem(name, "it has no value") }
        let value = byte == Character.quote ? try quoted(name) : try unquoted(name)
        guard !value.contains(0) else { throw problem(name, "its value contains a zero byte") }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw problem(name, "its value is not valid UTF-8")
        }
        return ConfigurationFile.Setting(file: file, line: number, name: name, text: text)
    }

    private enum Character {
        static let quote = UInt8(ascii: "'")
        static let hash = UInt8(ascii: "#")
        static let equals = UInt8(ascii: "=")
        static let backslash = UInt8(ascii: "\\")
    }

    private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, Self.isBlank(byte) { position += 1 }
    }

    private mutating func quoted(_ name: String) throws(ConfigurationProblem) -> ArraySlice<UInt8> {
        position += 1
        let start = position
        while let byte = current, byte != Character.quote {
            position += byte == Character.backslash ? 2 : 1
        }
        guard position < bytes.endIndex else {
            throw problem(name, "the closing quote of its value is missing")
        }
        let value = bytes[start..<position]
        position += 1
        if let byte = current, !Self.isBlank(byte), byte != Character.hash {
            let hint = byte == Character.quote ? "; a quote inside a value is written \\'" : ""
            throw problem(name, "there is text right after the closing quote of its value" + hint)
        }
        return value
    }

    private mutating func unquoted(_ name: String) throws(ConfigurationProblem) -> ArraySlice<UInt8> {
        let start = position
        while let byte = current, !Self.isBlank(byte), byte != Character.hash, byte != Character.quote {
            position += 1
        }
        let value = bytes[start..<position]
        guard current != Character.quote, Self.isWord(value) || Self.isNumber(value) else {
            let shown = ParameterTable.isSecret(name) ? "its value" : String(decoding: value, as: UTF8.self).shortened
            throw problem(name, "\(shown) is neither a word nor a number; put single quotes around it")
        }
        return value
    }

    private func problem(_ name: String?, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(.error, file: file, line: number, parameter: name, message)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

    /// A letter or underscore, then also digits and `. : / -`.
    private static func isWord(_ value: ArraySlice<UInt8>) -> Bool {
        guard let first = value.first, isNameStart(first) else { return false }
        return value.allSatisfy { isNamePart($0) || (0x2D...0x2F).contains($0) || $0 == 0x3A }
    }

    /// The characters of a number with its unit; the type looks closer.
    private static func isNumber(_ value: ArraySlice<UInt8>) -> Bool {
        guard let first = value.first, isDigit(first) || first == 0x2B || first == 0x2D || first == 0x2E else {
            return false
        }
        return value.allSatisfy { isNamePart($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
    }
}
