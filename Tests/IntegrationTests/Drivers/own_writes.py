"""Whoever has written reads what it wrote, however far behind the standby is that answers reads.

Prints how many answers were out of date. With --paused the standby replays nothing at all meanwhile; without it, the
share of reads that it answered, one statement in ten being a write. With --across another session reads."""

import threading
import time

import target

psycopg = target.need("psycopg")
options = target.arguments(primary=0, standby=0, clients=50, pairs=200, paused=0, across=0)
conninfo = target.conninfo(options)


def connect(**more):
    return psycopg.connect(**(conninfo | more), autocommit=True)


def direct(port):
    return psycopg.connect(**(conninfo | {"port": port}), autocommit=True)


def value(connection, sql, parameters=None, **how):
    return connection.execute(sql, parameters, **how).fetchone()[0]


def wait_for_replay():
    with direct(options.primary) as primary, direct(options.standby) as standby:
        # Through shared tables nothing may be left to be replayed when it stops.
        position = value(primary, "SELECT pg_current_wal_insert_lsn()")
        for _ in range(2_000):
            if value(standby, f"SELECT pg_last_wal_replay_lsn() >= '{position}'"):
                return
            time.sleep(0.01)
    target.check(False, "the standby does not replay")


def write_alone(connection, client, number):
    connection.execute(f"UPDATE own_writes SET n = {number} WHERE client = {client}", prepare=False)


def write_prepared(connection, client, number):
    connection.execute("UPDATE own_writes SET n = %s WHERE client = %s", (number, client), prepare=True)


def write_in_block(connection, client, number):
    with connection.transaction():
        connection.execute("SELECT 1")
        connection.execute("UPDATE own_writes SET n = %s WHERE client = %s", (number, client))
        connection.execute("SELECT 1")


def write_in_function(connection, client, number):
    connection.execute("SELECT own_write(%s, %s)", (client, number))


def write_in_texts(connection, client, number):
    connection.execute(f"SELECT 1; UPDATE own_writes SET n = {number} WHERE client = {client}; SELECT 2", prepare=False)


def write_by_copy(connection, client, number):
    with connection.cursor() as cursor, cursor.copy("COPY own_copies FROM STDIN") as copy:
        copy.write_row((client, number))


WRITES = [write_alone, write_prepared, write_in_block, write_in_function, write_in_texts, write_by_copy]
READ = (
    "SELECT greatest(n, (SELECT max(n) FROM own_copies c WHERE c.client = o.client)), inet_server_port()"
    " FROM own_writes o WHERE client = %s"
)
lock = threading.Lock()
found = {"stale": 0, "pairs": 0, "reads": 0, "standby": 0}


def count(**more):
    with lock:
        for name, number in more.items():
            found[name] += number


def read(connection, client, number, **how):
    last, port = connection.execute(READ, (client,), **how).fetchone()
    count(reads=1, stale=int(last < number), standby=int(port == options.standby))


def pairs(client, start):
    with connect() as connection, connect() as other:
        start.wait(60)
        for number in range(1, options.pairs + 1):
            WRITES[number % len(WRITES)](connection, client, number)
            read(other if options.across else connection, client, number, prepare=number % 2 == 0)
            count(pairs=1)
        if options.across or not options.paused:
            return
        # In one go, without waiting for the answer to the write.
        with connection.pipeline():
            connection.execute("UPDATE own_writes SET n = %s WHERE client = %s", (options.pairs + 1, client))
            cursor = connection.execute(READ, (client,))
        count(pairs=1, stale=int(cursor.fetchone()[0] <= options.pairs))


def mixture(client, start):
    with connect() as connection:
        start.wait(60)
        number = 0
        for step in range(options.pairs * 10):
            if step % 10 == 0:
                number += 1
                WRITES[number % len(WRITES)](connection, client, number)
                count(pairs=1)
            else:
                read(connection, client, number)


with connect() as setup:
    setup.execute("DROP TABLE IF EXISTS own_writes, own_copies")
    setup.execute("CREATE TABLE own_writes (client int PRIMARY KEY, n int)")
    setup.execute("CREATE TABLE own_copies (client int, n int)")
    setup.execute("CREATE INDEX ON own_copies (client, n)")
    setup.execute("INSERT INTO own_writes SELECT i, 0 FROM generate_series(0, 999) i")
    setup.execute("INSERT INTO own_copies SELECT i, 0 FROM generate_series(0, 999) i")
    setup.execute(
        "CREATE OR REPLACE FUNCTION own_write(c int, value int) RETURNS int LANGUAGE sql"
        " AS 'UPDATE own_writes SET n = value WHERE client = c RETURNING n'"
    )
wait_for_replay()
with connect() as reader:
    # What was created sends all reads to the primary until the catalog is read again.
    while "catalog" in reader.execute("SHOW pool_route 'SELECT 1'").fetchone()[2]:
        time.sleep(0.01)
standby = direct(options.standby)
if options.paused:
    standby.execute("SELECT pg_wal_replay_pause()")
    while value(standby, "SELECT pg_get_wal_replay_pause_state()") != "paused":
        time.sleep(0.01)
try:
    target.together(options.clients, pairs if options.paused or options.across else mixture)
    if options.paused and not options.across:
        # The servers have gone meanwhile, the client has not.
        with connect() as survivor:
            write_alone(survivor, 0, 1_000_000)
            with direct(options.primary) as primary:
                primary.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE state = 'idle' AND query LIKE '%own_writes%' AND pid <> pg_backend_pid()"
                )
            read(survivor, 0, 1_000_000)
finally:
    if options.paused:
        standby.execute("SELECT pg_wal_replay_resume()")
    standby.close()
with connect() as cleanup:
    wait_for_replay()
    cleanup.execute("DROP TABLE own_writes, own_copies CASCADE")
    cleanup.execute("DROP FUNCTION own_write")
print(" ".join(f"{name}={number}" for name, number in found.items()))
