"""psycopg 3: statements prepared on the server, server-side cursors, COPY, pipelines, asyncio."""

import asyncio
import hashlib
import os
import random
import threading
import time

import target

psycopg = target.need("psycopg")
options = target.arguments(clients=6, rounds=20)
check, refused, errors = target.check, target.refused, psycopg.errors
ZONES = ["UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin", "Asia/Kathmandu", "Africa/Nairobi"]
# What 2024-01-01 00:00 UTC is in those zones.
CLOCKS = ["00:00:00+00", "09:00:00+09", "20:00:00-04", "01:00:00+01", "05:45:00+05:45", "03:00:00+03"]


def connect(**words):
    words = {"autocommit": True, "connect_timeout": 20, **words}
    return psycopg.connect(**target.conninfo(options), **words)


def setup(connection, *statements):
    for statement in statements:
        connection.execute(statement)


def value(connection, query, *parameters):
    return connection.execute(query, parameters or None).fetchone()[0]


def statements():
    """psycopg calls the statements of each connection _pg3_0, _pg3_1, ...: one name for many texts."""
    clients = [connect(prepare_threshold=0) for _ in range(options.clients)]
    for client in clients:
        client.prepared_max = 3  # so that most rounds deallocate a statement
    dice = random.Random(3)
    for turn in range(options.rounds):
        for number in dice.sample(range(options.clients), options.clients):
            kind = dice.randrange(6)
            query = f"SELECT {number}, {kind}, %s::int, %s::text, %s::numeric(20, 3), %s::int[], %b::bytea"
            text, blob = None if kind == 0 else f"ä{turn}", os.urandom(kind * 100)
            row = clients[number].execute(query, (turn, text, turn / 8, [turn, None], blob)).fetchone()
            expected = (number, kind, turn, text, turn / 8, [turn, None], blob)
            check(row[:4] + (float(row[4]),) + row[5:] == expected, f"client {number} read {row!r}")
    setup(clients[0], "DROP TABLE IF EXISTS psycopg_many", "CREATE TABLE psycopg_many (id int, name text)")
    with clients[0].transaction(), clients[0].cursor() as cursor:
        cursor.executemany("INSERT INTO psycopg_many VALUES (%s, %s)", [(i, str(i)) for i in range(500)])
        check(value(clients[0], "SELECT sum(id) FROM psycopg_many WHERE name = id::text") == 124750, "executemany")
        # A prepared statement whose result type changes under it is an error of PostgreSQL, and rolls back.
    with clients[1].transaction():
        check(clients[1].execute("SELECT * FROM psycopg_many WHERE id = %s", (7,)).fetchone() == (7, "7"), "seven")
    setup(clients[0], "ALTER TABLE psycopg_many ADD COLUMN more int DEFAULT 5")
    with refused(errors.FeatureNotSupported, "a changed result type", sqlstate="0A000"), clients[1].transaction():
        clients[1].execute("SELECT * FROM psycopg_many WHERE id = %s", (7,))
    setup(clients[0], "DROP TABLE psycopg_many")
    for client in clients:
        client.close()


def transactions():
    with connect() as left:
        for xid in left.tpc_recover():  # of a run that was stopped; it would hold its table
            if xid.gtrid.startswith("psycopg "):
                left.tpc_rollback(xid)
    with connect() as one, connect() as two:
        setup(one, "DROP TABLE IF EXISTS psycopg_rows", "CREATE TABLE psycopg_rows (id int PRIMARY KEY)")
        with one.transaction():
            one.execute("INSERT INTO psycopg_rows VALUES (1)")
            with two.transaction():
                check(value(two, "SELECT count(*) FROM psycopg_rows") == 0, "a row was seen before its commit")
            try:
                with one.transaction():
                    one.execute("INSERT INTO psycopg_rows VALUES (2)")
                    one.execute("INSERT INTO psycopg_rows VALUES (1)")
            except errors.UniqueViolation:
                pass
            with one.transaction("named"):
                one.execute("INSERT INTO psycopg_rows VALUES (3)")
        with two.transaction(force_rollback=True):
            two.execute("DELETE FROM psycopg_rows")
        with two.transaction():
            rows = two.execute("SELECT id FROM psycopg_rows ORDER BY id").fetchall()
        check(rows == [(1,), (3,)], f"after savepoints and rollbacks: {rows}")
        two.isolation_level, two.read_only, two.deferrable = psycopg.IsolationLevel.SERIALIZABLE, True, True
        with two.transaction():
            modes = [value(two, f"SHOW transaction_{name}") for name in ("isolation", "read_only", "deferrable")]
            check(modes == ["serializable", "on", "on"], f"the transaction's modes are {modes}")
    with connect(autocommit=False) as one:
        with one.cursor("walker") as cursor:
            cursor.itersize = 7
            cursor.execute("SELECT generate_series(1, 100)")
            check([row[0] for row in cursor] == list(range(1, 101)), "the server-side cursor lost rows")
        one.rollback()
        one.autocommit = True
        with one.cursor("holder", withhold=True, scrollable=True) as cursor:
            cursor.execute("SELECT generate_series(1, 100)")
            cursor.scroll(50)
            check(cursor.fetchmany(3) == [(51,), (52,), (53,)], "the held cursor scrolled elsewhere")
    two_phases()


