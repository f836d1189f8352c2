import ProxyCore
import Testing

/// What hides behind what.
@Suite struct CatalogGraphTests {
    private static let setter = "begin set work_mem = '1MB'; end"

    @Test func `a function may do what it calls, over any number of steps`() {
        var listing = CatalogListing()
        listing.add("vol", isVolatile: true)
        listing.add("one", .plpgsql, "begin return vol(); end")
        listing.add("two", .sql, "SELECT one() + 1")
        listing.add("three", .sql, "SELECT \"two\"()")
        listing.add("recursive", .sql, "SELECT recursive()")
        listing.add("dynamic", .plpgsql, "begin return query execute 'SELECT 1'; end")
        listing.add("unread", .plpgsql, "begin return 'no end; end")
        listing.add("sequence", .sql, "SELECT nextval('s')")
        listing.builtins = [7: "nextval"]
        let judge = CatalogJudge(listing)
        for name in ["one", "two", "three", "dynamic", "unread", "sequence"] {
            #expect(judge.reason("SELECT \(name)()") == .volatileFunction, "\(name)")
        }
        #expect(judge.reason("SELECT recursive()") == .none)
    }

    @Test func `the worst of all functions of one name counts`() {
        var listing = CatalogListing()
        listing.add("f")
        listing.add("f", isVolatile: true)
        listing.add("f")
        #expect(CatalogJudge(listing).reason("SELECT f(1)") == .volatileFunction)
    }

    @Test func `aggregates are as volatile as the functions that they are made of`() {
        var listing = CatalogListing()
        let step = listing.add("step", isVolatile: true)
        listing.add("good", .compiled(extension: ""), "", uses: [1_000])
        listing.add("bad", .compiled(extension: ""), "", uses: [step])
        let judge = CatalogJudge(listing)
        #expect(judge.reason("SELECT good(a) FROM t") == .none)
        #expect(judge.reason("SELECT bad(a) FROM t") == .volatileFunction)
    }

    @Test func `a relation needs the primary when something behind it does`() {
        var listing = CatalogListing()
        let vol = listing.add("vol", isVolatile: true)
        let stab = listing.add("stab")
        let table = listing.add(relation: "unlogged", isPrimaryOnly: true)
        let view = listing.add(relation: "view_of_table", reads: .init(relations: [table]))
        listing.add(relation: "view_of_view", reads: .init(relations: [view]))
        listing.add(relation: "view_of_function", reads: .init(functions: [vol]))
        listing.add(relation: "good_view", reads: .init(functions: [stab, 1_000]))
        listing.add(relation: "with_default", writes: .init(functions: [vol]))
        listing.add("reader", .sql, "SELECT count(*) FROM unlogged")
        let judge = CatalogJudge(listing)
        for name in ["unlogged", "view_of_table", "view_of_view", "view_of_function", "s.unlogged", "\"unlogged\""] {
            #expect(judge.reason("SELECT * FROM \(name)") == .object, "\(name)")
            #expect(judge.reason("SELECT 1 FROM a JOIN \(name) USING (b)") == .object, "\(name)")
            #expect(judge.reason("COPY \(name) TO STDOUT") == .object, "\(name)")
        }
        for name in ["good_view", "with_default", "\"Unlogged\""] {
            #expect(judge.reason("SELECT * FROM \(name)") == .none, "\(name)")
        }
        #expect(judge.reason("SELECT reader()") == .volatileFunction)
    }

