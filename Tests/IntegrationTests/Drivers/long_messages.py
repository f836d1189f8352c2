"""Names, texts and values of sizes around each limit of Egret's, and of PostgreSQL's answers of such sizes.

In transaction mode the server changes between two uses of a statement.
"""

import target
from protocol import EXECUTE, SYNC, Client, bind, close, expect, message, parse, query

options = target.arguments()
# What is forwarded only as a whole, what of an answer is looked at, one read, and what is looked through.
LIMITS = (4 << 10, 16 << 10, 32 << 10, 64 << 10)
INSPECTED = 1 << 20
NAME = 4 << 10


def client():
    return Client(options, timeout=10)


def value_of(size):
    return ("%09d," % size) * (size // 10) + "x" * (size % 10)


def around(limit):
    """Sizes up to some bytes beyond a limit, where the length, the names and the tag count too."""
    return (limit - 40, limit - 12, *range(limit - 7, limit + 3), limit + 40)


def first_row(connection):
    """The first column of the answer's row, which may be long; an error's SQLSTATE."""
    found = connection.rows()
    target.check(len(found) == 1, f"{len(found)} rows and errors")
    return found[0]


def same(found, wanted, what):
    target.check(found == wanted, f"{what}: {len(found)} bytes, {found[:30]}..., instead of {len(wanted)} bytes")


def bind_value(name, value):
    body = b"\0" + name.encode() + b"\0\0\0\0\1" + len(value).to_bytes(4, "big") + value.encode() + b"\0\0"
    return message(b"B", body)


def padded(statement, size):
    """A text of this size, with all of it in its answer."""
    return f"SELECT '{value_of(size - len(statement) - 9)}'{statement}"


def sized(connection, size):
    """Each message with a text or value of about this size, by a server that may be another one each time."""
    value = value_of(size)
    text = padded("", size)
    connection.send(query(text))
    same(first_row(connection), text[8:-1], f"a Query of {size}")
    connection.send(parse(text), bind(), EXECUTE, SYNC)
    same(first_row(connection), text[8:-1], f"an unnamed statement of {size}")
    connection.send(parse("SELECT $1::text", "v"), bind_value("v", value), EXECUTE, close("v"), SYNC)
    same(first_row(connection), value, f"a value of {size}")
    connection.send(parse("SELECT $1::text"), bind_value("", value), EXECUTE, SYNC)
    same(first_row(connection), value, f"a value of {size} for an unnamed statement")


def named(connection, other, size):
    """A named statement of this size, used in later groups and then closed."""
    text = padded(f" -- {size}", size)
    wanted = text[8 : text.rindex("'")]
    connection.send(parse(text, "long"), SYNC)
    expect(connection.until(b"Z"), (b"1Z", None), f"Parse of {size}")
    for _ in range(2):
        # A server is the other client's, and this one's is another.
        other.ask("BEGIN")
        connection.send(bind("long"), EXECUTE, SYNC)
        same(first_row(connection), wanted, f"a named statement of {size}")
        other.ask("ROLLBACK")
        connection.ask("SELECT 1")
    connection.send(close("long"), bind("long"), SYNC)
    expect(connection.until(b"Z"), (b"3EZ", "26000"), f"the Close of {size}")


def name_of(length):
    # PostgreSQL tells names apart by their first 63 bytes.
    return f"{length} ".ljust(length, "n")[:length]


def long_names(connection, other):
    lengths = (1, 25, 62, 63, 64, 100, 500, NAME - 1, NAME)
    for length in lengths:
        name = name_of(length)
        connection.send(parse(f"SELECT {length}", name), SYNC)
        expect(connection.until(b"Z"), (b"1Z", None), f"a name of {length}")
    for length in lengths:
        name = name_of(length)
        other.ask("BEGIN")
        connection.send(message(b"D", b"S" + name.encode() + b"\0"), bind(name), EXECUTE, SYNC)
        expect(connection.rows(), [str(length)], f"a statement whose name has {length}")
        other.ask("ROLLBACK")
        connection.send(parse("SELECT 0", name), SYNC)
        expect(connection.until(b"Z"), (b"EZ", "42P05"), f"a name of {length} that is taken")
        connection.send(close(name), bind(name), SYNC)
        expect(connection.until(b"Z"), (b"3EZ", "26000"), f"the Close of a name of {length}")
        portal = name_of(length)
        execute = message(b"E", portal.encode() + b"\0\0\0\0\0")
        connection.send(parse(f"SELECT {length}"), bind("", portal), execute, SYNC)
        expect(connection.rows(), [str(length)], f"a portal whose name has {length}")


def refused(what, *messages):
    """Beyond a limit the session ends, with an error that says why, and nobody else's does."""
    connection = client()
    connection.send(*messages)
    tag, body = connection.next()
    fields = dict((field[:1], field[1:].decode()) for field in body.split(b"\0") if field)
    expect((tag, fields[b"S"], fields[b"C"]), (b"E", "FATAL", "08P01"), "the refusal of " + what)
    target.check(what in fields[b"M"], f"the refusal of {what} says: {fields[b'M']}")
    try:
        rest = connection.socket.recv(1)
    except ConnectionResetError:
        rest = b""
    expect(rest, b"", "what follows the refusal of " + what)


connection, other = client(), client()
for limit in LIMITS:
    for size in around(limit):
        sized(connection, size)
        named(connection, other, size)
for size in (INSPECTED - 1_000, INSPECTED - 60):
    named(connection, other, size)
for size in (*around(INSPECTED), 3 << 20):
    sized(connection, size)
    expect(connection.ask("SELECT 1"), (b"TDCZ", None), "a statement behind long ones")
size = 16 << 20
connection.send(parse("SELECT length($1::text) || right($1, 5)", "huge"), SYNC)
connection.rows()
connection.send(bind_value("huge", "h" * (size - 3) + "end"), EXECUTE, SYNC)
expect(connection.rows(), [f"{size}hhend"], "a value that is streamed")
long_names(connection, other)
# Too long to be kept for the other servers, which is the end of the statement and not of the session.
connection.send(parse(padded("", INSPECTED + 100), "long"), SYNC)
expect(connection.rows(), ["54000"], "a named statement of more than a megabyte")
refused("malformed Parse", parse("SELECT 1", "n" * (NAME + 1)), SYNC)
expect(other.ask("SELECT 1"), (b"TDCZ", None), "another client")
print("well")