def two_phases():
    name = f"psycopg {os.getpid()}"
    one = connect(autocommit=False)
    one.tpc_begin(name)
    one.execute("INSERT INTO psycopg_rows VALUES (4)")
    one.tpc_prepare()
    one.tpc_rollback()
    one.tpc_begin(name)
    one.execute("INSERT INTO psycopg_rows VALUES (5)")
    one.tpc_prepare()
    one.close()
    with connect(autocommit=False) as two:
        check(name in [xid.gtrid for xid in two.tpc_recover()], "the prepared transaction is not listed")
        two.rollback()
        two.tpc_commit(name)
        two.autocommit = True
        with two.transaction():
            check(value(two, "SELECT max(id) FROM psycopg_rows") == 5, "the prepared transaction was not committed")
        setup(two, "DROP TABLE psycopg_rows")


def large():
    text, blob = "grün " * 1_000_000, os.urandom(5_000_000)
    digest = hashlib.md5(blob).hexdigest()
    with connect() as client:
        for format in "tb":
            query = f"SELECT %{format}::text, %{format}::bytea, md5(%{format}::bytea)"
            row = client.execute(query, (text, blob, blob), binary=format == "b").fetchone()
            check(row == (text, blob, digest), f"large values in format {format} came back changed")
        with client.cursor() as cursor:
            rows = cursor.stream("SELECT i, repeat('x', 50) FROM generate_series(1, 5000) i")
            check(sum(row[0] for row in rows) == 12502500, "streamed rows were lost")
        rows = client.execute("SELECT i, repeat('y', 100) FROM generate_series(1, 20000) i").fetchall()
        check(len(rows) == 20000 and rows[-1] == (20000, "y" * 100), "rows of a large result were lost")


def cancel():
    with connect() as client, connect() as other:
        timer = threading.Timer(0.3, client.cancel)
        timer.start()
        begin = time.monotonic()
        with refused(errors.QueryCanceled, "a query that was cancelled"):
            client.execute("SELECT pg_sleep(20)")
        check(time.monotonic() - begin < 5, "the cancel came late")
        timer.join()
        client.cancel()  # of nothing: it must hit neither this client's next statement nor anybody else's
        check(value(other, "SELECT 1 FROM pg_sleep(0.1)") == 1, "another client was hit")
        check(value(client, "SELECT 2 FROM pg_sleep(0.1)") == 2, "the client does not go on")
        with refused(errors.QueryCanceled, "a statement past its timeout"), client.transaction():
            client.execute("SET LOCAL statement_timeout = 100")
            client.execute("SELECT pg_sleep(20)")
        check(value(client, "SHOW statement_timeout") == "0", "the timeout has stayed")


