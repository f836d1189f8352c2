"""What clients have open, or have left behind, while a switchover takes place. --order is the operator's command.

Groups are open behind a Flush, without a Sync: one that comes to its end, and one that does not before the switchover
has waited for two seconds. Clients have sent a statement and their farewell: before it, and while statements are held
back, in one segment or in two.
"""

import select
import shlex
import subprocess
import time

import target
from protocol import EXECUTE, FLUSH, SYNC, TERMINATE, Client, bind, expect, parse, query

options = target.arguments(order="")
ended, endless, writer, runs, waits, waits_extended, waits_apart = (Client(options, timeout=20) for _ in range(7))


def insert(what, source="(SELECT 1) AS s"):
    return f"INSERT INTO moved SELECT '{what}' FROM {source}"


def leave(client, *messages):
    """Everything in one segment, and the socket's end right behind it."""
    client.send(*messages, TERMINATE)
    client.socket.close()


for client, what in ((ended, "ended"), (endless, "endless")):
    client.send(parse(insert(what)), bind(), EXECUTE, FLUSH)
    expect(client.until(b"C"), (b"12C", None), "a write in front of a Flush")
leave(runs, query(insert("runs", "pg_sleep(0.2)")))

began = time.monotonic()
order = subprocess.Popen(shlex.split(options.order), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
written = 0
while True:
    writer.send(query(insert("writer")))
    written += 1
    if not select.select([writer.socket], [], [], 0.2)[0]:
        break
    expect(writer.until(b"Z"), (b"CZ", None), "a write in front of the switchover")
    target.check(time.monotonic() - began < 5, "statements are not held back")
leave(waits, query(insert("waits")))
leave(waits_extended, parse(insert("waits extended")), bind(), EXECUTE, SYNC)
# libpq sends its farewell by itself: by then the statement waits.
waits_apart.send(query(insert("waits apart")))
time.sleep(0.1)
leave(waits_apart)

# Nothing else is under way by now: without the open groups the switchover would be over.
time.sleep(0.6)
target.check(order.poll() is None, "the switchover did not wait for the open groups")
ended.send(SYNC)
expect(ended.until(b"Z"), (b"Z", None), "the end of an open group")
seen, state = endless.until(b"E")
target.check(seen == b"E" and state in ("08006", "08007"), f"a group that does not end: {seen} {state}")
target.check(time.monotonic() - began > 2, "a group that does not end was ended before its time")
endless.send(SYNC)
expect(endless.until(b"Z"), (b"Z", None), "the Sync of the group that is lost")
expect(writer.until(b"Z"), (b"CZ", None), "a write that was held back")
output = order.communicate(timeout=20)[0]
target.check(order.returncode == 0, f"the switchover: {output}")

wanted = ["ended 1", "runs 1", "waits 1", "waits apart 1", "waits extended 1", f"writer {written}"]
found = []
while found != wanted and time.monotonic() - began < 15:
    endless.send(query("SELECT what || ' ' || count(*) FROM moved GROUP BY what ORDER BY what"))
    found = endless.rows()
    time.sleep(0.1)
expect(found, wanted, "what was written, and how often")

print("well")