    @Test func `operators, types, columns and what nobody writes`() {
        var listing = CatalogListing()
        let vol = listing.add("vol", isVolatile: true)
        listing.add("as_column", isVolatile: true, looksLikeColumn: true)
        listing.operators = [
            .init(name: "<%>", uses: .init(functions: [vol])), .init(name: "<+>", uses: .init(functions: [1_000])),
        ]
        listing.types = [
            .init(id: 1, name: "checked", uses: .init(functions: [vol])),
            .init(id: 2, name: "over_checked", uses: .init(types: [1])),
        ]
        listing.add("with_operator", .sql, "SELECT 1<%>2")
        listing.add("with_another", .sql, "SELECT 1 <+> 2 < 3")
        listing.add("with_type", .sql, "SELECT 1::over_checked")
        listing.add(relation: "with_column", writes: .init(types: [2]))
        listing.add(relation: "with_cast", reads: .init(types: [2]))
        let judge = CatalogJudge(listing)
        #expect(judge.reason("SELECT 1 <%> 2") == .operator)
        #expect(judge.verdict("SELECT 1<%>2").effects == .procedure)
        for sql in ["SELECT 1 <+> 2", "SELECT 1 <> 2", "SELECT a < 1, b % 2 FROM t", "SELECT '<%>'"] {
            #expect(judge.reason(sql) == .none, "\(sql)")
        }
        #expect(judge.reason("SELECT 1::checked") == .object)
        #expect(judge.reason("SELECT CAST(a AS checked) FROM t") == .object)
        #expect(judge.reason("SELECT t.as_column FROM t") == .object)
        #expect(judge.reason("SELECT 1::over_checked") == .object)
        #expect(judge.reason("SELECT * FROM with_cast") == .object)
        #expect(judge.reason("SELECT * FROM with_column") == .none)
        #expect(judge.reason("SELECT with_operator()") == .volatileFunction)
        #expect(judge.reason("SELECT with_type()") == .volatileFunction)
        #expect(judge.reason("SELECT with_another()") == .none)
        listing.operators.append(.init(name: "~~", uses: .init(functions: [vol])))
        #expect(CatalogJudge(listing).reason("SELECT a LIKE b FROM t") == .hidden)
        listing.hiddenFunctions = [vol]
        #expect(CatalogJudge(listing).reason("SELECT 1") == .hidden)
    }

    @Test(arguments: [
        CatalogGraphTests.setter, "begin perform set_config('a', 'b', false); end",
        "begin execute 'SET a = 1'; end", "declare a int; begin create temp table t (i int); end",
        "begin if true then reset all; end if; end", "begin perform pg_advisory_lock(1); end",
        "begin loop listen a; end loop; end", "begin if a then b; else set c = 1; end if; end",
    ])
    func `what may leave state in the session is looked after`(body: String) {
        var listing = CatalogListing()
        listing.add("changer", .plpgsql, body)
        listing.add("caller", .sql, "SELECT changer()")
        let judge = CatalogJudge(listing)
        #expect(judge.verdict("SELECT changer()").effects == .procedure)
        #expect(judge.verdict("INSERT INTO t VALUES (caller())").effects == .procedure)
        #expect(judge.verdict("PREPARE p AS SELECT caller()").effects == [.preparedStatement, .procedure])
    }

    @Test(arguments: [
        "begin update t set a = 1; end", "begin set local a = 1; end", "declare set_a int; begin set_a := 1; end",
        "begin insert into t values (1) on conflict (a) do update set b = 2; end",
        "begin perform pg_advisory_xact_lock(1); set transaction read only; end",
    ])
    func `what leaves nothing is not`(body: String) {
        var listing = CatalogListing()
        listing.add("quiet", isVolatile: true, .plpgsql, body)
        #expect(CatalogJudge(listing).verdict("SELECT quiet()").effects == [])
    }

    @Test func `a write may change the session where a read does not`() {
        var listing = CatalogListing()
        let setter = listing.add("setter", isVolatile: true, .plpgsql, Self.setter)
        let child = listing.add(relation: "child", writes: .init(functions: [setter]))
        listing.add(relation: "parent", writes: .init(relations: [child]))
        listing.add(relation: "seen", reads: .init(functions: [setter]))
        let judge = CatalogJudge(listing)
        #expect(judge.verdict("SELECT * FROM child").effects == [])
        #expect(judge.verdict("SELECT * FROM child").route == .read)
        for sql in [
            "INSERT INTO child VALUES (1)", "UPDATE child SET a = 1", "DELETE FROM parent", "COPY child FROM STDIN",
            "WITH a AS (INSERT INTO child VALUES (1) RETURNING *) SELECT * FROM a", "SELECT * FROM seen",
        ] {
            #expect(judge.verdict(sql).effects == .procedure, "\(sql)")
        }
    }

