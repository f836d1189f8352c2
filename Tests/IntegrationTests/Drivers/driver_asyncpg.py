"""asyncpg: everything binary and prepared, a statement cache, COPY of records, a pool that resets its connections."""

import asyncio
import datetime
import decimal
import io
import os
import random
import time

import target

asyncpg = target.need("asyncpg")
options = target.arguments(clients=6, rounds=20)
check, refused = target.check, target.refused
ZONES = ["UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin", "Asia/Kathmandu", "Africa/Nairobi"]
WORDS = {"host": "127.0.0.1", "port": options.port, "user": options.user, "database": options.database}
if options.password is not None:
    WORDS["password"] = options.password


async def connect(**words):
    return await asyncpg.connect(**WORDS, timeout=20, command_timeout=50, **words)


async def close(connections):
    for connection in connections:
        await connection.close(timeout=20)


async def statements():
    """A cache of three statements for a dozen texts; the names count from 1 in every connection."""
    clients = [await connect(statement_cache_size=3) for _ in range(options.clients)]
    dice, moment = random.Random(9), datetime.datetime(2024, 1, 2, 3, 4, 5, 6, datetime.timezone.utc)
    for turn in range(options.rounds):
        for number in dice.sample(range(options.clients), options.clients):
            kind = dice.randrange(6)
            query = f"SELECT {number}, {kind}, $1::int, $2::text, $3::numeric, $4::int[], $5::bytea, $6::timestamptz"
            values = (turn, None if kind else "ä", decimal.Decimal(turn) / 8, [turn, None], os.urandom(kind), moment)
            row = await clients[number].fetchrow(query, *values)
            check(tuple(row) == (number, kind, *values), f"client {number} read {row}")
    one, two = [await client.prepare(f"SELECT {number} + $1::int") for number, client in enumerate(clients[:2])]
    for turn in range(options.rounds):
        found = [await one.fetchval(turn), await two.fetchval(turn)]
        check(found == [turn, turn + 1], f"prepared statements gave {found}")
    check([parameter.name for parameter in one.get_parameters()] == ["int4"], "another parameter")
    await clients[0].execute("DROP TABLE IF EXISTS asyncpg_many; CREATE TABLE asyncpg_many (id int, name text)")
    await clients[0].executemany("INSERT INTO asyncpg_many VALUES ($1, $2)", [(i, str(i)) for i in range(500)])
    async with clients[0].transaction():
        found = await clients[0].fetchval("SELECT sum(id) FROM asyncpg_many WHERE name = id::text")
        check(found == 124750, f"executemany: {found}")
    await clients[0].execute("DROP TABLE asyncpg_many")
    await close(clients)


async def transactions():
    one, two = await connect(), await connect()
    await one.execute("DROP TABLE IF EXISTS asyncpg_rows; CREATE TABLE asyncpg_rows (i int PRIMARY KEY)")
    async with one.transaction():
        await one.execute("INSERT INTO asyncpg_rows VALUES ($1)", 1)
        async with two.transaction():
            check(await two.fetchval("SELECT count(*) FROM asyncpg_rows") == 0, "a row was seen before its commit")
        with refused(asyncpg.UniqueViolationError, "a duplicate key"):
            async with one.transaction():
                await one.execute("INSERT INTO asyncpg_rows VALUES ($1)", 2)
                await one.execute("INSERT INTO asyncpg_rows VALUES ($1)", 1)
        async with one.transaction():
            await one.execute("INSERT INTO asyncpg_rows VALUES ($1)", 3)
    undone = two.transaction()
    await undone.start()
    await two.execute("DELETE FROM asyncpg_rows")
    await undone.rollback()
    async with two.transaction():
        rows = [row["i"] for row in await two.fetch("SELECT i FROM asyncpg_rows ORDER BY i")]
        check(rows == [1, 3], f"after savepoints and rollbacks: {rows}")
        numbers = [row[0] async for row in two.cursor("SELECT generate_series(1, $1::int)", 100, prefetch=7)]
        check(numbers == list(range(1, 101)), "the cursor lost rows")
        cursor = await two.cursor("SELECT generate_series(1, 50)")
        await cursor.forward(20)
        check([row[0] for row in await cursor.fetch(3)] == [21, 22, 23], "the portal is elsewhere")
    async with two.transaction(isolation="serializable", readonly=True, deferrable=True):
        modes = [await two.fetchval(f"SHOW transaction_{name}") for name in ("isolation", "read_only", "deferrable")]
        check(modes == ["serializable", "on", "on"], f"the transaction's modes are {modes}")
    await one.execute("DROP TABLE asyncpg_rows")
    await close([one, two])


async def large():
    text, blob = "grün " * 1_000_000, os.urandom(5_000_000)
    client = await connect()
    row = await client.fetchrow("SELECT $1::text, $2::bytea, length($2)", text, blob)
    check(tuple(row) == (text, blob, len(blob)), "large values came back changed")
    rows = await client.fetch("SELECT i, repeat('y', 100) FROM generate_series(1, 100000) i")
    check(len(rows) == 100000 and tuple(rows[-1]) == (100000, "y" * 100), "rows of a large result were lost")
    await close([client])


