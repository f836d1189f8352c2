"""The databases that are played in: alike to the number of each object, with a schema for each client that plays."""

import time
import types

import protocol
import target
from traffic import messages

TEMPLATE = "traffic_template"
USER = "player"
ROLES = ("alice", "bob")


def name_of(mode):
    """The database of one way to play: direct, session, transaction."""
    return f"traffic_{mode}"


def connect(port, database, user="postgres"):
    options = types.SimpleNamespace(port=port, user=user, database=database)
    return protocol.Client(options, timeout=60)


def run(client, sql):
    client.send(protocol.query(sql))
    seen, state = client.until(b"Z")
    target.check(state is None, f"SQLSTATE {state} of: {sql}")
    return seen


def value(client, sql):
    client.send(protocol.query(sql))
    return client.rows()[0]


def schema_of(slot):
    return f"c{slot}"


def large_objects_of(seed):
    """The first of ten numbers of large objects that only one script uses."""
    return 1_000_000_000 + seed % 100_000_000 * 10


RESET = """
    -- What a script has left is small, and DELETE is cheap, until what it leaves behind is not.
    IF thorough THEN
        TRUNCATE {0}.items, {0}.children, {0}.parents, {0}.numbered;
    ELSE
        DELETE FROM {0}.items; DELETE FROM {0}.children; DELETE FROM {0}.parents; DELETE FROM {0}.numbered;
    END IF;
    INSERT INTO {0}.items SELECT i, 'item ' || i, i * 1.5, ARRAY[i, i + 1], timestamptz '2021-03-04 05:06:07.5+00'
        + i * interval '1 day 1 hour' FROM generate_series(1, 12) i;
    INSERT INTO {0}.parents SELECT generate_series(1, 5);
    INSERT INTO {0}.children SELECT i, i FROM generate_series(1, 3) i;
    PERFORM setval('{0}.numbers', 1, false);
    PERFORM setval('{0}.numbered_id_seq', 1, false);
    DROP TABLE IF EXISTS {0}.made CASCADE;
    DROP TABLE IF EXISTS {0}.made_too CASCADE;
    DROP VIEW IF EXISTS {0}.seen;
"""

# {0} is the schema, {1} the body of reset().
SCHEMA = """
    CREATE SCHEMA {0} AUTHORIZATION player;
    SET ROLE player;
    GRANT ALL ON SCHEMA {0} TO alice;
    CREATE TABLE {0}.items (id int PRIMARY KEY, name text NOT NULL, amount numeric CHECK (amount >= 0), tags int[],
        at timestamptz);
    CREATE TABLE {0}.parents (id int PRIMARY KEY);
    CREATE TABLE {0}.children (id int PRIMARY KEY, parent int REFERENCES {0}.parents DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE {0}.numbered (id serial, word text);
    GRANT SELECT ON {0}.items TO alice;
    CREATE SEQUENCE {0}.numbers;
    CREATE TYPE {0}.mood AS ENUM ('sad', 'ok', 'happy');
    CREATE FUNCTION {0}.noisy(level text, words text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
        IF level = 'warning' THEN RAISE WARNING '%', words USING HINT = 'none'; ELSE RAISE NOTICE '%', words; END IF;
        RETURN words; END $$;
    CREATE FUNCTION {0}.failing(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
        IF i % 3 = 0 THEN RAISE EXCEPTION 'i is %', i USING ERRCODE = 'P0123', DETAIL = 'a detail'; END IF;
        RETURN i; END $$;
    CREATE FUNCTION {0}.hidden_set(name text, setting text) RETURNS text LANGUAGE sql AS
        $$ SELECT set_config(name, setting, false) $$;
    CREATE PROCEDURE {0}.commits(word text) LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO {0}.numbered (word) VALUES (word || ' kept'); COMMIT;
        INSERT INTO {0}.numbered (word) VALUES (word || ' lost'); ROLLBACK; END $$;
    CREATE FUNCTION {0}.reset(thorough bool) RETURNS void LANGUAGE plpgsql
        SET client_min_messages = error AS $$ BEGIN {1} END $$;
    RESET ROLE;
"""


def create(port, slots, modes):
    """Makes the roles and the databases anew, and gives back what scripts need to know of them."""
    client = connect(port, "postgres")
    for database in [name_of(mode) for mode in modes] + [TEMPLATE]:
        run(client, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    for role in (USER, *ROLES):
        if value(client, f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'") == "0":
            run(client, f"CREATE ROLE {role} LOGIN")
    run(client, f"GRANT {', '.join(ROLES)} TO {USER}")
    run(client, f"CREATE DATABASE {TEMPLATE}")
    maker = connect(port, TEMPLATE)
    # What a script makes belongs into its client's schema, or nowhere.
    run(maker, "DROP SCHEMA public")
    for slot in range(slots):
        schema = schema_of(slot)
        run(maker, SCHEMA.format(schema, RESET.format(schema)))
        run(maker, f"SELECT {schema}.reset(true)")
    # Whoever is numbered above these was made by a script.
    newest = int(value(maker, "SELECT max(oid) FROM pg_class"))
    maker.send(protocol.TERMINATE)
    maker.socket.recv(1)
    # A copy has the numbers of the original, which RowDescription shows.
    for mode in modes:
        run(client, f"CREATE DATABASE {name_of(mode)} TEMPLATE {TEMPLATE}")
    return newest


def await_standby(port, standby_port):
    """Waits until a standby has replayed what `create` has made."""
    primary, standby = connect(port, "postgres"), connect(standby_port, "postgres")
    position = value(primary, "SELECT pg_current_wal_lsn()")
    for _ in range(600):
        if value(standby, f"SELECT pg_last_wal_replay_lsn() >= '{position}'") == "t":
            return
        time.sleep(0.1)
    raise AssertionError(f"the standby on port {standby_port} does not follow")


class Stagehand:
    """Puts a schema back to how it was, on a connection of its own to the server itself."""

    # Dead rows pile up until then.
    THOROUGH = 40

    def __init__(self, port, mode):
        self.client = connect(port, name_of(mode))
        self.mode = mode
        self.count = 0

    def reset(self, script):
        schema = schema_of(script.slot)
        self.count += 1
        if script.outlives_session:
            self.client.send(protocol.query(
                f"SELECT gid FROM pg_prepared_xacts WHERE gid LIKE '{schema}:%' AND database = current_database()"))
            for name in self.client.rows():
                run(self.client, f"ROLLBACK PREPARED '{name}'")
            low = large_objects_of(script.seed)
            run(self.client,
                f"SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid BETWEEN {low} AND {low + 9}")
        self.client.send(protocol.query(f"SELECT {schema}.reset({self.count % self.THOROUGH == 0})"))
        tag, body = self.client.next()
        while tag not in b"EZ":
            tag, body = self.client.next()
        target.check(tag == b"Z", f"{schema} is not to be reset: {messages.as_text(body)}")

    def await_locks(self):
        """Waits until the locks of sessions that have ended are gone, which a client does not see of them."""
        for _ in range(100):
            held = value(self.client, "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
                         "WHERE locktype = 'advisory' AND datname = current_database()")
            if held == "0":
                return
            time.sleep(0.01)
