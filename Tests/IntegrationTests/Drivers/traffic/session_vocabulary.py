"""SQL that leaves something in the session, and what looks for it."""

from traffic import database

# The values are in a spelling that PostgreSQL keeps, and in others.
PARAMETERS = {
    # Reported to the client.
    "application_name": ("'mine'", "'it''s'", "''", "'caf\u00e9'"),
    "DateStyle": ("'German'", "'SQL, DMY'", "ISO", "'Postgres, MDY'", "ISO, YMD"),
    "IntervalStyle": ("iso_8601", "'postgres_verbose'", "sql_standard"),
    "TimeZone": ("'Europe/Berlin'", "'Asia/Tokyo'", "'UTC'", "-5", "'+03:30'"),
    "client_encoding": ("'LATIN1'", "'UTF8'", "utf8", "'SQL_ASCII'"),
    "standard_conforming_strings": ("off", "on"),
    "default_transaction_read_only": ("off", "on"),
    # Not reported.
    "extra_float_digits": ("0", "-3", "3"),
    "bytea_output": ("'escape'", "hex"),
    "search_path": (
        "{schema}", "'{schema}', public", '"$user", {schema}', '"Odd ""path", {schema}', "''", "pg_catalog"),
    "statement_timeout": ("'5min'", "600000", "0"),
    "lock_timeout": ("'1h'", "0"),
    "work_mem": ("'8MB'", "70000", "'1GB'"),
    "client_min_messages": ("warning", "'error'", "notice"),
    "default_transaction_isolation": ("'repeatable read'", "'read committed'"),
    "enable_seqscan": ("off", "on"),
    "array_nulls": ("off", "on"),
    "xmloption": ("document", "content"),
    "geqo_threshold": ("5", "14"),
    "app.user": ("'42'", "'it''s'", "''"),
    "app.Trace": ("on", "'a b'", "1.5"),
}
CUSTOM = ("app.user", "app.Trace")
WATCHED = [name for name in PARAMETERS if name not in CUSTOM]
INVALID = (
    "work_mem TO 'lots'", "no_such_parameter TO 1", "DateStyle TO 'strange'", "search_path", "TimeZone TO 'Mars'",
    "session_replication_role TO replica", "client_encoding TO 'none'", "max_connections TO 5",
)


def parameter(m):
    name = m.random.choice(list(PARAMETERS))
    setting = m.random.choice(PARAMETERS[name]).format(schema=m.schema)
    return name, setting


def setting(m):
    name, value = parameter(m)
    to = m.choose("TO", "=")
    # A list is one string for set_config, and so is a word.
    single = value if value.startswith("'") and "," not in value else "'" + value.replace("'", "") + "'"
    return m.choose(
        f"SET {name} {to} {value}", f"SET SESSION {name} {to} {value}", f"set  {name.upper()}  {to} {value}",
        f"SET {name} {to} {value}", f"SET LOCAL {name} {to} {value}", f"SET LOCAL {name} {to} {value}",
        f"SET {name} TO DEFAULT", f"RESET {name}", f"RESET {name}", f"SET LOCAL {name} TO DEFAULT",
        f"SELECT set_config('{name}', {single}, {m.choose('false', 'false', 'true')})",
        f"SELECT pg_catalog.set_config(name, {single}, false) FROM (VALUES ('{name}')) v (name)",
        "SET TIME ZONE 'America/New_York'", "SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE", "SET TIME ZONE LOCAL",
        "SET NAMES 'LATIN1'", "SET NAMES DEFAULT", f"SET SCHEMA '{m.schema}'", "SET XML OPTION CONTENT",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        f"SET {m.random.choice(INVALID)}", "RESET ALL",
    )


def shown(m):
    """A parameter as the client sees it.

    A custom one that any session of the server has ever set is empty there after a RESET, and not unknown.
    """
    if m.chance(0.15):
        name = m.random.choice(CUSTOM)
        return f"SELECT nullif(current_setting('{name}', true), '')"
    name = m.random.choice(WATCHED)
    every = ", ".join(f"'{name.lower()}'" for name in WATCHED)
    return m.choose(
        f"SHOW {name}", f"SELECT current_setting('{name}')",
        f"SELECT name, setting FROM pg_settings WHERE lower(name) IN ({every}) ORDER BY lower(name)",
        f"SELECT name, setting FROM pg_settings WHERE lower(name) IN ({every}) ORDER BY lower(name)",
    )