async def cancel():
    """asyncpg sends a cancel request when a task is cancelled or its time is over, and then goes on."""
    client, other = await connect(), await connect()
    task = asyncio.create_task(client.fetchval("SELECT pg_sleep(20)"))
    await asyncio.sleep(0.3)
    begin = time.monotonic()
    task.cancel()
    with refused(asyncio.CancelledError, "a task that was cancelled"):
        await task
    check(await client.fetchval("SELECT 2 FROM pg_sleep(0.1)") == 2, "the client does not go on")
    check(time.monotonic() - begin < 5, "the cancel came late")
    begin = time.monotonic()
    with refused(asyncio.TimeoutError, "a query past its time"):
        await client.fetchval("SELECT pg_sleep(20)", timeout=0.2)
    check(await other.fetchval("SELECT 1 FROM pg_sleep(0.1)") == 1, "another client was hit")
    check(await client.fetchval("SELECT 3 FROM pg_sleep(0.1)") == 3, "the client does not go on after a timeout")
    check(time.monotonic() - begin < 5, "the cancel of a query past its time came late")
    await close([client, other])


async def failures():
    client = await connect()
    await client.execute(
        "DROP TABLE IF EXISTS asyncpg_checked; CREATE TABLE asyncpg_checked (id int CONSTRAINT one_only PRIMARY KEY, "
        "n int CONSTRAINT good CHECK (n > 0)); INSERT INTO asyncpg_checked VALUES (1, 1)")
    for _ in range(3):
        with refused(asyncpg.PostgresSyntaxError, "a syntax error", position="15"):
            await client.fetch("SELECT 1 FORM nothing")
        with refused(asyncpg.UniqueViolationError, "a duplicate key", constraint_name="one_only"):
            await client.execute("INSERT INTO asyncpg_checked VALUES ($1, 1)", 1)
        with refused(asyncpg.CheckViolationError, "a wrong value"):
            await client.execute("INSERT INTO asyncpg_checked VALUES (2, $1)", 0)
        with refused(asyncpg.UndefinedTableError, "an unknown table"):
            await client.fetch("SELECT * FROM asyncpg_nowhere WHERE i = $1", 1)
        check(await client.fetchval("SELECT $1::int", 5) == 5, "the connection is not usable")
    await client.execute("BEGIN")
    await client.execute("INSERT INTO asyncpg_checked VALUES ($1, 3)", 3)
    with refused(asyncpg.DivisionByZeroError, "a division by zero"):
        await client.fetchval("SELECT 1 / $1::int", 0)
    with refused(asyncpg.InFailedSQLTransactionError, "a statement of a failed transaction"):
        await client.fetchval("SELECT 1 / $1::int", 1)
    await client.execute("ROLLBACK")
    async with client.transaction():
        check(await client.fetchval("SELECT count(*) FROM asyncpg_checked") == 1, "a row has stayed")
    await client.execute("DROP TABLE asyncpg_checked")
    await close([client])


async def reconnects():
    for turn in range(15):
        client = await connect(server_settings={"application_name": f"turn {turn}"})
        check(await client.fetchval("SHOW application_name") == f"turn {turn}", "the name is another's")
        await client.close()
    with refused(asyncpg.InvalidPasswordError, "a wrong password"):
        await asyncpg.connect(**{**WORDS, "password": "wrong"})
    with refused(asyncpg.InvalidCatalogNameError, "an unknown database"):
        await asyncpg.connect(**{**WORDS, "database": "nowhere"})
    client = await connect()
    with refused((asyncpg.PostgresError, ConnectionError), "a terminated session"):
        await client.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
    if client.is_closed():  # Egret keeps its clients when a server is lost
        client = await connect()
    check(await client.fetchval("SELECT 6") == 6, "no way on after a termination")
    await close([client])


