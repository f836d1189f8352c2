"""Clients that do not read what they have asked for: Egret keeps little of it, and others do not notice.

--pid is Egret's, whose memory is looked at.
"""

import select
import struct
import time

import target
from protocol import Client, expect, query

options = target.arguments(pid=0)
other = Client(options, timeout=10)


def resident():
    with open(f"/proc/{options.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def expect_undisturbed(what):
    """Another client is served at once, whatever is stuck, and Egret has not grown by what nobody reads."""
    for number in range(30):
        began = time.monotonic()
        other.send(query(f"SELECT {number}"))
        expect(other.rows(), [str(number)], f"another client beside {what}")
        target.check(time.monotonic() - began < 2, f"{what} holds up another client")
    grown = resident() - before
    target.check(grown < 16 << 20, f"{what} makes Egret grow by {grown >> 20} MiB")


def length(data, start):
    return 1 + struct.unpack_from("!i", data, start + 1)[0]


class Greedy:
    """Sends until nothing goes on any more, and reads only then."""

    def __init__(self, messages):
        self.socket = Client(options).socket
        self.socket.setblocking(False)
        self.left = memoryview(messages)
        self.found = {}
        self.rest = bytearray()

    def send(self):
        """Whether something went on."""
        try:
            self.left = self.left[self.socket.send(self.left[:65536]) :]
            return True
        except BlockingIOError:
            return False

    def press(self):
        moved = time.monotonic()
        while self.left and time.monotonic() - moved < 0.4:
            if self.send():
                moved = time.monotonic()
            else:
                time.sleep(0.01)

    def read(self, tag, count):
        """Reads, and sends what is left, until that many messages of a kind have come."""
        while self.found.get(tag, 0) < count:
            writers = [self.socket] if self.left else []
            readable, writable, _ = select.select([self.socket], writers, [], 10)
            target.check(readable or writable, f"stuck behind {self.found}")
            if writable:
                self.send()
            if readable:
                self.take()

    def take(self):
        more = self.socket.recv(1 << 20)
        target.check(more, f"the connection ended behind {self.found}")
        self.rest += more
        start = 0
        while len(self.rest) - start >= 5 and len(self.rest) - start >= length(self.rest, start):
            tag = chr(self.rest[start])
            target.check(tag != "E", f"an error: {bytes(self.rest[start : start + 200])}")
            self.found[tag] = self.found.get(tag, 0) + 1
            start += length(self.rest, start)
        del self.rest[:start]


expect(other.ask("SELECT 1")[1], None, "the first statement")
before = resident()

# A large result.
slow = Greedy(query("SELECT repeat('x', 10000) FROM generate_series(1, 8000)"))
slow.press()
time.sleep(0.3)
waits = "SELECT wait_event FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 8000)' AND state = 'active'"
other.send(query(waits))
expect(other.rows(), ["ClientWrite"], "the server of a slow reader")
expect_undisturbed("a slow reader")
slow.read("Z", 1)
expect(slow.found["D"], 8000, "the rows of a slow reader")

# Both directions full: more questions than fit in between, with longer answers.
full = Greedy(query(f"SELECT repeat('x', 40000) /* {'y' * 20_000} */") * 2_000)
full.press()
target.check(full.left, "all questions went away, although nobody reads the answers")
expect_undisturbed("a full pipeline")
full.read("Z", 2_000)
expect(full.found["D"], 2_000, "the answers of a full pipeline")

# Reports of Egret's own with many rows.
report = Client(options, timeout=10)
report.send(query("show pool_pools"))
rows = len(report.rows())
count = 100_000 // rows + 1
unread = Greedy(query("show pool_pools") * count)
unread.press()
expect_undisturbed("a report that nobody reads")
began = time.monotonic()
unread.read("Z", count)
expect(unread.found["D"], count * rows, "the rows of the reports")
expect_undisturbed("a report that was read")

print("well")
