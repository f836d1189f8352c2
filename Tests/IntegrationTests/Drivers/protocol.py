"""PostgreSQL's protocol in plain sight: messages as bytes, and a client that sends and takes them one by one."""

import socket
import struct
import time

import target


def message(tag, body=b""):
    return tag + struct.pack("!i", len(body) + 4) + body


def query(text):
    return message(b"Q", text.encode() + b"\0")


def parse(text, name=""):
    return message(b"P", name.encode() + b"\0" + text.encode() + b"\0\0\0")


def bind(name="", portal=""):
    return message(b"B", portal.encode() + b"\0" + name.encode() + b"\0\0\0\0\0\0\0")


def execute(portal=""):
    return message(b"E", portal.encode() + b"\0\0\0\0\0")


def close(name):
    return message(b"C", b"S" + name.encode() + b"\0")


DESCRIBE = message(b"D", b"S\0")
EXECUTE = execute()
SYNC = message(b"S")
FLUSH = message(b"H")
TERMINATE = message(b"X")


class Client:
    """A connection that speaks the protocol in plain sight."""

    def __init__(self, options, pieces=1, timeout=5, minor=0, more=(), **parameters):
        self.socket = socket.create_connection(("127.0.0.1", options.port))
        self.socket.settimeout(timeout)
        self.rest = b""
        words = {"user": options.user, "database": options.database, **parameters}
        body = "".join(f"{name}\0{value}\0" for name, value in [*words.items(), *more]).encode() + b"\0"
        packet = struct.pack("!ii", len(body) + 8, 196608 + minor) + body
        step = max(1, len(packet) // pieces)
        for start in range(0, len(packet), step):
            self.socket.sendall(packet[start : start + step])
            if pieces > 1:
                time.sleep(0.02)
        self.key = b""
        self.until(b"Z")

    def send(self, *messages):
        self.socket.sendall(b"".join(messages))

    def next(self):
        while len(self.rest) < 5 or len(self.rest) < 1 + struct.unpack("!i", self.rest[1:5])[0]:
            more = self.socket.recv(65536)
            target.check(more, "the connection ended")
            self.rest += more
        length = 1 + struct.unpack("!i", self.rest[1:5])[0]
        tag, body, self.rest = self.rest[:1], self.rest[5:length], self.rest[length:]
        return tag, body

    def until(self, *tags):
        """The tags of the answers up to one of those given, and the error's SQLSTATE if there was one."""
        seen, state = b"", None
        while True:
            tag, body = self.next()
            if tag in b"NS":
                continue
            seen += tag
            if tag == b"K":
                self.key = body
            if tag == b"E":
                state = next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")
            if tag in tags:
                return seen, state

    def rows(self, count=1):
        """Of as many answers up to ReadyForQuery: the first column of all rows, and the SQLSTATEs of errors."""
        found = []
        while count:
            tag, body = self.next()
            if tag == b"D":
                length = struct.unpack("!i", body[2:6])[0]
                found.append(body[6 : 6 + length].decode())
            elif tag == b"E":
                found.append(next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C"))
            elif tag == b"Z":
                count -= 1
        return found

    def tags(self, *messages, has_values=False):
        """What the answer up to ReadyForQuery consists of, by the tags; of an error its SQLSTATE.

        - has_values: a row is told by its values, and ReadyForQuery by the transaction's state.
        """
        self.send(*messages)
        found = []
        while True:
            tag, body = self.next()
            if tag == b"E":
                found.append(next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C"))
            elif tag == b"D" and has_values:
                found.append("=" + body[6:].decode())
            elif tag not in b"NS":
                found.append(tag.decode())
            if tag == b"Z":
                return " ".join(found) + (body.decode() if has_values else "")

    def cancel(self, waits=True):
        """Ends what is under way, as libpq does; by default it waits until the request is done with."""
        bearer = socket.create_connection(self.socket.getpeername())
        bearer.settimeout(10)
        bearer.sendall(struct.pack("!ii", len(self.key) + 8, 80877102) + self.key)
        if waits:
            expect(bearer.recv(1), b"", "the answer to a cancel request")
        bearer.close()

    def ask(self, text):
        self.send(query(text))
        return self.until(b"Z")


def expect(found, wanted, what):
    target.check(found == wanted, f"{what}: {found!r} instead of {wanted!r}")
