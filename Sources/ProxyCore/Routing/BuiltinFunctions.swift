/// Looks functions up by name; nothing here allocates.
enum BuiltinFunctions {
    /// Whether the word names a built-in function that may run on any node. A quoted name must be spelled in lower
    /// case, as the catalog has it.
    static func mayRunAnywhere(_ word: Word, in text: SQLText) -> Bool {
        let length = word.end - word.start
        guard length <= BuiltinFunctionTable.longestName, !word.isEncoded else { return false }
        if word.isQuoted, !isPlain(word, in: text) {
            return false
        }
        let names = SQLText(BuiltinFunctionTable.names(ofLength: length))
        let stride = length + 1
        var low = 0
        var high = (names.count + 1) / stride
        while low < high {
            let middle = (low + high) / 2
            switch compare(word, in: text, to: middle * stride, in: names) {
            case .same: return true
            case .before: high = middle
            case .after: low = middle + 1
            }
        }
        return false
    }

    /// The state that a function known by name leaves in the session.
    static func effects(of word: Word, in text: SQLText) -> SessionEffects {
        let start = word.start
        let end = word.end
        switch text.byte(start) | 0x20 {
        case UInt8(ascii: "p"):
            if text.isWord(start, end, "pg_replication_origin_session_setup") {
                return .unknown
            }
            let isAdvisory =
                text.hasPrefix(start, end, "pg_advisory_") || text.hasPrefix(start, end, "pg_try_advisory_")
            let isTransactional =
                text.hasPrefix(start, end, "pg_advisory_xact_") || text.hasPrefix(start, end, "pg_try_advisory_xact_")
            let isUnlocking = text.hasPrefix(start, end, "pg_advisory_unlock")
            guard isAdvisory, !isTransactional else { return [] }
            return isUnlocking ? .ending : .advisoryLock
        case UInt8(ascii: "s"):
            if text.isWord(start, end, "set_config") {
                return .parameter
            }
            if text.isWord(start, end, "setval") {
                return .sequence
            }
            return text.isWord(start, end, "setseed") ? .randomSeed : []
        case UInt8(ascii: "l"):
            if text.hasPrefix(start, end, "lo_") || text.isWord(start, end, "loread")
                || text.isWord(start, end, "lowrite")
            {
                return .largeObject
            }
            return text.isWord(start, end, "lastval") ? .sequenceValue : []
        case UInt8(ascii: "n"):
            return text.isWord(start, end, "nextval") ? .sequence : []
        case UInt8(ascii: "c"):
            return text.isWord(start, end, "currval") ? .sequenceValue : []
        case UInt8(ascii: "d"):
            // Connections and cursors of dblink belong to the session.
            return text.hasPrefix(start, end, "dblink_") ? .unknown : []
        default:
            return []
        }
    }

    private enum Order {
        case before
        case same
        case after
    }

    /// Compares two names of one length in the order of the table.
    @inline(__always)
    private static func compare(
        _ word: Word, in text: SQLText, to entry: Int, in names: SQLText
    ) -> Order {
        let length = word.end - word.start
        var offset = 0
        while offset < length {
            let left = text.folded(at: word.start + offset, end: word.end).byteSwapped
            let right = names.folded(at: entry + offset, end: entry + length).byteSwapped
            if left != right {
                return left < right ? .before : .after
            }
            offset += 8
        }
        return .same
    }

    private static func isPlain(_ word: Word, in text: SQLText) -> Bool {
        for offset in word.start..<word.end {
            switch text.byte(offset) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                break
            default:
                return false
            }
        }
        return true
    }
}
