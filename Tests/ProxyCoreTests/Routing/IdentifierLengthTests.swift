import ProxyCore
import Testing

@Suite struct IdentifierLengthTests {
    /// Every byte value at every place of a word of every length up to three machine words: where the word ends decides
    /// whether FOR behind it is read as a keyword, so a wrong end shows as a wrong route.
    @Test func `a word ends where PostgreSQL ends it`() {
        for length in 1...24 {
            for place in 0..<length {
                for value in UInt8(1)...255 {
                    var word = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    word[place] = value
                    let continues =
                        value >= 0x80 || value == UInt8(ascii: "_") || value == UInt8(ascii: "$")
                        || (0x30...0x39).contains(value) || (0x41...0x5A).contains(value | 0x20 ^ 0x20)
                        || (0x61...0x7A).contains(value)
                    guard continues, place > 0 else { continue }
                    // As one identifier it is a column; cut in two, the statement would have two of them and an alias.
                    let text = Array("SELECT ".utf8) + word + Array("::int FROM t".utf8)
                    let verdict = text.withUnsafeBufferPointer { StatementClassifier.classify($0) }
                    #expect(verdict.route == .read, "length \(length), place \(place), byte \(value)")
                }
            }
        }
    }

    @Test(arguments: 0..<24)
    func `a function's name is read to its last letter`(padding: Int) {
        let blanks = String(repeating: " ", count: padding)
        #expect(StatementClassifier.classify("SELECT \(blanks)lower('A')").route == .read)
        #expect(StatementClassifier.classify("SELECT \(blanks)lower_('A')").route == .primary)
        #expect(StatementClassifier.classify("SELECT \(blanks)x FROM t FOR UPDATE").route == .primary)
        #expect(StatementClassifier.classify("SELECT \(blanks)pg_advisory_xact_lock_shared(1)").route == .primary)
    }
}
