"""What the text of a statement does not show: volatile functions behind names of every kind, unlogged tables, and
functions that leave state in the session. A standby gets none of it, and everything else.

Each volatile function here answers with the port of the server that runs it."""

import time

import target

psycopg = target.need("psycopg")
options = target.arguments(primary=0, standby=0)
conninfo = target.conninfo(options)
conninfo["dbname"] = "hidden"


def connect(**more):
    return psycopg.connect(**(conninfo | more), autocommit=True, prepare_threshold=None)


def value(connection, sql, **how):
    return connection.execute(sql, **how).fetchone()[0]


def expect(connection, sql, port, **how):
    found = int(value(connection, sql, **how))
    target.check(found == port, f"{sql} was answered by {found} instead of {port}")


def route(connection, sql):
    return connection.execute("SHOW pool_route '" + sql.replace("'", "''") + "'").fetchone()


def until(is_so, what):
    for _ in range(400):
        if is_so():
            return
        time.sleep(0.025)
    target.check(False, f"never happened: {what}")


def until_read(connection, sql):
    """Until the catalog is known again, and a standby has replayed what was created."""

    def is_read():
        try:
            return int(value(connection, sql)) == options.standby
        except psycopg.Error:
            return False

    until(is_read, f"a standby answers {sql}")


with psycopg.connect(**target.conninfo(options), autocommit=True) as maintenance:
    maintenance.execute("DROP DATABASE IF EXISTS hidden")
    maintenance.execute("CREATE DATABASE hidden")

OBJECTS = """
    CREATE FUNCTION vol() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE FUNCTION stab() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
    CREATE FUNCTION stab_of_vol() RETURNS int LANGUAGE plpgsql STABLE AS 'begin return vol(); end';
    CREATE FUNCTION standard_body() RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT vol(); END;
    CREATE FUNCTION "Mixed"() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE FUNCTION mixed() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
    CREATE FUNCTION over() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
    CREATE FUNCTION abs(text) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE TABLE plain (i int);
    INSERT INTO plain VALUES (1);
    CREATE VIEW of_vol AS SELECT vol() AS port;
    CREATE VIEW of_view AS SELECT * FROM of_vol;
    CREATE VIEW of_stab AS SELECT stab() AS port FROM plain;
    CREATE MATERIALIZED VIEW stored AS SELECT 1 AS i;
    CREATE UNLOGGED TABLE unlogged (i int);
    INSERT INTO unlogged VALUES (1);
    CREATE TABLE parent (i int) PARTITION BY RANGE (i);
    CREATE UNLOGGED TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (10);
    INSERT INTO parent VALUES (1);
    CREATE SEQUENCE counter;
    CREATE FUNCTION operate(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE OPERATOR <%> (FUNCTION = operate, LEFTARG = int, RIGHTARG = int);
    CREATE FUNCTION as_column(plain) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE FUNCTION step(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE AGGREGATE collect (int) (SFUNC = step, STYPE = int, INITCOND = '0');
    CREATE TYPE mood AS ENUM ('good');
    CREATE TYPE harbour AS (number int);
    CREATE FUNCTION mood_to_harbour(mood) RETURNS harbour LANGUAGE sql VOLATILE AS 'SELECT ROW(inet_server_port())::harbour';
    CREATE CAST (mood AS harbour) WITH FUNCTION mood_to_harbour(mood);
    CREATE DOMAIN checked AS int CHECK (value * vol() >= 0);
    CREATE VIEW of_domain AS SELECT inet_server_port() + 0 * i::checked AS port FROM plain;
    CREATE FUNCTION with_default(i int DEFAULT vol()) RETURNS int LANGUAGE sql STABLE AS 'SELECT i';
    CREATE FUNCTION with_operator() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 <%> 2';
    CREATE FUNCTION of_any(anyelement) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()';
    CREATE TABLE guarded (i int);
    CREATE POLICY guard ON guarded USING (i = vol());
    CREATE FUNCTION setter() RETURNS void LANGUAGE plpgsql AS 'begin set work_mem = ''77MB''; end';
    CREATE FUNCTION trigger_setter() RETURNS trigger LANGUAGE plpgsql AS 'begin perform setter(); return new; end';
    CREATE TABLE watched (i int);
    CREATE TRIGGER watcher BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION trigger_setter();
    CREATE FUNCTION locker() RETURNS void LANGUAGE sql VOLATILE AS 'SELECT pg_advisory_lock(77)';
"""
PRIMARY = [
    "SELECT vol()",
    "SELECT public.vol()",
    "SELECT stab_of_vol()",
    "SELECT standard_body()",
    'SELECT "Mixed"()',
    "SELECT abs('text')",
    "SELECT port FROM of_vol",
    "SELECT port FROM of_view",
    "SELECT inet_server_port() FROM unlogged",
    "SELECT inet_server_port() FROM parent",
    "SELECT inet_server_port() + 0 * last_value FROM counter",
    "SELECT 1 <%> 2",
    "SELECT p.as_column FROM plain p",
    "SELECT collect(i) FROM plain",
    "SELECT ('good'::mood::harbour).number",
    "SELECT inet_server_port() + 0 * 1::checked",
    "SELECT port FROM of_domain",
    "SELECT with_default()",
    "SELECT with_operator()",
    "SELECT p.of_any FROM plain p",
]
READS = [
    "SELECT stab()",
    "SELECT mixed()",
    "SELECT over() FROM plain vol",
    "SELECT port FROM of_stab",
    "SELECT inet_server_port() FROM stored",
    "SELECT inet_server_port() FROM plain",
    "SELECT inet_server_port() FROM watched RIGHT JOIN plain USING (i)",
    "SELECT inet_server_port() + 0 * 1 % 2",
]

