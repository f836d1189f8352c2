"""A parameter that changes under everybody, because the server's configuration is read anew, is told to each client."""

import time

import target
from protocol import Client, expect, query

psycopg = target.need("psycopg")
options = target.arguments(server=0)
server = psycopg.connect(
    host="127.0.0.1", port=options.server, user="postgres", dbname="postgres", autocommit=True)
idle = Client(options, timeout=10)
own = Client(options, timeout=10, DateStyle="SQL, DMY")
for client in (idle, own):
    client.ask("SELECT 1")


def told(client):
    """The parameters that come with the answer to a statement."""
    client.send(query("SELECT 1"))
    found = {}
    while True:
        tag, body = client.next()
        if tag == b"S":
            name, value = body.split(b"\0")[:2]
            found[name.decode()] = value.decode()
        if tag == b"Z":
            return found


server.execute("ALTER SYSTEM SET DateStyle = 'German, DMY'")
server.execute("SELECT pg_reload_conf()")
try:
    for _ in range(100):
        found = told(idle)
        if found:
            break
        time.sleep(0.05)
    expect(found, {"DateStyle": "German, DMY"}, "the client that was there")
    expect(told(idle), {}, "it is told once")
    expect(told(own), {}, "a client with a value of its own")
    for _ in range(4):
        # With its login, or with its first statement where no server has said so to that thread of Egret's before.
        with psycopg.connect(**target.conninfo(options), autocommit=True) as late:
            late.execute("SELECT 1")
            expect(late.info.parameter_status("DateStyle"), "German, DMY", "a client that comes later")
finally:
    server.execute("ALTER SYSTEM RESET DateStyle")
    server.execute("SELECT pg_reload_conf()")
print("well")
