/// Strings, quoted identifiers, dollar quotes, numbers and parameters.
extension SQLScanner {
    /// A word that begins with B, E, N, U or X, or the string or quoted identifier which that letter introduces.
    mutating func scanPrefixed() -> Token {
        let letter = text.byte(position) | 0x20
        let following = text.byte(position + 1)
        if following == UInt8(ascii: "'") {
            switch letter {
            case UInt8(ascii: "e"): return scanString(from: position + 2, hasEscapes: true)
            case UInt8(ascii: "b"), UInt8(ascii: "x"): return scanBitString(from: position + 2)
            // The scanner reads N as a word of its own, and the string after it as a plain one.
            case UInt8(ascii: "n"): return scanString(from: position + 2, hasEscapes: !hasStandardStrings)
            default: return scanWord()
            }
        }
        if letter == UInt8(ascii: "u"), following == UInt8(ascii: "&") {
            switch text.byte(position + 2) {
            case UInt8(ascii: "'"):
                // PostgreSQL refuses such a string while backslashes are escapes in plain ones.
                guard hasStandardStrings else { return finish(.unterminated, at: position) }
                return scanString(from: position + 3, hasEscapes: false)
            case UInt8(ascii: "\""):
                let token = scanQuotedIdentifier(from: position + 3)
                word.isEncoded = true
                return token
            default:
                return scanWord()
            }
        }
        return scanWord()
    }

    /// The rest of '...', after its first quote; a doubled quote is a quote.
    mutating func scanString(from start: Int, hasEscapes: Bool) -> Token {
        var offset = start
        while offset < text.count {
            let byte = text.byte(offset)
            if byte == UInt8(ascii: "'") {
                if text.byte(offset + 1) == UInt8(ascii: "'") {
                    offset += 2
                    continue
                }
                guard let continuation = continuation(after: offset + 1) else {
                    return finish(.literal, at: offset + 1)
                }
                offset = continuation
                continue
            }
            offset += hasEscapes && byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return finish(.unterminated, at: text.count)
    }

    /// The rest of B'...' or X'...': a quote always ends it.
    mutating func scanBitString(from start: Int) -> Token {
        var offset = start
        while offset < text.count {
            if text.byte(offset) == UInt8(ascii: "'") {
                guard let continuation = continuation(after: offset + 1) else {
                    return finish(.literal, at: offset + 1)
                }
                offset = continuation
                continue
            }
            offset += 1
        }
        return finish(.unterminated, at: text.count)
    }

    /// A string goes on in the same manner when its next quote comes after white space with a line end in it; `--`
    /// comments count as white space there. Gives the offset behind that quote.
    private func continuation(after quote: Int) -> Int? {
        var offset = quote
        var sawLineEnd = false
        while offset < text.count {
            switch text.byte(offset) {
            case UInt8(ascii: "'"):
                return sawLineEnd ? offset + 1 : nil
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                sawLineEnd = true
                offset += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C:
                offset += 1
            case UInt8(ascii: "-") where text.byte(offset + 1) == UInt8(ascii: "-"):
                offset = endOfLine(offset + 2)
            default:
                return nil
            }
        }
        return nil
    }

    /// The rest of "...", after its first quote. A doubled quote belongs to the name and makes it unlike any that
    /// the classifier looks for.
    mutating func scanQuotedIdentifier(from start: Int) -> Token {
        var offset = start
        while offset < text.count {
            if text.byte(offset) == UInt8(ascii: "\"") {
                guard text.byte(offset + 1) == UInt8(ascii: "\"") else {
                    word = Word(
                        start: start, end: offset, head: text.folded(at: start, end: offset), isQuoted: true)
                    return finish(.word, at: offset + 1)
                }
                offset += 1
            }
            offset += 1
        }
        return finish(.unterminated, at: text.count)
    }

    /// `$1`, `$$...$$`, `$tag$...$tag$`, or a dollar sign that begins nothing.
    mutating func scanDollar() -> Token {
        var offset = position + 1
        if ByteClass.of(text.byte(offset)) == ByteClass.digit {
            while ByteClass.of(text.byte(offset)) == ByteClass.digit {
                offset += 1
            }
            return finish(.literal, at: offset)
        }
        // A tag is an identifier without dollar signs.
        while ByteClass.continuesIdentifier(text.byte(offset)), text.byte(offset) != UInt8(ascii: "$") {
            offset += 1
        }
        guard text.byte(offset) == UInt8(ascii: "$") else { return finish(.stray, at: position + 1) }
        let tagLength = offset + 1 - position
        let tag = position
        var candidate = offset + 1
        while candidate < text.count {
            if text.byte(candidate) == UInt8(ascii: "$"), isSame(tag, candidate, count: tagLength) {
                return finish(.literal, at: candidate + tagLength)
            }
            candidate += 1
        }
        return finish(.unterminated, at: text.count)
    }

    /// Compares up to the first difference; a tag has a dollar sign at its ends only, so a whole text is searched
    /// in time proportional to its length.
    private func isSame(_ first: Int, _ second: Int, count: Int) -> Bool {
        guard second + count <= text.count else { return false }
        for index in 0..<count where text.byte(first + index) != text.byte(second + index) {
            return false
        }
        return true
    }

    /// Digits, a fraction, an exponent. An exponent without digits is not part of the number.
    mutating func scanNumber() -> Token {
        var offset = skipDigits(position)
        if text.byte(offset) == UInt8(ascii: "."), text.byte(offset + 1) != UInt8(ascii: ".") {
            offset = skipDigits(offset + 1)
        }
        if text.byte(offset) | 0x20 == UInt8(ascii: "e") {
            let sign = text.byte(offset + 1)
            let digits = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? offset + 2 : offset + 1
            if ByteClass.of(text.byte(digits)) == ByteClass.digit {
                offset = skipDigits(digits)
            }
        }
        return finish(.literal, at: offset)
    }

    private func skipDigits(_ start: Int) -> Int {
        var offset = start
        while ByteClass.of(text.byte(offset)) == ByteClass.digit {
            offset += 1
        }
        return offset
    }
}
