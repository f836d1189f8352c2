"""Sessions on a primary that is none any more, because an operator says so: from then on nothing is written there.

--order is the operator's command, --old and --new are the ports of the two servers.
"""

import shlex
import subprocess

import target
from protocol import EXECUTE, FLUSH, SYNC, TERMINATE, Client, bind, expect, parse, query

options = target.arguments(order="", old=0, new=0)
idle, pinned, block, group, busy, gone = (Client(options, timeout=20) for _ in range(6))


def insert(what):
    return f"INSERT INTO noted VALUES ('{what}')"


def port():
    idle.send(query("SELECT inet_server_port()"))
    return idle.rows()


expect(port(), [str(options.old)], "where reads go before")
expect(pinned.ask("CREATE TEMP TABLE pin (i int)"), (b"CZ", None), "a temporary table")
block.ask("BEGIN")
expect(block.ask(insert("block")), (b"CZ", None), "a write in a transaction")
group.send(parse(insert("group")), bind(), EXECUTE, FLUSH)
expect(group.until(b"C"), (b"12C", None), "a write in front of a Flush")
busy.send(query("INSERT INTO noted SELECT 'busy' FROM pg_sleep(1.5)"))
gone.send(query("INSERT INTO noted SELECT 'gone' FROM pg_sleep(1.5)"), TERMINATE)
gone.socket.close()

subprocess.run(shlex.split(options.order), check=True, stdout=subprocess.DEVNULL)

expect(port(), [str(options.new)], "where reads go afterwards")
expect(pinned.until(b"E"), (b"E", "08006"), "a session with state")
target.check(pinned.socket.recv(1) == b"", "a session whose state is lost goes on")
expect(block.ask(insert("block")), (b"EZ", "08006"), "a write in the lost transaction")
expect(block.ask(insert("afterwards")), (b"CZ", None), "a write behind the lost transaction")
group.send(SYNC)
seen, state = group.until(b"Z")
target.check(seen == b"EZ" and state in ("08006", "08007"), f"the end of the open group: {seen} {state}")
expect(group.ask(insert("afterwards")), (b"CZ", None), "a write behind the lost group")
expect(busy.until(b"Z"), (b"EZ", "08007"), "a statement under way")
expect(busy.ask(insert("afterwards")), (b"CZ", None), "a write behind the statement under way")

print("well")
