import ProxyCore
import Testing

/// Statements by what becomes of them, one table for each question.
struct StatementClassifierTests {
    @Test(arguments: [
        "SELECT 1", "select abalance from pgbench_accounts where aid = 12345;", "TABLE t", "VALUES (1), (2)",
        "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1", "((select 1))", "SELECT;",
        "WITH a AS (SELECT 1), b(x) AS NOT MATERIALIZED (SELECT 2) SELECT * FROM a, b",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT sum(n) FROM t",
        "SELECT count(*), sum(a), lower(b), now(), coalesce(c, 0) FROM t GROUP BY 1",
        "SELECT a FROM t GROUP BY GROUPING SETS ((a), ROLLUP (a, b), CUBE (a)), a",
        "SELECT DISTINCT ON (a) lower(b) FROM t", "SELECT x::numeric(10, 2), CAST(y AS varchar(3)) FROM t",
        "SELECT * FROM (VALUES (1, 2)) AS v(a, b)", "SELECT * FROM (VALUES (1, 2)) v(a, b)",
        "SELECT * FROM unnest(ARRAY[1, 2]) WITH ORDINALITY u(a, n)", "SELECT a FROM t WHERE a NOT ILIKE ('x' || b)",
        "SELECT rank() OVER (PARTITION BY (a) ORDER BY b) FROM t",
        "SELECT * FROM a LEFT JOIN (b JOIN c USING (x)) ON true",
        "SELECT 'insert into t' AS insert, $$update$$, t.update, \"delete\" FROM t", "SELECT pg_catalog.lower('A')",
        "SELECT \"lower\"('A')", "SELECT 1 /* ; */ ; -- the end", "; ; SELECT 1", "SELECT E'\\'; drop table t; --'",
        "SELECT current_setting('work_mem'), version(), inet_server_port()", "SELECT extract(year FROM now())",
        "SELECT substring(a FROM 1 FOR 2), position('a' in b), trim(both ' ' from c) FROM t",
        "COPY t TO STDOUT", "COPY s.t (a, b) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE (a))",
        "COPY (SELECT a FROM t) TO STDOUT", "COPY BINARY t TO stdout", "EXPLAIN SELECT 1",
        "EXPLAIN (ANALYZE, COSTS off) SELECT 1",
        "EXPLAIN ANALYZE VERBOSE (SELECT 1)", "EXPLAIN (SELECT 1)", "SHOW work_mem", "SHOW TIME ZONE",
        "SELECT '1'::pg_catalog.int4", "SELECT a COLLATE pg_catalog.\"default\" FROM t", "SELECT a AS into FROM t",
        "SELECT count(*) FILTER (WHERE a) OVER (ORDER BY b) FROM t", "/* neutral */ SELECT 1", "SELECT $1, :: int",
    ])
    func `is a read`(sql: String) {
        let verdict = StatementClassifier.classify(sql)
        #expect(verdict.route == .read)
        #expect(verdict.effects == [])
        #expect(verdict.transaction == .none)
        #expect(!verdict.isMultiStatement)
    }

