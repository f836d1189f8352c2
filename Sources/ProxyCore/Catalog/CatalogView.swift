/// What a statement's reader sees of a catalog: borrowed bytes, or nothing.
@safe package struct CatalogView: BitwiseCopyable {
    private let table: SQLText
    private let slotMask: Int
    private let operatorsOffset: Int
    let hidden: CatalogHidden
    /// Whether names have to be looked up at all.
    let hasNames: Bool

    /// There is no catalog to ask: the text alone decides.
    package static var textOnly: CatalogView { CatalogView() }

    private init() {
        table = SQLText("")
        (slotMask, operatorsOffset, hidden, hasNames) = (0, 0, [], false)
    }

    /// - Parameter base: a copy of the facts' bytes, which must outlive every use of the view.
    package init(_ facts: CatalogFacts, at base: UnsafePointer<UInt8>) {
        // Safety: the caller promises so many bytes there.
        table = unsafe SQLText(base: base, count: facts.bytes.count)
        slotMask = facts.slotCount - 1
        operatorsOffset = facts.operatorsOffset
        hidden = facts.hidden
        hasNames = facts.nameCount > 0
    }

    /// What is known of a word as a name; nothing for what the catalog does not have.
    @inline(__always)
    func traits(of word: Word, in text: SQLText) -> CatalogTraits {
        hasNames ? find(word, in: text) : []
    }

    @inline(never)
    private func find(_ word: Word, in text: SQLText) -> CatalogTraits {
        let length = word.end - word.start
        // PostgreSQL cuts longer names, and takes doubled quotes for one.
        if length > 63 { return .unreadable }
        let hash = CatalogHash.of(text, word.start, word.end)
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        while true {
            let offset = slot &* CatalogFacts.slotSize
            let found = table.number(at: offset)
            if found == 0 { break }
            let fields = table.number(at: offset + 8)
            let nameLength = Int(truncatingIfNeeded: fields >> 32) & 0xFFFF
            if found == hash, nameLength == length,
                isSame(word, in: text, at: Int(truncatingIfNeeded: fields) & 0xFFFF_FFFF)
            {
                return CatalogTraits(rawValue: UInt16(truncatingIfNeeded: fields >> 48))
            }
            slot = (slot + 1) & slotMask
        }
        return isReadable(word, in: text) ? [] : .unreadable
    }

    private func isSame(_ word: Word, in text: SQLText, at offset: Int) -> Bool {
        for index in 0..<word.end - word.start {
            let byte = text.byte(word.start + index)
            let isUpper = !word.isQuoted && byte &- 0x41 < 26
            if table.byte(offset + index) != (isUpper ? byte | 0x20 : byte) { return false }
        }
        return true
    }

    private func isReadable(_ word: Word, in text: SQLText) -> Bool {
        let mayBeForeign = hidden.contains(.hasForeignNames)
        for offset in word.start..<word.end {
            let byte = text.byte(offset)
            if byte == UInt8(ascii: "\"") || (byte >= 0x80 && mayBeForeign) { return false }
        }
        return true
    }

    /// Whether an operator that the catalog warns of stands at a place of the text.
    @inline(never)
    func hasOperator(at position: Int, in text: SQLText) -> Bool {
        if hidden.contains(.hasManyOperators) { return true }
        var entry = operatorsOffset
        while entry < table.count {
            let length = Int(table.byte(entry))
            var index = 0
            while index < length, table.byte(entry + 1 + index) == text.byte(position + index) { index += 1 }
            if index == length { return true }
            entry += length + 1
        }
        return false
    }
}
