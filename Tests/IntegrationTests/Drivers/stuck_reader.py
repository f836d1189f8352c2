"""With a pool of one and a query_timeout of a second: who never reads its result does not keep the server."""

import time

import target
from protocol import Client, expect, query

options = target.arguments()
other = Client(options, timeout=20)
for _ in range(2):
    stuck = Client(options)
    stuck.send(query("SELECT repeat('x', 10000) FROM generate_series(1, 20000)"))
    time.sleep(0.3)
    began = time.monotonic()
    other.send(query("SELECT 'served'"))
    expect(other.rows(), ["served"], "who waited behind a stuck reader")
    waited = time.monotonic() - began
    target.check(0.3 < waited < 8, f"another client waited {waited:.1f} s behind a stuck reader")
expect(other.ask("SELECT 1")[1], None, "another client behind them")
print("well")
