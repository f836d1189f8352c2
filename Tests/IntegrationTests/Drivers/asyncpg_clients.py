"""Many asyncpg clients at once. asyncpg prepares all that it runs, under names that all of its clients share."""

import asyncio

import target

asyncpg = target.need("asyncpg")
options = target.arguments(clients=100, rounds=10)
words = {"host": "127.0.0.1", "port": options.port, "user": options.user, "database": options.database}
if options.password is not None:
    words["password"] = options.password


async def client(number, everyone):
    connection = await asyncpg.connect(**words, timeout=30)
    try:
        await everyone.wait()
        for turn in range(options.rounds):
            value = f"client {number} turn {turn}"
            async with connection.transaction():
                await connection.execute("INSERT INTO asyncpg_clients VALUES ($1, $2, $3)", number, turn, value)
                found = await connection.fetchval(
                    "SELECT value FROM asyncpg_clients WHERE client = $1 AND turn = $2", number, turn
                )
                target.check(found == value, f"client {number} wrote {value!r} and read {found!r}")
            # A text of its own for each client: the same statement name stands for a hundred statements.
            found = await connection.fetchval(f"SELECT {number} + $1::int", turn)
            target.check(found == number + turn, f"client {number} computed {found!r} in turn {turn}")
        return 2 * options.rounds
    finally:
        await connection.close(timeout=30)


async def main():
    setup = await asyncpg.connect(**words)
    await setup.execute("DROP TABLE IF EXISTS asyncpg_clients")
    await setup.execute("CREATE TABLE asyncpg_clients (client int, turn int, value text, PRIMARY KEY (client, turn))")
    everyone = asyncio.Event()
    tasks = [asyncio.create_task(client(number, everyone)) for number in range(options.clients)]
    await asyncio.sleep(0.5)
    everyone.set()
    answers = sum(await asyncio.gather(*tasks))
    async with setup.transaction():
        rows = tuple(await setup.fetchrow("SELECT count(*), count(DISTINCT client) FROM asyncpg_clients"))
    await setup.close()
    target.check(rows == (options.clients * options.rounds, options.clients), f"the table has {rows!r}")
    print(f"clients={options.clients} answers={answers}")


asyncio.run(main())
