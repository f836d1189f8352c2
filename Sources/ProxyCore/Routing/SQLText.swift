/// The bytes of a statement, borrowed for one call. Reading past the end gives a zero byte, which no statement of
/// PostgreSQL's protocol can contain, so that no caller needs a bounds check of its own.
@safe struct SQLText {
    private let base: UnsafePointer<UInt8>
    let count: Int

    init(base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    init(_ literal: StaticString) {
        unsafe base = literal.utf8Start
        count = literal.utf8CodeUnitCount
    }

    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // Safety: the offset was just compared with both ends.
        UInt(bitPattern: offset) < UInt(bitPattern: count) ? unsafe base[offset] : 0
    }

    /// Eight bytes as one number, the first one lowest; 0 where they are not all inside.
    @inline(__always)
    func number(at offset: Int) -> UInt64 {
        guard offset >= 0, offset + 8 <= count else { return 0 }
        // Safety: eight bytes from the offset are inside the text, by the line above.
        return unsafe UInt64(
            littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Up to eight bytes of a word as one number, the first byte lowest, letters folded to lower case and blanks
    /// after the end. Setting bit 5 folds A...Z, leaves digits, `$` and blanks alone, moves `_` to a byte no word
    /// has, and keeps the high bit of other bytes: two words of identifier bytes are equal here exactly when
    /// PostgreSQL takes them for one keyword.
    @inline(__always)
    func folded(at offset: Int, end: Int) -> UInt64 {
        let blanks: UInt64 = 0x2020_2020_2020_2020
        let length = end - offset
        guard length > 0 else { return blanks }
        var raw: UInt64 = 0
        if offset >= 0, offset + 8 <= count {
            // Safety: eight bytes from the offset are inside the text, by the line above.
            raw = unsafe UInt64(
                littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if length < 8 {
                raw &= (1 << UInt64(truncatingIfNeeded: length &* 8)) &- 1
            }
        } else {
            for index in 0..<Swift.min(length, 8) {
                raw |= UInt64(byte(offset + index)) << UInt64(index * 8)
            }
        }
        return raw | blanks
    }

    /// How many bytes from the offset on continue an identifier: letters, digits, `_`, `$` and everything outside of
    /// ASCII. Looks at eight at a time, since most of a statement is words.
    @inline(__always)
    func identifierLength(at offset: Int) -> Int {
        var end = offset
        while end >= 0, end + 8 <= count {
            // Safety: eight bytes from `end` are inside the text, by the line above.
            let raw = unsafe UInt64(
                littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: end, as: UInt64.self))
            let others = Self.othersThanIdentifier(raw)
            if others != 0 { return end - offset + others.trailingZeroBitCount / 8 }
            end += 8
        }
        while ByteClass.continuesIdentifier(byte(end)) { end += 1 }
        return end - offset
    }

    /// The high bit of each byte that does not continue an identifier. Sums of seven-bit values stay within their
    /// bytes, so that each byte is compared by itself.
    @inline(__always)
    private static func othersThanIdentifier(_ raw: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones &* 0x80
        let low = raw & ~highs
        let folded = low | ones &* 0x20
        let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x7F - 0x7A))
        let digits = (low &+ ones &* (0x80 - 0x30)) & ~(low &+ ones &* (0x7F - 0x39))
        let underscore = (low &+ ones &* (0x80 - 0x5F)) & ~(low &+ ones &* (0x7F - 0x5F))
        let dollar = (low &+ ones &* (0x80 - 0x24)) & ~(low &+ ones &* (0x7F - 0x24))
        return ~(letters | digits | underscore | dollar | raw) & highs
    }

    /// No byte has its high bit set.
    var isASCII: Bool {
        for offset in 0..<count where byte(offset) >= 0x80 {
            return false
        }
        return true
    }

    /// Whether the word at `start..<end` is this lower-case literal, without regard to case.
    func isWord(_ start: Int, _ end: Int, _ literal: StaticString) -> Bool {
        let other = SQLText(literal)
        guard end - start == other.count else { return false }
        var offset = 0
        while offset < other.count {
            guard folded(at: start + offset, end: end) == other.folded(at: offset, end: other.count) else {
                return false
            }
            offset += 8
        }
        return true
    }

    /// Whether the word at `start..<end` begins with this lower-case literal, without regard to case.
    func hasPrefix(_ start: Int, _ end: Int, _ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        return end - start >= length && isWord(start, start + length, literal)
    }
}

/// The classes of bytes that PostgreSQL's scanner (`scan.l`) tells apart at the beginning of a token. Those that
/// may continue an identifier come after all others, so that one comparison tells.
enum ByteClass {
    static let space = UInt8(ascii: " ")
    static let invalid = UInt8(ascii: "!")
    static let quotedIdentifier = UInt8(ascii: "Q")
    static let string = UInt8(ascii: "S")
    static let `operator` = UInt8(ascii: "O")
    static let hyphen = UInt8(ascii: "-")
    static let slash = UInt8(ascii: "/")
    static let dot = UInt8(ascii: ".")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")
    static let semicolon = UInt8(ascii: ";")
    static let open = UInt8(ascii: "(")
    static let close = UInt8(ascii: ")")
    static let bracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let letter = UInt8(ascii: "a")
    /// E, B, X, N and U begin a string or a quoted identifier when a quote follows.
    static let prefixLetter = UInt8(ascii: "p")
    static let dollar = UInt8(ascii: "x")
    static let digit = UInt8(ascii: "z")

    @inline(__always)
    static func of(_ byte: UInt8) -> UInt8 {
        // Safety: the table below has 256 entries, as many as a byte has values.
        unsafe table.utf8Start[Int(byte)]
    }

    @inline(__always)
    static func continuesIdentifier(_ byte: UInt8) -> Bool {
        of(byte) >= letter
    }

    /// One row for sixteen bytes.
    private static var table: StaticString {
        """
        !!!!!!!!!     !!\
        !!!!!!!!!!!!!!!!\
         OQOxOOS()OO,-./\
        zzzzzzzzzz:;OOOO\
        Oapaapaaaaaaaapa\
        aaaaapaapaa[!]Oa\
        Oapaapaaaaaaaapa\
        aaaaapaapaa!O!O!\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaa
        """
    }
}
