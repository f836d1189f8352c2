"""pg8000 1.10: named statements and named portals, a Flush after every message, portals suspended after 100 rows.

This version knows MD5 and clear-text passwords only.
"""

import datetime
import decimal
import hashlib
import io
import os
import random
import threading
import time

import target

pg8000 = target.need("pg8000")
options = target.arguments(clients=6, rounds=20)
check = target.check
WORDS = {"host": "127.0.0.1", "port": options.port, "user": options.user, "password": options.password,
         "database": options.database}


def connect(autocommit=True):
    connection = pg8000.connect(**WORDS)
    connection.autocommit = autocommit
    return connection


def run(connection, *texts):
    cursor = connection.cursor()
    for text in texts:
        cursor.execute(text)


def rows(connection, query, parameters=()):
    cursor = connection.cursor()
    cursor.execute(query, parameters)
    return [tuple(row) for row in cursor.fetchall()]


def value(connection, query, parameters=()):
    return rows(connection, query, parameters)[0][0]


def close(connections):
    for connection in connections:
        connection.close()


def refused(connection, state, query, parameters=()):
    """The query must fail with this SQLSTATE, which pg8000 gives as the third of an error's arguments."""
    try:
        run(connection, query) if not parameters else rows(connection, query, parameters)
    except pg8000.Error as error:
        check(state in error.args, f"{query}: {error.args} instead of {state}")
        return
    raise AssertionError(f"{query} was accepted")


def statements():
    """The names pg8000_statement_0, _1, ... count from 0 in every connection."""
    clients, dice = [connect() for _ in range(options.clients)], random.Random(11)
    for turn in range(options.rounds):
        for number in dice.sample(range(options.clients), options.clients):
            kind = dice.randrange(5)
            query = (
                f"SELECT {number}, {kind}, cast(%s as int), cast(%s as text), %s, cast(%s as numeric), "
                "cast(%s as date)")
            blob, day = os.urandom(kind * 50), datetime.date(2024, 1, kind + 1)
            row = rows(clients[number], query, (turn, f"ä{turn}", blob, decimal.Decimal(turn) / 8, day))[0]
            found = row[:4] + (bytes(row[4]),) + row[5:]
            expected = (number, kind, turn, f"ä{turn}", blob, decimal.Decimal(turn) / 8, day)
            check(found == expected, f"client {number} read {found}, not {expected}")
    close(clients)


def transactions():
    one, two = connect(False), connect(False)
    run(one, "DROP TABLE IF EXISTS pg8000_rows", "CREATE TABLE pg8000_rows (i int PRIMARY KEY)")
    one.commit()
    run(one, "INSERT INTO pg8000_rows VALUES (1)", "SAVEPOINT s")
    refused(one, "23505", "INSERT INTO pg8000_rows VALUES (1)")
    run(one, "ROLLBACK TO SAVEPOINT s", "INSERT INTO pg8000_rows VALUES (2)")
    check(value(two, "SELECT count(*) FROM pg8000_rows") == 0, "rows were seen before their commit")
    two.rollback()
    one.commit()
    run(one, "DELETE FROM pg8000_rows")
    one.rollback()
    check(rows(two, "SELECT i FROM pg8000_rows ORDER BY i") == [(1,), (2,)], "other rows after the commit")
    # Two portals of one transaction, read turn and turn about, a hundred rows at a time.
    left, right = two.cursor(), two.cursor()
    left.execute("SELECT generate_series(1, 550)")
    right.execute("SELECT generate_series(1001, 1550)")
    pairs = [(first[0], second[0]) for first, second in zip(left, right)]
    check(pairs == [(i, i + 1000) for i in range(1, 551)], "the suspended portals got mixed up")
    two.commit()
    run(one, "DROP TABLE pg8000_rows")
    one.commit()
    close([one, two])


def large():
    text, blob = "grün " * 1_000_000, os.urandom(5_000_000)
    client = connect(False)
    row = rows(client, "SELECT cast(%s as text), %s, md5(%s)", (text, blob, blob))[0]
    check(row[0] == text and bytes(row[1]) == blob, "large values came back changed")
    check(row[2] == hashlib.md5(blob).hexdigest(), "a large value arrived changed")
    found = rows(client, "SELECT i, repeat('y', 100) FROM generate_series(1, 5000) i")
    check(len(found) == 5000 and found[-1] == (5000, "y" * 100), "rows of a large result were lost")
    client.rollback()
    close([client])


def cancel():
    """pg8000 sends no cancel requests: another session has to, by the process id that this one was told."""
    client, other = connect(False), connect()
    process = value(client, "SELECT pg_backend_pid()")
    timer = threading.Timer(0.3, lambda: rows(other, "SELECT pg_cancel_backend(%s)", (process,)))
    timer.start()
    begin = time.monotonic()
    refused(client, "57014", "SELECT pg_sleep(20)")
    check(time.monotonic() - begin < 5, "the cancel came late")
    timer.join()
    client.rollback()
    run(client, "SET LOCAL statement_timeout = 100")
    refused(client, "57014", "SELECT pg_sleep(20)")
    client.rollback()
    check(value(client, "SELECT 2") == 2 and value(other, "SELECT 1") == 1, "the clients do not go on")
    client.rollback()
    close([client, other])


