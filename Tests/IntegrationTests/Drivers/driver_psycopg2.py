"""psycopg2: the simple query protocol, named cursors, COPY, large objects, asynchronous connections."""

import hashlib
import io
import os
import random
import select
import threading
import time

import target

psycopg2 = target.need("psycopg2")
target.need("psycopg2.extras")
options = target.arguments(clients=6, rounds=20)
check, refused, errors, extensions = target.check, target.refused, psycopg2.errors, psycopg2.extensions
ZONES = ["UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin", "Asia/Kathmandu", "Africa/Nairobi"]


def connect(autocommit=True, **words):
    connection = psycopg2.connect(**target.conninfo(options), connect_timeout=20, **words)
    connection.autocommit = autocommit
    return connection


def run(connection, *statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def rows(connection, query, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def value(connection, query, parameters=None):
    return rows(connection, query, parameters)[0][0]


def close(connections):
    for connection in connections:
        connection.close()


def statements():
    """psycopg2 binds on its own side; PREPARE and EXECUTE in SQL belong to the session."""
    clients = [connect() for _ in range(3)]
    dice = random.Random(7)
    for turn in range(options.rounds):
        for number in dice.sample(range(3), 3):
            row = rows(clients[number], "SELECT %s, %s, %s, %s", (number, None, f"'{turn}\\", [turn, 2]))[0]
            check(row == (number, None, f"'{turn}\\", [turn, 2]), f"client {number} read {row}")
    for number, client in enumerate(clients):
        run(client, f"PREPARE one (int) AS SELECT {number} + $1")
    for turn in range(options.rounds):
        for number in dice.sample(range(3), 3):
            found = value(clients[number], "EXECUTE one (%s)", (turn,))
            check(found == number + turn, f"EXECUTE of client {number} gave {found}")
    run(clients[0], "DEALLOCATE one")
    with refused(errors.InvalidSqlStatementName, "EXECUTE after DEALLOCATE"):
        run(clients[0], "EXECUTE one (1)")
    check(value(clients[1], "EXECUTE one (1)") == 2, "DEALLOCATE hit another client's statement")
    close(clients)


def transactions():
    one, two = connect(False), connect(False)
    run(one, "DROP TABLE IF EXISTS psycopg2_rows", "CREATE TABLE psycopg2_rows (i int PRIMARY KEY)")
    one.commit()
    run(one, "INSERT INTO psycopg2_rows VALUES (1)", "SAVEPOINT s")
    with refused(errors.UniqueViolation, "a duplicate key"):
        run(one, "INSERT INTO psycopg2_rows VALUES (1)")
    check(one.info.transaction_status == extensions.TRANSACTION_STATUS_INERROR, "the transaction has not failed")
    run(one, "ROLLBACK TO s", "INSERT INTO psycopg2_rows VALUES (2)")
    check(value(two, "SELECT count(*) FROM psycopg2_rows") == 0, "rows were seen before their commit")
    two.rollback()
    one.commit()
    run(one, "INSERT INTO psycopg2_rows VALUES (3)")
    one.rollback()
    check(rows(two, "SELECT i FROM psycopg2_rows ORDER BY i") == [(1,), (2,)], "other rows after the commit")
    two.rollback()
    two.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
    modes = [value(two, f"SHOW transaction_{name}") for name in ("isolation", "read_only", "deferrable")]
    check(modes == ["serializable", "on", "on"], f"the transaction's modes are {modes}")
    with refused(errors.ReadOnlySqlTransaction, "a write in a transaction that only reads"):
        run(two, "INSERT INTO psycopg2_rows VALUES (4)")
    two.rollback()
    with one.cursor("walker") as cursor:
        cursor.itersize = 7
        cursor.execute("SELECT generate_series(1, 50)")
        check([row[0] for row in cursor] == list(range(1, 51)), "the named cursor lost rows")
    one.commit()
    with one.cursor("holder", withhold=True, scrollable=True) as cursor:
        cursor.execute("SELECT generate_series(1, 50)")
        one.commit()
        cursor.scroll(40, "absolute")
        check(cursor.fetchone() == (41,), "the held cursor scrolled elsewhere")
    run(one, "DROP TABLE psycopg2_rows")
    one.commit()
    close([one, two])


def large():
    text, blob = "grün " * 1_000_000, os.urandom(5_000_000)
    client = connect()
    row = rows(client, "SELECT %s, %s, md5(%s)", (text, psycopg2.Binary(blob), psycopg2.Binary(blob)))[0]
    check(row[0] == text and bytes(row[1]) == blob, "large values came back changed")
    check(row[2] == hashlib.md5(blob).hexdigest(), "a large value arrived changed")
    found = rows(client, "SELECT i, repeat('y', 100) FROM generate_series(1, 50000) i")
    check(len(found) == 50000 and found[-1] == (50000, "y" * 100), "rows of a large result were lost")
    client.autocommit = False
    item = client.lobject(0, "wb")
    item.write(blob)
    item.seek(1000)
    item.close()
    item = client.lobject(item.oid, "rb")
    check(item.read() == blob, "the large object came back changed")
    item.unlink()
    client.commit()
    client.close()


def cancel():
    client, other = connect(), connect()
    timer = threading.Timer(0.3, client.cancel)
    timer.start()
    begin = time.monotonic()
    with refused(errors.QueryCanceled, "a query that was cancelled"):
        run(client, "SELECT pg_sleep(20)")
    check(time.monotonic() - begin < 5, "the cancel came late")
    timer.join()
    client.cancel()
    check(value(other, "SELECT 1 FROM pg_sleep(0.1)") == 1, "another client was hit")
    check(value(client, "SELECT 2") == 2, "the client does not go on")
    close([client, other])


def failures():
    client = connect()
    run(
        client, "DROP TABLE IF EXISTS psycopg2_checked",
        "CREATE TABLE psycopg2_checked (id int CONSTRAINT one_only PRIMARY KEY, n int CONSTRAINT good CHECK (n > 0))",
        "CREATE TABLE IF NOT EXISTS psycopg2_checked ()", "INSERT INTO psycopg2_checked VALUES (1, 1)")
    check('relation "psycopg2_checked" already exists, skipping' in client.notices[-1], f"{client.notices}")
    with refused(errors.SyntaxError, "a syntax error"):
        run(client, "SELECT 1 FORM nothing")
    with refused(errors.UniqueViolation, "a duplicate key", pgcode="23505") as unique:
        run(client, "INSERT INTO psycopg2_checked VALUES (1, 1)")
    check(unique.caught.diag.constraint_name == "one_only", "the constraint has another name")
    with refused(errors.CheckViolation, "a wrong value"):
        run(client, "INSERT INTO psycopg2_checked VALUES (2, 0)")
    with refused(errors.DivisionByZero, "an error in the middle of a string of statements"):
        run(client, "INSERT INTO psycopg2_checked VALUES (3, 3); SELECT 1 / 0; DELETE FROM psycopg2_checked")
    client.autocommit = False
    check(value(client, "SELECT count(*) FROM psycopg2_checked") == 1, "half of a string of statements has stayed")
    with refused(errors.UndefinedTable, "an unknown table"):
        run(client, "SELECT * FROM psycopg2_nowhere")
    with refused(errors.InFailedSqlTransaction, "a statement of a failed transaction"):
        run(client, "SELECT 1")
    client.rollback()
    check(value(client, "SELECT 5") == 5, "the connection is not usable")
    client.rollback()
    client.autocommit = True
    run(client, "DROP TABLE psycopg2_checked")
    client.close()


def reconnects():
    for turn in range(15):
        client = connect(application_name=f"turn {turn}")
        check(value(client, "SHOW application_name") == f"turn {turn}", "the application's name is another's")
        client.close()
    client = connect()
    with refused(psycopg2.Error, "a terminated session"):
        run(client, "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
    client = connect() if client.closed else client  # Egret keeps its clients when a server is lost
    check(value(client, "SELECT 6") == 6, "no way on after a termination")
    client.close()


def settings():
    clients = [
        connect(application_name=f"psycopg2 {number}", options=f"-c timezone={zone}")
        for number, zone in enumerate(ZONES)]
    for number, client in enumerate(clients):
        run(client, f"SET work_mem = '{number + 1}MB'", f"SET my.number = {number}")
        if number % 2:
            client.set_client_encoding("LATIN1")
    dice = random.Random(8)
    for turn in range(options.rounds):
        for number in dice.sample(range(len(clients)), len(clients)):
            client = clients[number]
            found = rows(
                client, "SELECT current_setting('application_name'), current_setting('timezone'), "
                "current_setting('work_mem'), current_setting('my.number'), 'ä' || %s", (turn,))[0]
            expected = (f"psycopg2 {number}", ZONES[number], f"{number + 1}MB", str(number), f"ä{turn}")
            check(found == expected, f"client {number} sees {found}, not {expected}")
            check(client.info.parameter_status("TimeZone") == ZONES[number], "the status of another's zone")
            if dice.random() < 0.3:
                client.autocommit = False
                run(client, "SET work_mem = '77MB'")
                check(value(client, "SHOW work_mem") == "77MB", "SET has no effect in its transaction")
                client.rollback()
                client.autocommit = True
    close(clients)


def copy():
    client = connect(False)
    run(client, "DROP TABLE IF EXISTS psycopg2_copy", "CREATE TABLE psycopg2_copy (i int, t text)")
    lines = "".join(f"{number}\tline {number}\n" for number in range(50000))
    with client.cursor() as cursor:
        cursor.copy_expert("COPY psycopg2_copy FROM STDIN", io.StringIO(lines))
        check(cursor.rowcount == 50000, f"COPY counts {cursor.rowcount} rows")
        client.commit()
        out = io.StringIO()
        cursor.copy_expert("COPY (TABLE psycopg2_copy ORDER BY i) TO STDOUT", out)
        check(out.getvalue() == lines, "COPY gave back other lines")
        with refused(errors.InvalidTextRepresentation, "a line that does not fit"):
            cursor.copy_expert("COPY psycopg2_copy FROM STDIN", io.StringIO(lines + "nothing\tnothing\n" + lines))
        client.rollback()
        check(value(client, "SELECT count(*) FROM psycopg2_copy") == 50000, "rows of a failed COPY have stayed")
    run(client, "DROP TABLE psycopg2_copy")
    client.commit()
    client.close()


def crowd():
    client, wrong = connect(), []
    run(
        client, "DROP TABLE IF EXISTS psycopg2_money", "CREATE TABLE psycopg2_money (id int PRIMARY KEY, n int)",
        "INSERT INTO psycopg2_money SELECT i, 1000 FROM generate_series(0, 9) i")
    threads = [threading.Thread(target=guarded, args=(wrong, number)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not wrong, f"{wrong[:3]}")
    client.autocommit = False
    check(value(client, "SELECT sum(n) FROM psycopg2_money") == 10000, "money was lost")
    run(client, "DROP TABLE psycopg2_money")
    client.commit()
    client.close()


def guarded(wrong, seed):
    try:
        dice, client = random.Random(seed), connect(False)
        for turn in range(15):
            source, sink = sorted(dice.sample(range(10), 2))
            run(client, f"UPDATE psycopg2_money SET n = n - 1 WHERE id = {source}")
            run(client, f"UPDATE psycopg2_money SET n = n + 1 WHERE id = {sink}")
            client.commit()
            found = value(client, "SELECT %s * 100 + %s", (seed, turn))
            check(found == seed * 100 + turn, f"thread {seed} read {found}")
            client.rollback()
        client.close()
    except BaseException as error:
        wrong.append(error)


def keys():
    one = connect()
    run(one, "DROP TABLE IF EXISTS psycopg2_keys", "CREATE TABLE psycopg2_keys (id serial, t text)")
    run(one, "BEGIN", "INSERT INTO psycopg2_keys (t) VALUES ('a')")
    check(value(one, "SELECT lastval()") == 1, "lastval() in its transaction")
    run(one, "COMMIT")
    one.close()
    clients = [connect() for _ in range(options.clients)]
    for client in clients:
        run(client, "INSERT INTO psycopg2_keys (t) VALUES ('a')")
    for expected, client in enumerate(clients, 2):
        try:
            found = value(client, "SELECT lastval()")
        except errors.ObjectNotInPrerequisiteState:
            found = None
        check(target.is_key(found, expected), f"lastval() is {found} instead of {expected}")
        client.close()
    one = connect()
    run(one, "DROP TABLE psycopg2_keys")
    one.close()


def asynchronous():
    """An asynchronous connection, polled by hand, that also listens."""
    def wait(connection):
        while (state := connection.poll()) != extensions.POLL_OK:
            reads = [connection.fileno()] if state == extensions.POLL_READ else []
            writes = [connection.fileno()] if state == extensions.POLL_WRITE else []
            check(any(select.select(reads, writes, [], 20)), "no answer within 20 s")

    client, other = psycopg2.connect(**target.conninfo(options), async_=1), connect()
    wait(client)
    cursor = client.cursor()
    cursor.execute("LISTEN psycopg2_news")
    wait(client)
    run(other, "NOTIFY psycopg2_news, 'one'", "NOTIFY psycopg2_news, 'two'")
    begin = time.monotonic()
    while len(client.notifies) < 2 and time.monotonic() < begin + 10:
        select.select([client.fileno()], [], [], 1)
        wait(client)
    check([notify.payload for notify in client.notifies] == ["one", "two"], f"notified of {client.notifies}")
    cursor.execute("SELECT 8")
    wait(client)
    check(cursor.fetchone() == (8,), "no answer after the notifications")
    close([client, other])


target.play(
    statements, transactions, large, cancel, failures, reconnects, settings, copy, crowd, keys, asynchronous)
