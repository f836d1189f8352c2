import ProxyCore
import Testing

/// Which parameters a text may set.
struct SetParametersTests {
    @Test(
        arguments: [
            ("SET work_mem = '1MB'", ["work_mem"]), ("set session Work_Mem to 1", ["work_mem"]),
            ("SET \"App\".tenant = 'a'", ["app.tenant"]), ("SET local.a = 1", ["local.a"]),
            ("SET TIME ZONE 'UTC'", ["timezone"]), ("SET NAMES 'UTF8'", ["client_encoding"]),
            ("SET SCHEMA 'a'", ["search_path"]), ("SELECT set_config('app.a', $1, false)", ["app.a"]),
            ("SELECT pg_catalog.set_config ( 'A' , 'b', false), set_config('c.d', '', false)", ["a", "c.d"]),
            ("DO 'begin perform set_config(''app.a'', ''1'', false); end'", ["app.a"]),
            ("DO $$ begin set app.b = 1; end $$", ["app.b"]), ("SET a = 1; SET b TO DEFAULT", ["a", "b"]),
            ("SELECT 1", []), ("SELECT * FROM set_config", []), ("UPDATE t SET a = 1", ["a"]),
        ] as [(String, Set<String>)])
    func `named by`(sql: String, names: Set<String>) {
        let found = SetParameters(in: sql.utf8)
        #expect(found.names == names)
        #expect(!found.hasHiddenNames)
        #expect(!found.hasOthers)
    }

    @Test(
        arguments: [
            "SELECT set_config($1, 'a', false)", "SELECT set_config('a' || 'b', '', false)",
            "SELECT set_config(name, value, false) FROM t", "SELECT set_config(E'a\\x41', '', false)",
            "SELECT set_config('\(String(repeating: "a", count: 64))', '', false)",
        ])
    func `a name that is not in the text is told`(sql: String) {
        #expect(SetParameters(in: sql.utf8).hasHiddenNames)
    }

    @Test(
        arguments: [
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET XML OPTION DOCUMENT",
            "SET TRANSACTION READ ONLY",
            "SET CONSTRAINTS ALL DEFERRED", "UPDATE t SET (a, b) = (1, 2)",
        ])
    func `forms without a name are told`(sql: String) {
        let found = SetParameters(in: sql.utf8)
        #expect(found.hasOthers)
        #expect(found.names == [])
    }

    @Test func `only what sets anything is looked through`() {
        #expect(SetParameters(in: [.listen, .reset], "SET a = 1".utf8) == nil)
        #expect(SetParameters(in: .parameter, "SET a = 1".utf8)?.names == ["a"])
    }

    @Test func `the names of many statements have a bound`() {
        var all = SetParameters()
        for number in 0...SetParameters.namesMax { all.formUnion(SetParameters(in: "SET app.p\(number) = 1".utf8)) }
        #expect(all.names == [])
        #expect(all.hasOthers)
    }

    @Test func `any bytes are looked through`() {
        var random = SeededRandom(seed: 4)
        let pieces = ["set", "set_config", "(", "'", "\"", ".", " ", "\u{0}", "é", "a", ",", "=", "session", "$$"]
        for _ in 0..<2_000 {
            let text = (0..<12).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            _ = SetParameters(in: text.utf8)
        }
    }
}
