/// The keywords that the classifier acts upon; every other one is `none` and counts by its category only.
/// The numbers of the cases stand in `KeywordTable`.
enum Keyword: UInt8, BitwiseCopyable {
    case none = 0
    case select, with, table, values, insert, update, delete, merge, begin, start, commit, end, rollback
    case abort, savepoint, release, prepare, execute, deallocate, `set`, reset, discard, show, explain, copy
    case listen, notify, unlisten, declare, fetch, move, close, create, drop, alter, truncate, grant, revoke
    case comment, security, reassign, refresh, reindex, cluster, vacuum, analyze, analyse, checkpoint
    case `import`, lock, load, `do`, call, into, from, to, stdout, `for`, share, no, key, `as`, not, on
    case distinct, by, group, order, partition, recursive, ordinality, `operator`, xmltable, join, zone, time
    case next, first, sets, grouping, varying, second, interval, rollup, cube, having, window, collate, and
    case chain, all, prepared, transaction, work, temp, temporary, local, global, session, role
    case authorization, characteristics, constraints, hold, plans, sequences, verbose, binary, isolation
    case level, read, write, only, serializable, repeatable, deferrable, atomic, `case`, replace, or
}

/// PostgreSQL's keyword categories: what else the word may be.
enum WordCategory: UInt8, BitwiseCopyable {
    /// Not a keyword.
    case identifier
    /// May name anything.
    case unreserved
    /// May name a column or a table, not a function or a type.
    case columnName
    /// May name a function or a type.
    case functionName
    /// Only a label after AS, or an attribute after a dot.
    case reserved
}

/// A word of the statement: an identifier, quoted or not, or a keyword.
struct Word: BitwiseCopyable {
    /// Where it stands in the text, without its quotes.
    var start = 0
    var end = 0
    /// Its first eight bytes, folded.
    var head: UInt64 = 0
    var isQuoted = false
    /// U&"...": what it names is known only after decoding.
    var isEncoded = false
    var category = WordCategory.identifier
    var keyword = Keyword.none

    /// The first three bytes are those of the names of PostgreSQL's own objects.
    @inline(__always)
    var hasSystemPrefix: Bool {
        head & 0xFF_FFFF == 0x7F_6770
    }
}

extension KeywordTable {
    /// Finds out whether an unquoted word is a keyword.
    @inline(__always)
    static func classify(_ word: inout Word, in text: SQLText) {
        let blanks: UInt64 = 0x2020_2020_2020_2020
        let length = word.end &- word.start
        guard length >= 2, length <= 17 else { return }
        let tail = length > 8 ? text.folded(at: word.start + 8, end: word.end) : blanks
        let last = length == 17 ? text.byte(word.start + 16) | 0x20 : 0x20
        let rotated = tail << 23 | tail >> 41
        var slot = Int(truncatingIfNeeded: ((word.head ^ rotated) &* multiplier) >> 54)
        let table = SQLText(slots)
        // The table is never full, and no word is far from its hash, so this ends within a few steps.
        while true {
            let offset = slot &* slotSize
            let head = table.folded(at: offset, end: offset + 8)
            if head == word.head, table.folded(at: offset + 8, end: offset + 16) == tail,
                table.byte(offset + 16) | 0x20 == last
            {
                word.category = category(table.byte(offset + 17))
                let code = (table.byte(offset + 18) & 15) << 4 | table.byte(offset + 19) & 15
                word.keyword = Keyword(rawValue: code) ?? .none
                return
            }
            if head == blanks {
                return
            }
            slot = (slot &+ 1) & (slotCount - 1)
        }
    }

    @inline(__always)
    private static func category(_ code: UInt8) -> WordCategory {
        switch code {
        case UInt8(ascii: "R"): .reserved
        case UInt8(ascii: "T"): .functionName
        case UInt8(ascii: "C"): .columnName
        default: .unreserved
        }
    }
}
