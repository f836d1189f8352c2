"""Users, databases and statements of any name. --server is the port of the primary."""

import socket
import struct

import target
from protocol import EXECUTE, SYNC, Client, bind, close, expect, parse, query

psycopg = target.need("psycopg")
options = target.arguments(server=0)
NAMES = ["o'dd \"User\" \\ $1 x", "\u00dcb\u00e9r \u20ac", "u" * 63, "UPPER", "upper", " lead and trail "]
direct = psycopg.connect(**(target.conninfo(options) | {"port": options.server}), autocommit=True)


def on_server(words, name):
    direct.execute(psycopg.sql.SQL(words).format(psycopg.sql.Identifier(name)))


def login(user, database):
    """What a server says to them: the answer to who and where one is, or the SQLSTATE of the refusal."""
    packet = struct.pack("!i", 196608) + b"user\0" + user + b"\0database\0" + database + b"\0\0"
    with socket.create_connection(("127.0.0.1", options.port)) as connection:
        connection.settimeout(10)
        connection.sendall(struct.pack("!i", len(packet) + 4) + packet)
        data = b""
        while not data.endswith(b"Z\0\0\0\5I"):
            more = connection.recv(65536)
            if not more:
                fields = data[5:].split(b"\0")
                return next(field[1:].decode() for field in fields if field[:1] == b"C")
            data += more
        connection.sendall(query("SELECT current_user || '@' || current_database()"))
        data = b""
        while not data.endswith(b"Z\0\0\0\5I"):
            data += connection.recv(65536)
        start = data.index(b"D\0\0")
        size = struct.unpack("!i", data[start + 7 : start + 11])[0]
        return data[start + 11 : start + 11 + size].decode()


def remove():
    for name in NAMES:
        on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    for name in NAMES:
        on_server("DROP ROLE IF EXISTS {}", name)


remove()
for name in NAMES:
    on_server("CREATE ROLE {} LOGIN", name)
for name in NAMES[:4]:
    on_server("CREATE DATABASE {} STRATEGY wal_log", name)
postgres = options.database.encode()
for _ in range(2):
    for name in NAMES:
        expect(login(name.encode(), postgres), f"{name}@{options.database}", "a user of an odd name")
    for name in NAMES[:4]:
        expect(login(name.encode(), name.encode()), f"{name}@{name}", "a database of an odd name")

# A name that is like another, but for its case, its blanks or its end, is another; and no bytes do harm.
for user in (b"Upper", b"upper ", b"lead and trail", b"u" * 62, b"u" * 64, b"u" * 127, b"u" * 128, b"u" * 5000):
    expect(login(user, postgres), "28000", f"the user {user[:70]}")
for database in (b"upper", postgres + b" ", postgres.upper()):
    expect(login(options.user.encode(), database), "3D000", f"the database {database}")
for long in (postgres + b"x" * 60, b"u" * 64, b"d" * 128):
    target.check(login(options.user.encode(), long) in ("28000", "3D000"), f"the database {long}")
for odd in (b"\xff\xfe", b"\xc3", b"\xed\xa0\x80"):
    target.check(login(odd, postgres) in ("28000", "08P01"), f"the user {odd}")
    target.check(login(options.user.encode(), odd) in ("3D000", "08P01"), f"the database {odd}")
expect(login(options.user.encode(), postgres), f"{options.user}@{options.database}", "the usual names behind them")
remove()
direct.close()

# Statements, each of which is what its own name says, on whichever server.
names = ["s" * 62 + "a", "s" * 62 + "b", "s" * 62, "S" * 63, "q\"\\ '\n;--", "\u00fc" * 40]
names += ["x" * 127, "y" * 4096]
connection, holder = Client(options, timeout=10), Client(options, timeout=10)
for number, name in enumerate(names):
    connection.send(parse(f"SELECT 'it is {number}'", name), SYNC)
    expect(connection.rows(), [], f"the statement {name[:70]!r}")
for begin in ("SELECT 1", "BEGIN"):
    holder.ask(begin)
    for number, name in enumerate(names):
        connection.send(bind(name), EXECUTE, SYNC)
        expect(connection.rows(), [f"it is {number}"], f"the statement {name[:70]!r}")
# PostgreSQL looks at no more than 63 bytes.
connection.send(parse("SELECT 1", "x" * 63 + "and more"), SYNC)
expect(connection.rows(), ["42P05"], "a name that is another's up to there")
connection.send(close(names[0]), SYNC)
connection.rows()
for number, name in enumerate(names):
    connection.send(bind(name), EXECUTE, SYNC)
    wanted = [f"it is {number}"] if number else ["26000"]
    expect(connection.rows(), wanted, f"the statement {name[:70]!r} behind a Close")

print("well")
