"""Cancel requests reach a client's statement whatever its session is, with keys of both lengths."""

import time

import protocol
import target

options = target.arguments()
SLEEP = "SELECT pg_sleep(20)"


def check(client, what, *messages):
    """A running statement is canceled, and the session goes on."""
    client.send(*(messages or [protocol.query(SLEEP)]))
    time.sleep(0.2)
    client.cancel()
    _, state = client.until(b"Z")
    protocol.expect(state, "57014", what)
    # Nothing is left of the request.
    for _ in range(3):
        protocol.expect(client.ask("SELECT 1"), (b"TDCZ", None), f"the next statement: {what}")
    client.cancel()
    protocol.expect(client.ask("SELECT pg_sleep(0.05)"), (b"TDCZ", None), f"a cancel while idle: {what}")


for minor, length in ((0, 8), (2, 36)):
    client = protocol.Client(options, minor=minor)
    protocol.expect(len(client.key), length, f"the length of the key in protocol 3.{minor}")
    check(client, "an ordinary session")
    check(client, "the extended protocol", protocol.parse(SLEEP), protocol.bind(), protocol.EXECUTE, protocol.SYNC)
    client.ask("BEGIN")
    client.send(protocol.query(SLEEP))
    time.sleep(0.2)
    client.cancel()
    protocol.expect(client.until(b"Z")[1], "57014", "a transaction block")
    protocol.expect(client.ask("SELECT 1")[1], "25P02", "the block has failed")
    client.ask("ROLLBACK")
    client.ask("CREATE TEMP TABLE canceled (i int)")
    check(client, "a pinned session")
    protocol.expect(client.ask("SELECT * FROM canceled")[1], None, "what pinned it")
    for kind in ("database", "true"):
        replicating = protocol.Client(options, minor=minor, replication=kind)
        protocol.expect(len(replicating.key), length, f"the length of the key for replication={kind}")
        if kind == "database":
            check(replicating, "a replication connection")
print("well")
