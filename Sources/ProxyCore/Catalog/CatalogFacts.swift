/// What the classifier needs to know of a database's catalog: functions by name, and the names behind which something
/// hides that only the primary can do. Immutable, and one block of bytes, so that a thread can keep it where it likes.
package struct CatalogFacts: Sendable, Equatable {
    /// A table of slots, names by offset behind it, operators at the end.
    package let bytes: [UInt8]
    let slotCount: Int
    let operatorsOffset: Int
    let hidden: CatalogHidden

    static let slotSize = 16
    /// They are looked for one by one. With more of them every operator is doubtful.
    private static let operatorsMax = 32

    /// How many names are known.
    package let nameCount: Int

    /// - Parameters:
    ///   - names: as the catalog has them; those without traits are left out.
    ///   - operators: those that need the primary or change the session.
    init(names: [String: CatalogTraits], operators: Set<String>, hidden: CatalogHidden) {
        let names = names.filter { !$0.value.isEmpty }
        let slotCount = Self.slotCount(for: names.count)
        var hidden = hidden
        var slots = [UInt8](repeating: 0, count: slotCount * Self.slotSize)
        var blob: [UInt8] = []
        for (name, traits) in names.sorted(by: { $0.key < $1.key }) {
            let spelling = Array(name.utf8)
            if spelling.contains(where: { $0 >= 0x80 }) { hidden.insert(.hasForeignNames) }
            let hash = CatalogHash.of(spelling)
            var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
            while Self.isTaken(slot, in: slots) { slot = (slot + 1) & (slotCount - 1) }
            let offset = slots.count + blob.count
            let fields = hash.bytes(8) + UInt64(offset).bytes(4) + UInt64(spelling.count).bytes(2)
            slots.replaceSubrange(
                slot * Self.slotSize..<(slot + 1) * Self.slotSize, with: fields + UInt64(traits.rawValue).bytes(2))
            blob += spelling
        }
        operatorsOffset = slots.count + blob.count
        if operators.count > Self.operatorsMax { hidden.insert(.hasManyOperators) }
        for spelling in operators.sorted().prefix(Self.operatorsMax) {
            blob += [UInt8(clamping: spelling.utf8.count)] + spelling.utf8
        }
        if !operators.isEmpty { hidden.insert(.hasOperators) }
        bytes = slots + blob
        self.slotCount = slotCount
        self.hidden = hidden
        nameCount = names.count
    }

    /// At most half of them are taken.
    private static func slotCount(for names: Int) -> Int {
        var count = 4
        while count < names * 2 { count *= 2 }
        return count
    }

    private static func isTaken(_ slot: Int, in slots: [UInt8]) -> Bool {
        slots[slot * slotSize..<slot * slotSize + 8].contains { $0 != 0 }
    }
}

/// The hash of a name, without regard to the case of its letters.
enum CatalogHash {
    @inline(__always)
    static func of(_ text: SQLText, _ start: Int, _ end: Int) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: end &- start)
        var offset = start
        while offset < end {
            hash = (hash ^ text.folded(at: offset, end: end)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
            offset += 8
        }
        // Zero is an empty slot.
        return hash | 1 << 63
    }

    static func of(_ name: [UInt8]) -> UInt64 {
        unsafe name.withUnsafeBufferPointer { name in
            guard let base = name.baseAddress else { return 1 << 63 }
            // Safety: the pointer and the count are one buffer's, which outlives this call.
            return of(unsafe SQLText(base: base, count: name.count), 0, name.count)
        }
    }
}

extension UInt64 {
    /// The lowest bytes, the first one lowest.
    fileprivate func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: self >> UInt64($0 * 8)) }
    }
}
