"""Bytes that are no protocol. Whoever sends them gets an error or is disconnected; a well-behaved client that works
all the while notices nothing."""

import socket
import struct
import threading

import target

psycopg = target.need("psycopg")
options = target.arguments()
V3 = 196608


def startup(version=V3, body=b"user\0postgres\0database\0postgres\0\0"):
    return struct.pack("!ii", len(body) + 8, version) + body


def message(tag, body=b"", length=None):
    return tag + struct.pack("!i", len(body) + 4 if length is None else length) + body


SYNC = message(b"S")
BEFORE = {
    "length 0": struct.pack("!ii", 0, V3),
    "length 3": struct.pack("!ii", 3, V3),
    "length 4": struct.pack("!i", 4),
    "length 7": struct.pack("!i", 7) + b"\0\0\0",
    "negative length": struct.pack("!ii", -1, V3),
    "length of a gigabyte": struct.pack("!ii", 1 << 30, V3) + b"user\0",
    "length of 20,000": struct.pack("!ii", 20000, V3) + b"x" * 19992,
    "a web browser": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS without being asked": bytes.fromhex("1603010200010001fc0303") + b"\0" * 64,
    "protocol 2": startup(2 << 16),
    "protocol 9.9": startup((9 << 16) | 9),
    "no user": startup(body=b"database\0postgres\0\0"),
    "an empty user": startup(body=b"user\0\0\0"),
    "no end": startup(body=b"user\0postgres\0database\0postg"),
    "a name without value": startup(body=b"user\0postgres\0database\0"),
    "only zeros": b"\0" * 64,
    "only ones": b"\xff" * 64,
    "a parameter that is not UTF-8": startup(body=b"user\0postgres\0database\0\xff\xfe\x80\0\0"),
    "an unknown database": startup(body=b"user\0postgres\0database\0no_such_database\0\0"),
    "an unknown user": startup(body=b"user\0no_such_user_at_all\0database\0no_such_database\0\0"),
}
AFTER = {
    "an unknown tag": message(b"z", b"what is this"),
    "tag zero": message(b"\0"),
    "length 3": message(b"Q", b"", 3),
    "negative length": message(b"Q", b"", -5),
    "a query of two gigabytes": message(b"Q", b"SELECT 1\0", 0x7FFFFFFF),
    "a query without end": message(b"Q", b"SELECT 1"),
    "a query after a query's end": message(b"Q", b"SELECT 1\0SELECT 2\0"),
    "an empty query body": message(b"Q", b""),
    "Parse without end": message(b"P", b"name") + SYNC,
    "Parse without a count": message(b"P", b"\0SELECT 1\0") + SYNC,
    "Parse with a negative count": message(b"P", b"\0SELECT 1\0\xff\xff") + SYNC,
    "Parse that counts too many": message(b"P", b"\0SELECT 1\0\0\x7f\0\0\0\x17") + SYNC,
    "Bind without anything": message(b"B") + SYNC,
    "Bind of an unknown statement": message(b"B", b"\0nobody\0\0\0\0\0\0\0") + SYNC,
    "Bind with a huge parameter": message(b"P", b"\0SELECT $1::text\0\0\0")
    + message(b"B", b"\0\0\0\0\0\x01\x7f\xff\xff\xffabc\0\0")
    + SYNC,
    "Execute of an unknown portal": message(b"E", b"nobody\0\0\0\0\0") + SYNC,
    "Execute without a limit": message(b"E", b"\0") + SYNC,
    "Describe of neither": message(b"D", b"X\0") + SYNC,
    "Describe without anything": message(b"D") + SYNC,
    "Close of neither": message(b"C", b"X\0") + SYNC,
    "Sync with a body": message(b"S", b"body"),
    "a password out of turn": message(b"p", b"secret\0"),
    "a function call without anything": message(b"F"),
}


def read(connection):
    """All that comes until the other side closes, says that it is ready, or is silent for a while."""
    data = b""
    try:
        while True:
            part = connection.recv(65536)
            if not part:
                return data, "closed"
            data += part
            if data.endswith(b"Z\0\0\0\x05I"):
                return data, "silent"
            if len(data) > 1 << 20:
                return data, "flood"
    except socket.timeout:
        return data, "silent"
    except ConnectionError:
        return data, "closed"


