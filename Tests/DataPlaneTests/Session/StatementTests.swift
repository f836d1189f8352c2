import ProxyCore
import Testing

@testable import DataPlane

@Suite struct StatementTests {
    private static func entry(_ statement: UInt32) -> ClientStatements.Entry {
        .init(statement: statement, isRead: statement % 2 == 0, mayWrite: true, kind: .select, effects: [])
    }

    @discardableResult
    private static func with<Value>(_ name: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        Array(name.utf8).withUnsafeBytes { body($0) }
    }

    @Test(arguments: [3, 40, 3_000])
    func `a client's names do what a dictionary does`(names: Int) {
        var random = SeededRandom(seed: UInt64(names))
        let statements = ClientStatements()
        var model: [String: UInt32] = [:]
        for step in 1...UInt32(max(2_000, names * 3)) {
            let name = "s\(Int.random(in: 0..<names, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                if model[name] == nil { Self.with(name) { statements.insert($0, Self.entry(step)) } }
                model[name] = model[name] ?? step
            case 5...7:
                let removed = Self.with(name) { statements.remove($0) }
                #expect(removed?.statement == model.removeValue(forKey: name))
            case 8 where step % 7 == 0:
                if let serial = Self.with(name, { statements.find($0)?.serial }) {
                    #expect(statements.remove(serial: serial)?.statement == model[name])
                    #expect(statements.remove(serial: serial) == nil)
                    model[name] = nil
                }
            default:
                let found = Self.with(name) { statements.find($0) }
                #expect(found?.statement == model[name])
                if let found { #expect(found.isRead == (found.statement % 2 == 0) && found.kind == .select) }
            }
            #expect(statements.count == model.count)
        }
        #expect(statements.all.sorted() == model.values.sorted())
        for (name, statement) in model { #expect(Self.with(name) { statements.find($0) }?.statement == statement) }
        statements.removeAll()
        #expect(statements.count == 0 && statements.all.isEmpty)
        #expect(Self.with("s0") { statements.find($0) } == nil)
    }

    @Test func `names that come and go leave no room taken`() {
        let statements = ClientStatements()
        for step in 0..<UInt32(20_000) {
            Self.with("name \(step)") { statements.insert($0, Self.entry(step)) }
            let removed = Self.with("name \(step)") { statements.remove($0) }
            #expect(removed?.statement == step)
        }
        #expect(statements.count == 0)
        Self.with("") { statements.insert($0, Self.entry(1)) }
        #expect(Self.with("") { statements.find($0) }?.statement == 1)
    }

    @Test func `names that differ behind their 63rd byte are one, as in PostgreSQL`() {
        let statements = ClientStatements()
        let name = String(repeating: "n", count: 63)
        _ = Self.with(name + "one") { statements.insert($0, Self.entry(1)) }
        #expect(Self.with(name + "two") { statements.find($0) }?.statement == 1)
        #expect(Self.with(name) { statements.find($0) }?.statement == 1)
        #expect(Self.with(String(name.dropLast())) { statements.find($0) } == nil)
        #expect(Self.with(name + "three") { statements.beginClose($0) } == 1)
        #expect(Self.with(name) { statements.find($0) } == nil)
    }

    @Test func `the unnamed statement is kept whole until it is forgotten`() {
        let statements = ClientStatements()
        #expect(statements.unnamedParse.isEmpty)
        Self.with("first") { statements.rememberUnnamed($0, Self.entry(1), 1) }
        Self.with("second") { statements.rememberUnnamed($0, Self.entry(2), 2) }
        #expect(statements.unnamedParse == [0x50, 0, 0, 0, 10] + Array("second".utf8))
        #expect(statements.unnamedEntry.statement == 2)
        statements.forgetUnnamed()
        #expect(statements.unnamedParse.isEmpty)
    }

    @Test func `an unnamed statement is what it was when the next one is skipped, and gone when that fails`() {
        let statements = ClientStatements()
        func parse(_ number: UInt32, isBehind: Bool) {
            Self.with("\(number)") { statements.rememberUnnamed($0, Self.entry(number), number, isBehind: isBehind) }
        }
        parse(1, isBehind: false)
        // Two of one group, both skipped.
        parse(2, isBehind: true)
        parse(3, isBehind: true)
        statements.unnamedSkipped(2)
        #expect(statements.unnamedEntry.statement == 3)
        statements.unnamedSkipped(3)
        #expect(statements.unnamedEntry.statement == 1)
        // The next group has come already.
        parse(4, isBehind: true)
        parse(5, isBehind: false)
        parse(6, isBehind: true)
        statements.unnamedSkipped(4)
        #expect(statements.unnamedEntry.statement == 6)
        statements.unnamedSkipped(6)
        #expect(statements.unnamedEntry.statement == 5)
        // One that was prepared stays.
        parse(7, isBehind: true)
        parse(8, isBehind: true)
        statements.unnamedParsed(7)
        statements.unnamedSkipped(8)
        #expect(statements.unnamedEntry.statement == 7)
        // After a refusal there is none, also for the one behind it.
        parse(9, isBehind: true)
        parse(10, isBehind: true)
        statements.unnamedFailed(9)
        #expect(statements.unnamedEntry.statement == 10)
        statements.unnamedSkipped(10)
        #expect(statements.unnamedParse.isEmpty)
        // A read that is asked again parses again.
        parse(11, isBehind: false)
        parse(12, isBehind: true)
        parse(13, isBehind: true)
        statements.forgetUnanswered()
        #expect(statements.unnamedEntry.statement == 11)
    }

    @Test(arguments: [5, 100, 2_000])
    func `a server's statements do what a set does, and the oldest goes first`(numbers: UInt32) {
        var random = SeededRandom(seed: UInt64(numbers))
        var statements = ServerStatements()
        // In the order of use, oldest first.
        var model: [UInt32] = []
        #expect(statements.oldest == nil)
        for _ in 0..<3_000 {
            let number = UInt32.random(in: 1...numbers, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                if !model.contains(number) { model.append(number) }
                statements.insert(number)
            case 3:
                model.removeAll { $0 == number }
                statements.remove(number)
            case 4:
                if let oldest = statements.oldest {
                    #expect(oldest == model.first)
                    statements.remove(oldest)
                    model.removeFirst()
                }
            default:
                let isThere = model.contains(number)
                #expect(statements.touch(number) == isThere)
                if isThere {
                    model.removeAll { $0 == number }
                    model.append(number)
                }
            }
            #expect(statements.count == model.count)
        }
        #expect(statements.oldest == model.first)
        statements.removeAll()
        #expect(statements.count == 0 && statements.oldest == nil)
        #expect(model.allSatisfy { !statements.touch($0) })
    }

    @Test func `an outdated statement is there but cannot be used, and is the first to go`() {
        var statements = ServerStatements()
        for number in 1...40 { statements.insert(UInt32(number)) }
        statements.markOutdated(7)
        statements.markOutdated(99)
        #expect(statements.isOutdated(7) && !statements.isOutdated(8) && !statements.isOutdated(99))
        #expect(!statements.touch(7) && statements.touch(8))
        #expect(statements.oldest == 7)
        #expect(statements.count == 40)
        statements.insert(7)
        #expect(!statements.isOutdated(7) && statements.touch(7))
        #expect(statements.oldest == 1)
    }

    @Test func `one text is one statement while anybody names it`() {
        var registry = StatementRegistry(worker: 3)
        let first = Self.with("SELECT 1\0\0\0") { registry.intern($0) }
        let second = Self.with("SELECT 2\0\0\0") { registry.intern($0) }
        let again = Self.with("SELECT 1\0\0\0") { registry.intern($0) }
        #expect(first == again && first != second)
        #expect(registry.body(first) == Array("SELECT 1\0\0\0".utf8))
        registry.release(first)
        #expect(registry.body(first) != nil)
        registry.release(first)
        #expect(registry.body(first) == nil)
        registry.release(first)
        #expect(registry.count == 1)
        // Servers may still have the old number with the old text, so it is not given out again.
        let third = Self.with("SELECT 1\0\0\0") { registry.intern($0) }
        #expect(third != first && third != second)
    }

    @Test func `parameter types make another statement of the same text`() {
        var registry = StatementRegistry(worker: 0)
        let one = Self.with("SELECT $1\0\0\u{1}\0\0\0\u{17}") { registry.intern($0) }
        let other = Self.with("SELECT $1\0\0\u{1}\0\0\0\u{14}") { registry.intern($0) }
        #expect(one != other)
    }

    @Test(arguments: [(1, "egret_7_1"), (10, "egret_7_10"), (999, "egret_7_999"), (UInt32.max, "egret_7_4294967295")])
    func `names on the server are made of the worker and the number`(id: UInt32, name: String) {
        let registry = StatementRegistry(worker: 7)
        let written = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { space -> [UInt8] in
            guard let base = space.baseAddress else { return [] }
            return Array(space.prefix(registry.writeName(id, to: base)))
        }
        #expect(written == Array(name.utf8))
        #expect(written.withUnsafeBytes { StatementRegistry.isReserved($0) })
    }

    @Test func `numbers that have all been given begin anew, under other names and past those in use`() {
        var registry = StatementRegistry(worker: 2, next: .max - 2)
        let old = (1...4).map { number in Self.with("SELECT \(number)\0\0\0") { registry.intern($0) } }
        #expect(old == [.max - 2, .max - 1, 1, 2])
        #expect(registry.era == 1)
        #expect(registry.name(1) == Array("egret_2.1_1".utf8))
        #expect(registry.name(.max - 1) == Array("egret_2.1_4294967294".utf8))
        for number in old { #expect(registry.body(number) != nil) }
        var turned = StatementRegistry(worker: 2, next: .max - 1)
        _ = Self.with("SELECT 1\0\0\0") { turned.intern($0) }
        let next = Self.with("SELECT 2\0\0\0") { turned.intern($0) }
        #expect(next == 1 && turned.era == 1)
    }

    @Test func `registrations of names are numbered past those in use when the numbers begin anew`() {
        let statements = ClientStatements(lastSerial: ClientStatements.serialMax - 1)
        let serials = ["a", "b", "c"].map { name in Self.with(name) { statements.insert($0, Self.entry(1)) } }
        #expect(serials == [ClientStatements.serialMax, 1, 2])
        let early = ClientStatements()
        _ = Self.with("first") { early.insert($0, Self.entry(1)) }
        #expect(early.remove(serial: 1) != nil && early.remove(serial: 1) == nil)
    }

    @Test(arguments: ["", "egret", "egre_t", "Egret_1", "my_egret_1", "pg_egret"])
    func `a client may use every other name`(name: String) {
        #expect(!Self.with(name) { StatementRegistry.isReserved($0) })
    }
}