def probe(m):
    return m.choose(
        shown(m), shown(m), shown(m), shown(m),
        "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind IN ('r', 'v', 'S')",
        "SELECT name FROM pg_prepared_statements WHERE from_sql ORDER BY name",
        "SELECT pg_listening_channels() ORDER BY 1",
        "SELECT name, is_holdable, is_scrollable FROM pg_cursors WHERE name <> '' ORDER BY name",
        "SELECT classid, objid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() "
        "ORDER BY 2, 3",
        "SELECT current_user, session_user, current_schema(), current_schemas(false)",
    )


def prepared(m):
    name, number = m.choose("q1", "q2", "q3"), m.number()
    return m.choose(
        f"PREPARE {name} (int) AS SELECT id, name FROM {m.schema}.items WHERE id = $1",
        f"PREPARE {name} AS SELECT {number}, $1::text", f"EXECUTE {name} ({number})", f"EXECUTE {name} ({number})",
        f"EXECUTE {name} ('{number}')", f"DEALLOCATE {name}", f"DEALLOCATE PREPARE {name}", "DEALLOCATE ALL",
        f"PREPARE {name} AS INSERT INTO {m.schema}.parents VALUES ($1)", f"PREPARE {name} AS SELECT no_such_column",
        # Names of the extended protocol are the same names.
        f"EXECUTE {m.choose('s0', 's1')} ({number})", f"DEALLOCATE {m.choose('s0', 's1', 's2')}",
        f"PREPARE {m.choose('s0', 's1')} AS SELECT {number}",
    )


def temporary(m):
    name = m.choose("mine", "mine", "items", "other")
    return m.choose(
        f"CREATE TEMP TABLE {name} (id int, name text)", f"CREATE TEMPORARY TABLE {name} (id int) ON COMMIT DROP",
        f"CREATE TEMP TABLE {name} (id int) ON COMMIT DELETE ROWS", f"CREATE TABLE pg_temp.{name} (id int)",
        f"SELECT id, name INTO TEMP {name} FROM {m.schema}.items ORDER BY id LIMIT 2", f"DROP TABLE pg_temp.{name}",
        f"DROP TABLE IF EXISTS pg_temp.{name}", f"INSERT INTO {name} VALUES ({m.number()})",
        f"INSERT INTO {name} VALUES ({m.number()})", f"SELECT count(*) FROM {name}", f"SELECT count(*) FROM {name}",
        f"CREATE TEMP VIEW looking AS SELECT {m.number()} AS i", "SELECT * FROM looking", "DROP VIEW looking",
        "CREATE TEMP SEQUENCE counting", "SELECT nextval('counting')", "DISCARD TEMP",
        "CREATE FUNCTION pg_temp.one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT pg_temp.one()",
        f"CREATE TEMP TABLE {name} AS SELECT id FROM {m.schema}.items WHERE id < 4",
    )


def listening(m):
    channel = f"{m.schema}_{m.choose('x', 'y')}"
    return m.choose(
        f"LISTEN {channel}", f"LISTEN {channel}", f"UNLISTEN {channel}", "UNLISTEN *", f"NOTIFY {channel}",
        f"NOTIFY {channel}, 'word {m.number()}'", f"SELECT pg_notify('{channel}', 'word')",
        "SELECT pg_listening_channels() ORDER BY 1",
    )


def advisory(m):
    key = m.advisory_key
    return m.choose(
        f"SELECT pg_advisory_lock({key})", f"SELECT pg_try_advisory_lock({key})", f"SELECT pg_advisory_unlock({key})",
        f"SELECT pg_advisory_unlock({key})", f"SELECT pg_advisory_lock_shared({key})",
        f"SELECT pg_advisory_unlock_shared({key})", f"SELECT pg_advisory_xact_lock({key})",
        f"SELECT pg_try_advisory_xact_lock({key})", "SELECT pg_advisory_unlock_all()",
        f"SELECT pg_advisory_lock({key}) FROM {m.schema}.items WHERE id = 1",
    )


