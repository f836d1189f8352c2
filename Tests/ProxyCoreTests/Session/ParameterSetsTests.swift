import ProxyCore
import Testing

@Suite struct ParameterSetsTests {
    private typealias Entry = ParameterSets.Entry

    @Test func `the same parameters have the same number, in any order and case`() {
        var sets = ParameterSets()
        let first = sets.intern([Entry(name: "a", value: "1"), Entry(name: "b", value: "2")])
        #expect(first == sets.intern([Entry(name: "B", value: "2"), Entry(name: "A", value: "1")]))
        #expect(first != sets.intern([Entry(name: "a", value: "1")]))
        #expect(first != sets.intern([Entry(name: "a", value: "1"), Entry(name: "b", value: "3")]))
        #expect(sets.count == 3)
        #expect(sets.entries(first) == [Entry(name: "a", value: "1"), Entry(name: "b", value: "2")])
    }

    @Test func `the case of a value counts`() {
        var sets = ParameterSets()
        #expect(sets.intern([Entry(name: "a", value: "x")]) != sets.intern([Entry(name: "a", value: "X")]))
    }

    @Test func `of equal names the last one counts`() {
        var sets = ParameterSets()
        let id = sets.intern([Entry(name: "TimeZone", value: "UTC"), Entry(name: "timezone", value: "Asia/Tokyo")])
        #expect(sets.entries(id) == [Entry(name: "timezone", value: "Asia/Tokyo")])
    }

    @Test func `no parameters are number none, which is never counted`() {
        var sets = ParameterSets()
        #expect(sets.intern([]) == ParameterSets.none)
        #expect(sets.count == 0)
        #expect(sets.release(ParameterSets.none) == false)
        #expect(sets.entries(ParameterSets.none) == [])
    }

    @Test func `the last reference takes the set with it`() {
        var sets = ParameterSets()
        let entries = [Entry(name: "a", value: "1")]
        let id = sets.intern(entries)
        _ = sets.intern(entries)
        sets.retain(id)
        #expect(sets.release(id) == false)
        #expect(sets.release(id) == false)
        #expect(sets.release(id) == true)
        #expect(sets.release(id) == false)
        #expect(sets.count == 0)
        #expect(sets.entries(id) == [])
        // A number is not used twice: a server may still remember it.
        #expect(sets.intern(entries) != id)
    }

