"""Reads whose server goes in the middle: the answer is right, once, or there is an error. Nothing is mixed up.

--standby is the port of the server that Egret reads from, where backends are ended and queries cancelled.
"""

import subprocess
import threading
import time

import target
from protocol import EXECUTE, SYNC, TERMINATE, Client, bind, close, expect, message, parse, query

options = target.arguments(standby=0, psql="psql")
SLOW = "SELECT count(*)::int FROM generate_series(1, 5000000)"
SLOW_ANSWER = "5000000"
OTHERS = (
    "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active' AND backend_type = 'client backend' "
    "AND query LIKE '%generate_series%'"
)


def client(**parameters):
    return Client(options, timeout=30, **parameters)


def strike(function, after=0.4):
    """Ends, a little later, what runs on the standby."""

    def run():
        time.sleep(after)
        words = [options.psql, "-XAtq", "-h", "127.0.0.1", "-p", str(options.standby), "-U", options.user, "-c"]
        subprocess.run([*words, f"SELECT {function}(pid) {OTHERS}"], check=True, stdout=subprocess.PIPE)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def ask(connection, function, *messages, answers=1):
    connection.send(*messages)
    thread = strike(function)
    rows = connection.rows(answers)
    thread.join()
    # Reads come back to the standby before the next case.
    time.sleep(1.2)
    return rows


# Rows in front of the end are not sent twice.
rows = ask(client(), "pg_cancel_backend", query(f"SELECT a FROM (VALUES (1), (2)) AS v(a) UNION ALL {SLOW}"))
expect(sorted(rows), ["1", "2", SLOW_ANSWER], "a read that was cancelled")
rows = ask(client(), "pg_terminate_backend", parse(SLOW), bind(), EXECUTE, SYNC)
expect(rows, [SLOW_ANSWER], "a read whose server was ended")

# A statement that is closed behind the read, and parsed again under its name.
connection = client()
connection.send(parse(SLOW, "s"), SYNC)
connection.rows()
rows = ask(connection, "pg_terminate_backend", bind("s"), EXECUTE, close("s"), SYNC)
target.check(rows in ([SLOW_ANSWER], ["57P01"]), f"a read and a Close: {rows}")
connection = client()
connection.send(parse(SLOW, "s"), SYNC)
connection.rows()
again = [close("s"), parse("SELECT 'new'", "s"), bind("s"), EXECUTE, SYNC]
rows = ask(connection, "pg_terminate_backend", bind("s"), EXECUTE, SYNC, *again, answers=2)
target.check(rows in ([SLOW_ANSWER, "new"], ["57P01", "57P01"]), f"a read and another statement of its name: {rows}")

# The unnamed statement that the read used is replaced behind it.
connection = client()
connection.send(parse(SLOW), SYNC)
connection.rows()
again = [parse("SELECT 'later'"), bind(), EXECUTE, SYNC]
rows = ask(connection, "pg_terminate_backend", bind(), EXECUTE, SYNC, *again, answers=2)
target.check(rows in ([SLOW_ANSWER, "later"], ["57P01", "57P01"]), f"a read and another unnamed statement: {rows}")

# A statement that the server has had before is answered by Egret itself, here behind a parameter of the client.
first = client(application_name="first")
first.send(parse(SLOW, "x"), bind("x"), EXECUTE, SYNC)
expect(first.rows(), [SLOW_ANSWER], "the first client of a statement")
rows = ask(client(application_name="second"), "pg_terminate_backend", parse(SLOW, "y"), bind("y"), EXECUTE, SYNC)
target.check(rows in ([SLOW_ANSWER], ["57P01"]), f"a statement that was known: {rows}")

# A statement that is parsed in front of its read is parsed again with it, and its name is free for that.
connection = client()
for function in ("pg_terminate_backend", "pg_cancel_backend"):
    name = f"fresh {function}"
    rows = ask(connection, function, parse(f"{SLOW} -- {function}", name), bind(name), EXECUTE, SYNC)
    expect(rows, [SLOW_ANSWER], f"{function} behind a Parse")
    connection.send(bind(name), EXECUTE, SYNC)
    expect(connection.rows(), [SLOW_ANSWER], f"the statement behind {function}")

# What is too long to be looked through is nobody's read.
connection = client()
connection.ask("CREATE TABLE IF NOT EXISTS long_texts (text text)")
long_insert = f"INSERT INTO long_texts SELECT '{'x' * (1 << 20)}' RETURNING length(text)"
connection.send(parse(long_insert), bind(), EXECUTE, SYNC)
expect(connection.rows(), [str(1 << 20)], "a long INSERT")
connection = client()
connection.send(parse("INSERT INTO long_texts VALUES ($1) RETURNING length(text)", "long"), SYNC)
connection.rows()
value = b"y" * 200_000
body = b"\0long\0" + b"\0\0" + b"\0\1" + len(value).to_bytes(4, "big") + value + b"\0\0"
connection.send(message(b"B", body), EXECUTE, SYNC)
expect(connection.rows(), [str(len(value))], "an INSERT with a long parameter")

# Clients that leave large results unread behind cost no servers, whether the answer has begun or not.
for pause in [0.1] * 12 + [0] * 12:
    leaving = client()
    leaving.send(query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)"))
    time.sleep(pause)
    leaving.send(TERMINATE)
    leaving.socket.close()
expect(client().ask("SELECT 1")[1], None, "a read behind clients that left")

# A group without an end is read once, not once for each of its messages.
flood = client()
flood.send(parse("SELECT 1") * 4_000)
began = time.monotonic()
expect(client().ask("SELECT 1")[1], None, "a read beside a long group")
target.check(time.monotonic() - began < 3, f"a long group held up another client for {time.monotonic() - began:.1f} s")

# A DEALLOCATE in SQL of what was prepared through the protocol.
connection = client()
connection.send(parse("SELECT 1", "Gone soon"), parse("SELECT 2", "gone"), SYNC)
connection.rows()
expect(connection.ask('DEALLOCATE "Gone soon"'), (b"CZ", None), "DEALLOCATE of a quoted name")
expect(connection.ask("deallocate prepare GONE;"), (b"CZ", None), "DEALLOCATE of another spelling")
expect(connection.ask("DEALLOCATE gone")[1], "26000", "DEALLOCATE of nothing")
connection.send(parse("SELECT 3", "gone"), bind("gone"), EXECUTE, SYNC)
expect(connection.rows(), ["3"], "the name is free again")

# DISCARD ALL in the extended protocol drops the statements.
connection.send(parse("DISCARD ALL"), bind(), EXECUTE, SYNC)
connection.rows()
connection.send(bind("gone"), EXECUTE, SYNC)
expect(connection.rows(), ["26000"], "a statement behind DISCARD ALL")
connection.send(parse("SELECT 4", "gone"), bind("gone"), EXECUTE, SYNC)
expect(connection.rows(), ["4"], "the name behind DISCARD ALL")

print("well")
