"""What a session has set stays its own, although its server goes from one client to the next; and a client that cannot
be moved is named by SHOW pool_pins until it can."""

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

# What was drawn from a sequence is one's own, or nothing at all: never another client's.
monitor.execute("DROP TABLE IF EXISTS drawn")
monitor.execute("CREATE TABLE drawn (id serial, who text)")
clients = [connect() for _ in range(4)]
own = [value(client, "INSERT INTO drawn (who) VALUES ('x') RETURNING id") for client in clients]
for number, client in reversed(list(enumerate(clients))):
    try:
        found = value(client, "SELECT lastval()")
        target.check(found == own[number], f"client {number} has drawn {own[number]}, and gets {found}")
    except psycopg.errors.ObjectNotInPrerequisiteState:
        pass
    # It keeps its server from then on.
    client.close()
settle(monitor, first)
hits = 0
for _ in range(200):
    # Another thread of Egret may have taken the server meanwhile; from the first answer on the client keeps it.
    mine = value(first, "INSERT INTO drawn (who) VALUES ('first') RETURNING id")
    second.execute("SELECT 1")
    try:
        target.check(value(first, "SELECT currval('drawn_id_seq')") == mine, "currval is not what was drawn")
        hits += 1
    except psycopg.errors.ObjectNotInPrerequisiteState:
        target.check(hits == 0, "a client that keeps its server has lost what it has drawn")
    if hits == 5:
        break
target.check(hits == 5, "currval is never known")
expect_pins(monitor, first, "sequence value")
first.execute("DISCARD ALL")
settle(monitor, first)
monitor.execute("DROP TABLE drawn")

# A backslash means what the session says, for the one who looks for SET as well.
odd = connect(options="-c standard_conforming_strings=off")
odd.execute(r"SELECT '\''; SET work_mem = '78MB'; --'")
second.execute("SELECT 1")
target.check(show(odd, "work_mem") == "78MB", "a SET behind an escaped quote is not followed")
for other in (first, second, monitor):
    target.check(show(other, "work_mem") != "78MB", "a SET behind an escaped quote leaks")
odd.close()

# Values are sent in the encoding of their own client.
latin = connect(client_encoding="LATIN1", options="-c my.x=\u00fc")
utf8 = connect(client_encoding="UTF8", options="-c my.x=\u00fc\u20ac")
for _ in range(3):
    target.check(value(utf8, "SELECT current_setting('my.x')") == "\u00fc\u20ac", "a value in another's encoding")
    target.check(value(latin, "SHOW client_encoding") == "LATIN1", "the encoding is not the client's")
    value(latin, "SELECT 1")
utf8.close()
latin.close()

# A role that is altered, or made anew under its old name.
if options.user == "postgres":
    for sql in ("DROP ROLE IF EXISTS passing", "CREATE ROLE passing LOGIN"):
        monitor.execute(sql)
    passing = connect(user="passing")
    target.check(show(passing, "work_mem") == "4MB", "a new role's work_mem")
    passing.close()
    monitor.execute("ALTER ROLE passing SET work_mem = '11MB'")
    monitor.execute("ALTER ROLE passing SET datestyle = 'German'")
    passing = connect(user="passing")
    target.check(show(passing, "work_mem") == "11MB", "ALTER ROLE ... SET is not seen")
    target.check(passing.info.parameter_status("DateStyle").startswith("German"), "nor is it told")
    passing.close()
    for sql in ("DROP ROLE passing", "CREATE ROLE passing LOGIN"):
        monitor.execute(sql)
    passing = connect(user="passing")
    target.check(value(passing, "SELECT current_user") == "passing", "a role that was made anew")
    passing.close()
    monitor.execute("DROP DATABASE IF EXISTS passing")
    monitor.execute("CREATE DATABASE passing")
    connect(dbname="passing").close()
    for sql in ("DROP DATABASE passing", "DROP ROLE passing"):
        monitor.execute(sql)

for connection in (first, second, monitor):
    connection.close()
print("well")
