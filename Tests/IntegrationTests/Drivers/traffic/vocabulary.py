"""SQL that is of no session: reads, writes, errors, definitions, transactions.

Every answer is determined by the script. Rows are ordered, or one; nothing tells the time, a process, or the place of
a row.
"""


def read(m):
    p, n = m.prefix, m.number()
    return m.choose(
        f"SELECT id, name FROM {p}items WHERE id <= {n} ORDER BY id",
        f"SELECT * FROM {p}items ORDER BY id LIMIT {n}",
        f"SELECT at, at::date, amount FROM {p}items WHERE id = {n}",
        f"SELECT count(*), sum(amount), max(name) FROM {p}items",
        f"SELECT i.id, c.parent FROM {p}items i LEFT JOIN {p}children c USING (id) ORDER BY i.id",
        "SELECT 1::float8 / 3, '\\xDEADBEEF'::bytea, '1 year 2 days 03:04:05'::interval",
        "SELECT E'caf\\u00e9', 'na\u00efve', U&'\\00e9t\\00e9'",
        "SELECT 'a\\nb', length('a\\\\b')",
        f"SELECT 'happy'::{m.schema}.mood, enum_range(NULL::{m.schema}.mood)",
        f"SELECT generate_series(1, {n})",
        f"SELECT repeat('x', {m.number(100, 6000)}) FROM generate_series(1, {m.number(1, 8)})",
        "SELECT NULL::int, ''::text, 'it''s', $$dollars$$, true, '{a,NULL}'::text[]",
        "SELECT timestamptz '2021-07-01 12:00:00+00', date '1999-12-31', time '04:05:06'",
        f"VALUES ({n}, 'one'), ({n + 1}, NULL)",
        f"TABLE {p}parents ORDER BY id",
        f"WITH few AS (SELECT id FROM {p}items WHERE id < {n}) SELECT sum(id) FROM few",
        f"SELECT {p}noisy('{m.choose('notice', 'warning')}', 'word {n}')",
        f"SELECT id FROM {p}items WHERE id = {n} FOR UPDATE",
        f"SELECT '{p}items'::regclass",
        "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')",
        "SELECT version() LIKE 'PostgreSQL%' AS is_postgres, pg_backend_pid() > 0",
        "SELECT 1 WHERE false",
        "SELECT",
    )


def write(m):
    p, n, fresh = m.prefix, m.number(), m.fresh_id
    return m.choose(
        f"INSERT INTO {p}items (id, name) VALUES ({fresh}, 'new {n}')",
        f"INSERT INTO {p}items (id, name, amount) VALUES ({fresh}, 'back', {n}) RETURNING id, name, amount",
        f"INSERT INTO {p}items (id, name) VALUES ({n}, 'again') ON CONFLICT DO NOTHING",
        f"INSERT INTO {p}parents VALUES ({fresh})",
        f"UPDATE {p}items SET amount = amount + 1, name = name || '+' WHERE id = {n} RETURNING *",
        f"UPDATE {p}items SET amount = amount + {n}",
        f"DELETE FROM {p}items WHERE id = {n}",
        f"DELETE FROM {p}children WHERE id > 1",
        f"WITH gone AS (DELETE FROM {p}items WHERE id = {n} RETURNING id) SELECT count(*) FROM gone",
        f"INSERT INTO {p}items SELECT {fresh} * 100 + i, 'row ' || i FROM generate_series(1, {n}) i",
        f"INSERT INTO {p}children VALUES ({fresh}, {m.choose(1, 5, 77)})",
        f"TRUNCATE {p}children",
    )


