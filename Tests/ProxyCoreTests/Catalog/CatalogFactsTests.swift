import ProxyCore
import Testing

/// Names, as they stand in statements and in the catalog.
@Suite struct CatalogFactsTests {
    private static let judge = CatalogJudge(
        {
            var listing = CatalogListing()
            listing.add("vol", isVolatile: true)
            listing.add("stab")
            listing.add("Mixed", isVolatile: true)
            listing.add("mixed")
            listing.add("überall", isVolatile: true)
            listing.add("lower", isVolatile: true)
            listing.add("upper")
            listing.add("txid_current")
            listing.add("a_name_that_is_longer_than_any_number_of_bytes_at_a_time", isVolatile: true)
            for number in 0..<500 { listing.add("function_\(number)", isVolatile: number % 2 == 1) }
            listing.builtins = [1: "txid_current", 2: "nextval", 3: "random", 4: "pg_notify"]
            return listing
        }())

    @Test(arguments: [
        "SELECT stab()", "SELECT public.stab()", "SELECT STAB ()", "SELECT \"stab\"()", "SELECT mixed()",
        "SELECT MIXED()", "SELECT upper('a')", "SELECT vol FROM t", "SELECT t.vol, stab() AS vol FROM t",
        "SELECT function_0(), function_498()", "TABLE vol", "SELECT abs(1)",
    ])
    func `is a read`(sql: String) {
        #expect(Self.judge.verdict(sql).route == .read)
        #expect(Self.judge.verdict(sql).effects == [])
    }

    @Test(arguments: [
        ("SELECT vol()", RouteReason.volatileFunction), ("SELECT s.vol()", .volatileFunction),
        ("SELECT \"vol\"()", .volatileFunction), ("SELECT VOL()", .volatileFunction),
        ("SELECT \"Mixed\"()", .volatileFunction), ("SELECT \"MIXED\"()", .unknownFunction),
        ("SELECT lower('A')", .volatileFunction), ("SELECT txid_current()", .volatileFunction),
        ("SELECT function_1()", .volatileFunction), ("SELECT function_499()", .volatileFunction),
        ("SELECT function_500()", .unknownFunction), ("SELECT s.abs(1)", .unknownFunction),
        ("SELECT a_name_that_is_longer_than_any_number_of_bytes_at_a_time()", .volatileFunction),
        // Longer than PostgreSQL's names: it would be cut.
        ("SELECT \(String(repeating: "x", count: 64))()", .name), ("SELECT \"a\"\"b\" FROM t", .name),
        ("SELECT 'x' FROM ÜBERALL", .name), ("SELECT nextval('s')", .volatileFunction),
        ("SELECT pg_notify('a', 'b')", .volatileFunction), ("SELECT random()", .volatileFunction),
    ])
    func `is not a read`(sql: String, reason: RouteReason) {
        #expect(Self.judge.verdict(sql).route == .primary)
        #expect(Self.judge.reason(sql) == reason)
    }

    @Test func `an empty catalog knows of no function but PostgreSQL's`() {
        let judge = CatalogJudge(CatalogListing())
        #expect(judge.verdict("SELECT a FROM t WHERE lower(b) = 'c'").route == .read)
        #expect(judge.reason("SELECT f()") == .unknownFunction)
        #expect(judge.verdict("SELECT f()").effects == .procedure)
    }
}
