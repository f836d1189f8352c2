"""Each case is asked of PostgreSQL and of Egret, and both must answer the same, message by message.

`--only PREFIX` runs the cases whose names begin so.
"""

import socket
import struct
import sys
import time
import types
import zlib

import target
from protocol import DESCRIBE, EXECUTE, FLUSH, SYNC, TERMINATE, Client, bind, close, message, parse, query

options = target.arguments(direct=0, only="")


def client(port, **parameters):
    where = types.SimpleNamespace(port=port, user=options.user, database=options.database)
    return Client(where, timeout=5, **parameters)


def answers(connection, *stops, count=1, patience=5):
    """What came up to the count-th ReadyForQuery, or up to a message of a type in stops, in words."""
    connection.socket.settimeout(patience)
    words = []
    while count:
        try:
            tag, body = connection.next()
        except TimeoutError:
            words.append("nothing more")
            break
        except (AssertionError, ConnectionError):
            words.append("the end")
            break
        if tag in b"NS":
            continue
        word = tag.decode()
        if tag == b"E":
            word += "".join(" " + field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")
        elif tag == b"D":
            word += " " + body[6:40].decode("latin1").replace("\0", ".")
        elif tag in b"CZ":
            word += " " + body.rstrip(b"\0").decode()
        words.append(word)
        count -= tag == b"Z"
        if tag in stops:
            break
    return words


def table(port, name):
    """A connection, and an empty table."""
    connection = client(port)
    connection.ask(f"DROP TABLE IF EXISTS {name}")
    connection.ask(f"CREATE TABLE {name} (i int)")
    return connection


def row(text):
    return message(b"d", text.encode() + b"\n")


DONE = message(b"c")
FAIL = message(b"f", b"no more\0")


def copy_steps(*steps, name="", prepared=True, begin=None):
    """A case of COPY: what is sent at each step, and up to which message is read behind it."""

    def run(port):
        connection = table(port, "copied")
        if begin:
            connection.ask(begin)
        seen = []
        for sent, stop in steps:
            connection.send(*sent)
            if stop is not None:
                seen += answers(connection, stop) if isinstance(stop, bytes) else answers(connection, count=stop)
        seen += answers(connection, patience=0.15)
        connection.send(query("SELECT 'after'"))
        seen += answers(connection)
        if begin:
            connection.ask("ROLLBACK")
        connection.send(query("SELECT count(*) FROM copied"))
        return seen + answers(connection)

    return run


def broken_copy(start, rest):
    """A copy in which the client breaks the protocol: the error, and the end of the connection."""

    def run(port):
        connection = table(port, "copied")
        connection.send(*start)
        answers(connection, b"G")
        connection.send(*rest)
        seen = []
        try:
            while True:
                tag, body = connection.next()
                seen.append(tag + b"".join(field for field in body.split(b"\0") if field[:1] in b"SC"))
        except (AssertionError, ConnectionResetError):
            return seen

    return run


HEAD = [parse("COPY copied FROM STDIN"), bind(), EXECUTE]
NAMED = [parse("COPY copied FROM STDIN", "cp"), bind("cp"), EXECUTE]
COPY = [query("COPY copied FROM STDIN")]
TWICE = [query("SELECT 1; COPY copied FROM STDIN; COPY copied FROM STDIN; SELECT count(*) FROM copied")]

CASES = {
    "copy in a group": copy_steps(([*HEAD, SYNC], b"G"), ([row("1"), DONE, SYNC], 1)),
    "copy in a group, prepared": copy_steps(([*NAMED, SYNC], b"G"), ([row("1"), DONE, SYNC], 1)),
    "copy with Flush": copy_steps(([*HEAD, FLUSH], b"G"), ([row("1"), SYNC, row("2"), SYNC, DONE, SYNC], 1)),
    "copy without waiting": copy_steps(([*HEAD, SYNC, row("1"), DONE, SYNC], 1)),
    "copy without waiting, Sync later": copy_steps(([*HEAD, SYNC, row("1"), DONE], b"G"), ([FLUSH], b"C"), ([SYNC], 1)),
    "copy that fails": copy_steps(([*HEAD, SYNC], b"G"), ([row("bad")], b"E"), ([row("1"), DONE, SYNC], 1)),
    "copy that fails, prepared": copy_steps(([*NAMED, SYNC], b"G"), ([row("bad")], b"E"), ([row("1"), DONE, SYNC], 1)),
    "copy that the client fails": copy_steps(([*HEAD, SYNC], b"G"), ([FAIL, SYNC], 1)),
    "copy that never begins": copy_steps(
        ([parse("COPY no_such FROM STDIN"), bind(), EXECUTE, SYNC, row("1"), DONE, SYNC], 2)
    ),
    "Sync behind what fails": copy_steps(([*HEAD, SYNC], b"G"), ([row("bad"), SYNC, row("2"), DONE, SYNC], 2)),
    "Sync in front of what fails": copy_steps(([*HEAD, SYNC], b"G"), ([row("1"), SYNC, row("bad"), DONE, SYNC], 1)),
    "Syncs around what fails": copy_steps(
        ([*HEAD, FLUSH], b"G"), ([row("1"), SYNC, row("bad"), SYNC, SYNC, row("2"), SYNC, DONE, SYNC], 4)
    ),
    "Sync behind what fails, at once": copy_steps(([*HEAD, SYNC], b"G"), ([row("bad"), SYNC], 1), ([DONE, SYNC], 1)),
    "Sync behind what fails, and another group": copy_steps(
        ([*HEAD, SYNC], b"G"),
        ([row("bad"), SYNC, DONE, SYNC, parse("SELECT 7"), bind(), EXECUTE, SYNC, query("SELECT 8")], 4),
    ),
    "Sync in front of what fails, and another group": copy_steps(
        ([*HEAD, SYNC], b"G"),
        ([row("1"), SYNC, row("bad"), DONE, SYNC, parse("SELECT 7"), bind(), EXECUTE, SYNC, query("SELECT 8")], 3),
    ),
    "Sync in a copy of a block that fails": copy_steps(
        ([*HEAD, SYNC], b"G"), ([row("bad"), SYNC, row("2"), DONE, SYNC], 2), begin="BEGIN"
    ),
    "Sync in a simple copy": copy_steps((COPY, b"G"), ([row("1"), SYNC, row("2"), DONE], 1)),
    "Sync in a simple copy that fails": copy_steps((COPY, b"G"), ([row("bad"), SYNC, row("2"), SYNC, DONE], 3)),
    "copy twice in a string": copy_steps((TWICE, b"G"), ([row("1"), DONE], b"G"), ([row("2"), DONE], 1)),
    "copy twice in a string, without waiting": copy_steps(([*TWICE, row("1"), DONE, row("2"), DONE], 1)),
    "copy twice in a string, half waited for": copy_steps((TWICE, b"G"), ([row("1"), DONE, row("2"), DONE], 1)),
    "copy twice in a string, the second fails": copy_steps((TWICE, b"G"), ([row("1"), DONE], b"G"), ([FAIL], 1)),
    "copy that fails in a block": copy_steps(
        (COPY, b"G"), ([row("bad"), row("1"), DONE], 1), ([query("SELECT 1")], 1), begin="BEGIN"
    ),
    "copy with a Parse in it": broken_copy([*HEAD, FLUSH], [row("1"), parse("SELECT 5"), SYNC]),
    "copy with a Parse in it, simple": broken_copy(COPY, [row("1"), parse("SELECT 5"), SYNC]),
    "copy with a Query in it": broken_copy(COPY, [row("1"), query("SELECT 5")]),
    "copy with Flush, simple": copy_steps((COPY, b"G"), ([FLUSH, row("1"), FLUSH, row("2"), FLUSH, DONE], 1)),
    "copy with Flush that fails": copy_steps((COPY, b"G"), ([row("bad"), FLUSH, row("2"), FLUSH, DONE, FLUSH], 1)),
    "copy with Flush and Sync": copy_steps(
        ([*HEAD, FLUSH], b"G"), ([FLUSH, row("1"), SYNC, FLUSH, row("2"), SYNC, FLUSH, DONE, FLUSH, SYNC], 1)
    ),
}


def leaving(*sent, wait=(), closes="both"):
    """A case of a client that leaves: what it has left behind in the table, once it is over."""

    def run(port):
        connection = table(port, "leavers")
        seen = []
        connection.send(*sent)
        for stop in wait:
            seen += answers(connection, stop)
        if closes == "one":
            connection.socket.shutdown(socket.SHUT_WR)
            seen += answers(connection, count=9)
        elif closes == "reset":
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif closes == "terminate":
            connection.send(TERMINATE)
        connection.socket.close()
        time.sleep(0.2)
        other = client(port)
        other.send(query("SELECT count(*) FROM leavers"), query("SELECT pg_current_xact_id_if_assigned() IS NULL"))
        return seen + answers(other, count=2)

    return run


INSERT = "INSERT INTO leavers VALUES (1)"
TWO_COPIES = "COPY leavers FROM STDIN; COPY leavers FROM STDIN"
for way in ("both", "reset", "terminate", "one"):
    CASES |= {
        f"left, idle in a transaction, {way}": leaving(query("BEGIN"), query(INSERT), wait=[b"C", b"C"], closes=way),
        f"left, a group without Sync, {way}": leaving(
            parse(INSERT), bind(), EXECUTE, FLUSH, wait=[b"C"], closes=way
        ),
        f"left, a failed transaction, {way}": leaving(
            query("BEGIN"), query(INSERT), query("SELECT 1 / 0"), wait=[b"E"], closes=way
        ),
    }
for way in ("both", "reset", "terminate"):
    CASES |= {
        f"left, in a copy, {way}": leaving(query("COPY leavers FROM STDIN"), row("1"), wait=[b"G"], closes=way),
        f"left, in the second copy, {way}": leaving(query(TWO_COPIES), row("1"), DONE, wait=[b"G", b"G"], closes=way),
    }
CASES |= {
    "half closed behind a query": leaving(query(f"SELECT pg_sleep(0.2); {INSERT}"), closes="one"),
    "half closed behind a pipeline": leaving(
        parse("SELECT pg_sleep(0.2)"), bind(), EXECUTE, SYNC, query(INSERT), query("SELECT 1"), closes="one"
    ),
    "half closed behind part of a message": leaving(query(INSERT), query("SELECT 1")[:-3], closes="one"),
    "half closed behind Terminate": leaving(query(f"SELECT pg_sleep(0.2); {INSERT}"), TERMINATE, closes="one"),
}


def pipeline(*sent, count=1):
    """A case of requests that are all sent before an answer is read: the answers, counted where they repeat."""

    def run(port):
        connection = client(port)
        connection.send(*sent)
        seen, counted = answers(connection, count=count), []
        for word in seen:
            if counted and counted[-1][0] == word:
                counted[-1][1] += 1
            else:
                counted.append([word, 1])
        connection.send(query("SELECT 'after'"))
        return counted + answers(connection)

    return run


RUN = [parse("SELECT 1"), bind(), EXECUTE]
CASES |= {
    "pipeline of groups": pipeline(*[*RUN, SYNC] * 3_000, count=3_000),
    "pipeline of queries": pipeline(*[query("SELECT 1")] * 5_000, count=5_000),
    "pipeline without Sync": pipeline(*RUN * 2_000, SYNC),
    "pipeline behind an error": pipeline(parse("SELECT no_such"), *RUN * 2_000, SYNC, *RUN, SYNC, count=2),
    "pipeline with an error": pipeline(*RUN * 1_000, parse("SELECT no_such"), *RUN * 2_000, SYNC, *RUN, SYNC, count=2),
    "pipeline of a group with DISCARD ALL": pipeline(*RUN, query("DISCARD ALL")),
    "pipeline with DISCARD ALL behind an error": pipeline(parse("SELECT no_such"), query("DISCARD ALL"), SYNC),
    "pipeline with RESET ALL in a group": pipeline(
        *RUN, parse("RESET ALL"), bind(), EXECUTE, SYNC, *RUN, SYNC, count=2
    ),
    "pipeline behind a copy": pipeline(query("COPY pg_class FROM STDIN"), DONE, *[*RUN, SYNC] * 2_000, count=2_001),
}


def exact(connection, count):
    """Every message up to the count-th ReadyForQuery, with its length and what it says."""
    words = []
    while count:
        tag, body = connection.next()
        if tag not in b"NS":
            words.append((tag.decode(), len(body), zlib.crc32(body)))
        count -= tag == b"Z"
    return words


def cut(pieces_of, *sent, count=1):
    """A case of bytes that come in pieces, as `pieces_of` cuts them, once for each of its ways to do so."""

    def run(port):
        connection = table(port, "cut")
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seen = []
        for pieces in pieces_of(b"".join(sent)):
            for piece in pieces:
                connection.send(piece)
                time.sleep(0.0003)
            seen += exact(connection, count)
        return seen

    return run


def bytewise(data):
    return [[data[place : place + 1] for place in range(len(data))]]


def in_two(data):
    """At each place in turn."""
    return [[data[:place], data[place:]] for place in range(1, len(data))]


def long_answers(port):
    """Answers that end anywhere around the end of a buffer, and small ones behind them."""
    connection, seen = client(port), []
    for size in (8_192, 16_384, 32_768, 65_536):
        for length in range(size - 64, size + 8, 3):
            connection.send(query(f"SELECT repeat('x', {length})"), query("SELECT 1"))
            seen += exact(connection, 2)
    return seen


def long_requests(port):
    """The same of requests, and of data to copy."""
    connection, seen = table(port, "cut"), []
    for size in (4_096, 16_384, 65_536, 131_072):
        for length in range(size - 28, size + 8, 2):
            # So that the header of what follows lies at the end of a buffer.
            connection.send(query("SELECT '" + "x" * (length - 16) + "'"), query("SELECT 1"))
            seen += exact(connection, 2)
            connection.send(query("COPY cut FROM STDIN"), row(" " * (length - 30) + "1"), DONE, query("SELECT 2"))
            seen += exact(connection, 2)
    return seen


WHOLE = [parse("SELECT 1", "n"), DESCRIBE, bind("n"), EXECUTE, close("n"), SYNC, query("SELECT 2")]
DATA = [query("COPY cut FROM STDIN"), row("1"), row("22"), DONE, query("SELECT 3")]
CASES |= {
    "cut, a group byte by byte": cut(bytewise, parse("SELECT 0"), *WHOLE, count=2),
    "cut, a group in two": cut(in_two, parse("SELECT 0"), *WHOLE, count=2),
    "cut, a copy byte by byte": cut(bytewise, *DATA, count=2),
    "cut, a copy in two": cut(in_two, *DATA, count=2),
    "cut, a pipeline of groups byte by byte": cut(bytewise, *[*RUN, SYNC] * 5, query("SELECT 4"), count=6),
    "cut, long answers": long_answers,
    "cut, long requests": long_requests,
}


def in_turn(*groups):
    """A case of groups of which each is answered before the next is sent."""

    def run(port):
        connection, seen = client(port), []
        for group in groups:
            connection.send(*group)
            seen += answers(connection)
        return seen

    return run


def without_sync(*sent, first):
    """A case of a group that goes on only when a message of its answer has come, without Flush or Sync."""

    def run(port):
        connection = table(port, "early")
        connection.send(*sent)
        seen = answers(connection, first)
        seen += answers(connection, patience=0.1)
        connection.send(*RUN, parse("INSERT INTO early VALUES (1)"), bind(), EXECUTE)
        seen += answers(connection, patience=0.1)
        connection.send(SYNC, query("SELECT count(*) FROM early"))
        return seen + answers(connection, count=2)

    return run


def overflowing(port):
    """Answers that are larger than the server's buffer come without Flush or Sync."""
    connection, seen = client(port), []
    connection.send(*[parse("SELECT repeat('x', 1000)"), bind(), EXECUTE] * 300)
    while len(seen) < 800:
        seen.append(connection.next()[0])
    connection.send(SYNC)
    while seen[-1] != b"Z":
        seen.append(connection.next()[0])
    return seen


NO_SUCH = "SELECT no_such"
ONE = [parse("SELECT 1", "n"), SYNC]
USE = [bind("n"), EXECUTE, SYNC]
CASES |= {
    "early error of a Parse": without_sync(parse(NO_SUCH), first=b"E"),
    "early error of a named Parse": without_sync(parse(NO_SUCH, "n"), bind("n"), EXECUTE, first=b"E"),
    "early error behind answers": without_sync(*RUN, *RUN, parse(NO_SUCH), first=b"E"),
    "early error behind a known statement": without_sync(
        *ONE, parse("SELECT 1", "m"), bind("m"), EXECUTE, parse("SELECT 1 / 0"), bind(), EXECUTE, first=b"E"
    ),
    "early answers": overflowing,
    "skipped, Bind of a Parse that fails": pipeline(parse(NO_SUCH, "n"), *USE, *USE, *ONE, *USE, count=4),
    "skipped, Bind of a Parse that fails behind a Close": pipeline(
        *ONE, close("n"), parse(NO_SUCH, "n"), *USE, *USE, *ONE, *USE, count=5
    ),
    "skipped, Bind of a Parse whose name is taken": pipeline(*ONE, parse("SELECT 2", "n"), *USE, *USE, count=3),
    "skipped, Close": in_turn([*ONE], [parse(NO_SUCH), close("n"), SYNC], USE, [close("n"), *USE]),
    "skipped, Close, before that is known": pipeline(*ONE, parse(NO_SUCH), close("n"), SYNC, *USE, count=3),
    "skipped, Close and Parse, before that is known": pipeline(
        *ONE, parse(NO_SUCH), close("n"), parse("SELECT 5", "n"), SYNC, *USE, DESCRIBE, SYNC, count=4
    ),
    "skipped, Parse of a known statement, before that is known": pipeline(
        *ONE, parse(NO_SUCH), parse("SELECT 1", "m"), SYNC, bind("m"), EXECUTE, SYNC, count=3
    ),
    "skipped, Parse": pipeline(parse(NO_SUCH), *ONE, *USE, *ONE, *USE, count=4),
    "skipped, Parse of a known statement": in_turn(
        ONE, [parse(NO_SUCH), parse("SELECT 1", "m"), *USE], [bind("m"), SYNC],
        [parse("SELECT 1", "m"), bind("m"), EXECUTE, SYNC],
    ),
    "skipped, the unnamed Parse": pipeline(
        parse("SELECT 3"), SYNC, parse(NO_SUCH, "n"), parse("SELECT 4"), SYNC, bind(), EXECUTE, SYNC, count=3
    ),
}


def parameters(*texts):
    """A case of statements that change what is reported to the client: the reports that come with each answer."""

    def run(port):
        connection = client(port)
        connection.ask(
            "CREATE OR REPLACE FUNCTION told() RETURNS text LANGUAGE sql SET DateStyle = 'SQL, DMY' "
            "AS 'SELECT current_setting(''DateStyle'')'")
        seen = []
        for text in texts:
            connection.send(query(text), parse("SHOW DateStyle"), bind(), EXECUTE, SYNC)
            count = 2
            while count:
                tag, body = connection.next()
                if tag in b"SDEZ":
                    seen.append((tag, body[:4] if tag == b"E" else body))
                count -= tag == b"Z"
        return seen

    return run


CASES |= {
    "told, a block that rolls back": parameters("BEGIN", "SET DateStyle = 'German'", "ROLLBACK", "SELECT 1"),
    "told, a block that fails": parameters(
        "BEGIN", "SET DateStyle = 'German'", "SELECT 1 / 0", "COMMIT", "SELECT 1"
    ),
    "told, a savepoint": parameters(
        "BEGIN", "SAVEPOINT a", "SET TimeZone = 'Asia/Tokyo'", "ROLLBACK TO a", "COMMIT", "SELECT 1"
    ),
    "told, a local setting": parameters(
        "BEGIN", "SET LOCAL DateStyle = 'German'", "SET LOCAL TimeZone = 'Asia/Tokyo'", "COMMIT", "SELECT 1"
    ),
    "told, a setting in a string that fails": parameters("SET DateStyle = 'German'; SELECT 1 / 0", "SELECT 1"),
    "told, a local setting in a string": parameters("SET LOCAL DateStyle = 'German'; SELECT 1", "SELECT 1"),
    "told, a function's own setting": parameters("SELECT told()", "BEGIN", "SELECT told()", "COMMIT", "SELECT told()"),
    "told, a function that sets": parameters(
        "SET DateStyle = 'ISO, YMD'", "SELECT set_config('DateStyle', 'German', true), told()",
        "BEGIN", "SELECT set_config('DateStyle', 'German', false)", "ROLLBACK",
        "SELECT set_config('DateStyle', 'German', false)", "SELECT told()", "RESET DateStyle", "SELECT 1",
    ),
}


def main():
    done = 0
    for name, run in CASES.items():
        if not name.startswith(options.only):
            continue
        wanted, found = run(options.direct), run(options.port)
        if found != wanted:
            print(f"{name}:\n  PostgreSQL: {wanted}\n  Egret:      {found}")
            done = -10_000
        done += 1
    print(f"same={done}" if done > 0 else "different")
    sys.exit(done <= 0)


main()
