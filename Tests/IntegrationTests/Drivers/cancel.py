"""A cancel request hits the statement of the client that sent it, and nobody else's."""

import threading
import time

import target

psycopg = target.need("psycopg")
options = target.arguments(clients=6, seconds=2)
connections = [psycopg.connect(**target.conninfo(options), autocommit=True) for _ in range(options.clients)]
outcomes = [None] * options.clients


def sleep(number):
    try:
        connections[number].execute("SELECT pg_sleep(%s)", (options.seconds,)).fetchone()
        outcomes[number] = "slept"
    except psycopg.errors.QueryCanceled as error:
        outcomes[number] = error.sqlstate
    except Exception as error:
        outcomes[number] = f"{type(error).__name__}: {error}"


threads = [threading.Thread(target=sleep, args=(number,)) for number in range(options.clients)]
for thread in threads:
    thread.start()
time.sleep(0.7)
connections[2].cancel()
threads[2].join(5)
target.check(not threads[2].is_alive(), "the cancelled statement still runs")
for thread in threads:
    thread.join()
expected = ["57014" if number == 2 else "slept" for number in range(options.clients)]
target.check(outcomes == expected, f"the outcomes were {outcomes}")

# A cancel request of an idle client hits nothing, neither now nor the next one to use its server.
connections[3].cancel()
for number, connection in enumerate(connections):
    row = connection.execute("SELECT %s::int, pg_sleep(0.05)", (number,)).fetchone()
    target.check(row[0] == number, f"client {number} read {row!r} after the cancel")
for connection in connections:
    connection.close()
print(" ".join(outcomes))
