import ProxyCore
import Wire

/// One client's names of prepared statements. Open addressing over its own bytes: looked up with each Bind, so no
/// string is made for it.
final class ClientStatements {
    struct Entry {
        var statement: UInt32
        var isRead: Bool
        /// What it does may show in later reads.
        var mayWrite: Bool
        var kind: StatementKind
        var effects: SessionEffects
        /// The statement that its text names.
        var target = Target()
        /// Tells this registration of a name from every other one of the client; 0 before it is registered.
        var serial: UInt32 = 0
        /// What was known of the catalog when it was judged.
        var catalogEdition: UInt32 = 0
    }

    /// A statement that SQL names: EXECUTE, DEALLOCATE.
    struct Target {
        /// 0 where the text names none.
        var statement: UInt32 = 0
        /// The serial number of the name that a DEALLOCATE takes away; 0 for none.
        var deallocates: UInt32 = 0
    }

    private struct Slot {
        var hash: UInt64 = 0
        /// 0: never used. 1: removed. 2: in use. 3: closed, if the Close is not skipped.
        var state: UInt8 = 0
        var nameOffset: UInt32 = 0
        var nameLength: UInt32 = 0
        var entry = Entry(statement: 0, isRead: false, mayWrite: true, kind: .other, effects: [])
    }

    /// An unnamed statement, and the Parse that is to replace it.
    private struct Replaced {
        var by: UInt32
        var serial: UInt32
        var parse: [UInt8]
        var entry: Entry
    }

    private var slots = [Slot](repeating: Slot(), count: 8)
    private var names: [UInt8] = []
    private(set) var count = 0
    private var used = 0
    private var lastSerial: UInt32
    private var serialsHaveWrapped = false
    /// 0 stands for no name, and the number above for what has none.
    static let serialMax = UInt32.max - 1
    /// How long the bytes of all names may grow before the removed ones are dropped.
    private var namesMax = 16 << 10

    /// The last Parse of the unnamed statement, whole, for a server that has not seen it; empty when there is none.
    private(set) var unnamedParse: [UInt8] = []
    /// For each Parse of the unnamed statement that stands in the middle of a group, and is not answered yet.
    private var replaced: [Replaced] = []
    /// Names that were taken when somebody wanted them, by the statement that was to have them.
    private var refusedNames: [UInt32: [UInt8]] = [:]
    /// A DEALLOCATE is bound, and its Execute comes next.
    var deallocating: Target?
    private(set) var unnamedEntry = noEntry
    private var unnamedSerial: UInt32 = 0
    private static let noEntry = Entry(statement: 0, isRead: false, mayWrite: true, kind: .other, effects: [])

    /// - Parameter lastSerial: the registrations are numbered from the one behind it.
    init(lastSerial: UInt32 = 0) { self.lastSerial = lastSerial }

    /// - Parameters:
    ///   - body: of its Parse.
    ///   - serial: of the Parse.
    ///   - isBehind: in the middle of a group: the server may skip it.
    func rememberUnnamed(_ body: UnsafeRawBufferPointer, _ entry: Entry, _ serial: UInt32, isBehind: Bool = false) {
        if isBehind {
            replaced.append(Replaced(by: serial, serial: unnamedSerial, parse: unnamedParse, entry: unnamedEntry))
        }
        unnamedParse.removeAll(keepingCapacity: true)
        unnamedParse.append(FrontendTag.parse)
        withUnsafeBytes(of: UInt32(body.count + 4).bigEndian) { unnamedParse.append(contentsOf: $0) }
        unnamedParse.append(contentsOf: body)
        unnamedEntry = entry
        unnamedSerial = serial
    }

    /// Another verdict on what stands under a name.
    func judge(_ name: UnsafeRawBufferPointer, _ entry: Entry) {
        if name.isEmpty {
            unnamedEntry = entry
        } else if let position = index(of: Self.significant(name), hash: Self.hash(Self.significant(name))) {
            slots[position].entry = entry
        }
    }

    /// None from here on, unless the server skips the Close.
    /// - Parameter serial: of the Close, which is numbered like a Parse.
    func closeUnnamed(_ serial: UInt32) {
        replaced.append(Replaced(by: serial, serial: unnamedSerial, parse: unnamedParse, entry: unnamedEntry))
        (unnamedParse, unnamedEntry, unnamedSerial) = ([], Self.noEntry, serial)
    }

    /// The server has prepared or closed it.
    func unnamedParsed(_ serial: UInt32) {
        if !replaced.isEmpty { replaced.removeAll { $0.by == serial } }
    }

    /// The server has refused it, and has none now.
    func unnamedFailed(_ serial: UInt32) {
        replaced.removeAll { $0.by == serial }
        unnamedWas(serial, Replaced(by: 0, serial: 0, parse: [], entry: Self.noEntry))
    }

    /// The server has skipped it, and still has the one before it.
    func unnamedSkipped(_ serial: UInt32) {
        guard let position = replaced.firstIndex(where: { $0.by == serial }) else { return }
        unnamedWas(serial, replaced.remove(at: position))
    }

    /// What was taken for the statement with this number has been another one all the time.
    private func unnamedWas(_ serial: UInt32, _ other: Replaced) {
        if unnamedSerial == serial {
            (unnamedSerial, unnamedParse, unnamedEntry) = (other.serial, other.parse, other.entry)
        }
        for position in replaced.indices where replaced[position].serial == serial {
            let by = replaced[position].by
            replaced[position] = other
            replaced[position].by = by
        }
    }

    /// What was parsed since the oldest of those that are not answered comes again.
    func forgetUnanswered() {
        guard let first = replaced.first else { return }
        (unnamedSerial, unnamedParse, unnamedEntry) = (first.serial, first.parse, first.entry)
        replaced = []
    }

