"""Many psycopg clients at once, each with its own rows, every answer checked."""

import target

psycopg = target.need("psycopg")
options = target.arguments(clients=100, rounds=10)
answers = [0] * options.clients


def client(number, start):
    with psycopg.connect(**target.conninfo(options), autocommit=True, connect_timeout=30) as connection:
        start.wait(60)
        for turn in range(options.rounds):
            value = f"client {number} turn {turn}"
            with connection.transaction():
                connection.execute("INSERT INTO psycopg_clients VALUES (%s, %s, %s)", (number, turn, value))
                row = connection.execute(
                    "SELECT value FROM psycopg_clients WHERE client = %s AND turn = %s", (number, turn)
                ).fetchone()
                target.check(row == (value,), f"client {number} wrote {value!r} and read {row!r}")
            row = connection.execute("SELECT %s::int * 1000 + %s::int", (number, turn)).fetchone()
            target.check(row == (number * 1000 + turn,), f"client {number} computed {row!r} in turn {turn}")
            answers[number] += 2


with psycopg.connect(**target.conninfo(options), autocommit=True) as setup:
    setup.execute("DROP TABLE IF EXISTS psycopg_clients")
    setup.execute("CREATE TABLE psycopg_clients (client int, turn int, value text, PRIMARY KEY (client, turn))")
target.together(options.clients, client)
with psycopg.connect(**target.conninfo(options), autocommit=True) as last:
    with last.transaction():
        rows = last.execute("SELECT count(*), count(DISTINCT client) FROM psycopg_clients").fetchone()
target.check(rows == (options.clients * options.rounds, options.clients), f"the table has {rows!r}")
print(f"clients={options.clients} answers={sum(answers)}")
