/// Where the text of a statement names a prepared one. Statements of the protocol have names of the proxy's own on the
/// servers, so such a text must be written anew.
package struct StatementReference: Equatable {
    package enum Verb: Sendable {
        /// EXECUTE, also behind EXPLAIN and CREATE TABLE ... AS.
        case execute
        case deallocate
        /// PREPARE, which wants the name to be free.
        case prepare
    }

    package let verb: Verb
    /// As PostgreSQL knows it: folded to lower case unless it is quoted.
    package let name: [UInt8]
    /// Where it stands in the text, quotes included.
    package let range: Range<Int>
}

extension StatementClassifier {
    /// What a single statement names; nil where it names nothing, and for ALL.
    package static func statementReference(in text: UnsafeBufferPointer<UInt8>) -> StatementReference? {
        guard let base = text.baseAddress else { return nil }
        // Safety: the pointer and the count are one buffer's, which outlives this call.
        let bytes = unsafe SQLText(base: base, count: text.count)
        var scanner = SQLScanner(text: bytes, hasStandardStrings: true)
        guard scanner.next() == .word, !scanner.word.isQuoted else { return nil }
        switch scanner.word.keyword {
        case .execute: return scanner.reference(.execute)
        case .prepare: return scanner.reference(.prepare)
        case .deallocate:
            let behind = scanner
            guard scanner.next() == .word else { return nil }
            if scanner.word.keyword == .prepare {
                let name = scanner
                // DEALLOCATE prepare is a statement of that name.
                if scanner.next() == .word {
                    scanner = name
                    return scanner.reference(.deallocate)
                }
            }
            scanner = behind
            return scanner.reference(.deallocate)
        case .explain: return scanner.skipToExecute(isReady: true) ? scanner.reference(.execute) : nil
        case .create: return scanner.skipToExecute(isReady: false) ? scanner.reference(.execute) : nil
        default: return nil
        }
    }
}

extension SQLScanner {
    /// The name that comes next.
    fileprivate mutating func reference(_ verb: StatementReference.Verb) -> StatementReference? {
        guard next() == .word, !word.isEncoded, word.isQuoted || word.keyword != .all else { return nil }
        let bytes = (word.start..<word.end).map { text.byte($0) }
        if word.isQuoted {
            // A doubled quote inside is rare enough to be left to the server.
            if bytes.contains(UInt8(ascii: "\"")) { return nil }
            return StatementReference(verb: verb, name: bytes, range: word.start - 1..<word.end + 1)
        }
        let folded = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return StatementReference(verb: verb, name: folded, range: word.start..<word.end)
    }

    /// Goes to EXECUTE where a statement may begin: behind EXPLAIN and its options, or behind AS.
    /// - Parameter isReady: one may begin here.
    fileprivate mutating func skipToExecute(isReady: Bool) -> Bool {
        let isExplain = isReady
        var isReady = isReady
        var depth = 0
        while true {
            let token = next()
            switch token {
            case .open: depth += 1
            case .close: depth -= 1
            case .semicolon, .end, .unterminated: return false
            default: break
            }
            if token == .word, depth == 0, !word.isQuoted {
                if isReady, word.keyword == .execute { return true }
                let isOption = word.keyword == .analyze || word.keyword == .analyse || word.keyword == .verbose
                isReady = word.keyword == .as || word.keyword == .create || isExplain && isReady && isOption
            } else if !(isExplain && token == .close && depth == 0) {
                isReady = isReady && depth > 0
            }
        }
    }
}
