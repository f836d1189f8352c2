"""A ledger over the death of a primary: what a client was told, compared with what the table holds.

Every client books entries, in transactions and as single statements, and writes down what it was told of each: done,
failed, or unknown. At the end what was done must be there once, what failed must not be there, and only what is unknown
may be either.
"""

import asyncio
import time

import target

asyncpg = target.need("asyncpg")
options = target.arguments(clients=30, seconds=8.0)
words = {"host": "127.0.0.1", "port": options.port, "user": options.user, "database": options.database}
if options.password is not None:
    words["password"] = options.password

done, failed, unknown = set(), set(), set()
lost, texts = [], set()
longest = 0.0


async def book(connection, entry, in_transaction):
    if in_transaction:
        async with connection.transaction():
            await connection.execute("INSERT INTO ledger VALUES ($1)", entry)
            await connection.fetchval("SELECT count(*) FROM ledger WHERE entry = $1", entry)
    elif entry % 3 == 0:
        await connection.execute(f"INSERT INTO ledger VALUES ({entry})")
    else:
        await connection.execute("INSERT INTO ledger VALUES ($1)", entry)


async def client(number, until):
    global longest
    connection = await asyncpg.connect(**words, timeout=30)
    turn = 0
    while time.monotonic() < until:
        entry = number * 1_000_000 + turn
        began = time.monotonic()
        try:
            await book(connection, entry, turn % 2 == 0)
            done.add(entry)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            text = f"{getattr(error, 'sqlstate', None)}: {error}"
            texts.add(text)
            (unknown if "unknown" in text else failed).add(entry)
            if connection.is_closed():
                lost.append(number)
                return
        longest = max(longest, time.monotonic() - began)
        turn += 1
    await connection.close(timeout=30)


async def main():
    setup = await asyncpg.connect(**words)
    await setup.execute("DROP TABLE IF EXISTS ledger")
    await setup.execute("CREATE TABLE ledger (entry int)")
    until = time.monotonic() + options.seconds
    await asyncio.gather(*(client(number, until) for number in range(options.clients)))
    async with setup.transaction():
        rows = await setup.fetch("SELECT entry, count(*) FROM ledger GROUP BY entry")
    await setup.close()
    booked = {row[0]: row[1] for row in rows}
    twice = sorted(entry for entry, count in booked.items() if count > 1)
    missing = sorted(done - booked.keys())
    ghosts = sorted(failed & booked.keys())
    for text in sorted(texts):
        print(text)
    target.check(not twice, f"booked twice: {twice[:10]}")
    target.check(not missing, f"done, but not there: {missing[:10]}")
    target.check(not ghosts, f"failed, but there: {ghosts[:10]}")
    target.check(not lost, f"lost connections: {lost[:10]}")
    print(f"done={len(done)} failed={len(failed)} unknown={len(unknown)} longest={longest:.3f}")


asyncio.run(main())