def failures():
    notices = []
    with connect() as client:
        client.add_notice_handler(lambda notice: notices.append((notice.severity, notice.sqlstate)))
        setup(
            client, "DROP TABLE IF EXISTS psycopg_checked",
            "CREATE TABLE psycopg_checked (id int CONSTRAINT one_only PRIMARY KEY, n int CHECK (n > 0))",
            "CREATE TABLE IF NOT EXISTS psycopg_checked (id int)", "INSERT INTO psycopg_checked VALUES (1, 1)")
        check(("NOTICE", "42P07") in notices, f"the notices were {notices}")
        for prepare in (False, True):
            with refused(errors.SyntaxError, "a syntax error") as syntax:
                client.execute("SELECT 1 FORM nothing", prepare=prepare)
            check(syntax.caught.diag.statement_position == "15", f"position {syntax.caught.diag.statement_position}")
            with refused(errors.UniqueViolation, "a duplicate key") as unique:
                client.execute("INSERT INTO psycopg_checked VALUES (1, 1)", prepare=prepare)
            check(unique.caught.diag.constraint_name == "one_only", "the constraint has another name")
            check(unique.caught.diag.message_detail == "Key (id)=(1) already exists.", "another detail")
            with refused(errors.CheckViolation, "a wrong value"):
                client.execute("INSERT INTO psycopg_checked VALUES (2, %s)", (0,), prepare=prepare)
            with refused(errors.UndefinedTable, "an unknown table"):
                client.execute("SELECT * FROM psycopg_nowhere", prepare=prepare)
            with refused(errors.InvalidTextRepresentation, "a number that is none"):
                client.execute("SELECT %s::text::int", ("five",), prepare=prepare)
            check(value(client, "SELECT 5") == 5, "the connection is not usable")
        client.autocommit = False
        client.execute("INSERT INTO psycopg_checked VALUES (3, 3)")
        with refused(errors.DivisionByZero, "a division by zero"):
            client.execute("SELECT 1 / %s::int", (0,))
        with refused(errors.InFailedSqlTransaction, "a statement of a failed transaction"):
            client.execute("SELECT 1")
        client.rollback()
        check(value(client, "SELECT count(*) FROM psycopg_checked WHERE id = 3") == 0, "the failed row has stayed")
        client.commit()
        client.autocommit = True
        setup(client, "DROP TABLE psycopg_checked")


def reconnects():
    for turn in range(15):
        with connect(application_name=f"turn {turn}") as client:
            check(value(client, "SHOW application_name") == f"turn {turn}", "the application's name is another's")
    words = {**target.conninfo(options), "password": "wrong"}
    with refused(psycopg.OperationalError, "a wrong password") as wrong:
        psycopg.connect(**words)
    check("password authentication failed" in str(wrong.caught), f"a wrong password: {wrong.caught}")
    with refused(psycopg.OperationalError, "an unknown database") as unknown:
        psycopg.connect(**{**target.conninfo(options), "dbname": "nowhere"})
    check('database "nowhere" does not exist' in str(unknown.caught), f"an unknown database: {unknown.caught}")
    client = connect()
    with refused(psycopg.OperationalError, "a terminated session") as end, client.transaction():
        client.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
    check("due to administrator command" in str(end.caught), f"a terminated session: {end.caught}")
    with connect() if client.closed else client as again:  # Egret keeps its clients when a server is lost
        check(value(again, "SELECT 6") == 6, "no way on after a termination")


def settings():
    """Each client has settings of its own, some from its start, some SET, and they share the servers."""
    clients = [
        connect(application_name=f"psycopg {number}", options=f"-c timezone={zone} -c geqo_seed=0.{number}")
        for number, zone in enumerate(ZONES)]
    for number, client in enumerate(clients):
        setup(
            client, f"DROP SCHEMA IF EXISTS psycopg_{number} CASCADE", f"CREATE SCHEMA psycopg_{number}",
            f"CREATE TABLE psycopg_{number}.here AS SELECT {number} AS number",
            f"SET search_path = psycopg_{number}, public", f"SET work_mem = '{number + 1}MB'")
        client.execute("SELECT set_config('my.number', %s, false)", (str(number),))
        client.execute("SET DateStyle = " + ("German" if number % 2 else "ISO"))
    dice = random.Random(4)
    for _ in range(options.rounds):
        for number in dice.sample(range(len(clients)), len(clients)):
            look(clients[number], number, dice.randrange(4))
    client = clients[0]
    setup(client, "RESET work_mem", "RESET timezone", "SET application_name = 'renamed'")
    check(value(client, "SHOW work_mem") == "4MB", "RESET gave another value")
    check(value(client, "SHOW timezone") == "UTC", "RESET does not go back to the start value")
    check(client.info.parameter_status("application_name") == "renamed", "the driver was not told of the name")
    for number, client in enumerate(clients):
        setup(client, f"DROP SCHEMA psycopg_{number} CASCADE")
        client.close()


