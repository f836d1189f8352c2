"""A client that plays a script on a socket, reads while it writes, and keeps every message of the answers."""

import collections
import random
import select
import socket
import struct
import time

from protocol import TERMINATE, message
from traffic import messages
from traffic.script import Leave

# Enough to make every buffer on the way full, and every message come in pieces.
SMALL = 4096
# With the loopback's segments of 64 KiB and a window of 4 KiB, TCP would wait for its timers.
SMALL_SEGMENT = 536
GARBAGE = message(b"y", b"garbage")


class Player:
    """A connection. `queue` holds what has come and belongs to no step yet."""

    def __init__(self, port, script, timeout):
        self.timeout = timeout
        self.rest = b""
        self.queue = collections.deque()
        self.is_over = False
        self.is_copying = False
        self.has_failed = False
        self.random = random.Random(script.seed) if script.is_cut else None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if script.has_small_buffers:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.readable = select.poll()
        self.readable.register(self.socket, select.POLLIN)
        self.both = select.poll()
        self.both.register(self.socket, select.POLLIN | select.POLLOUT)

    def start(self, parameters):
        body = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters) + b"\0"
        return self.exchange(struct.pack("!ii", len(body) + 8, 196608) + body, b"Z", 1, 0)

    def play(self, step):
        """The answers to a step; nothing once the connection is over."""
        found, was_copying = [], False
        for part in step.parts:
            if part.when == "always" or (part.when == "copying") == was_copying:
                found += self.exchange(part.data, part.until, part.count, part.copy_ignores)
            if part.when == "always":
                was_copying = self.is_copying
        return found

    def leave(self, how):
        """Ends the connection; what has come until then, and was not waited for, is given back."""
        if how is Leave.CLOSE or self.is_over:
            while not self.is_over and self.readable.poll(0):
                self.receive()
            found = list(self.queue)
        else:
            # In one piece: a server that has ended must have nothing left to read, or its last words are lost. No
            # message has this tag: it waits for the end.
            self.random = None
            found = self.exchange(GARBAGE if how is Leave.GARBAGE else TERMINATE, b"", 1, 0)
        self.socket.close()
        return found

    def exchange(self, data, until, count, copy_ignores):
        """Sends, and reads meanwhile, until `count` messages with one of the tags have come."""
        found = []
        if self.is_over:
            return found
        try:
            if data:
                self.send(data)
            # The server is silent up to the next Sync.
            if self.has_failed and until not in (b"Z", b""):
                return found
            while count > 0:
                while not self.queue:
                    if not self.readable.poll(self.timeout * 1000):
                        self.end(f"no answer within {self.timeout} s")
                    else:
                        self.receive()
                tag, _ = answer = self.queue.popleft()
                found.append(answer)
                if tag == b"":
                    return found
                count -= self.note(tag, until, count, copy_ignores)
        except OSError:
            # A connection that ends is told in one way, whether by a reset or by an end of file.
            self.end("the connection ended")
            found += self.queue
            self.queue.clear()
        return found

    def note(self, tag, until, count, copy_ignores):
        """By how many messages less are waited for after this one."""
        if tag == b"G":
            self.is_copying = True
            return copy_ignores + (tag in until)
        if tag == b"Z" or tag == b"E":
            self.is_copying = False
            self.has_failed = tag == b"E"
            if until not in (b"Z", b""):
                return count
        return int(until != b"" and tag in until)

    def send(self, data):
        for piece, pause in self.pieces(data):
            while piece:
                try:
                    piece = piece[self.socket.send(piece, socket.MSG_DONTWAIT) :]
                except BlockingIOError:
                    events = self.both.poll(self.timeout * 1000)
                    if not events:
                        self.end(f"nobody reads what is sent within {self.timeout} s")
                    elif events[0][1] & select.POLLIN:
                        self.receive()
                    if self.is_over:
                        return
            if pause:
                time.sleep(pause)

    def pieces(self, data):
        """Cuts at random places, with a pause now and then so that the pieces do arrive as such."""
        if self.random is None or len(data) < 2:
            yield data, 0
            return
        start = 0
        for _ in range(self.random.randrange(4)):
            end = self.random.randrange(start, len(data))
            # Most of what matters is in the first bytes of a message.
            if self.random.random() < 0.3:
                end = min(end, start + self.random.randrange(1, 7))
            if end > start:
                yield data[start:end], 0.0003 if self.random.random() < 0.2 else 0
                start = end
        yield data[start:], 0

    def receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            return self.end("the connection ended")
        more, self.rest = messages.split(self.rest + data if self.rest else data)
        self.queue.extend(more)

    def end(self, why):
        if not self.is_over:
            self.is_over = True
            self.queue.append((b"", (why + (", in the middle of a message" if self.rest else "")).encode()))


def play(port, script, timeout, database, user):
    """The answers to a whole script, step by step: the first is the login's, the last what came when it left."""
    player = Player(port, script, timeout)
    try:
        answers = [player.start((("user", user), ("database", database), *script.startup))]
        answers += [player.play(step) for step in script.steps]
        answers.append(player.leave(script.leave))
        return answers
    finally:
        player.socket.close()
