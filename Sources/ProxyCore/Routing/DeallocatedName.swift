extension StatementClassifier {
    /// The name in `DEALLOCATE [PREPARE] name`, as PostgreSQL knows it; nil for anything else, ALL among it.
    package static func deallocatedName(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let base = text.baseAddress else { return nil }
        // Safety: the pointer and the count are one buffer's, which outlives this call.
        let bytes = unsafe SQLText(base: base, count: text.count)
        var scanner = SQLScanner(text: bytes, hasStandardStrings: true)
        guard scanner.next() == .word, scanner.word.keyword == .deallocate, scanner.next() == .word else { return nil }
        var word = scanner.word
        if word.keyword == .prepare {
            guard scanner.next() == .word else { return nil }
            word = scanner.word
        }
        guard word.keyword != .all, !word.isEncoded else { return nil }
        var token = scanner.next()
        while token == .semicolon { token = scanner.next() }
        guard token == .end else { return nil }
        return name(of: word, in: bytes)
    }

    /// A quoted name is what stands between the quotes; others are folded to lower case.
    private static func name(of word: Word, in text: SQLText) -> [UInt8]? {
        let range = (word.start..<word.end).map { text.byte($0) }
        if word.isQuoted {
            // A doubled quote inside is rare enough to be left to the server.
            return range.contains(UInt8(ascii: "\"")) ? nil : range
        }
        return range.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