def look(client, number, kind):
    """One look at all that a client has set, in one of several ways."""
    hour = CLOCKS[number]
    query = (
        "SELECT current_setting('application_name'), current_setting('timezone'), current_setting('geqo_seed'), "
        "current_setting('work_mem'), current_setting('my.number'), to_char(timestamptz '2024-01-01 00:00+00', "
        "'HH24:MI:SSOF'), date '2024-02-01' || ''")
    expected = (
        f"psycopg {number}", ZONES[number], f"0.{number}" if number else "0", f"{number + 1}MB", str(number), hour,
        "01.02.2024" if number % 2 else "2024-02-01")
    row = client.execute(query, prepare=kind == 1).fetchone()
    check(row == expected, f"client {number} sees {row}, not {expected}")
    check(client.info.parameter_status("TimeZone") == ZONES[number], "the driver was told of another's zone")
    check(client.info.parameter_status("application_name") == f"psycopg {number}", "... of another's name")
    if kind == 2:
        with client.transaction(force_rollback=True):
            setup(client, "SET work_mem = '77MB'", "SET timezone = 'Australia/Sydney'")
            check(value(client, "SHOW timezone") == "Australia/Sydney", "SET has no effect in its transaction")
    if kind == 3:
        with client.transaction():
            setup(client, "SET LOCAL work_mem = '78MB'", "SET LOCAL search_path = pg_catalog")
            check(value(client, "SHOW work_mem") == "78MB", "SET LOCAL has no effect in its transaction")
    with client.transaction():
        check(value(client, "SELECT number FROM here") == number, "the search path is another's")


def copy():
    rows = [(number, f"line\t{number}\\\n", None if number % 3 else number / 4) for number in range(5000)]
    with connect() as client, client.cursor() as cursor:
        setup(client, "DROP TABLE IF EXISTS psycopg_copy", "CREATE TABLE psycopg_copy (i int, t text, f float8)")
        for format in ("text", "binary"):
            with cursor.copy(f"COPY psycopg_copy FROM STDIN (FORMAT {format})") as stream:
                stream.set_types(["int4", "text", "float8"])
                for row in rows:
                    stream.write_row(row)
            check(cursor.rowcount == len(rows), f"COPY counts {cursor.rowcount} rows")
            with client.transaction():
                with cursor.copy(f"COPY (TABLE psycopg_copy ORDER BY i) TO STDOUT (FORMAT {format})") as stream:
                    stream.set_types(["int4", "text", "float8"])
                    check(list(stream.rows()) == rows, f"COPY in format {format} changed rows")
                client.execute("DELETE FROM psycopg_copy")
        with refused(errors.InvalidTextRepresentation, "a line that does not fit"):
            with cursor.copy("COPY psycopg_copy FROM STDIN") as stream:
                stream.write("1\tone\t1\nnothing\ttwo\t2\n" * 3000)
        with refused(errors.QueryCanceled, "an error of the client's in the middle of its COPY"):
            with cursor.copy("COPY psycopg_copy FROM STDIN") as stream:
                stream.write("1\tone\t1\n")
                1 / 0
        with refused(errors.QueryCanceled, "a COPY that was cancelled"):
            query = "SELECT repeat('x', 9000) || pg_sleep(0.01) FROM generate_series(1, 2000)"
            with cursor.copy(f"COPY ({query}) TO STDOUT") as stream:
                stream.read()
                client.cancel()
                for _ in stream:
                    pass
        with client.transaction():
            check(value(client, "SELECT count(*) FROM psycopg_copy") == 0, "rows of failed COPYs have stayed")
        setup(client, "DROP TABLE psycopg_copy")


def pipeline():
    with connect() as client:
        setup(client, "DROP TABLE IF EXISTS psycopg_pipe", "CREATE TABLE psycopg_pipe (i int PRIMARY KEY)")
        with client.pipeline() as pipe:
            cursors = [client.execute("SELECT %s::int", (number,)) for number in range(300)]
            pipe.sync()
            with client.transaction():
                for number in range(300):
                    client.execute("INSERT INTO psycopg_pipe VALUES (%s)", (number,))
                count = client.execute("SELECT count(*) FROM psycopg_pipe")
            check([cursor.fetchone()[0] for cursor in cursors] == list(range(300)), "answers are out of order")
            check(count.fetchone() == (300,), "inserts of the pipeline were lost")
            pipe.sync()
            with refused(errors.UniqueViolation, "a duplicate key in a pipeline"):
                client.execute("INSERT INTO psycopg_pipe VALUES (300)")
                client.execute("INSERT INTO psycopg_pipe VALUES (%s)", (1,))
                pipe.sync()
            check(client.execute("SELECT 8").fetchone() == (8,), "the pipeline does not go on after an error")
        with client.transaction():
            check(value(client, "SELECT count(*) FROM psycopg_pipe") == 300, "a failed pipeline left a row")
        setup(client, "DROP TABLE psycopg_pipe")