def cursor(m):
    name, number = m.choose("k1", "k2"), m.number(1, 4)
    query = f"SELECT id, name FROM {m.schema}.items ORDER BY id"
    return m.choose(
        f"DECLARE {name} CURSOR WITH HOLD FOR {query}", f"DECLARE {name} SCROLL CURSOR WITH HOLD FOR {query}",
        f"DECLARE {name} CURSOR FOR {query}", f"DECLARE {name} BINARY CURSOR FOR {query}",
        f"FETCH {number} FROM {name}", f"FETCH {number} FROM {name}", f"FETCH ALL FROM {name}",
        f"MOVE {number} IN {name}", f"FETCH BACKWARD 1 FROM {name}", f"CLOSE {name}", "CLOSE ALL",
        f"DECLARE {name} CURSOR WITH HOLD FOR SELECT 1 / 0",
    )


def role(m):
    return m.choose(
        "SET ROLE alice", "SET ROLE bob", "SET LOCAL ROLE alice", "RESET ROLE", "SET ROLE NONE",
        "SET ROLE nobody_at_all",
        "SET SESSION AUTHORIZATION DEFAULT", "SET SESSION AUTHORIZATION alice", "RESET SESSION AUTHORIZATION",
        "SELECT set_config('role', 'alice', false)", "SELECT current_user, session_user", "SELECT current_user",
        "SET role TO 'bob'",
    )


def sequence(m):
    s = m.schema
    return m.choose(
        f"SELECT nextval('{s}.numbers')", f"SELECT nextval('{s}.numbers')", f"SELECT currval('{s}.numbers')",
        "SELECT lastval()", f"SELECT setval('{s}.numbers', {m.number()})",
        f"INSERT INTO {s}.numbered (word) VALUES ('a')", f"INSERT INTO {s}.numbered (word) VALUES ('b') RETURNING id",
        f"SELECT currval('{s}.numbered_id_seq')", "DISCARD SEQUENCES",
    )


def random_numbers(m):
    return "SELECT setseed(0.25); SELECT random()"


def discard(m):
    return m.choose("DISCARD ALL", "DISCARD ALL", "DISCARD PLANS", "DISCARD TEMP", "DISCARD SEQUENCES", "RESET ALL",
                    "DEALLOCATE ALL", "CLOSE ALL", "UNLISTEN *")


def large_object(m):
    m.outlives_session = True
    number = database.large_objects_of(m.seed) + m.number(0, 2)
    return m.choose(
        f"SELECT lo_create({number})", f"SELECT lo_open({number}, 393216)", "SELECT lowrite(0, 'some bytes')",
        "SELECT lo_lseek(0, 0, 0)", "SELECT loread(0, 5)", "SELECT lo_close(0)", f"SELECT lo_unlink({number})",
        f"SELECT lo_get({number})", f"SELECT lo_from_bytea({number}, 'abc')",
    )


def hidden(m):
    """State that no text shows: a function, a procedure, a rule that sets a parameter."""
    name, value = m.choose(("work_mem", "9MB"), ("TimeZone", "Asia/Tokyo"), ("extra_float_digits", "2"),
                           ("search_path", m.schema), ("application_name", "hidden"))
    return m.choose(
        f"SELECT {m.schema}.hidden_set('{name}', '{value}')",
        f"UPDATE pg_settings SET setting = '{value}' WHERE name = '{name}'",
        f"DO $$ BEGIN PERFORM set_config('{name}', '{value}', false); END $$",
        f"DO $$ BEGIN EXECUTE 'SET {name} TO ' || quote_literal('{value}'); END $$",
    )


# Each may be part of a script or not.
TOPICS = {
    "setting": setting, "prepared": prepared, "temporary": temporary, "listening": listening, "advisory": advisory,
    "cursor": cursor, "role": role, "sequence": sequence, "random": random_numbers, "discard": discard,
    "large object": large_object, "hidden": hidden,
}
