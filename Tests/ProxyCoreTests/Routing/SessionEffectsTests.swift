import ProxyCore
import Testing

/// What statements leave behind, and what they do to the transaction.
struct SessionEffectsTests {
    @Test(
        arguments: [
            ("SET a = 1", SessionEffects.parameter), ("SET SESSION a TO 1", .parameter),
            ("RESET a", [.parameter, .reset]), ("SET a TO DEFAULT", [.parameter, .reset]),
            ("SET a = 'default'", .parameter),
            ("SELECT set_config('a', 'b', false)", .parameter), ("SET local.a = 1", .parameter),
            ("SELECT set_config('a', $1, true)", .transactionParameter),
            ("SELECT set_config('a', 'b', true and false)", .parameter),
            ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", .parameter), ("SET TIME ZONE 'UTC'", .parameter),
            ("SET LOCAL a = 1", .transactionParameter), ("SET TRANSACTION READ ONLY", .transactionParameter),
            ("SET CONSTRAINTS ALL DEFERRED", .transactionParameter), ("SET ROLE a", .role), ("set role = 'a'", .role),
            ("SET SESSION AUTHORIZATION a", .role), ("RESET ROLE", .role), ("RESET SESSION AUTHORIZATION", .role),
            ("CREATE TEMP TABLE a (b int)", .temporaryObject),
            ("CREATE OR REPLACE TEMPORARY VIEW a AS SELECT 1", .temporaryObject),
            ("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'select 1'", [.temporaryObject, .catalog]),
            ("SELECT a INTO TEMP b FROM c", .temporaryObject),
            ("SELECT a INTO TABLE pg_temp.b FROM c", .temporaryObject),
            ("EXPLAIN ANALYZE CREATE TEMP TABLE a AS SELECT 1", .temporaryObject), ("LISTEN a", .listen),
            ("SELECT pg_advisory_lock(1)", .advisoryLock), ("SELECT pg_try_advisory_lock_shared(1)", .advisoryLock),
            ("INSERT INTO t SELECT pg_advisory_unlock(1)", .ending), ("SELECT pg_advisory_xact_lock(1)", []),
            ("PREPARE a AS SELECT 1", .preparedStatement), ("EXECUTE a", .executes),
            ("DEALLOCATE a", .ending), ("DECLARE a CURSOR WITH HOLD FOR SELECT 1", .cursor),
            ("DECLARE a CURSOR FOR SELECT 1", []), ("LOAD 'a'", .load), ("SELECT lo_open(1, 2)", .largeObject),
            ("SELECT nextval('a')", .sequence), ("SELECT setval('a', 1)", .sequence),
            ("SELECT currval('a')", .sequenceValue), ("SELECT lastval()", .sequenceValue),
            ("SELECT setseed(0)", .randomSeed), ("DO 'begin end'", .procedure), ("CALL a()", .procedure),
            ("UPDATE pg_settings SET setting = 'a' WHERE name = 'b'", .procedure), ("UPDATE pg_set SET a = 1", []),
            ("nonsense", .unknown), ("SELECT 'open", .unknown),
            ("SELECT dblink_connect('a')", .unknown),
            ("ALTER ROLE a SET b = 1", .logins), ("DROP DATABASE a", [.logins, .ending]), ("CREATE USER a", .logins),
            ("ALTER TABLE a ADD b int", .catalog), ("CREATE TABLE role (a int)", .catalog),
            ("DROP TABLE role", .ending),
            ("CREATE FUNCTION f() RETURNS int AS 'x', 'y' LANGUAGE C STRICT", [.load, .catalog]),
            ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE 'c' AS 'x'", [.load, .catalog]),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'", .catalog),
            ("CREATE INDEX ON t (a)", []), ("CREATE UNIQUE INDEX i ON t (a)", []), ("ALTER INDEX i RENAME TO j", []),
            ("DO 'begin create table t (); end'", [.procedure, .catalog]), ("GRANT ALL ON t TO r", []),
            ("DISCARD ALL", .discardAll), ("RESET ALL", .resetAll), ("UNLISTEN *", .unlistenAll),
            ("UNLISTEN a", .ending),
            ("CLOSE a", .ending), ("DROP TABLE a", .ending),
            ("DEALLOCATE ALL", .deallocateAll), ("DEALLOCATE PREPARE ALL", .deallocateAll), ("CLOSE ALL", .closeAll),
            ("DISCARD TEMP", .discardTemporary), ("DISCARD PLANS", []),
            ("INSERT INTO t VALUES (f(1))", .procedure), ("INSERT INTO t (a, b) VALUES (lower($1), 2)", []),
            ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING", []), ("SELECT pg_sleep(1)", []),
            ("SELECT f(1)", .procedure), ("CREATE TABLE t (a int)", .catalog), ("VACUUM", []), ("SELECT 1", []),
            ("COPY t FROM STDIN", []),
            ("CREATE TABLE t AS SELECT set_config('a', 'b', false)", [.parameter, .catalog]),
            ("SET a = 1; LISTEN b; SELECT 1", [.parameter, .listen]),
            ("LISTEN a; UNLISTEN *", [.listen, .unlistenAll]),
            ("RESET ALL; SELECT 1", .resetAll), ("SELECT 1; SELECT 'open", .unknown),
        ] as [(String, SessionEffects)])
    func `leaves behind`(sql: String, effects: SessionEffects) {
        #expect(StatementClassifier.classify(sql).effects == effects)
    }

    @Test(
        arguments: [
            ("BEGIN", TransactionControl.begin), ("START TRANSACTION READ ONLY", .begin), ("COMMIT", .end),
            ("END WORK", .end),
            ("ABORT", .end), ("ROLLBACK AND NO CHAIN", .end), ("COMMIT AND CHAIN", .chain),
            ("ROLLBACK WORK AND CHAIN", .chain),
            ("SAVEPOINT a", .savepoint), ("RELEASE a", .savepoint), ("ROLLBACK TRANSACTION TO SAVEPOINT a", .savepoint),
            ("PREPARE TRANSACTION 'a'", .prepare), ("PREPARE transaction AS SELECT 1", .none),
            ("COMMIT PREPARED 'a'", .finishPrepared), ("ROLLBACK PREPARED 'a'", .finishPrepared), ("SELECT 1", .none),
            ("BEGIN; SELECT 1", .mixed), ("SELECT 1; COMMIT", .mixed), ("SELECT 1; SELECT 2", .none),
            ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END", .none),
        ] as [(String, TransactionControl)])
    func `controls the transaction`(sql: String, control: TransactionControl) {
        #expect(StatementClassifier.classify(sql).transaction == control)
    }

    @Test(
        arguments: [
            ("BEGIN", []), ("BEGIN READ ONLY", .readOnly),
            ("BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE", [.serializable, .readWrite]),
            ("START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", [.repeatableRead, .readOnly]),
            ("BEGIN ISOLATION LEVEL READ COMMITTED", .readCommitted), ("BEGIN NOT DEFERRABLE", .notDeferrable),
            ("SET TRANSACTION READ ONLY, DEFERRABLE", [.readOnly, .deferrable]),
        ] as [(String, TransactionModes)])
    func `asks for transaction modes`(sql: String, modes: TransactionModes) {
        #expect(StatementClassifier.classify(sql).transactionModes == modes)
    }

    @Test(
        arguments: [
            ("SELECT 1", StatementKind.select), ("WITH a AS (SELECT 1) DELETE FROM t", .delete),
            ("INSERT INTO t VALUES (1)", .insert),
            ("WITH a AS (DELETE FROM t RETURNING 1) SELECT 1", .select),
            ("MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", .merge),
            ("EXPLAIN UPDATE t SET a = 1", .explain), ("COPY t TO STDOUT", .copy), ("SHOW a", .show), ("RESET a", .set),
            ("VACUUM", .maintenance), ("FETCH a", .cursor), ("NOTIFY a", .notification), ("CALL a()", .procedure),
            ("LOCK a", .lock),
            ("EXECUTE a", .prepared), ("PREPARE TRANSACTION 'a'", .transaction), ("GRANT a TO b", .ddl), ("?", .other),
        ] as [(String, StatementKind)])
    func `is of a kind`(sql: String, kind: StatementKind) {
        #expect(StatementClassifier.classify(sql).kind == kind)
    }

    @Test func `backslashes escape when standard_conforming_strings is off`() {
        let sql = "SELECT '\\', f(1) --'"
        #expect(StatementClassifier.classify(sql).route == .primary)
        #expect(StatementClassifier.classify(sql, standardConformingStrings: false).route == .read)
        #expect(StatementClassifier.classify("SELECT U&'a'", standardConformingStrings: false).route == .primary)
    }

    @Test func `an encoding that hides ASCII in longer characters is not read`() {
        #expect(StatementClassifier.classify("SELECT 'é'", hasASCIISafeEncoding: false).route == .primary)
        #expect(StatementClassifier.classify("SELECT 'e'", hasASCIISafeEncoding: false).route == .read)
    }
}