def failures():
    client = connect()
    run(
        client, "DROP TABLE IF EXISTS pg8000_checked",
        "CREATE TABLE pg8000_checked (id int PRIMARY KEY, n int CHECK (n > 0))",
        "INSERT INTO pg8000_checked VALUES (1, 1)")
    for _ in range(3):
        refused(client, "42601", "SELECT 1 FORM nothing")
        refused(client, "23505", "INSERT INTO pg8000_checked VALUES (1, %s)", (1,))
        refused(client, "23514", "INSERT INTO pg8000_checked VALUES (2, %s)", (0,))
        refused(client, "42P01", "SELECT * FROM pg8000_nowhere")
        check(value(client, "SELECT cast(%s as int)", (5,)) == 5, "the connection is not usable")
    client.autocommit = False
    run(client, "INSERT INTO pg8000_checked VALUES (3, 3)")
    refused(client, "22012", "SELECT 1 / cast(%s as int)", (0,))
    refused(client, "25P02", "SELECT 1 / cast(%s as int)", (1,))
    client.rollback()
    check(value(client, "SELECT count(*) FROM pg8000_checked") == 1, "a row has stayed")
    run(client, "DROP TABLE pg8000_checked")
    client.commit()
    close([client])


def reconnects():
    for turn in range(15):
        client = connect()
        check(value(client, "SELECT cast(%s as int)", (turn,)) == turn, "another's answer")
        client.close()
    try:
        pg8000.connect(**{**WORDS, "password": "wrong"})
    except pg8000.Error as error:
        check("28P01" in error.args, f"a wrong password: {error.args}")
    else:
        raise AssertionError("a wrong password was accepted")


def settings():
    clients, dice = [connect() for _ in range(options.clients)], random.Random(12)
    zones = ["UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin", "Asia/Kathmandu", "Africa/Nairobi"]
    for number, client in enumerate(clients):
        run(client, f"SET application_name = 'pg8000 {number}'", f"SET timezone = '{zones[number]}'")
    query = "SELECT current_setting('application_name'), current_setting('timezone'), cast(%s as int)"
    for turn in range(options.rounds):
        for number in dice.sample(range(options.clients), options.clients):
            row = rows(clients[number], query, (turn,))[0]
            check(row == (f"pg8000 {number}", zones[number], turn), f"client {number} sees {row}")
            if dice.random() < 0.3:
                clients[number].autocommit = False
                run(clients[number], "SET timezone = 'Australia/Sydney'")
                check(value(clients[number], "SHOW timezone") == "Australia/Sydney", "SET has no effect")
                clients[number].rollback()
                clients[number].autocommit = True
    close(clients)


def copy():
    client = connect(False)
    run(client, "DROP TABLE IF EXISTS pg8000_copy", "CREATE TABLE pg8000_copy (i int, t text)")
    lines = b"".join(b"%d\tline %d\n" % (number, number) for number in range(20000))
    cursor, out = client.cursor(), io.BytesIO()
    cursor.execute("COPY pg8000_copy FROM STDIN", stream=io.BytesIO(lines))
    check(cursor.rowcount == 20000, f"COPY counts {cursor.rowcount} rows")
    cursor.execute("COPY (TABLE pg8000_copy ORDER BY i) TO STDOUT", stream=out)
    check(out.getvalue() == lines, "COPY gave back other lines")
    run(client, "DROP TABLE pg8000_copy")
    client.commit()
    close([client])


def crowd():
    client, wrong = connect(False), []
    run(
        client, "DROP TABLE IF EXISTS pg8000_money", "CREATE TABLE pg8000_money (id int PRIMARY KEY, n int)",
        "INSERT INTO pg8000_money SELECT i, 1000 FROM generate_series(0, 9) i")
    client.commit()
    threads = [threading.Thread(target=guarded, args=(wrong, number)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not wrong, f"{wrong[:3]}")
    check(value(client, "SELECT sum(n) FROM pg8000_money") == 10000, "money was lost")
    run(client, "DROP TABLE pg8000_money")
    client.commit()
    close([client])


def guarded(wrong, seed):
    try:
        dice, client = random.Random(seed), connect(False)
        cursor = client.cursor()
        for turn in range(10):
            source, sink = sorted(dice.sample(range(10), 2))
            cursor.execute("UPDATE pg8000_money SET n = n - 1 WHERE id = %s", (source,))
            cursor.execute("UPDATE pg8000_money SET n = n + 1 WHERE id = %s", (sink,))
            client.commit()
            found = value(client, "SELECT cast(%s as int) * 100 + cast(%s as int)", (seed, turn))
            check(found == seed * 100 + turn, f"thread {seed} read {found}")
            client.rollback()
        client.close()
    except BaseException as error:
        wrong.append(error)


def keys():
    one = connect()
    run(one, "DROP TABLE IF EXISTS pg8000_keys", "CREATE TABLE pg8000_keys (id serial, t text)")
    run(one, "BEGIN", "INSERT INTO pg8000_keys (t) VALUES ('a')")
    check(value(one, "SELECT lastval()") == 1, "lastval() in its transaction")
    run(one, "COMMIT")
    one.close()
    clients = [connect() for _ in range(options.clients)]
    for expected, client in enumerate(clients, 2):
        found = value(client, "INSERT INTO pg8000_keys (t) VALUES (%s) RETURNING id", ("a",))
        check(found == expected, f"RETURNING gave {found}")
    for expected, client in enumerate(clients, 2):
        try:
            found = value(client, "SELECT lastval()")
        except pg8000.ProgrammingError as error:
            check("55000" in error.args, f"lastval(): {error.args}")
            found = None
        check(target.is_key(found, expected), f"lastval() is {found} instead of {expected}")
        client.close()
    one = connect()
    run(one, "DROP TABLE pg8000_keys")
    one.close()


target.play(
    statements, transactions, large, cancel, failures, reconnects, settings, copy, crowd, keys)
