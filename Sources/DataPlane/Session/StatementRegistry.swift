/// The prepared statements of one worker's clients, told apart by their text and parameter types in full. Each has a
/// number, and its name on every server is made of that number.
struct StatementRegistry: ~Copyable {
    private struct Record {
        /// The Parse body behind the name: the text, its NUL, and the parameter types.
        var body: [UInt8]
        var references: Int
        /// Servers have something to say about its text, and say it with each Parse.
        var warns = false
    }

    private var byBody: [[UInt8]: UInt32] = [:]
    private var records: [UInt32: Record] = [:]
    private var next: UInt32
    private let worker: Int
    /// How often all numbers were given out. In each era the same number makes another name, since servers may still
    /// have statements of the one before.
    private(set) var era: UInt32 = 0
    /// What the names on servers begin with.
    private(set) var prefix: String

    /// - Parameters:
    ///   - worker: keeps the names of two workers apart on a server that moves between them.
    ///   - next: the first number; at least 1.
    init(worker: Int, next: UInt32 = 1) {
        self.worker = worker
        self.next = next
        prefix = "egret_\(worker)_"
    }

    var count: Int { records.count }

    /// The number of a statement, with one more reference to it. With a new era nothing that servers had counts.
    mutating func intern(_ body: UnsafeRawBufferPointer) -> UInt32 {
        let key = Array(body)
        if let id = byBody[key] {
            records[id]?.references += 1
            return id
        }
        let id = nextNumber()
        byBody[key] = id
        records[id] = Record(body: key, references: 1)
        return id
    }

    private mutating func nextNumber() -> UInt32 {
        while true {
            if next == ServerStatements.removed {
                next = 1
                era &+= 1
                prefix = "egret_\(worker).\(era)_"
            }
            defer { next += 1 }
            if records[next] == nil { return next }
        }
    }

    /// A statement that no client names is forgotten; servers that still have it drop it in time.
    mutating func release(_ id: UInt32) {
        guard let record = records[id] else { return }
        if record.references > 1 {
            records[id]?.references -= 1
        } else {
            records[id] = nil
            byBody[record.body] = nil
        }
    }

    func body(_ id: UInt32) -> [UInt8]? { records[id]?.body }

    mutating func noteWarning(_ id: UInt32) { records[id]?.warns = true }

    func warns(_ id: UInt32) -> Bool { records[id]?.warns ?? false }

    /// The statement's name on a server.
    func name(_ id: UInt32) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { space in
            space.baseAddress.map { Array(UnsafeRawBufferPointer(start: $0, count: writeName(id, to: $0))) } ?? []
        }
    }

    /// Writes the statement's name on a server, without NUL.
    /// - Returns: its length; `space` must have room for 32 bytes.
    func writeName(_ id: UInt32, to space: UnsafeMutableRawPointer) -> Int {
        var length = 0
        for byte in prefix.utf8 {
            space.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
            length += 1
        }
        var divisor: UInt32 = 1
        while id / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            space.storeBytes(of: 0x30 + UInt8(id / divisor % 10), toByteOffset: length, as: UInt8.self)
            length += 1
            divisor /= 10
        }
        return length
    }

    /// A client's own name that begins like ours must not reach another client's statement.
    static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
        name.count >= 6 && name.prefix(6).elementsEqual("egret_".utf8)
    }
}

/// Which statements one server has, and when each was last used. Open addressing over numbers.
struct ServerStatements: Sendable {
    private struct Slot {
        /// 0 is free, all ones is removed.
        var statement: UInt32 = 0
        var lastUse: UInt32 = 0
    }

    fileprivate static let removed = UInt32.max
    private static let outdated: UInt32 = 0
    private var slots: [Slot] = []
    private(set) var count = 0
    private var used = 0
    private var uses: UInt32 = 0
    /// The registry's, while the server is with another worker.
    var era: UInt32 = 0

    /// Whether the server has it; counts as a use.
    mutating func touch(_ statement: UInt32) -> Bool {
        guard let position = find(statement), slots[position].lastUse != Self.outdated else { return false }
        slots[position].lastUse = nextUse()
        return true
    }

    /// The server has it, but it cannot be used any more.
    mutating func markOutdated(_ statement: UInt32) {
        if let position = find(statement) { slots[position].lastUse = Self.outdated }
    }

    func isOutdated(_ statement: UInt32) -> Bool { find(statement).map { slots[$0].lastUse == Self.outdated } ?? false }

    private mutating func nextUse() -> UInt32 {
        uses = uses == .max ? 1 : uses + 1
        return uses
    }

    mutating func insert(_ statement: UInt32) {
        if let position = find(statement) {
            if slots[position].lastUse == Self.outdated { slots[position].lastUse = nextUse() }
            return
        }
        if (used + 1) * 2 > slots.count { rebuild() }
        var position = home(statement)
        while slots[position].statement != 0 && slots[position].statement != Self.removed {
            position = (position + 1) & (slots.count - 1)
        }
        if slots[position].statement == 0 { used += 1 }
        slots[position] = Slot(statement: statement, lastUse: nextUse())
        count += 1
    }

    mutating func remove(_ statement: UInt32) {
        guard let position = find(statement) else { return }
        slots[position].statement = Self.removed
        count -= 1
    }

    mutating func removeAll() {
        slots = []
        (count, used) = (0, 0)
    }

    /// The one that was not used for the longest time.
    var oldest: UInt32? {
        slots.lazy.filter { $0.statement != 0 && $0.statement != Self.removed }
            .min { $0.lastUse < $1.lastUse }?.statement
    }

    private func home(_ statement: UInt32) -> Int { Int(statement &* 2_654_435_761) & (slots.count - 1) }

    private func find(_ statement: UInt32) -> Int? {
        guard !slots.isEmpty else { return nil }
        var position = home(statement)
        while slots[position].statement != 0 {
            if slots[position].statement == statement { return position }
            position = (position + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func rebuild() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: max(16, (count * 4).roundedUpToPowerOfTwo))
        (count, used) = (0, 0)
        for slot in old where slot.statement != 0 && slot.statement != Self.removed {
            insert(slot.statement)
            if let position = find(slot.statement) { slots[position].lastUse = slot.lastUse }
        }
    }
}

extension Int {
    fileprivate var roundedUpToPowerOfTwo: Int {
        self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
    }
}
