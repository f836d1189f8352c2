/// The names of the parameters that a text may set. Custom ones (`app.tenant`) matter most: no view of PostgreSQL lists
/// those that no loaded library has declared, so a server can only be asked for them by name.
package struct SetParameters: Equatable {
    /// In lower case.
    package private(set) var names: Set<String> = []
    /// A parameter is set whose name the text does not show: `set_config($1, ...)`, or a name put together.
    package private(set) var hasHiddenNames = false
    /// There may be parameters besides those named: SET SESSION CHARACTERISTICS, SET XML OPTION.
    package private(set) var hasOthers = false

    package static let namesMax = 200

    package init() {}

    /// The names in a statement of these effects; nil where it sets none.
    package init?(in effects: SessionEffects, _ text: some Collection<UInt8>) {
        if effects.isDisjoint(with: [.parameter, .procedure]) { return nil }
        self.init(in: text)
    }

    package mutating func formUnion(_ other: Self) {
        names.formUnion(other.names)
        hasHiddenNames = hasHiddenNames || other.hasHiddenNames
        hasOthers = hasOthers || other.hasOthers
        // More than anybody has in use; the question to the server would grow without end.
        if names.count > Self.namesMax { (names, hasOthers) = ([], true) }
    }

    /// The parameters of SET ROLE and SET SESSION AUTHORIZATION are among them.
    package var namesRole: Bool { names.contains("role") || names.contains("session_authorization") }

    /// A parameter among them decides how the next text is to be read.
    package var changesTexts: Bool {
        hasHiddenNames || names.contains("standard_conforming_strings") || names.contains("client_encoding")
    }

    /// Looks for SET and `set_config` wherever they are, inside of strings too: the body of DO is one.
    package init(in text: some Collection<UInt8>) {
        var scanner = SetParameterScanner(bytes: Array(text))
        while let word = scanner.nextWord() {
            switch word {
            case "set": note(scanner.targetOfSet())
            case "set_config": scanner.firstArgument().map { note($0) }
            default: continue
            }
        }
    }

    private mutating func note(_ target: SetParameterScanner.Target) {
        switch target {
        case .parameter(let name): names.insert(name)
        case .hidden: hasHiddenNames = true
        case .others: hasOthers = true
        }
    }
}

private struct SetParameterScanner {
    enum Target {
        case parameter(String)
        case hidden
        case others
    }

    let bytes: [UInt8]
    var position = 0

    /// The next word in lower case; what lies between words is skipped.
    mutating func nextWord() -> String? {
        while position < bytes.count, !isWordByte(bytes[position]) { position += 1 }
        guard position < bytes.count else { return nil }
        return takeWord().lowercased()
    }

    /// Behind SET: `[SESSION | LOCAL] name`, and the forms that PostgreSQL has for some names.
    func targetOfSet() -> Target {
        var ahead = self
        ahead.skipSpace()
        guard var name = ahead.takeName() else { return .others }
        ahead.skipSpace()
        if name == "session" || name == "local" {
            guard let second = ahead.takeName() else { return .others }
            name = second
            ahead.skipSpace()
        }
        switch name {
        case "time":
            ahead.skipSpace()
            return ahead.nextWord() == "zone" ? .parameter("timezone") : .others
        case "names": return .parameter("client_encoding")
        case "schema": return .parameter("search_path")
        case "characteristics", "xml", "transaction", "constraints", "role", "authorization": return .others
        default: return ahead.isAtAssignment ? judge(name) : .others
        }
    }

    /// Behind `set_config`: where it is called, its first argument.
    func firstArgument() -> Target? {
        var ahead = self
        ahead.skipQuotes()
        ahead.skipSpace()
        guard ahead.take(UInt8(ascii: "(")) else { return nil }
        ahead.skipSpace()
        guard ahead.skipQuotes(), let name = ahead.takeName(), ahead.skipQuotes() else { return .hidden }
        ahead.skipSpace()
        return ahead.take(UInt8(ascii: ",")) ? judge(name) : .hidden
    }

    /// What is longer than an identifier was cut by the server.
    private func judge(_ name: String) -> Target { name.utf8.count < 64 ? .parameter(name) : .hidden }

    private var isAtAssignment: Bool {
        var ahead = self
        return ahead.take(UInt8(ascii: "=")) || ahead.nextWord() == "to"
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    private mutating func takeWord() -> String {
        let start = position
        while position < bytes.count, isWordByte(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A name in lower case, with or without dots; double quotes around its parts are dropped.
    private mutating func takeName() -> String? {
        var name = ""
        while position < bytes.count {
            let byte = bytes[position]
            if isWordByte(byte) {
                name += takeWord()
            } else if byte == UInt8(ascii: ".") {
                name += "."
                position += 1
            } else if byte == UInt8(ascii: "\"") {
                position += 1
            } else {
                break
            }
        }
        return name.isEmpty ? nil : name.lowercased()
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] == 0x20 || (0x09...0x0D).contains(bytes[position]) {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Quotes around a literal; doubled ones are those of a literal inside of another.
    @discardableResult
    private mutating func skipQuotes() -> Bool {
        let start = position
        while position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"") {
            position += 1
        }
        return position > start
    }
}
