/// Tells from the text of a statement where it may run. One pass over the bytes, nothing allocated.
///
/// It knows PostgreSQL's lexical rules in full and of its grammar what is needed to find every function call,
/// every write and every lock in a query; whatever it does not recognise goes to the primary. What the text cannot
/// show, functions behind operators, casts, views and column notation, and user-defined ones that share the name of a
/// built-in one, the facts about the database's catalog tell.
package enum StatementClassifier {
    /// Classifies the text of a Query or Parse message, without its terminating zero byte, which may follow the
    /// buffer or not.
    ///
    /// - Parameters:
    ///   - standardConformingStrings: the session's parameter of that name.
    ///   - hasASCIISafeEncoding: false for a `client_encoding` in which a byte of ASCII may be part of a longer
    ///     character (SJIS, SHIFT_JIS_2004, BIG5, GBK, UHC, GB18030, JOHAB). There a text with such characters
    ///     cannot be read before conversion, and counts as not understood.
    ///   - catalog: what is known of the session's database.
    package static func classify(
        _ text: UnsafeBufferPointer<UInt8>, standardConformingStrings: Bool = true,
        hasASCIISafeEncoding: Bool = true, catalog: CatalogView = .textOnly
    ) -> StatementVerdict {
        guard let base = text.baseAddress else { return StatementVerdict(route: .empty, kind: .empty) }
        // Safety: the pointer and the count are one buffer's, which outlives this call.
        let bytes = unsafe SQLText(base: base, count: text.count)
        if !hasASCIISafeEncoding, !bytes.isASCII { return .unreadable }
        var reader = StatementReader(
            scanner: SQLScanner(text: bytes, hasStandardStrings: standardConformingStrings), catalog: catalog)
        return reader.readAll().verdict
    }

    /// The same for a Swift string.
    package static func classify(
        _ text: String, standardConformingStrings: Bool = true, hasASCIISafeEncoding: Bool = true,
        catalog: CatalogView = .textOnly
    ) -> StatementVerdict {
        var text = text
        return text.withUTF8 { bytes in
            unsafe classify(
                bytes, standardConformingStrings: standardConformingStrings,
                hasASCIISafeEncoding: hasASCIISafeEncoding, catalog: catalog)
        }
    }

    /// What the verdict on a text rests upon: with it the words of the text that led to its reason, where some did.
    /// - Parameter facts: nil where the catalog is not known.
    package static func explain(
        _ text: String, standardConformingStrings: Bool = true, facts: CatalogFacts?
    ) -> (verdict: StatementVerdict, words: String) {
        guard let facts else {
            return explain(text, standardConformingStrings: standardConformingStrings, catalog: .textOnly)
        }
        return unsafe facts.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return (.unreadable, "") }
            // Safety: the view is used within this call alone.
            let view = unsafe CatalogView(facts, at: base)
            return explain(text, standardConformingStrings: standardConformingStrings, catalog: view)
        }
    }

    private static func explain(
        _ text: String, standardConformingStrings: Bool, catalog: CatalogView
    ) -> (verdict: StatementVerdict, words: String) {
        var text = text
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return (StatementVerdict(route: .empty, kind: .empty), "") }
            // Safety: the pointer and the count are one buffer's, which outlives this call.
            let text = unsafe SQLText(base: base, count: bytes.count)
            var reader = StatementReader(
                scanner: SQLScanner(text: text, hasStandardStrings: standardConformingStrings), catalog: catalog)
            let (verdict, range) = reader.readAll()
            let words = (range.start..<range.end).map { text.byte($0) }
            return (verdict, String(decoding: words, as: UTF8.self))
        }
    }
}

extension StatementReader {
    /// Reads every statement of the text and adds them up.
    /// - Returns: the verdict, and where the first doubt came up.
    @inline(__always)
    fileprivate mutating func readAll() -> (verdict: StatementVerdict, range: (start: Int, end: Int)) {
        guard readStatement() else {
            return (isBroken ? .unreadable : StatementVerdict(route: .empty, kind: .empty), (0, 0))
        }
        let reason = scanner.sawHint ? .hint : reason
        let range = reasonRange
        var verdict = StatementVerdict(
            route: isForEgret ? .egret : reason != .none ? .primary : .read, reason: reason, transaction: transaction,
            transactionModes: transactionModes, effects: effects, kind: kind)
        verdict.mayWrite = mayWrite
        while !isAtEnd {
            restart()
            guard readStatement() else { break }
            verdict.add(transaction: transaction, effects: effects)
        }
        if isBroken {
            verdict.route = verdict.route == .egret ? .egret : .primary
            (verdict.reason, verdict.mayWrite) = (.unreadable, true)
            verdict.effects.insert(.unknown)
        }
        return (verdict, range)
    }
}

extension StatementVerdict {
    /// A text that cannot be read: it may be anything.
    fileprivate static var unreadable: StatementVerdict {
        StatementVerdict(route: .primary, reason: .unreadable, effects: .unknown, kind: .other)
    }

    /// Adds a further statement of the same string.
    fileprivate mutating func add(transaction control: TransactionControl, effects more: SessionEffects) {
        isMultiStatement = true
        if route != .egret {
            route = .primary
            reason = .severalStatements
            mayWrite = true
        }
        if transaction != .none || control != .none {
            transaction = .mixed
        }
        transactionModes = []
        effects.formUnion(more)
    }
}