    @Test func `the difference sets what is new or other, and resets what is gone`() {
        var sets = ParameterSets()
        let old = sets.intern([
            Entry(name: "a", value: "1"), Entry(name: "b", value: "2"), Entry(name: "my.Name", value: "x"),
        ])
        let new = sets.intern([
            Entry(name: "a", value: "1"), Entry(name: "b", value: "3"), Entry(name: "c", value: "4"),
        ])
        #expect(
            sets.difference(from: old, to: new)
                == [
                    "RESET \"my\".\"name\"; SELECT pg_catalog.set_config( E'b',  E'3', false), "
                        + "pg_catalog.set_config( E'c',  E'4', false)"
                ])
        #expect(sets.difference(from: new, to: new) == [])
        #expect(sets.difference(from: ParameterSets.none, to: ParameterSets.none) == [])
        #expect(sets.difference(from: new, to: ParameterSets.none) == ["RESET \"a\"; RESET \"b\"; RESET \"c\""])
    }

    @Test func `the encoding changes first, in a query of its own`() {
        var sets = ParameterSets()
        let latin = sets.intern([Entry(name: "client_encoding", value: "LATIN1"), Entry(name: "a", value: "ü")])
        let other = sets.intern([Entry(name: "a", value: "é")])
        #expect(
            sets.difference(from: ParameterSets.none, to: latin) == [
                "SELECT pg_catalog.set_config( E'client_encoding',  E'LATIN1', false)",
                "SELECT pg_catalog.set_config( E'a',  E'ü', false)",
            ])
        #expect(
            sets.difference(from: latin, to: other) == [
                "RESET \"client_encoding\"", "SELECT pg_catalog.set_config( E'a',  E'é', false)",
            ])
    }

    @Test func `half a DateStyle is not completed from another client's`() {
        var sets = ParameterSets()
        let german = sets.intern([Entry(name: "DateStyle", value: "German")])
        let iso = sets.intern([Entry(name: "DateStyle", value: "ISO")])
        #expect(
            sets.difference(from: german, to: iso)
                == ["RESET \"datestyle\"; SELECT pg_catalog.set_config( E'datestyle',  E'ISO', false)"])
    }

    @Test func `values that only look alike are set`() {
        var sets = ParameterSets()
        let composed = sets.intern([Entry(name: "application_name", value: "caf\u{E9}")])
        let decomposed = sets.intern([Entry(name: "application_name", value: "cafe\u{301}")])
        #expect(composed != decomposed)
        let sql = sets.difference(from: composed, to: decomposed)
        #expect(sql.count == 1 && sql[0].utf8.contains(0xCC), "\(sql)")
    }

    /// Reads the SQL of a difference as PostgreSQL would, and applies it.
    @Test func `applying the differences leads to what was asked for`() throws {
        var random = SeededRandom(seed: 21)
        var sets = ParameterSets()
        let names = ["application_name", "datestyle", "search_path", "my.o'clock", #"odd"name"#]
        let values = ["", "x", "ISO, MDY", "it's", #"back\slash"#, #"'; DROP TABLE t; --"#, "ü\u{301}", #"\'"#]
        var server: [String: String] = [:]
        var current = ParameterSets.none
        for _ in 0..<500 {
            let entries = names.filter { _ in Bool.random(using: &random) }.map {
                Entry(name: $0, value: values[Int.random(in: 0..<values.count, using: &random)])
            }
            let wanted = sets.intern(entries)
            let queries = sets.difference(from: current, to: wanted)
            for sql in queries { try ParameterSQL.apply(sql, to: &server) }
            #expect(queries.isEmpty == (current == wanted))
            _ = sets.release(current)
            current = wanted
            #expect(server == Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) }))
        }
        #expect(sets.count <= 1)
    }

    @Test func `identifiers are quoted part by part`() {
        #expect(quoteIdentifier("a") == "\"a\"")
        #expect(quoteIdentifier("a.b") == "\"a\".\"b\"")
        #expect(quoteIdentifier(#"a"b"#) == #""a""b""#)
        #expect(quoteIdentifier("") == "\"\"")
        // A quote with an accent behind it is one character to Swift, and a quote to PostgreSQL.
        #expect(Array(quoteIdentifier("a\"\u{301}b.\u{301}").utf8) == Array("\"a\"\"\u{301}b\".\"\u{301}\"".utf8))
        #expect(quoteIdentifier(#"x"; DROP TABLE t; --"#) == #""x""; DROP TABLE t; --""#)
    }

    @Test func `literals keep quotes and backslashes as they are`() {
        #expect(quoteLiteral("") == " E''")
        #expect(quoteLiteral("it's") == " E'it''s'")
        #expect(quoteLiteral(#"a\b"#) == #" E'a\\b'"#)
        #expect(quoteLiteral(#"\'"#) == #" E'\\'''"#)
        // An accent that follows a quote would hide it from a scan by characters.
        #expect(quoteLiteral("'\u{301}") == " E''\u{301}'" || quoteLiteral("'\u{301}").unicodeScalars.count == 7)
        #expect(quoteLiteral("'\u{301}").unicodeScalars.filter { $0 == "'" }.count == 4)
    }

    @Test func `numbers that have all been given begin anew, past those in use`() {
        var sets = ParameterSets(firstID: .max - 1)
        let ids = (0..<4).map { sets.intern([.init(name: "work_mem", value: "\($0)")]) }
        #expect(ids == [.max - 1, .max, 1, 2])
        #expect(sets.entries(.max).map(\.value) == ["1"])
    }
}
