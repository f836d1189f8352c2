import ProxyCore
import Testing

/// Where a text names a prepared statement.
struct StatementReferenceTests {
    private func reference(_ sql: String) -> StatementReference? {
        var sql = sql
        return sql.withUTF8 { StatementClassifier.statementReference(in: $0) }
    }

    @Test(
        arguments: [
            ("EXECUTE Ab(1, 'x')", StatementReference.Verb.execute, "ab", "Ab"),
            ("/* c */ execute \"Ab\"", .execute, "Ab", "\"Ab\""), ("DEALLOCATE a;", .deallocate, "a", "a"),
            ("deallocate prepare A", .deallocate, "a", "A"), ("DEALLOCATE prepare", .deallocate, "prepare", "prepare"),
            ("PREPARE a (int) AS SELECT $1", .prepare, "a", "a"), ("EXPLAIN EXECUTE a(1)", .execute, "a", "a"),
            ("EXPLAIN (ANALYZE, FORMAT json) EXECUTE a", .execute, "a", "a"),
            ("CREATE TABLE t (b) AS EXECUTE a(1)", .execute, "a", "a"),
        ])
    func `is found`(sql: String, verb: StatementReference.Verb, name: String, text: String) throws {
        let found = try #require(reference(sql))
        #expect(found.verb == verb)
        #expect(String(decoding: found.name, as: UTF8.self) == name)
        #expect(String(decoding: Array(sql.utf8)[found.range], as: UTF8.self) == text)
    }

    @Test(
        arguments: [
            "", "SELECT 1", "DEALLOCATE ALL", "DEALLOCATE PREPARE ALL", "EXECUTE", "EXECUTE 'a'", "EXECUTE \"a\"\"b\"",
            "EXECUTE U&\"a\"", "EXPLAIN SELECT execute FROM t", "CREATE TABLE t (execute int)",
            "CREATE VIEW v AS SELECT 1; EXECUTE a", "\"EXECUTE\" a",
        ])
    func `is not found`(sql: String) {
        #expect(reference(sql) == nil)
    }
}
