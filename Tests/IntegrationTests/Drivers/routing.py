"""Every kind of statement that must not reach a standby, in both protocols, among reads that may."""

import target

psycopg = target.need("psycopg")
options = target.arguments(rounds=10)
# The name `only_primary` is what the test looks for in the standby's log.
WRITES = [
    "INSERT INTO only_primary (word) VALUES ('insert')",
    "UPDATE only_primary SET word = 'update' WHERE id = 1",
    "DELETE FROM only_primary WHERE id = 2",
    "SELECT * FROM only_primary WHERE id = 3 FOR UPDATE",
    "SELECT * FROM only_primary WHERE id = 3 FOR NO KEY UPDATE",
    "SELECT id FROM only_primary WHERE id = 3 FOR SHARE",
    "SELECT nextval('only_primary_id_seq')",
    "SELECT setval('only_primary_id_seq', (SELECT last_value FROM only_primary_id_seq) + 100)",
    "WITH only_primary_new AS (INSERT INTO only_primary (word) VALUES ('cte') RETURNING id)"
    " SELECT * FROM only_primary_new",
    "WITH a AS (SELECT 1), b AS (UPDATE only_primary SET word = 'b' WHERE id = 4 RETURNING 1) SELECT * FROM a",
    "EXPLAIN ANALYZE INSERT INTO only_primary (word) VALUES ('explained')",
    "SELECT * INTO TEMP only_primary_copy FROM only_primary LIMIT 1",
    "DROP TABLE only_primary_copy",
    "TRUNCATE only_primary_other",
    "LOCK TABLE only_primary_other IN ACCESS SHARE MODE",
    "VACUUM only_primary_other",
    "ANALYZE only_primary_other",
    "COMMENT ON TABLE only_primary_other IS 'a comment'",
    "CREATE INDEX only_primary_index ON only_primary (word)",
    "DROP INDEX only_primary_index",
    "SELECT only_primary_function()",
    "DO $$ BEGIN INSERT INTO only_primary (word) VALUES ('do'); END $$",
    "/* a comment */ INSERT INTO only_primary (word) VALUES ('comment')",
    "-- a comment\nINSERT INTO only_primary (word) VALUES ('line')",
    "select 1; insert into only_primary (word) values ('second')",
]
IN_A_TRANSACTION = ("LOCK",)
ALONE = ("VACUUM",)
with psycopg.connect(**target.conninfo(options), autocommit=True, prepare_threshold=1000000) as connection:
    connection.execute("DROP TABLE IF EXISTS only_primary, only_primary_other CASCADE")
    connection.execute("CREATE TABLE only_primary (id serial PRIMARY KEY, word text)")
    connection.execute("CREATE TABLE only_primary_other (id int)")
    connection.execute(
        "CREATE OR REPLACE FUNCTION only_primary_function() RETURNS int LANGUAGE sql"
        " AS 'INSERT INTO only_primary (word) VALUES (''function'') RETURNING id'"
    )
    for turn in range(options.rounds):
        for statement in WRITES:
            connection.execute("SELECT 1")
            if statement.startswith(IN_A_TRANSACTION):
                with connection.transaction():
                    connection.execute(statement)
            else:
                connection.execute(statement)
        # The same in the extended protocol, as far as it can carry them: no two statements in one.
        for statement in WRITES:
            if ";" in statement.rstrip(";") and not statement.startswith("DO"):
                continue
            if statement.startswith(IN_A_TRANSACTION):
                with connection.transaction():
                    connection.execute(statement, prepare=True)
            elif not statement.startswith(ALONE):
                connection.execute(statement, prepare=True)
        # A transaction that only reads at first belongs to the primary as a whole.
        with connection.transaction():
            connection.execute("SELECT count(*) FROM only_primary")
            connection.execute("INSERT INTO only_primary (word) VALUES ('late')")
            row = connection.execute("SELECT count(*) FROM only_primary WHERE word = 'late'").fetchone()
            target.check(row[0] == turn + 1, f"a transaction does not see its own write: {row!r}")
    with connection.transaction():
        count = connection.execute("SELECT count(*) FROM only_primary").fetchone()[0]
target.check(count > options.rounds * 8, f"only {count} rows were written")
print(f"written={count}")