def crowd():
    """Threads that move money about, and tasks of asyncio that do the same: nothing is lost."""
    with connect() as client:
        setup(
            client, "DROP TABLE IF EXISTS psycopg_money", "CREATE TABLE psycopg_money (id int PRIMARY KEY, n int)",
            "INSERT INTO psycopg_money SELECT i, 1000 FROM generate_series(0, 9) i")
        wrong = []
        threads = [threading.Thread(target=guarded, args=(wrong, number)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(not wrong, f"{wrong[:3]}")
        asyncio.run(tasks())
        with client.transaction():
            check(value(client, "SELECT sum(n) FROM psycopg_money") == 10000, "money was lost")
        setup(client, "DROP TABLE psycopg_money")


def guarded(wrong, seed):
    try:
        dice = random.Random(seed)
        with connect(prepare_threshold=1) as client:
            for turn in range(12):
                source, sink = sorted(dice.sample(range(10), 2))
                with client.transaction():
                    client.execute("UPDATE psycopg_money SET n = n - 1 WHERE id = %s", (source,))
                    client.execute("UPDATE psycopg_money SET n = n + 1 WHERE id = %s", (sink,))
                row = client.execute("SELECT %s::int * 100 + %s", (seed, turn)).fetchone()
                check(row == (seed * 100 + turn,), f"thread {seed} read {row}")
    except BaseException as error:
        wrong.append(error)


async def tasks():
    async def task(seed):
        dice = random.Random(seed)
        client = await psycopg.AsyncConnection.connect(**target.conninfo(options), autocommit=True)
        async with client:
            for turn in range(12):
                source, sink = sorted(dice.sample(range(10), 2))
                async with client.transaction(), client.pipeline():
                    await client.execute("UPDATE psycopg_money SET n = n - 1 WHERE id = %s", (source,))
                    await client.execute("UPDATE psycopg_money SET n = n + 1 WHERE id = %s", (sink,))
                cursor = await client.execute("SELECT %s::int * 100 + %s", (seed, turn))
                row = await cursor.fetchone()
                check(row == (seed * 100 + turn,), f"task {seed} read {row}")
    await asyncio.gather(*(task(seed) for seed in range(12)))


def keys():
    """The last key inside of the transaction that made it, and after it, when others have made theirs."""
    with connect() as one:
        setup(one, "DROP TABLE IF EXISTS psycopg_keys", "CREATE TABLE psycopg_keys (id serial, t text)")
    last = 0
    for function in ("lastval()", "currval('psycopg_keys_id_seq')"):
        with connect() as one, one.transaction():
            last += 1
            one.execute("INSERT INTO psycopg_keys (t) VALUES ('a')")
            check(value(one, f"SELECT {function}") == last, f"{function} in its transaction")
        clients = [connect() for _ in range(options.clients)]
        for number, client in enumerate(clients):
            found = value(client, "INSERT INTO psycopg_keys (t) VALUES ('a') RETURNING id")
            check(found == last + number + 1, f"RETURNING gave {found}")
        for client in clients:
            last += 1
            try:
                found = value(client, f"SELECT {function}")
            except errors.ObjectNotInPrerequisiteState:
                found = None
            check(target.is_key(found, last), f"{function} is {found} instead of {last}")
            client.close()
    with connect() as one:
        setup(one, "DROP TABLE psycopg_keys")


def notifications():
    with connect() as one, connect() as two:
        one.execute("LISTEN psycopg_news")
        for number in range(3):
            two.execute("SELECT pg_notify('psycopg_news', %s)", (str(number),))
        found = []
        for notify in one.notifies():
            found.append(notify.payload)
            if len(found) == 3:
                break
        check(found == ["0", "1", "2"], f"the notifications were {found}")
        one.execute("UNLISTEN *")


target.play(
    statements, transactions, large, cancel, failures, reconnects, settings, copy, pipeline, crowd, keys, notifications)
