"""Where a pool has room, what a session has drawn from a sequence is there when it asks, whatever others draw."""

import target

psycopg = target.need("psycopg")
options = target.arguments()
conninfo = target.conninfo(options)


def connect():
    return psycopg.connect(**conninfo, autocommit=True, prepare_threshold=None)


def value(connection, sql):
    return connection.execute(sql).fetchone()[0]


def lastval(connection):
    try:
        return value(connection, "SELECT lastval()")
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return None


monitor = connect()
monitor.execute("DROP TABLE IF EXISTS drawn")
monitor.execute("CREATE TABLE drawn (id serial, who text)")
noise = connect()

# Egret begins to look after this when somebody asks.
first = connect()
drawn = value(first, "INSERT INTO drawn (who) VALUES ('first') RETURNING id")
target.check(lastval(first) in (drawn, None), "a number of another session")
first.close()

for how in ("SELECT nextval('drawn_id_seq')", "INSERT INTO drawn (who) VALUES ('x') RETURNING id"):
    for turn in range(5):
        clients = [connect() for _ in range(4)]
        drawn = []
        for client in clients:
            drawn.append(value(client, how))
            for _ in range(5):
                noise.execute("SELECT 1")
                noise.execute("INSERT INTO drawn (who) VALUES ('noise')")
        found = [lastval(client) for client in clients]
        target.check(found == drawn, f"{how}: {drawn} were drawn, and {found} found")
        for client in clients:
            client.close()

monitor.execute("DROP TABLE drawn")
print("well")
