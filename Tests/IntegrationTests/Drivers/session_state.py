"""What a session has set stays its own, although its server goes from one client to the next; and a client that cannot be
moved is named by SHOW pool_pins until it can."""

import time

import target

psycopg = target.need("psycopg")
options = target.arguments(mode="transaction")
conninfo = target.conninfo(options)


def connect(**more):
    return psycopg.connect(**(conninfo | more), autocommit=True, prepare_threshold=None)


def value(connection, sql):
    return connection.execute(sql).fetchone()[0]


def show(connection, name):
    return value(connection, f"SHOW {name}")


def pins(monitor):
    rows = monitor.execute("show pool_pins").fetchall()
    return {row[0]: row[5] for row in rows}


def expect_pins(monitor, connection, reason):
    """The reason once the server has been asked, which takes a moment."""
    process = str(connection.info.backend_pid)
    for _ in range(100):
        found = pins(monitor).get(process, "")
        if found == reason:
            return
        time.sleep(0.02)
    target.check(False, f"pinned for {found!r} instead of {reason!r}")


def settle(monitor, connection):
    expect_pins(monitor, connection, "")


monitor = connect()
first = connect(application_name="first", options="-c work_mem=5MB -c app.tenant=one")
second = connect(application_name="second")

# Parameters: whoever sets one has it, with whichever server; the others do not.
steps = [
    ("SET timezone = 'America/Denver'", "timezone", "America/Denver"),
    ("SET TIME ZONE 'Asia/Tokyo'", "timezone", "Asia/Tokyo"),
    ("SET search_path = 'a b', \"C\", public", "search_path", '"a b", "C", public'),
    ("SET datestyle = German, DMY", "datestyle", "German, DMY"),
    ("SET work_mem = '77MB'", "work_mem", "77MB"),
    ("RESET work_mem", "work_mem", "5MB"),
    ("SET work_mem TO DEFAULT", "work_mem", "5MB"),
    ("SET app.tenant = 'two''s \\ \"x\"'", "app.tenant", "two's \\ \"x\""),
    ("SELECT set_config('app.other', 'three', false)", "app.other", "three"),
    ("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ",
     "default_transaction_isolation", "repeatable read"),
    ("SET application_name = ''", "application_name", ""),
    ("SET statement_timeout = 12345", "statement_timeout", "12345ms"),
    ("DO $$ BEGIN PERFORM set_config('app.done', 'in a block', false); END $$", "app.done", "in a block"),
    ("SET NAMES 'LATIN1'", "client_encoding", "LATIN1"),
    ("RESET ALL", "statement_timeout", "0"),
    ("RESET ALL", "app.tenant", "one"),
    ("RESET ALL", "application_name", "first"),
]
for sql, name, wanted in steps:
    before = [value(other, f"SELECT current_setting('{name}', true)") for other in (second, monitor)]
    first.execute(sql)
    found = show(first, name)
    target.check(found == wanted, f"after {sql}: {name} is {found!r}")
    settle(monitor, first)
    # Others on every server: with few of them, one has been the first client's.
    for other, its in zip((second, monitor), before):
        found = value(other, f"SELECT current_setting('{name}', true)") or ""
        target.check(found == (its or ""), f"after {sql} another client has {name} = {found!r}, not {its!r}")
    found = show(first, name)
    target.check(found == wanted, f"after {sql} and others' statements: {name} is {found!r}")
settle(monitor, first)

# The end of the transaction decides.
first.execute("SET work_mem = '6MB'")
for sql in (
    "BEGIN; SET work_mem = '8MB'; ROLLBACK",
    "BEGIN; SAVEPOINT a; SET work_mem = '8MB'; ROLLBACK TO a; COMMIT",
    "BEGIN; SET LOCAL work_mem = '8MB'; COMMIT",
    "BEGIN; SELECT set_config('work_mem', '8MB', true); COMMIT",
):
    for part in sql.split("; "):
        first.execute(part)
    second.execute("SELECT 1")
    target.check(show(first, "work_mem") == "6MB", f"after {sql}: {show(first, 'work_mem')}")
try:
    first.execute("SET work_mem = '9MB'; SELECT 1/0")
    target.check(False, "a division by zero went well")
except psycopg.errors.DivisionByZero:
    pass
second.execute("SELECT 1")
target.check(show(first, "work_mem") == "6MB", f"after a failed string: {show(first, 'work_mem')}")
for part in ("BEGIN", "SET work_mem = '9MB'", "COMMIT"):
    first.execute(part)
second.execute("SELECT 1")
target.check(show(first, "work_mem") == "9MB", f"after COMMIT: {show(first, 'work_mem')}")

# What is prepared sets with each execution.
for number in range(8):
    name = first.execute(
        "SELECT set_config('app.prepared', %s, false)", (str(number),), prepare=True).fetchone()[0]
    second.execute("SELECT 1")
    found = value(first, "SELECT current_setting('app.prepared')")
    target.check(name == found == str(number), f"prepared set_config: {found!r}")

# State that cannot be moved keeps its client on its server, and no longer than it lasts.
settle(monitor, first)
for sql, reason, end in [
    ("CREATE TEMP TABLE scratch (a int)", "temporary object", "DROP TABLE scratch"),
    ("CREATE TEMP TABLE scratch (a int)", "temporary object", "DISCARD TEMP"),
    ("CREATE FUNCTION pg_temp.one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "temporary object",
     "DROP FUNCTION pg_temp.one()"),
    ("LISTEN news", "listen", "UNLISTEN news"),
    ("LISTEN news", "listen", "UNLISTEN *"),
    ("SELECT pg_advisory_lock(7)", "advisory lock", "SELECT pg_advisory_unlock(7)"),
    ("SELECT pg_advisory_lock_shared(1, 7)", "advisory lock", "SELECT pg_advisory_unlock_all()"),
    ("PREPARE one AS SELECT 1", "prepared statement", "DEALLOCATE one"),
    ("PREPARE one AS SELECT 1", "prepared statement", "DEALLOCATE ALL"),
    ("SET ROLE pg_read_all_data", "role", "RESET ROLE"),
    ("SET SESSION AUTHORIZATION pg_monitor", "role", "RESET SESSION AUTHORIZATION"),
    ("BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT 1; COMMIT", "held cursor", "CLOSE held"),
    ("SELECT setseed(0.5)", "random seed", "DISCARD ALL"),
    ("LISTEN news", "listen", "DISCARD ALL"),
]:
    if "AUTHORIZATION" in sql and options.user != "postgres":
        continue
    first.execute(sql)
    expect_pins(monitor, first, reason)
    first.execute("SELECT 1")
    second.execute("SELECT 1")
    expect_pins(monitor, first, reason)
    first.execute(end)
    settle(monitor, first)
    left = value(monitor, "SELECT count(*) FROM pg_listening_channels()")
    target.check(left == 0, f"after {end} another client listens")
for sql in (
    "BEGIN; CREATE TEMP TABLE scratch (a int) ON COMMIT DROP; COMMIT",
    "BEGIN; CREATE TEMP TABLE scratch (a int); ROLLBACK",
    "BEGIN; LISTEN news; ROLLBACK",
    "SELECT pg_advisory_lock(7), pg_advisory_unlock(7)",
):
    for part in sql.split("; "):
        first.execute(part)
    settle(monitor, first)
for connection in (first, second, monitor):
    connection.close()
print("well")
