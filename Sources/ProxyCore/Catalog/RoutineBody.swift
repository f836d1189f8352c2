/// What the text of a function in SQL or PL/pgSQL shows: the names in it, and statements that leave state in the
/// session. It is not parsed; what it does is overestimated rather than missed.
struct RoutineBody {
    /// Every word, as the catalog would have it.
    private(set) var names: Set<String> = []
    /// Every operator, as long as it goes.
    private(set) var operators: Set<String> = []
    /// SET, LISTEN, a temporary table, an advisory lock, and so on.
    private(set) var changesSession = false
    /// EXECUTE of a text that is made up when it runs, or a text that is not understood.
    private(set) var isOpaque = false

    /// - Parameter text: `prosrc`, or the body of a function in the standard's form.
    init(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return }
            // Safety: the pointer and the count are one buffer's, which outlives this call.
            read(SQLScanner(text: unsafe SQLText(base: base, count: bytes.count), hasStandardStrings: true))
        }
    }

    private mutating func read(_ start: SQLScanner) {
        var scanner = start
        var isAtStart = true
        while true {
            let token = scanner.next()
            switch token {
            case .end: return
            case .unterminated:
                isOpaque = true
                return
            case .word:
                if isAtStart { readFirst(scanner) }
                isAtStart = note(scanner)
            case .semicolon: isAtStart = true
            case .operator:
                isAtStart = false
                noteOperator(&scanner)
            case .stray, .literal, .open, .close, .bracket, .closeBracket, .comma, .dot, .typecast:
                isAtStart = false
            }
        }
    }

    /// The first word of a statement.
    private mutating func readFirst(_ scanner: SQLScanner) {
        guard !scanner.word.isQuoted else { return }
        switch scanner.word.keyword {
        case .set:
            var ahead = scanner
            let next = ahead.nextKeyword()
            if next != .local && next != .constraints && next != .transaction { changesSession = true }
        case .reset, .discard, .listen, .unlisten, .load, .prepare, .deallocate: changesSession = true
        case .execute: isOpaque = true
        default: break
        }
    }

    /// The scanner gives operators byte by byte.
    private mutating func noteOperator(_ scanner: inout SQLScanner) {
        let start = scanner.position - 1
        var ahead = scanner
        while ahead.next() == .operator, ahead.position == scanner.position + 1 { scanner = ahead }
        let bytes = (start..<scanner.position).map { scanner.text.byte($0) }
        operators.insert(String(decoding: bytes, as: UTF8.self))
    }

    /// Any word.
    /// - Returns: whether a statement may begin behind it.
    private mutating func note(_ scanner: SQLScanner) -> Bool {
        let (word, text) = (scanner.word, scanner.text)
        let spelling = (word.start..<word.end).map { text.byte($0) }
        let folded = word.isQuoted ? spelling : spelling.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        // PostgreSQL takes doubled quotes for one, and cuts long names.
        if word.isQuoted, spelling.contains(UInt8(ascii: "\"")) || spelling.count > 63 { isOpaque = true }
        names.insert(String(decoding: folded.prefix(63), as: UTF8.self))
        if word.isEncoded { isOpaque = true }
        let effects = BuiltinFunctions.effects(of: word, in: text)
        if !effects.isDisjoint(with: [.parameter, .advisoryLock, .randomSeed, .unknown]) { changesSession = true }
        guard !word.isQuoted else { return false }
        switch word.keyword {
        // HOLD: a cursor that outlives the transaction.
        case .temp, .temporary, .hold:
            changesSession = true
            return false
        // RETURN QUERY EXECUTE, FOR ... IN EXECUTE, OPEN ... FOR EXECUTE.
        case .execute:
            isOpaque = true
            return false
        case .begin, .atomic: return true
        default:
            if text.hasPrefix(word.start, word.end, "pg_temp") { changesSession = true }
            return scanner.isWord("then") || scanner.isWord("else") || scanner.isWord("loop")
                || scanner.isWord("declare")
        }
    }
}
