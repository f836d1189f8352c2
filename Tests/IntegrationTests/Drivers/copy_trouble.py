"""COPY that ends otherwise than it began: data behind its end, a stranger's message in it, a cancel of a slow reader.

--servers says how many servers the clients share.
"""

import time

import target
from protocol import EXECUTE, FLUSH, SYNC, Client, bind, expect, message, parse, query

options = target.arguments(servers=1)
DONE = message(b"c")
FAIL = message(b"f", b"no more\0")


def client():
    return Client(options, timeout=10)


def row(text):
    return message(b"d", text.encode() + b"\n")


def is_silent(connection):
    """Whether nothing comes for a while."""
    connection.socket.settimeout(0.2)
    try:
        tag, _ = connection.next()
        return tag in b"NS" and is_silent(connection)
    except TimeoutError:
        return True
    finally:
        connection.socket.settimeout(10)


def late_data(start, end):
    """The copy fails; its data comes on when the server is another client's, and must not reach that."""
    late, other = client(), client()
    late.ask("TRUNCATE copied")
    late.send(*start)
    late.until(b"G")
    late.send(row("bad"), *end)
    expect(late.until(b"Z"), (b"EZ", "22P02"), "a copy that fails")
    expect(other.ask("BEGIN"), (b"CZ", None), "the other client's block")
    expect(other.ask("INSERT INTO copied VALUES (10)"), (b"CZ", None), "the other client's row")
    for number in range(200):
        late.send(row(str(number)))
    late.send(row("x" * 100_000), DONE, FAIL, row("1"), DONE)
    target.check(is_silent(late), "data behind the end of a copy was answered")
    other.send(query("COPY copied FROM STDIN"))
    other.until(b"G")
    late.send(row("2"), DONE)
    other.send(row("11"), DONE)
    expect(other.until(b"Z"), (b"CZ", None), "the other client's copy")
    expect(other.ask("COMMIT"), (b"CZ", None), "the end of the other client's block")
    late.send(row("3"), FAIL, SYNC)
    expect(late.until(b"Z"), (b"Z", None), "a Sync behind data that nobody wants")
    late.send(row("4"), DONE, query("SELECT i FROM copied ORDER BY i"))
    expect(late.rows(), ["10", "11"], "what is in the table")
    late.socket.close()
    other.socket.close()


def intruder(start, *sent):
    """Something else is asked in the middle: the copy fails, and the connection ends, as PostgreSQL has it."""
    connection = client()
    connection.ask("TRUNCATE copied")
    connection.send(*start)
    connection.until(b"G")
    connection.send(row("1"), *sent)
    for _ in range(2):
        expect(connection.until(b"E"), (b"E", "08P01"), "a message that does not belong into a copy")
    try:
        target.check(connection.socket.recv(1) == b"", "the connection goes on")
    except ConnectionResetError:
        pass
    other = client()
    other.send(query("SELECT count(*) FROM copied"))
    expect(other.rows(), ["0"], "what is left of the copy")
    other.socket.close()


def slow_reader(*sent, wanted):
    """COPY TO STDOUT that nobody reads for a while, then a cancel; another client is answered meanwhile."""
    slow, other = client(), client()
    slow.send(*sent)
    slow.until(b"d")
    began = time.monotonic()
    while time.monotonic() - began < 0.3 and options.servers > 1:
        expect(other.ask("SELECT 1"), (b"TDCZ", None), "a query beside a copy")
        time.sleep(0.02)
    target.check(time.monotonic() - began < 2, "a slow reader holds up others")
    slow.cancel(waits=False)
    time.sleep(0.1)
    count, state = 0, None
    while True:
        tag, body = slow.next()
        count += tag == b"d"
        if tag == b"E":
            state = next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")
        target.check(tag in b"dENSZ", f"{tag!r} in a copy that was cancelled")
        if tag == b"Z":
            break
    expect(state, "57014", "the end of a copy that was cancelled")
    target.check(0 < count < 5_000_000, f"{count} rows of a copy that was cancelled")
    slow.send(query("SELECT 'behind'"))
    expect(slow.rows(), [wanted], "a query behind a copy that was cancelled")
    expect(other.ask("SELECT 1"), (b"TDCZ", None), "another client behind a copy that was cancelled")


client().ask("DROP TABLE IF EXISTS copied; CREATE TABLE copied (i int)")
SIMPLE = [query("COPY copied FROM STDIN")]
GROUP = [parse("COPY copied FROM STDIN"), bind(), EXECUTE]
late_data(SIMPLE, [])
late_data(GROUP + [FLUSH], [SYNC])
late_data([parse("COPY copied FROM STDIN", "named"), bind("named"), EXECUTE, FLUSH], [SYNC])
intruder(SIMPLE, query("SELECT 5"))
intruder(SIMPLE, query("SELECT 5"), row("2"), DONE)
intruder(GROUP + [FLUSH], query("SELECT 5"), DONE, SYNC)
OUT = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000000)) TO STDOUT"
slow_reader(query(OUT), wanted="behind")
slow_reader(parse(OUT), bind(), EXECUTE, SYNC, wanted="behind")
print("well")
