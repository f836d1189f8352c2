/// Tells from the text of a statement where it may run. One pass over the bytes, nothing allocated.
///
/// It knows PostgreSQL's lexical rules in full and of its grammar what is needed to find every function call,
/// every write and every lock in a query; whatever it does not recognise goes to the primary. What the text cannot
/// show stays outside of its sight: functions behind operators, casts, views and column notation, and user-defined
/// functions that share the name of a built-in one.
package enum StatementClassifier {
    /// Classifies the text of a Query or Parse message, without its terminating zero byte, which may follow the
    /// buffer or not.
    ///
    /// - Parameters:
    ///   - standardConformingStrings: the session's parameter of that name.
    ///   - hasASCIISafeEncoding: false for a `client_encoding` in which a byte of ASCII may be part of a longer
    ///     character (SJIS, SHIFT_JIS_2004, BIG5, GBK, UHC, GB18030, JOHAB). There a text with such characters
    ///     cannot be read before conversion, and counts as not understood.
    package static func classify(
        _ text: UnsafeBufferPointer<UInt8>, standardConformingStrings: Bool = true,
        hasASCIISafeEncoding: Bool = true
    ) -> StatementVerdict {
        guard let base = text.baseAddress else { return StatementVerdict(route: .empty, kind: .empty) }
        // Safety: the pointer and the count are one buffer's, which outlives this call.
        let bytes = unsafe SQLText(base: base, count: text.count)
        if !hasASCIISafeEncoding, !bytes.isASCII {
            return StatementVerdict(route: .primary, effects: .unknown, kind: .other)
        }
        var reader = StatementReader(
            scanner: SQLScanner(text: bytes, hasStandardStrings: standardConformingStrings))
        return reader.readAll()
    }

    /// The same for a Swift string.
    package static func classify(
        _ text: String, standardConformingStrings: Bool = true, hasASCIISafeEncoding: Bool = true
    ) -> StatementVerdict {
        var text = text
        return text.withUTF8 { bytes in
            unsafe classify(
                bytes, standardConformingStrings: standardConformingStrings,
                hasASCIISafeEncoding: hasASCIISafeEncoding)
        }
    }
}

extension StatementReader {
    /// Reads every statement of the text and adds them up.
    @inline(__always)
    fileprivate mutating func readAll() -> StatementVerdict {
        guard readStatement() else {
            if isBroken {
                return StatementVerdict(route: .primary, effects: .unknown, kind: .other)
            }
            return StatementVerdict(route: .empty, kind: .empty)
        }
        var verdict = StatementVerdict(
            route: isForEgret ? .egret : isDoubtful || scanner.sawHint ? .primary : .read,
            transaction: transaction, transactionModes: transactionModes, effects: effects, kind: kind)
        while !isAtEnd {
            restart()
            guard readStatement() else { break }
            verdict.add(transaction: transaction, effects: effects)
        }
        if isBroken {
            verdict.route = verdict.route == .egret ? .egret : .primary
            verdict.effects.insert(.unknown)
        }
        return verdict
    }
}

extension StatementVerdict {
    /// Adds a further statement of the same string.
    fileprivate mutating func add(transaction control: TransactionControl, effects more: SessionEffects) {
        isMultiStatement = true
        if route != .egret {
            route = .primary
        }
        if transaction != .none || control != .none {
            transaction = .mixed
        }
        transactionModes = []
        effects.formUnion(more)
    }
}
