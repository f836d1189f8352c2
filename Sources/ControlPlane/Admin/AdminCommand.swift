/// A command that Egret answers itself, as it was understood.
package enum AdminCommand: Equatable {
    /// The `SHOW pool_*` commands.
    package enum Report: String, CaseIterable {
        case nodes = "pool_nodes"
        case version = "pool_version"
        case status = "pool_status"
        case processes = "pool_processes"
        case pools = "pool_pools"
        case cache = "pool_cache"
        case healthCheckStatistics = "pool_health_check_stats"
        case backendStatistics = "pool_backend_stats"
        case hooks = "pool_hooks"
        case pins = "pool_pins"
    }

    case report(Report)
    /// `SHOW pool_route 'SELECT ...'`: where a statement would go, and why.
    case route(String)
    /// `PGPOOL SHOW name`
    case show(String)
    /// `PGPOOL SHOW ALL`
    case showAll
    /// `PGPOOL SET name TO value`
    case set(name: String, value: String)
    /// `PGPOOL RESET name`
    case reset(String)
    /// `PGPOOL RESET ALL`
    case resetAll

    /// Reads the first statement of the text; what follows its `;` is dropped, as pgpool does.
    /// - Throws: a syntax error where the text is none of Egret's commands.
    package init(_ text: String) throws(AdminSyntaxError) {
        let tokens = AdminTokens.split(text)
        guard let first = tokens.first else { throw AdminSyntaxError(near: "") }
        if first.isKeyword("show"), tokens.count == 2, let report = Report(rawValue: tokens[1].name) {
            self = .report(report)
            return
        }
        if first.isKeyword("show"), tokens.count == 3, tokens[1].name == "pool_route",
            case .string(let text) = tokens[2]
        {
            self = .route(text)
            return
        }
        if tokens.count == 2, tokens[1].name == "pool_route" { throw AdminSyntaxError(near: "") }
        guard first.isKeyword("pgpool"), tokens.count >= 3, tokens[2].isName else {
            throw AdminSyntaxError(near: tokens.last?.text ?? "")
        }
        let name = tokens[2].name
        if tokens[1].isKeyword("show"), tokens.count == 3 {
            self = tokens[2].isKeyword("all") ? .showAll : .show(name)
        } else if tokens[1].isKeyword("reset"), tokens.count == 3 {
            self = tokens[2].isKeyword("all") ? .resetAll : .reset(name)
        } else if tokens[1].isKeyword("set"), tokens.count == 5, tokens[3].isKeyword("to") || tokens[3] == .symbol("=")
        {
            self = .set(name: name, value: tokens[4].name)
        } else {
            throw AdminSyntaxError(near: tokens[1].text)
        }
    }
}

/// SQLSTATE 42601.
package struct AdminSyntaxError: Error, Equatable {
    /// The last word that was understood as little as the whole.
    package var near: String

    package init(near: String) { self.near = near }
}

/// The words of an administrator's command.
enum AdminToken: Equatable {
    /// Folded to lower case, as an identifier is.
    case word(String)
    /// In double quotes: its case is kept.
    case quoted(String)
    /// In single quotes.
    case string(String)
    case symbol(Character)

    /// The value, without quotes.
    var name: String {
        switch self {
        case .word(let text), .quoted(let text), .string(let text): text
        case .symbol(let character): String(character)
        }
    }

    /// As an error message repeats it.
    var text: String { name }

    var isName: Bool {
        switch self {
        case .word, .quoted: true
        case .string, .symbol: false
        }
    }

    func isKeyword(_ keyword: String) -> Bool { self == .word(keyword) }
}

enum AdminTokens {
    /// The tokens up to the first `;`. Comments and white space disappear.
    static func split(_ text: String) -> [AdminToken] {
        var tokens: [AdminToken] = []
        var rest = text[...]
        while let character = rest.first {
            if character.isWhitespace {
                rest.removeFirst()
            } else if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                skipComment(&rest)
            } else if character == ";" {
                return tokens
            } else if character == "'" || character == "\"" {
                let value = takeQuoted(&rest, until: character)
                tokens.append(character == "'" ? .string(value) : .quoted(value))
            } else if isWordCharacter(character) {
                let word = rest.prefix(while: isWordCharacter)
                rest = rest[word.endIndex...]
                tokens.append(.word(word.lowercased()))
            } else {
                tokens.append(.symbol(rest.removeFirst()))
            }
        }
        return tokens
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "." || character == "-"
    }

    /// Comments nest in PostgreSQL. One that does not end takes the rest of the text.
    private static func skipComment(_ rest: inout Substring) {
        var depth = 0
        while !rest.isEmpty {
            if rest.hasPrefix("/*") {
                depth += 1
                rest.removeFirst(2)
            } else if rest.hasPrefix("*/") {
                depth -= 1
                rest.removeFirst(2)
                if depth == 0 { return }
            } else {
                rest.removeFirst()
            }
        }
    }

    /// A doubled quote stands for one.
    private static func takeQuoted(_ rest: inout Substring, until quote: Character) -> String {
        var value = ""
        rest.removeFirst()
        while let character = rest.popFirst() {
            if character == quote {
                guard rest.first == quote else { break }
                rest.removeFirst()
            }
            value.append(character)
        }
        return value
    }
}
