"""Clients that use the same names for different prepared statements, turn and turn about, in transaction mode."""

import random

import target

psycopg = target.need("psycopg")
options = target.arguments(clients=8, rounds=60)
connections = [
    psycopg.connect(**target.conninfo(options), autocommit=True, prepare_threshold=0)
    for _ in range(options.clients)
]
dice = random.Random(15)
for turn in range(options.rounds):
    for number in dice.sample(range(options.clients), options.clients):
        # Each client's first statement is called _pg3_0, its second _pg3_1: the texts differ.
        kind = dice.randrange(4)
        query = f"SELECT {number} AS client, {kind} AS kind, %s::int AS turn"
        row = connections[number].execute(query, (turn,)).fetchone()
        target.check(row == (number, kind, turn), f"client {number} asked for kind {kind} turn {turn}: {row!r}")

# A statement whose table changes under it must be planned anew, and one that was deallocated is gone.
writer = connections[0]
writer.execute("DROP TABLE IF EXISTS prepared_rows")
writer.execute("CREATE TABLE prepared_rows (id int)")
for connection in connections:
    with connection.transaction():
        connection.execute("INSERT INTO prepared_rows VALUES (%s)", (1,))
with writer.transaction():
    count = writer.execute("SELECT count(*) FROM prepared_rows").fetchone()[0]
target.check(count == options.clients, f"{count} rows were inserted")

# PREPARE in SQL is state of the session as well.
writer.execute("PREPARE by_name (int) AS SELECT $1 * 2", prepare=False)
for connection in connections[1:]:
    connection.execute("SELECT 1", prepare=False)
row = writer.execute("EXECUTE by_name (21)", prepare=False).fetchone()
target.check(row == (42,), f"EXECUTE of a PREPARE gave {row!r}")
writer.execute("DROP TABLE prepared_rows")
for connection in connections:
    connection.close()
print(f"clients={options.clients} rounds={options.rounds}")
