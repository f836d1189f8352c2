"""Egret's own commands in the extended protocol, as drivers send them. Prints the columns of each."""

import asyncio

import target

psycopg = target.need("psycopg")
asyncpg = target.need("asyncpg")
options = target.arguments(command="show pool_nodes")
with psycopg.connect(**target.conninfo(options), autocommit=True) as connection:
    # Parameters or not, psycopg's own cursors use Parse, Bind, Describe, Execute.
    cursor = connection.execute(options.command, prepare=True)
    columns = [column.name for column in cursor.description]
    rows = cursor.fetchall()
    again = connection.execute(options.command, prepare=True).fetchall()
    target.check(len(rows) == len(again), f"{len(rows)} rows, then {len(again)}")
    row = connection.execute("SELECT 1").fetchone()
    target.check(row == (1,), f"the session went on with {row!r}")


async def with_asyncpg():
    words = {"host": "127.0.0.1", "port": options.port, "user": options.user, "database": options.database}
    if options.password is not None:
        words["password"] = options.password
    connection = await asyncpg.connect(**words)
    found = await connection.fetch(options.command)
    target.check(await connection.fetchval("SELECT 1") == 1, "asyncpg's session does not go on")
    await connection.close()
    return found


records = asyncio.run(with_asyncpg())
if records:
    target.check(list(records[0].keys()) == columns, f"asyncpg sees {list(records[0].keys())}")
target.check(len(records) == len(rows), f"psycopg sees {len(rows)} rows, asyncpg {len(records)}")
print(",".join(columns))
for row in rows:
    print("|".join("" if value is None else str(value) for value in row))
