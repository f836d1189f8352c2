"""SQL and the protocol share the names of prepared statements, and a statement outlives the change of its tables."""

import target

psycopg = target.need("psycopg")
options = target.arguments()
conninfo = target.conninfo(options)


def connect():
    return psycopg.connect(**conninfo, autocommit=True, prepare_threshold=0)


def refused(connection, sql, error):
    try:
        connection.execute(sql, prepare=False)
    except error as problem:
        return str(problem)
    raise AssertionError(f"{sql} went well")


# Beyond a hundred statements psycopg deallocates the oldest, in the extended protocol.
first, second = connect(), connect()
for round in range(2):
    for number in range(150):
        row = first.execute(f"SELECT {number}, %s::int", (number,)).fetchone()
        target.check(row == (number, number), f"statement {number}, round {round}: {row}")
        second.execute("SELECT 1")

# The names that psycopg gives: the first one, of a connection that has prepared nothing else.
named = connect()
named.execute("SELECT %s::int * 2", (4,))
second.execute("SELECT 1")
for sql in ("EXECUTE _pg3_0(21)", "EXECUTE _PG3_0 (21) -- again"):
    row = named.execute(sql, prepare=False).fetchone()
    target.check(row == (42,), f"{sql} gave {row}")
    second.execute("SELECT 1")
row = named.execute("EXPLAIN (COSTS off) EXECUTE _pg3_0(21)", prepare=False).fetchone()
target.check(row == ("Result",), f"EXPLAIN EXECUTE gave {row}")
text = refused(named, "PREPARE _pg3_0 AS SELECT 1", psycopg.errors.DuplicatePreparedStatement)
target.check('"_pg3_0"' in text, f"another name is told: {text}")
named.execute("DEALLOCATE _pg3_0", prepare=False)
refused(named, "EXECUTE _pg3_0(21)", psycopg.errors.InvalidSqlStatementName)
named.execute("PREPARE _pg3_0 AS SELECT 'mine'", prepare=False)
row = named.execute("EXECUTE _pg3_0", prepare=False).fetchone()
target.check(row == ("mine",), f"PREPARE of a name that was given up: {row}")
named.close()

# A table changes. Who prepares its statement only now must not be told of a plan that was there before.
first.execute("DROP TABLE IF EXISTS changing", prepare=False)
first.execute("CREATE TABLE changing (a int)", prepare=False)
readers = [connect() for _ in range(3)]
for _ in range(2):
    for reader in readers:
        reader.execute("SELECT * FROM changing", prepare=True)
first.execute("ALTER TABLE changing ADD b int", prepare=False)
late = connect()
for _ in range(2):
    for reader in [late, *readers]:
        columns = len(reader.execute("SELECT * FROM changing", prepare=True).description)
        target.check(columns == 2, f"{columns} columns of a table that has two")
# Inside of a transaction the error is the client's, as PostgreSQL's would be; the next transaction goes well.
readers[0].execute("BEGIN", prepare=False)
readers[0].execute("SELECT 1")
first.execute("ALTER TABLE changing ADD c int", prepare=False)
try:
    readers[0].execute("SELECT * FROM changing", prepare=True)
except psycopg.errors.FeatureNotSupported:
    pass
readers[0].execute("ROLLBACK", prepare=False)
for reader in [late, *readers]:
    columns = len(reader.execute("SELECT * FROM changing", prepare=True).description)
    target.check(columns == 3, f"{columns} columns of a table that has three")
for connection in [first, second, late, *readers]:
    connection.close()
print("well")
