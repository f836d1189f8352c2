"""Reads without a pause, by asyncpg with prepared statements, while somebody else breaks a server.

Every answer is checked. Ends with the number of answers, of errors and of lost connections, and the longest wait.
"""

import asyncio
import time

import target

asyncpg = target.need("asyncpg")
options = target.arguments(clients=100, seconds=6.0)
words = {"host": "127.0.0.1", "port": options.port, "user": options.user, "database": options.database}
if options.password is not None:
    words["password"] = options.password

errors = []
lost = []
longest = 0.0


async def client(number, until):
    global longest
    connection = await asyncpg.connect(**words, timeout=30)
    answers = 0
    statement = await connection.prepare("SELECT $1::int + 1 AS next, repeat('x', 200) AS filling")
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            row = await statement.fetchrow(answers)
            target.check(row["next"] == answers + 1, f"client {number} asked for {answers} and got {row['next']}")
            # A text of its own goes through Parse each time.
            found = await connection.fetchval(f"SELECT {number} + $1::int", answers)
            target.check(found == number + answers, f"client {number} computed {found}")
            answers += 2
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            errors.append(f"{type(error).__name__} {getattr(error, 'sqlstate', None)}: {error}")
            if connection.is_closed():
                lost.append(number)
                return answers
        longest = max(longest, time.monotonic() - began)
    await connection.close(timeout=30)
    return answers


async def main():
    until = time.monotonic() + options.seconds
    answers = sum(await asyncio.gather(*(client(number, until) for number in range(options.clients))))
    for error in errors[:5]:
        print(error)
    print(f"errors={len(errors)} lost={len(lost)} longest={longest:.3f} answers={answers}")


asyncio.run(main())
