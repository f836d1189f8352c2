/// A Swift file taken apart: what is code, and what is comment. Both have the lines of the file, with blanks in place
/// of the rest, so that a finding in either has its line number. The content of strings is in neither.
struct SourceText {
    let code: [String]
    let comments: [String]

    init(_ text: String) {
        var scanner = Scanner(text)
        scanner.run()
        code = Self.lines(scanner.code)
        comments = Self.lines(scanner.comments)
    }

    private static func lines(_ text: [Character]) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    private enum Mode {
        /// Code, and how many parentheses are open in it; that of an interpolation ends with the last one.
        case code(parentheses: Int)
        /// A string, the number of its `#`, and whether it has three quotes.
        case string(pounds: Int, isLong: Bool)
        case lineComment
        case blockComment(depth: Int)
        case backticks
    }

    private struct Scanner {
        private let text: [Character]
        private var position = 0
        private var modes: [Mode] = [.code(parentheses: 0)]
        var code: [Character] = []
        var comments: [Character] = []

        init(_ text: String) { self.text = Array(text) }

        mutating func run() {
            while position < text.count {
                switch modes.last ?? .code(parentheses: 0) {
                case .code(let parentheses): scanCode(parentheses)
                case .string(let pounds, let isLong): scanString(pounds, isLong)
                case .lineComment:
                    if text[position] == "\n" { modes.removeLast() }
                    put(1, isCode: false)
                case .blockComment(let depth): scanBlockComment(depth)
                case .backticks:
                    if text[position] == "`" { modes.removeLast() }
                    skip(1)
                }
            }
        }

        private func starts(with word: String) -> Bool {
            text[position] == word.first && text[position...].starts(with: word)
        }

        /// Takes characters over to one side, and blanks to the other.
        private mutating func put(_ count: Int, isCode: Bool) {
            for character in text[position..<min(position + count, text.count)] {
                let blank: Character = character == "\n" ? "\n" : " "
                code.append(isCode ? character : blank)
                comments.append(isCode ? blank : character)
            }
            position += count
        }

        private mutating func skip(_ count: Int) {
            for character in text[position..<min(position + count, text.count)] {
                code.append(character == "\n" ? "\n" : " ")
                comments.append(character == "\n" ? "\n" : " ")
            }
            position += count
        }

        private mutating func scanCode(_ parentheses: Int) {
            if starts(with: "//") {
                modes.append(.lineComment)
            } else if starts(with: "/*") {
                modes.append(.blockComment(depth: 0))
            } else if text[position] == "`" {
                modes.append(.backticks)
                skip(1)
            } else if let pounds = stringStart {
                let isLong = text[(position + pounds)...].starts(with: "\"\"\"")
                modes.append(.string(pounds: pounds, isLong: isLong))
                skip(pounds + (isLong ? 3 : 1))
            } else {
                scanParenthesis(parentheses)
                put(1, isCode: true)
            }
        }

        private mutating func scanParenthesis(_ parentheses: Int) {
            let step = text[position] == "(" ? 1 : text[position] == ")" ? -1 : 0
            if step == -1 && parentheses == 1 && modes.count > 1 {
                modes.removeLast()
            } else if step != 0 {
                modes[modes.count - 1] = .code(parentheses: parentheses + step)
            }
        }

        /// How many `#` are in front of the quote that begins here; nil when none does.
        private var stringStart: Int? {
            let pounds = text[position...].prefix { $0 == "#" }.count
            let quote = position + pounds
            return quote < text.count && text[quote] == "\"" ? pounds : nil
        }

        private mutating func scanString(_ pounds: Int, _ isLong: Bool) {
            let fence = String(repeating: "#", count: pounds)
            let end = (isLong ? "\"\"\"" : "\"") + fence
            let escape = "\\" + fence
            if starts(with: end) {
                modes.removeLast()
                skip(end.count)
            } else if starts(with: escape + "(") {
                skip(escape.count)
                modes.append(.code(parentheses: 0))
            } else if starts(with: escape) {
                skip(escape.count + 1)
            } else {
                skip(1)
            }
        }

        private mutating func scanBlockComment(_ depth: Int) {
            let isStart = starts(with: "/*")
            let isEnd = starts(with: "*/")
            if isStart {
                modes[modes.count - 1] = .blockComment(depth: depth + 1)
            } else if isEnd && depth > 1 {
                modes[modes.count - 1] = .blockComment(depth: depth - 1)
            } else if isEnd {
                modes.removeLast()
            }
            put(isStart || isEnd ? 2 : 1, isCode: false)
        }
    }
}

/// Where the functions of a file begin, and how long they are.
struct FunctionLengths {
    struct Function: Equatable {
        var name: String
        /// From 1.
        var line: Int
        /// From the line of its name to that of its closing brace.
        var lines: Int
    }

    private(set) var functions: [Function] = []
    private var parentheses = 0
    /// Declared, with its body still to come.
    private var declared: (name: String, line: Int)?
    /// For each open brace the function that it is the body of.
    private var braces: [(name: String, line: Int)?] = []

    init(_ source: SourceText) {
        for (index, line) in source.code.enumerated() { scan(line, number: index + 1) }
    }

    private mutating func scan(_ line: String, number: Int) {
        var word = ""
        var beforeWord: Character = " "
        var last: Character = " "
        for character in line + " " {
            if character.isLetter || character.isNumber || character == "_" {
                if word.isEmpty { beforeWord = last }
                word.append(character)
            } else {
                take(word, after: beforeWord, followedBy: character, line: number)
                word = ""
                take(character, line: number)
            }
            last = character
        }
    }

    private mutating func take(_ word: String, after: Character, followedBy: Character, line: Int) {
        let isInitializer = word == "init" && "(?<!".contains(followedBy)
        guard word == "func" || word == "deinit" || isInitializer, after != ".", parentheses == 0 else { return }
        declared = (word, line)
    }

    private mutating func take(_ character: Character, line: Int) {
        switch character {
        case "(", "[": parentheses += 1
        case ")", "]": parentheses -= 1
        case "{":
            // A closure among the arguments is no body.
            braces.append(parentheses == 0 ? declared : nil)
            if parentheses == 0 { declared = nil }
        case "}":
            // The end of a protocol, whose functions have no body; not that of a closure among the arguments.
            if parentheses == 0 { declared = nil }
            if let function = braces.popLast() ?? nil {
                functions.append(Function(name: function.name, line: function.line, lines: line - function.line + 1))
            }
        default: break
        }
    }
}
