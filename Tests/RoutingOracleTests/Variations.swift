/// Other spellings of a statement, made along the tokens of PostgreSQL's scanner.
struct Variations {
    private let bytes: [UInt8]
    private let tokens: [PostgreSQLParser.Token]

    init(_ sql: String) {
        bytes = Array(sql.utf8)
        tokens = PostgreSQLParser.scan(sql) ?? []
    }

    var all: [String] {
        [
            spelled { $0.uppercased() }, spelled { $0.lowercased() }, spelled(alternating),
            gaps { _ in "/* c'; -- */" }, gaps { _ in " -- ' /* \n" }, gaps { $0 + "\n\t\u{0C}\r " },
            gaps { $0 + "/* a /* b */ \" */" }, quoted, gaps { $0.allSatisfy(\.isWhitespace) ? " " : $0 },
            "/* lead */ " + text + " ; -- tail", text + ";;/**/", text + "\n;\nSELECT 1",
        ]
    }

    private var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    private func isBare(_ token: PostgreSQLParser.Token) -> Bool {
        guard let first = bytes[token.range].first else { return false }
        return token.isKeyword
            || token.code == PostgreSQLParser.Token.identifier && first != UInt8(ascii: "\"")
                && first | 0x20 != UInt8(ascii: "u")
    }

    /// Every unquoted word spelled differently.
    private func spelled(_ change: (String) -> String) -> String {
        rebuilt(word: change, gap: { $0 })
    }

    /// Something else between the tokens.
    private func gaps(_ change: (String) -> String) -> String {
        rebuilt(word: { $0 }, gap: { change($0) })
    }

    /// Every identifier in quotes.
    private var quoted: String {
        rebuilt(word: { $0 }, gap: { $0 }, identifier: { "\"\($0.lowercased())\"" })
    }

    private func alternating(_ word: String) -> String {
        String(word.enumerated().map { $0.offset % 2 == 0 ? Character($0.element.uppercased()) : $0.element })
    }

    private func rebuilt(
        word: (String) -> String, gap: (String) -> String, identifier: ((String) -> String)? = nil
    ) -> String {
        var result = ""
        var position = 0
        for token in tokens where token.range.upperBound <= bytes.count && token.range.lowerBound >= position {
            let before = String(decoding: bytes[position..<token.range.lowerBound], as: UTF8.self)
            result += position == 0 ? before : gap(before)
            let spelling = String(decoding: bytes[token.range], as: UTF8.self)
            if isBare(token), spelling.utf8.allSatisfy({ $0 < 0x80 }) {
                result += token.isKeyword ? word(spelling) : identifier.map { $0(spelling) } ?? word(spelling)
            } else {
                result += spelling
            }
            position = token.range.upperBound
        }
        return result + String(decoding: bytes[position...], as: UTF8.self)
    }
}

/// Statements nobody wrote: tokens of the corpus dropped, doubled, exchanged and spliced. Most are no SQL; those that
/// are lead into corners of the grammar.
enum Mutation {
    typealias Entry = (sql: String, tokens: [PostgreSQLParser.Token])

    static func make(from corpus: [(String, [PostgreSQLParser.Token])], using random: inout FixedRandom) -> String {
        guard let entry = corpus.randomElement(using: &random), let other = corpus.randomElement(using: &random) else {
            return ""
        }
        var tokens = texts(entry)
        let donor = texts(other)
        guard !tokens.isEmpty, !donor.isEmpty else { return "" }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let index = Int.random(in: 0..<tokens.count, using: &random)
            let source = Int.random(in: 0..<donor.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where tokens.count > 1: tokens.remove(at: index)
            case 1: tokens[index] = donor[source]
            case 2: tokens.insert(donor[source], at: index)
            case 3: tokens.insert(contentsOf: donor[source..<min(source + 4, donor.count)], at: index)
            case 4: tokens[index] = "(" + donor.joined(separator: " ") + ")"
            default: tokens.swapAt(index, Int.random(in: 0..<tokens.count, using: &random))
            }
        }
        return tokens.joined(separator: " ")
    }

    private static func texts(_ entry: Entry) -> [String] {
        let bytes = Array(entry.sql.utf8)
        return entry.tokens.filter { $0.range.upperBound <= bytes.count }.map {
            let text = String(decoding: bytes[$0.range], as: UTF8.self)
            return text.hasPrefix("--") ? text + "\n" : text
        }
    }
}
