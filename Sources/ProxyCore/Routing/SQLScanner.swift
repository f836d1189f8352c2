/// A token of SQL text. Numbers, strings and parameters mean the same to the classifier.
enum Token: UInt8, BitwiseCopyable {
    case end
    /// An identifier, quoted or not, or a keyword: `SQLScanner.word` tells.
    case word
    /// A constant or a parameter.
    case literal
    case open
    case close
    case bracket
    case closeBracket
    case comma
    case semicolon
    case dot
    case typecast
    case `operator`
    /// A byte that begins no token.
    case stray
    /// A string, identifier or comment without its end, or one whose extent depends on what is not known here.
    case unterminated
}

/// PostgreSQL's lexical rules (`src/backend/parser/scan.l` of version 15) over borrowed bytes.
///
/// Where versions differ (`1a`, `$1a`), the token is cut as version 14 does; 15 rejects such text altogether.
struct SQLScanner {
    let text: SQLText
    /// The server's `standard_conforming_strings`: off, a backslash escapes in plain strings too.
    let hasStandardStrings: Bool
    /// Where the next token is looked for.
    var position = 0
    /// The last word, valid after `Token.word`.
    var word = Word()
    /// A comment before the first token was the hint `NO LOAD BALANCE`.
    var sawHint = false
    /// A token has been read.
    private var isInside = false

    init(text: SQLText, hasStandardStrings: Bool) {
        self.text = text
        self.hasStandardStrings = hasStandardStrings
    }

    @inline(__always)
    mutating func next() -> Token {
        while true {
            guard position < text.count else { return .end }
            switch ByteClass.of(text.byte(position)) {
            case ByteClass.space:
                position &+= 1
            case ByteClass.letter:
                return scanWord()
            case ByteClass.hyphen:
                guard text.byte(position + 1) == UInt8(ascii: "-") else { return take(.operator) }
                position = endOfLine(position + 2)
            case ByteClass.slash:
                guard text.byte(position + 1) == UInt8(ascii: "*") else { return take(.operator) }
                guard skipBlockComment() else { return .unterminated }
            case ByteClass.comma:
                return take(.comma)
            case ByteClass.operator:
                return take(.operator)
            case ByteClass.open:
                return take(.open)
            case ByteClass.close:
                return take(.close)
            case ByteClass.digit:
                return scanNumber()
            default:
                return nextRare()
            }
        }
    }

    /// The tokens that are not met in every statement.
    private mutating func nextRare() -> Token {
        switch ByteClass.of(text.byte(position)) {
        case ByteClass.prefixLetter:
            return scanPrefixed()
        case ByteClass.string:
            return scanString(from: position + 1, hasEscapes: !hasStandardStrings)
        case ByteClass.quotedIdentifier:
            return scanQuotedIdentifier(from: position + 1)
        case ByteClass.dot:
            return ByteClass.of(text.byte(position + 1)) == ByteClass.digit ? scanNumber() : take(.dot)
        case ByteClass.colon:
            guard text.byte(position + 1) == UInt8(ascii: ":") else { return take(.operator) }
            position += 1
            return take(.typecast)
        case ByteClass.dollar:
            return scanDollar()
        case ByteClass.bracket:
            return take(.bracket)
        case ByteClass.closeBracket:
            return take(.closeBracket)
        case ByteClass.semicolon:
            return take(.semicolon)
        default:
            return take(.stray)
        }
    }

    /// An unquoted word.
    @inline(__always)
    mutating func scanWord() -> Token {
        let start = position
        let end = start &+ 1 &+ text.identifierLength(at: start &+ 1)
        position = end
        isInside = true
        word = Word(start: start, end: end, head: text.folded(at: start, end: end))
        KeywordTable.classify(&word, in: text)
        return .word
    }

    @inline(__always)
    private mutating func take(_ token: Token) -> Token {
        position &+= 1
        isInside = true
        return token
    }

    /// Notes that a token ends here.
    mutating func finish(_ token: Token, at end: Int) -> Token {
        position = end
        isInside = true
        return token
    }

    /// The offset of the line end at or after an offset, or the end of the text.
    func endOfLine(_ offset: Int) -> Int {
        var offset = offset
        while offset < text.count {
            let byte = text.byte(offset)
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                return offset
            }
            offset &+= 1
        }
        return offset
    }

    /// Skips a comment with those nested in it; false when it does not end.
    private mutating func skipBlockComment() -> Bool {
        let start = position
        var depth = 1
        position += 2
        while position < text.count {
            let byte = text.byte(position)
            let following = text.byte(position + 1)
            if byte == UInt8(ascii: "*"), following == UInt8(ascii: "/") {
                position += 2
                depth -= 1
                if depth == 0 {
                    if !isInside {
                        sawHint = sawHint || isHint(start + 2, position - 2)
                    }
                    return true
                }
            } else if byte == UInt8(ascii: "/"), following == UInt8(ascii: "*") {
                position += 2
                depth += 1
            } else {
                position += 1
            }
        }
        return false
    }

    /// Whether the inside of a comment is `NO LOAD BALANCE`, in any case and with any blanks.
    private func isHint(_ start: Int, _ end: Int) -> Bool {
        var inner = SQLScanner(text: text, hasStandardStrings: true)
        inner.position = start
        inner.isInside = true
        return inner.skipWord("no", before: end) && inner.skipWord("load", before: end)
            && inner.skipWord("balance", before: end) && inner.skipBlanks(before: end) == end
    }

    private func skipBlanks(before end: Int) -> Int {
        var offset = position
        while offset < end, ByteClass.of(text.byte(offset)) == ByteClass.space {
            offset += 1
        }
        return offset
    }

    private mutating func skipWord(_ literal: StaticString, before end: Int) -> Bool {
        let start = skipBlanks(before: end)
        var stop = start
        while stop < end, ByteClass.continuesIdentifier(text.byte(stop)) {
            stop += 1
        }
        position = stop
        return text.isWord(start, stop, literal)
    }
}
