"""Statements of more than a megabyte pass unread: what they do to the session is asked for afterwards."""

import time

import target
from protocol import EXECUTE, SYNC, Client, bind, expect, parse, query

psycopg = target.need("psycopg")
options = target.arguments(mode="transaction")
LONG = "x" * (1 << 20)
monitor = psycopg.connect(**target.conninfo(options), autocommit=True)
client = Client(options, timeout=20)
process = str(int.from_bytes(client.key[:4], "big"))


def pinned():
    rows = monitor.execute("show pool_pins").fetchall()
    return next((row[5] for row in rows if row[0] == process), "")


def expect_pin(reason, what):
    """Once the server has been asked, which takes a moment."""
    for _ in range(100):
        found = pinned()
        if found == reason:
            return
        time.sleep(0.02)
    expect(found, reason, what)


def ask(*messages):
    client.send(*messages)
    return client.rows()


expect(ask(query(f"SELECT length('{LONG}')")), [str(len(LONG))], "a long query")
expect_pin("", "after a long query")
expect(ask(query(f"SET work_mem = '9MB'; SELECT length('{LONG}')")), [str(len(LONG))], "a SET in a long query")
expect_pin("", "after a long SET")
monitor.execute("SELECT 1")
expect(ask(query("SHOW work_mem")), ["9MB"], "what a long query has set")
expect(ask(query(f"CREATE TEMP TABLE mine AS SELECT '{LONG}'")), [], "a temporary table")
expect_pin("temporary object", "after a long CREATE TEMP TABLE")
expect(ask(query("DROP TABLE mine")), [], "its end")
expect_pin("", "after DROP TABLE")

# Prepared statements may be gone behind one.
expect(ask(parse("SELECT 1", "one"), SYNC), [], "a statement")
expect(ask(query(f"DEALLOCATE ALL; SELECT length('{LONG}')")), [str(len(LONG))], "DEALLOCATE ALL in a long query")
expect(ask(bind("one"), EXECUTE, SYNC), ["26000"], "a statement behind DEALLOCATE ALL")

# The unnamed statement stays on its server until there is another one.
expect(ask(parse(f"SELECT length('{LONG}')"), bind(), EXECUTE, SYNC), [str(len(LONG))], "a long unnamed statement")
expect_pin("long statement, being checked", "while a long statement may be bound")
expect(ask(bind(), EXECUTE, SYNC), [str(len(LONG))], "a long unnamed statement in a later group")
expect(ask(parse("SELECT 2"), bind(), EXECUTE, SYNC), ["2"], "the next unnamed statement")
expect_pin("", "behind the long statement")

# So it does for a client that has prepared nothing else.
other = Client(options, timeout=20)
other.send(parse(f"SELECT length('{LONG}')"), bind(), EXECUTE, SYNC)
expect(other.rows(), [str(len(LONG))], "a long statement and no other")
other.send(query("SELECT 2"))
expect(other.rows(), ["2"], "a query behind it")
process, own = str(int.from_bytes(other.key[:4], "big")), process
expect_pin("", "of a client that has prepared nothing else")
process = own

# A name must mean the same on all servers.
expect(ask(parse(f"SELECT length('{LONG}')", "long"), bind("long"), EXECUTE, SYNC), ["54000"], "a long named one")
expect(ask(parse("SELECT 3", "long"), bind("long"), EXECUTE, SYNC), ["3"], "its name is free")
expect(ask(query("BEGIN")), [], "BEGIN")
expect(ask(parse("SELECT 4"), parse(f"SELECT '{LONG}'", "l"), bind("l"), EXECUTE, SYNC), ["54000"], "one in a block")
expect(ask(query("ROLLBACK")), [], "ROLLBACK")

# What no server can be asked about is found in the text.
if options.mode == "transaction":
    expect(ask(query(f"SELECT setseed(0.5), length('{LONG}')"))[1:], [], "setseed")
    expect_pin("not understood", "after a long setseed")
    expect(ask(query("DISCARD ALL")), [], "DISCARD ALL")
    expect_pin("", "after DISCARD ALL")
print("well")
