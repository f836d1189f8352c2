"""Speaks pgpool's PCP protocol as the clients of newer releases do, and as no client should."""

import argparse
import hashlib
import socket
import struct

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--user", required=True)
parser.add_argument("--password", required=True)
options = parser.parse_args()


def md5(data):
    return hashlib.md5(data).hexdigest().encode()


class Client:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", options.port), timeout=10)
        self.file = self.socket.makefile("rb")

    def send(self, kind, body=b""):
        self.socket.sendall(kind + struct.pack(">i", len(body) + 4) + body)

    def receive(self):
        kind = self.file.read(1)
        if not kind:
            return None, b""
        length = struct.unpack(">i", self.file.read(4))[0]
        return kind, self.file.read(length - 4)

    def log_in(self):
        self.send(b"M")
        kind, salt = self.receive()
        assert kind == b"m" and len(salt) == 4, (kind, salt)
        user = options.user.encode()
        inner = md5(md5(options.password.encode()) + user)
        self.send(b"R", user + b"\0" + md5(inner + salt) + b"\0")
        kind, body = self.receive()
        assert (kind, body) == (b"r", b"AuthenticationOK\0"), (kind, body)
        return self

    def ask(self, kind, body=b""):
        self.send(kind, body)
        return self.receive()


client = Client().log_in()

# The query cache and the log file of newer releases: there is none, and Egret says so.
for kind, text in ((b"V", b"log rotation is not possible"), (b"G", b"query cache is not enabled")):
    answer, body = client.ask(kind, b"l" if kind == b"V" else b"")
    assert answer == b"E" and body.startswith(b"SERROR\0") and text in body, (answer, body)

# 13 fields for each node, on the same connection.
kind, body = client.ask(b"I", b"-1\0")
assert (kind, body) == (b"i", b"ArraySize\x002\0"), (kind, body)
for node in range(2):
    kind, body = client.receive()
    fields = body.split(b"\0")
    assert fields[0] == b"NodeInfo" and fields[-1] == b"" and len(fields) == 15, fields
    assert fields[9] == b"0" and fields[10].isdigit() and fields[13].isdigit(), fields
assert client.receive() == (b"i", b"CommandComplete\0")

# The second node stays where it is when an order is nonsense.
answer, body = client.ask(b"T", b"x")
assert answer == b"E" and body.startswith(b"SFATAL\0") and b"invalid PCP packet" in body, (answer, body)
assert client.receive() == (None, b"")

for noise in (b"\0" * 64, b"M\0\0\0\0", b"Q\0\0\0\4", b"C\0\0\0\6" + b"1\0", b"\xff" * 300):
    stranger = Client()
    stranger.socket.sendall(noise)
    answer, body = stranger.receive()
    assert answer == b"E" and body.startswith(b"SFATAL\0"), (noise, answer, body)
    assert stranger.receive() == (None, b""), noise

kind, body = Client().log_in().ask(b"L")
assert (kind, body) == (b"l", b"CommandComplete\x002\0"), (kind, body)
print("ok")