    @Test(.timeLimit(.minutes(1)))
    func `many blocks in one text take time in proportion to their number`() {
        let verdict = StatementClassifier.classify(String(repeating: "DO 'x';", count: 140_000))
        #expect(verdict.effects == .procedure)
        #expect(StatementClassifier.classify("DO 'x'; SELECT 'create'").effects == .procedure)
        #expect(
            StatementClassifier.classify("DO 'x'; DO LANGUAGE plpgsql $$ Alter $$").effects == [.procedure, .catalog])
    }

    @Test(
        arguments: [
            ("INSERT INTO t VALUES (1)", true), ("SELECT f()", true), ("SELECT 1; SELECT 2", true),
            ("SELECT a FROM t FOR UPDATE", true), ("COPY t FROM STDIN", true), ("EXECUTE p", true),
            ("SELECT 'open", true), ("nonsense", true), ("COMMIT PREPARED 'a'", true), ("CALL p()", true),
            ("EXPLAIN ANALYZE INSERT INTO t VALUES (1)", true), ("SELECT * FROM pg_class WHERE f()", true),
            ("/* NO LOAD BALANCE */ SELECT f()", true), ("TRUNCATE t", true), ("DECLARE c CURSOR FOR SELECT f()", true),
            ("SELECT 1", false), ("SELECT * FROM pg_class", false), ("/* NO LOAD BALANCE */ SELECT 1", false),
            ("BEGIN", false), ("COMMIT", false), ("SAVEPOINT a", false), ("SET a = 1", false), ("LISTEN a", false),
            ("SHOW ALL", false), ("SHOW pool_nodes", false), ("COPY t TO STDOUT", false), ("LOCK t", false),
            ("", false),
        ] as [(String, Bool)])
    func `may show in later reads`(sql: String, isWrite: Bool) {
        #expect(StatementClassifier.classify(sql).mayWrite == isWrite)
    }

    @Test(arguments: [
        "INSERT INTO t VALUES (1)", "SELECT 1; SELECT 2", "SELECT nextval('s')", "SELECT my_function(1)",
        "SELECT \"Lower\"('A')", "SELECT public.lower('A')", "SELECT U&\"l\\006fwer\"('A')",
        "SELECT a FROM t FOR UPDATE", "SELECT a FROM t FOR NO KEY UPDATE OF t", "SELECT a FROM t FOR SHARE NOWAIT",
        "SELECT a FROM t FOR KEY SHARE", "SELECT a INTO b FROM t",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "WITH x AS (SELECT 1) UPDATE t SET a = 1", "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
        "WITH RECURSIVE x AS (SELECT 1) SEARCH DEPTH FIRST BY a SET o UPDATE t SET a = 1",
        "SELECT * FROM pg_class", "SELECT * FROM pg_catalog.pg_class", "SELECT * FROM information_schema.tables",
        "SELECT 'unterminated", "SELECT 1 /* open", "SELECT \"open", "SELECT $a$ x $b$", "SELECT (1",
        "/*NO LOAD BALANCE*/ SELECT 1", " -- x\n/* no  load\tbalance */ SELECT 1", "SELECT random()",
        "SELECT DISTINCT ON (a) my_function(b) FROM t", "SELECT cube(1, 2)",
        "SELECT a FROM t GROUP BY a ORDER BY b, cube(1)",
        "SELECT a FROM t GROUP BY ARRAY[1, cube(2)]", "SELECT * FROM xmltable('x' PASSING y COLUMNS a int PATH f(1))",
        "SELECT * FROM xmltable('x' PASSING y COLUMNS a int \"path\" f(1))", "SELECT a OPERATOR(pg_catalog.+) f(b)",
        "SELECT cast(a AS timestamp with time zone), f(b)", "SELECT join(1)", "SELECT by(1)",
        "COPY t FROM STDIN", "COPY t TO '/tmp/x'", "COPY t TO PROGRAM 'x'",
        "COPY (DELETE FROM t RETURNING a) TO STDOUT",
        "COPY (SELECT nextval('s')) TO STDOUT", "COPY pg_class TO STDOUT", "EXPLAIN ANALYZE DELETE FROM t",
        "EXPLAIN DELETE FROM t",
        "EXPLAIN (ANALYZE) EXECUTE p", "SHOW transaction_read_only", "SHOW ALL", "BEGIN", "SET a = 1", "LOCK t",
        "CALL p()",
        "DO $$ begin end $$", "VACUUM", "nonsense", "SELECT * FROM t TABLESAMPLE system (1)", "LISTEN x", "FETCH c",
        "\"select\" 1", "SELECT 1)", "WITH a AS (SELECT 1) (SELECT 1) ORDER BY 1, f(2)",
    ])
    func `goes to the primary`(sql: String) {
        #expect(StatementClassifier.classify(sql).route == .primary)
    }

    @Test(arguments: [
        "", " ", ";", " ;; \n", "-- only a comment", "/* a /* nested */ one */ ; --", "/*NO LOAD BALANCE*/",
    ])
    func `is empty`(sql: String) {
        #expect(StatementClassifier.classify(sql) == StatementVerdict(route: .empty, kind: .empty))
    }

    @Test(arguments: [
        "SHOW pool_nodes", "show POOL_NODES;", "/* a */ Show\n\tpool_version -- b", "show pool_status",
        "show pool_processes",
        "show pool_pools", "show pool_cache", "show pool_health_check_stats", "show pool_backend_stats",
        "show pool_pins", "show pool_hooks",
        "PGPOOL SHOW ALL", "pgpool set client_idle_limit = 300", "PgPool RESET log_statement",
        "show pool_nodes; select 1",
    ])
    func `is answered by the proxy`(sql: String) {
        #expect(StatementClassifier.classify(sql).route == .egret)
    }

    @Test(arguments: ["SHOW pool_node", "SHOW \"pool_nodes\"", "PGPOOL", "PGPOOL x", "SELECT 1; SHOW pool_nodes"])
    func `is not answered by the proxy`(sql: String) {
        #expect(StatementClassifier.classify(sql).route != .egret)
    }
}