    @Test func `compiled functions are as their extension is known`() {
        var listing = CatalogListing()
        listing.add("gen_salt", isVolatile: true, .compiled(extension: "pgcrypto"), "")
        listing.add("set_limit", isVolatile: true, .compiled(extension: "pg_trgm"), "")
        listing.add("similarity", .compiled(extension: "pg_trgm"), "")
        listing.add("in_python", isVolatile: true, .other, "plpy.execute('SET a = 1')")
        listing.add("crosstab", .compiled(extension: "tablefunc"), "")
        let judge = CatalogJudge(listing)
        #expect(judge.verdict("SELECT gen_salt('bf')").effects == [])
        #expect(judge.verdict("SELECT set_limit(0.5)").effects == .procedure)
        #expect(judge.verdict("SELECT in_python()").effects == .procedure)
        #expect(judge.verdict("SELECT * FROM crosstab('SELECT 1') AS t(a int)").effects == .procedure)
        #expect(judge.reason("SELECT * FROM crosstab('SELECT 1') AS t(a int)") == .volatileFunction)
        #expect(judge.verdict("SELECT similarity('a', 'b')").route == .read)
    }

    @Test func `functions that run a text may do anything`() {
        var listing = CatalogListing()
        listing.builtins = [1: "query_to_xml", 2: "nextval"]
        let judge = CatalogJudge(listing)
        #expect(judge.verdict("SELECT query_to_xml('SELECT 1', true, true, '')").effects == .procedure)
        #expect(judge.verdict("SELECT nextval('s')").effects == .sequence)
    }

    @Test func `more operators than can be looked for make every operator doubtful`() {
        var listing = CatalogListing()
        let vol = listing.add("vol", isVolatile: true)
        listing.operators = (1...100).map {
            .init(name: String(repeating: "<", count: $0), uses: .init(functions: [vol]))
        }
        let judge = CatalogJudge(listing)
        #expect(judge.reason("SELECT 1 + 1") == .operator)
        // In time proportional to its length.
        #expect(judge.reason("SELECT " + String(repeating: "+", count: 1_000_000)) == .operator)
    }

    @Test func `names in bodies are as PostgreSQL takes them`() {
        var listing = CatalogListing()
        let long = String(repeating: "x", count: 63)
        listing.add(long, isVolatile: true)
        listing.add("caller", .sql, "SELECT \(long)y()")
        listing.add("quoter", .sql, "SELECT \"a\"\"b\"()")
        let judge = CatalogJudge(listing)
        #expect(judge.reason("SELECT caller()") == .volatileFunction)
        #expect(judge.reason("SELECT quoter()") == .volatileFunction)
    }

    @Test func `many functions that name many things of one name`() {
        var listing = CatalogListing()
        for _ in 0..<3_000 { listing.add("shared", .sql, "SELECT other() FROM shared") }
        for number in 0..<3_000 { listing.add("f\(number)", .sql, "SELECT shared(), f\(number + 1)()") }
        listing.add("f3000", isVolatile: true)
        let judge = CatalogJudge(listing)
        #expect(judge.reason("SELECT f0()") == .volatileFunction)
        #expect(judge.reason("SELECT shared()") == .none)
    }

    @Test func `an event trigger shows with commands`() {
        var listing = CatalogListing()
        listing.eventTriggerFunctions = [listing.add("setter", isVolatile: true, .plpgsql, Self.setter)]
        let judge = CatalogJudge(listing)
        #expect(judge.verdict("DROP TABLE t").effects == [.ending, .procedure])
        #expect(judge.verdict("SELECT 1").effects == [])
    }
}
