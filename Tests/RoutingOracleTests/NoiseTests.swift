import ProxyCore
import Testing

/// Text that is no SQL: cut off, distorted, or nothing but noise. Nothing may crash, and nothing that PostgreSQL's
/// scanner cannot read may be a read.
struct NoiseTests {
    private func classify(_ bytes: [UInt8], isStandard: Bool = true) -> StatementVerdict {
        bytes.withUnsafeBufferPointer {
            StatementClassifier.classify($0, standardConformingStrings: isStandard)
        }
    }

    @Test func `every prefix of every statement`() throws {
        var mistakes: [String] = []
        for sql in try Corpus.all() {
            let bytes = Array(sql.utf8)
            for length in 0..<bytes.count {
                let prefix = Array(bytes[..<length])
                let verdict = classify(prefix)
                _ = classify(prefix, isStandard: false)
                let text = String(decoding: prefix, as: UTF8.self)
                if PostgreSQLParser.isUnterminated(text), verdict.route == .read {
                    mistakes.append(text)
                }
            }
        }
        #expect(mistakes == [])
    }

    @Test func `a byte behind the buffer changes nothing`() throws {
        for sql in try Corpus.all() {
            let expected = StatementClassifier.classify(sql)
            for following in Array("\0'\"$a(;*/-.&".utf8) {
                let bytes = Array(sql.utf8) + [following]
                let verdict = bytes.withUnsafeBufferPointer {
                    StatementClassifier.classify(UnsafeBufferPointer(rebasing: $0.dropLast()))
                }
                #expect(verdict == expected, "\(sql) followed by \(following)")
            }
        }
    }

    @Test func `random bytes`() {
        var random = FixedRandom(state: 7)
        let alphabet = Array("SELECTselect 'E\"$a1.(),;-/*\\:\n\0[]&U".utf8)
        for round in 0..<100_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                round % 2 == 0 ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
            }
            let verdict = classify(bytes, isStandard: round % 3 == 0)
            #expect(verdict.route != .read || !verdict.isMultiStatement)
        }
    }

    @Test func `deep nesting is bounded and goes to the primary`() {
        for depth in [63, 64, 65, 200, 100_000] {
            let opening = String(repeating: "(", count: depth)
            let closing = String(repeating: ")", count: depth)
            let route = StatementClassifier.classify("SELECT \(opening)1\(closing)").route
            #expect(route == (depth <= 63 ? .read : .primary))
            let hidden = StatementClassifier.classify("SELECT \(opening)f(1)\(closing)").route
            #expect(hidden == .primary)
        }
    }
}

/// The two generated tables, entry by entry.
struct TableTests {
    @Test func `the function table holds nothing volatile, and every entry is found`() throws {
        let nonvolatile = try Corpus.nonvolatileFunctions()
        var found = 0
        for name in nonvolatile {
            let isRead = StatementClassifier.classify("SELECT pg_catalog.\(name)(1)").route == .read
            found += isRead ? 1 : 0
            for other in [name + "x", "x" + name, String(name.dropLast()), name.replacingOccurrences("_", "Z")]
            where !nonvolatile.contains(other) {
                #expect(StatementClassifier.classify("SELECT pg_catalog.\(other)(1)").route == .primary, "\(other)")
            }
        }
        // As many as the table was generated with.
        #expect(found == 1519)
    }

    @Test func `every keyword is known`() throws {
        let keywords = try Corpus.keywords()
        #expect(keywords.count == 460)
        // AS and ORDINALITY stand before an alias.
        for word in keywords where word != "as" && word != "ordinality" {
            // Behind a keyword `f(x)` is a call; behind any other word it would be an alias with its columns.
            for spelling in [word, word.uppercased()] {
                #expect(StatementClassifier.classify("SELECT x, \(spelling) f(y)").route == .primary, "\(word)")
            }
            #expect(StatementClassifier.classify("SELECT x, \(word)q f(y)").route == .read, "\(word)")
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(_ character: Character, _ other: Character) -> String {
        String(map { $0 == character ? other : $0 })
    }
}