def tags(data):
    """The tags of the messages, or None when the bytes are no messages."""
    found = []
    while len(data) >= 5:
        length = struct.unpack("!i", data[1:5])[0]
        if length < 4:
            return None
        found.append(chr(data[0]))
        data = data[1 + length :]
    return found


def sqlstate(data):
    """The code of the first ErrorResponse."""
    while len(data) >= 5:
        length = struct.unpack("!i", data[1:5])[0]
        if data[:1] == b"E":
            for field in data[5 : 1 + length].split(b"\0"):
                if field[:1] == b"C":
                    return field[1:].decode()
        data = data[1 + length :]
    return "-"


def connected():
    connection = socket.create_connection(("127.0.0.1", options.port), timeout=5)
    connection.settimeout(1.5)
    return connection


failures = []
worked = 0
is_over = threading.Event()


def well_behaved():
    """A client that must notice nothing."""
    global worked
    try:
        with psycopg.connect(**target.conninfo(options), autocommit=True) as connection:
            while not is_over.is_set():
                row = connection.execute("SELECT 41 + 1").fetchone()
                target.check(row == (42,), f"it read {row!r}")
                worked += 1
    except Exception as error:
        failures.append(f"the well-behaved client: {type(error).__name__}: {error}")


witness = threading.Thread(target=well_behaved, daemon=True)
witness.start()
for name, data in BEFORE.items():
    with connected() as connection:
        try:
            connection.sendall(data)
        except ConnectionError:
            pass
        answer, end = read(connection)
        refused = "E" in (tags(answer) or [])
        if end != "closed" and not refused:
            # Waiting for bytes that a length has promised is no fault, as long as nothing is held for it.
            if "length of a gigabyte" not in name:
                failures.append(f"startup, {name}: {end}, {answer[:60]!r}")
        if answer and not refused:
            failures.append(f"startup, {name}: answered {answer[:60]!r}")
        print(f"startup, {name}: {sqlstate(answer)} {end}")

with connected() as connection:
    connection.sendall(startup()[:11])
# Disconnected in the middle of a startup packet: nothing to see from here but that Egret lives.

with connected() as connection:
    connection.sendall(struct.pack("!ii", 8, 80877103))
    target.check(connection.recv(1) in (b"N", b"S"), "SSLRequest was not answered")
with connected() as connection:
    connection.sendall(struct.pack("!ii", 8, 80877104))
    encryption = connection.recv(1)
    target.check(encryption in (b"N", b"G"), "GSSENCRequest was not answered")
    if encryption == b"N":
        connection.sendall(startup())
        read(connection)
        connection.sendall(message(b"Q", b"SELECT 'after GSS'\0"))
        answer, _ = read(connection)
        target.check(b"after GSS" in answer, f"no session after GSSENCRequest: {answer[:80]!r}")
with connected() as connection:
    connection.sendall(struct.pack("!iiii", 16, 80877102, 12345, 67890))
    answer, end = read(connection)
    target.check(answer == b"" and end == "closed", f"a cancel request with a wrong key: {answer!r}, {end}")

for name, data in AFTER.items():
    with connected() as connection:
        connection.sendall(startup())
        greeting = b""
        while not greeting.endswith(b"Z\0\0\0\x05I"):
            greeting += connection.recv(65536)
        connection.sendall(data)
        answer, end = read(connection)
        found = tags(answer)
        if found is None:
            failures.append(f"{name}: the answer is no protocol: {answer[:60]!r}")
        elif end == "silent" and "E" not in found and "two gigabytes" not in name and "Sync with" not in name:
            failures.append(f"{name}: no error: {answer[:60]!r}")
        elif end == "flood":
            failures.append(f"{name}: a flood of answers")
        if found is not None and end == "silent" and "E" in found and found[-1] == "Z":
            # Whoever was told of his error and kept connected must be able to go on.
            connection.sendall(message(b"Q", b"SELECT 'still here'\0"))
            again, _ = read(connection)
            if b"still here" not in again:
                failures.append(f"{name}: the session does not go on: {again[:60]!r}")
        print(f"session, {name}: {sqlstate(answer)} {end}")

is_over.set()
witness.join(10)
target.check(not failures, "\n".join(failures))
target.check(worked > 50, f"the well-behaved client had only {worked} answers")
print("well")