def failing(m):
    p = m.prefix
    return m.choose(
        "SELECT 1 / 0", "SELECT 'x'::int", "SELECT no_such_column", "SELEC 1", "SELECT 'unterminated", "SELECT (1",
        f"SELECT * FROM {p}nowhere", "SELECT no_such_function(1)", "SELECT rolpassword FROM pg_authid",
        f"INSERT INTO {p}items (id, name) VALUES (1, 'twice')", f"INSERT INTO {p}items (id, name) VALUES (2, NULL)",
        f"UPDATE {p}items SET amount = -1 WHERE id = 3", f"SELECT {m.schema}.failing(3)",
        f"SELECT {m.schema}.failing(i) FROM generate_series(1, 4) i", "SELECT 1 UNION SELECT 1, 2",
        f"CREATE TABLE {p}items (i int)", "VACUUM no_such_table", "SELECT E'\\xff'", "DO 'no plpgsql'",
        "SELECT '{'::jsonb", "EXECUTE no_such_statement", "FETCH 1 FROM no_such_cursor", "\u00e9",
    )


def nothing(m):
    return m.choose("", ";", " ; ; ", "-- a comment", "/* a /* nested */ comment */", "\n")


def definition(m):
    p = m.prefix
    return m.choose(
        f"CREATE TABLE {p}made (i int, word text)", f"DROP TABLE {p}made", f"DROP TABLE IF EXISTS {p}made",
        f"ALTER TABLE {p}made ADD COLUMN extra int DEFAULT 5", f"ALTER TABLE {p}made DROP COLUMN IF EXISTS extra",
        f"CREATE TABLE {p}made_too AS SELECT id, name FROM {p}items ORDER BY id LIMIT 3",
        f"SELECT id, name INTO {p}made_too FROM {p}items WHERE id < 4", f"DROP TABLE IF EXISTS {p}made_too",
        f"CREATE OR REPLACE VIEW {p}seen AS SELECT id FROM {p}items WHERE id < 5", f"DROP VIEW {p}seen",
        f"SELECT * FROM {p}made ORDER BY 1", f"INSERT INTO {p}made (i) VALUES ({m.number()})",
        f"SELECT * FROM {p}seen ORDER BY id", f"LOCK TABLE {p}children IN SHARE MODE", f"ANALYZE {p}parents",
        f"COMMENT ON TABLE {p}items IS 'things'",
    )


def begin(m):
    return m.choose(
        "BEGIN", "BEGIN", "begin work", "START TRANSACTION", "BEGIN READ ONLY", "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE", "BEGIN READ WRITE",
    )


def end(m):
    return m.choose("COMMIT", "COMMIT", "COMMIT", "END", "ROLLBACK", "ROLLBACK", "ABORT", "COMMIT AND CHAIN",
                    "ROLLBACK AND CHAIN", "COMMIT WORK")


def within(m):
    """What belongs into a block, and is an error, or a warning, outside."""
    known = m.random.choice(m.savepoints) if m.savepoints and m.chance(0.8) else m.choose("a", "b")
    return m.choose(
        f"SAVEPOINT {m.choose('a', 'b', 'c')}", f"SAVEPOINT {m.choose('a', 'b', 'c')}", f"RELEASE {known}",
        f"ROLLBACK TO {known}", f"ROLLBACK TO SAVEPOINT {known}", "SET TRANSACTION READ ONLY",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET CONSTRAINTS ALL IMMEDIATE",
    )


def procedure(m):
    return m.choose(
        f"CALL {m.schema}.commits('word')", f"SELECT id, word FROM {m.schema}.numbered ORDER BY id",
        "DO $$ BEGIN RAISE NOTICE 'done'; END $$", "DO $$ BEGIN PERFORM 1 / 0; END $$",
        f"DO $$ BEGIN INSERT INTO {m.schema}.numbered (word) VALUES ('a'); COMMIT; END $$",
    )


def any_plain(m):
    """A statement without an effect on the session."""
    kind = m.random.random()
    if kind < 0.55 or m.is_reading and kind < 0.85:
        return m.allowed(read)
    if kind < 0.85:
        return write(m)
    if kind < 0.95:
        return m.allowed(failing)
    return nothing(m)
