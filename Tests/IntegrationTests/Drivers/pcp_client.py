"""A client of pgpool's PCP protocol that sends whatever it is told to."""

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