async def settings():
    clients = []
    for number, zone in enumerate(ZONES):
        start = {"application_name": f"asyncpg {number}", "timezone": zone, "geqo_seed": f"0.{number}"}
        client = await connect(server_settings=start)
        clients.append(client)
        await client.execute(f"SET work_mem = '{number + 1}MB'")
        await client.execute("SELECT set_config('my.number', $1, false)", str(number))
    dice, names = random.Random(10), ("application_name", "timezone", "geqo_seed", "work_mem", "my.number")
    for _ in range(options.rounds):
        for number in dice.sample(range(len(clients)), len(clients)):
            client = clients[number]
            row = await client.fetchrow("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
            expected = (f"asyncpg {number}", ZONES[number], f"0.{number}" if number else "0", f"{number + 1}MB",
                        str(number))
            check(tuple(row) == expected, f"client {number} sees {tuple(row)}, not {expected}")
            check(client.get_settings().TimeZone == ZONES[number], "the status of another's zone")
            if dice.random() < 0.3:
                undone = client.transaction()
                await undone.start()
                await client.execute("SET work_mem = '77MB'")
                check(await client.fetchval("SHOW work_mem") == "77MB", "SET has no effect in its transaction")
                await undone.rollback()
    await close(clients)


async def copy():
    client = await connect()
    await client.execute("DROP TABLE IF EXISTS asyncpg_copy; CREATE TABLE asyncpg_copy (i int, t text, f float8)")
    records = [(number, f"line\t{number}\\\n", None if number % 3 else number / 4) for number in range(20000)]
    found = await client.copy_records_to_table("asyncpg_copy", records=records)
    check(found == "COPY 20000", f"the tag is {found}")
    async with client.transaction():
        rows = [tuple(row) for row in await client.fetch("SELECT * FROM asyncpg_copy ORDER BY i")]
        check(rows == records, "COPY changed records")
        out = io.BytesIO()
        await client.copy_from_query("SELECT i FROM asyncpg_copy ORDER BY i", output=out, format="csv")
        check(out.getvalue() == b"".join(b"%d\n" % number for number in range(20000)), "COPY TO gave other lines")
    with refused(asyncpg.InvalidTextRepresentationError, "a line that does not fit"):
        await client.copy_to_table("asyncpg_copy", source=io.BytesIO(b"1\tone\t1\nnothing\n" * 5000))

    async def broken():
        yield b"1\tone\t1\n"
        raise ZeroDivisionError

    with refused(ZeroDivisionError, "an error of the client's in the middle of its COPY"):
        await client.copy_to_table("asyncpg_copy", source=broken())
    async with client.transaction():
        check(await client.fetchval("SELECT count(*) FROM asyncpg_copy") == 20000, "rows of failed COPYs have stayed")
    await client.execute("DROP TABLE asyncpg_copy")
    await close([client])


async def pool():
    """asyncpg's own pool resets each connection that comes back: UNLISTEN *, CLOSE ALL, RESET ALL, unlocking."""
    made = await asyncpg.create_pool(**WORDS, min_size=4, max_size=8, command_timeout=30)
    async with made.acquire() as client:
        await client.execute(
            "DROP TABLE IF EXISTS asyncpg_money; CREATE TABLE asyncpg_money (id int PRIMARY KEY, n int); "
            "INSERT INTO asyncpg_money SELECT i, 1000 FROM generate_series(0, 9) i")

    async def task(seed):
        dice = random.Random(seed)
        for turn in range(8):
            source, sink = sorted(dice.sample(range(10), 2))
            async with made.acquire() as client:
                check(await client.fetchval("SHOW work_mem") == "4MB", "the pool's connection was not reset")
                async with client.transaction():
                    await client.execute(f"SET LOCAL work_mem = '{seed + 1}MB'")
                    await client.execute("UPDATE asyncpg_money SET n = n - 1 WHERE id = $1", source)
                    await client.execute("UPDATE asyncpg_money SET n = n + 1 WHERE id = $1", sink)
                if turn == 5:
                    await client.execute(f"SET work_mem = '{seed + 1}MB'")
                found = await client.fetchval("SELECT $1::int * 100 + $2::int", seed, turn)
                check(found == seed * 100 + turn, f"task {seed} read {found}")

    await asyncio.gather(*(task(seed) for seed in range(24)))
    async with made.acquire() as client, client.transaction():
        check(await client.fetchval("SELECT sum(n) FROM asyncpg_money") == 10000, "money was lost")
        await client.execute("DROP TABLE asyncpg_money")
    await made.close()


async def keys():
    one = await connect()
    await one.execute("DROP TABLE IF EXISTS asyncpg_keys; CREATE TABLE asyncpg_keys (id serial, t text)")
    async with one.transaction():
        await one.execute("INSERT INTO asyncpg_keys (t) VALUES ($1)", "a")
        check(await one.fetchval("SELECT lastval()") == 1, "lastval() in its transaction")
    await one.close()
    clients = [await connect() for _ in range(options.clients)]
    for expected, client in enumerate(clients, 2):
        found = await client.fetchval("INSERT INTO asyncpg_keys (t) VALUES ($1) RETURNING id", "a")
        check(found == expected, f"RETURNING gave {found}")
    for expected, client in enumerate(clients, 2):
        try:
            found = await client.fetchval("SELECT lastval()")
        except asyncpg.ObjectNotInPrerequisiteStateError:
            found = None
        check(target.is_key(found, expected), f"lastval() is {found} instead of {expected}")
        await client.close()
    one = await connect()
    await one.execute("DROP TABLE asyncpg_keys")
    await one.close()


async def notifications():
    one, two = await connect(), await connect()
    found = asyncio.Queue()
    await one.add_listener("asyncpg_news", lambda *words: found.put_nowait(words[-1]))
    for number in range(3):
        await two.execute("SELECT pg_notify('asyncpg_news', $1)", str(number))
    heard = [await asyncio.wait_for(found.get(), 10) for _ in range(3)]
    check(heard == ["0", "1", "2"], f"the notifications were {heard}")
    await one.reset()
    await close([one, two])


def part(coroutine):
    def played():
        asyncio.run(coroutine())
    played.__name__ = coroutine.__name__
    return played


target.play(*map(part, (
    statements, transactions, large, cancel, failures, reconnects, settings, copy, pool, keys, notifications)))