with connect() as client:
    for statement in OBJECTS.split(";\n"):
        if statement.strip():
            client.execute(statement)
    # From the moment on that they are there.
    for sql in PRIMARY:
        expect(client, sql, options.primary)
    until_read(client, "SELECT stab()")
    for how in ({"prepare": False}, {"prepare": True}):
        for sql in PRIMARY:
            for _ in range(3):
                expect(client, sql, options.primary, **how)
        for sql in READS:
            for _ in range(3):
                expect(client, sql, options.standby, **how)
    target.check(route(client, "SELECT * FROM guarded")[0] == "primary", "a policy hides a volatile function")
    verdict, node, reason = route(client, "SELECT stab_of_vol()")
    target.check((verdict, node) == ("primary", "0"), f"{verdict} on node {node}")
    target.check("stab_of_vol" in reason, reason)
    target.check(route(client, "SELECT stab()")[:2] == ("read", "1"), "a stable function is a read")

    # What was a read is none any more, for statements that are prepared as well.
    prepared = connect()
    prepared.prepare_threshold = 0
    until_read(prepared, "SELECT stab()")
    expect(prepared, "SELECT stab()", options.standby)
    client.execute("CREATE OR REPLACE FUNCTION stab() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT inet_server_port()'")
    expect(prepared, "SELECT stab()", options.primary)
    expect(client, "SELECT stab()", options.primary)
    client.execute("CREATE OR REPLACE FUNCTION stab() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()'")
    until_read(client, "SELECT stab()")
    until_read(prepared, "SELECT stab()")
    prepared.close()

    # In a block, what is created counts from its end on; until then nobody else can see it.
    with client.transaction():
        client.execute("ALTER FUNCTION stab() VOLATILE")
    expect(client, "SELECT stab()", options.primary)
    client.execute("ALTER FUNCTION stab() STABLE")

    # Others may change it, too.
    with psycopg.connect(**(conninfo | {"port": options.primary}), autocommit=True) as direct:
        direct.execute("CREATE FUNCTION elsewhere() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()'")
    until_read(client, "SELECT elsewhere()")
    with psycopg.connect(**(conninfo | {"port": options.primary}), autocommit=True) as direct:
        direct.execute("ALTER FUNCTION elsewhere() VOLATILE")
    until(lambda: int(value(client, "SELECT elsewhere()")) == options.primary, "the change by others is seen")

    # State that a function leaves is its caller's.
    other = connect()
    before = value(other, "SHOW work_mem")
    for statement in (
        "SELECT setter()",
        "INSERT INTO watched VALUES (1)",
        "COPY watched FROM STDIN",
        "PREPARE p AS SELECT setter()",
    ):
        client.execute("SET work_mem = '5MB'")
        if statement.startswith("COPY"):
            with client.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write("2\n")
        else:
            client.execute(statement)
        if statement.startswith("PREPARE"):
            client.execute("EXECUTE p")
            client.execute("DEALLOCATE p")
        for _ in range(3):
            target.check(value(other, "SHOW work_mem") == before, f"{statement} has changed another session")
            own = value(client, "SHOW work_mem")
            target.check(own == "77MB", f"{own} after {statement}")
    client.execute("SELECT locker()")
    until(
        lambda: [row[5] for row in other.execute("SHOW pool_pins").fetchall()] == ["advisory lock"],
        "who holds a lock is pinned for it",
    )
    client.execute("SELECT pg_advisory_unlock(77)")
    other.close()
print("routed=", len(PRIMARY) + len(READS), sep="")
with psycopg.connect(**target.conninfo(options), autocommit=True) as maintenance:
    maintenance.execute("DROP DATABASE hidden WITH (FORCE)")
