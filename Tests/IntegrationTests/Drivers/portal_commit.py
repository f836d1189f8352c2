"""A COMMIT whose answer is lost with the primary, by a portal that an earlier group has bound: its outcome is unknown.

The primary has written the COMMIT, and waits for a standby that does not exist before it says so; then it is killed.
Another client is in the middle of its transaction at that moment, which is lost for certain.
"""

import target
from protocol import SYNC, Client, bind, execute, expect, parse, query

options = target.arguments()
ending, open_one = Client(options, timeout=40), Client(options, timeout=40)

for client, what in ((ending, "ending"), (open_one, "open")):
    expect(client.ask("BEGIN"), (b"CZ", None), "BEGIN")
    expect(client.ask(f"INSERT INTO outcomes VALUES ('{what}')"), (b"CZ", None), "INSERT")
ending.send(parse("COMMIT"), bind(portal="end"), SYNC)
expect(ending.until(b"Z"), (b"12Z", None), "the portal of the COMMIT")
open_one.send(query("SELECT pg_sleep(60)"))
ending.send(execute("end"), SYNC)

expect(ending.until(b"Z"), (b"EZ", "08007"), "a COMMIT without an answer")
expect(open_one.until(b"Z"), (b"EZ", "08006"), "an open transaction")

# Both go on with the new primary, and find what became of it.
for client in (ending, open_one):
    expect(client.ask("INSERT INTO outcomes VALUES ('afterwards')"), (b"CZ", None), "a statement afterwards")
ending.send(query("SELECT what FROM outcomes ORDER BY what"))
expect(ending.rows(), ["afterwards", "afterwards", "ending"], "the outcomes")

print("well")