    func forgetUnnamed() {
        unnamedParse.removeAll(keepingCapacity: unnamedParse.capacity <= 4_096)
        unnamedEntry = Self.noEntry
        unnamedSerial = 0
    }

    func noteRefusal(of name: some Sequence<UInt8>, for statement: UInt32) {
        // Each is asked for once, when the error comes.
        if refusedNames.count > 100 { refusedNames = [:] }
        refusedNames[statement] = Array(name)
    }

    /// What the client calls a statement of which an error speaks.
    func name(inErrorAbout statement: UInt32) -> [UInt8]? {
        if let refused = refusedNames.removeValue(forKey: statement) { return refused }
        let slot = slots.first { $0.state >= Self.inUse && $0.entry.statement == statement }
        return slot.map { Array(names[Int($0.nameOffset)..<Int($0.nameOffset + $0.nameLength)]) }
    }

    func find(_ name: UnsafeRawBufferPointer) -> Entry? {
        let name = Self.significant(name)
        return index(of: name, hash: Self.hash(name)).map { slots[$0].entry }
    }

    /// - Returns: the serial number of the new registration.
    @discardableResult
    func insert(_ name: UnsafeRawBufferPointer, _ entry: Entry) -> UInt32 {
        repeat {
            lastSerial = lastSerial >= Self.serialMax ? 1 : lastSerial + 1
        } while serialsHaveWrapped && slots.contains { $0.state >= Self.inUse && $0.entry.serial == lastSerial }
        if lastSerial == Self.serialMax { serialsHaveWrapped = true }
        var entry = entry
        entry.serial = lastSerial
        place(Self.significant(name), entry)
        return lastSerial
    }

    private func place(_ name: UnsafeRawBufferPointer, _ entry: Entry, state: UInt8 = inUse) {
        // Removed names stay in the bytes until then.
        if (used + 1) * 4 > slots.count * 3 || names.count >= namesMax { rebuild() }
        let hash = Self.hash(name)
        var position = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[position].state >= Self.inUse { position = (position + 1) & (slots.count - 1) }
        if slots[position].state == 0 { used += 1 }
        let offset = UInt32(names.count)
        names.append(contentsOf: name)
        slots[position] = Slot(
            hash: hash, state: state, nameOffset: offset, nameLength: UInt32(name.count), entry: entry)
        count += 1
    }

    private static let inUse: UInt8 = 2
    private static let closing: UInt8 = 3

    /// The numbers of all registrations of a name, of those that are being closed as well.
    func serials(of name: UnsafeRawBufferPointer) -> [UInt32] {
        let name = Self.significant(name)
        let hash = Self.hash(name)
        return slots.lazy.filter {
            $0.state >= Self.inUse && $0.hash == hash && Int($0.nameLength) == name.count
                && self.isSame(name, at: Int($0.nameOffset))
        }.map(\.entry.serial)
    }

    /// A Close of a name is on its way: the name is free, unless the server skips the Close.
    /// - Returns: the serial number of what it stands for.
    func beginClose(_ name: UnsafeRawBufferPointer) -> UInt32? {
        let name = Self.significant(name)
        guard let position = index(of: name, hash: Self.hash(name)) else { return nil }
        slots[position].state = Self.closing
        return slots[position].entry.serial
    }

    /// The Close was skipped.
    func undoClose(serial: UInt32) {
        for position in slots.indices where slots[position].entry.serial == serial {
            if slots[position].state == Self.closing { slots[position].state = Self.inUse }
        }
    }

    @discardableResult
    func remove(_ name: UnsafeRawBufferPointer) -> Entry? {
        let name = Self.significant(name)
        guard let position = index(of: name, hash: Self.hash(name)) else { return nil }
        slots[position].state = 1
        count -= 1
        return slots[position].entry
    }

    /// Removes the name whose Parse has failed.
    /// - Returns: what it stood for; nil when it is gone already.
    func remove(serial: UInt32) -> Entry? {
        for position in slots.indices where slots[position].state >= Self.inUse {
            guard slots[position].entry.serial == serial else { continue }
            slots[position].state = 1
            count -= 1
            return slots[position].entry
        }
        return nil
    }

    /// The statements of all names, once for each name.
    var all: [UInt32] { slots.lazy.filter { $0.state >= Self.inUse }.map(\.entry.statement) }

    func removeAll() {
        slots = [Slot](repeating: Slot(), count: 8)
        names = []
        (count, used) = (0, 0)
    }

    /// As far as PostgreSQL looks at names (`NAMEDATALEN` - 1).
    @inline(__always)
    private static func significant(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        name.count > 63 ? UnsafeRawBufferPointer(rebasing: name.prefix(63)) : name
    }

    private func index(of name: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        var position = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[position].state != 0 {
            let slot = slots[position]
            if slot.state == Self.inUse, slot.hash == hash, Int(slot.nameLength) == name.count,
                isSame(name, at: Int(slot.nameOffset))
            {
                return position
            }
            position = (position + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isSame(_ name: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        for index in 0..<name.count where names[offset + index] != name[index] { return false }
        return true
    }

    private func rebuild() {
        let old = slots
        let oldNames = names
        slots = [Slot](repeating: Slot(), count: max(8, (count + 1) * 4).nextPowerOfTwo)
        names = []
        (count, used) = (0, 0)
        namesMax = .max
        defer { namesMax = max(16 << 10, names.count * 2) }
        for slot in old where slot.state >= Self.inUse {
            let range = Int(slot.nameOffset)..<Int(slot.nameOffset + slot.nameLength)
            oldNames[range].withUnsafeBytes { place($0, slot.entry, state: slot.state) }
        }
    }

    /// FNV-1a. A client that makes its own names collide slows down nobody but itself.
    private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}

extension Int {
    fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
