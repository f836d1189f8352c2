"""Groups of extended messages cut where real drivers seldom cut them: each case is what PostgreSQL itself does."""

import socket
import struct
import time

import target
from protocol import DESCRIBE, EXECUTE, FLUSH, SYNC, TERMINATE, bind, close, expect, message, parse, query
from protocol import Client as AnyClient

options = target.arguments()


def Client(pieces=1):
    return AnyClient(options, pieces)


Client().ask("DROP TABLE IF EXISTS groups; CREATE TABLE groups (i int)")

# A first packet in pieces, accepted and refused.
Client(pieces=10)
refused = socket.create_connection(("127.0.0.1", options.port))
refused.settimeout(5)
refused.sendall(b"\0\0\0")
time.sleep(0.1)
refused.sendall(struct.pack("!ii", 9, 196608)[3:] + b"\0")
target.check(refused.recv(1) == b"E", "a refusal in pieces is not told")

# Described as a read, then a write in the same group: it moves to the primary.
client = Client()
client.send(parse("SELECT 1", "r"), DESCRIBE.replace(b"S\0", b"Sr\0", 1).replace(b"\0\0\0\6", b"\0\0\0\7"))
time.sleep(0.1)
client.send(parse("INSERT INTO groups VALUES (1)"), bind(), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"1tT12CZ", None), "a write behind a description")

# What follows an error is skipped up to the Sync, also a write.
client.send(parse("SELECT no_such_column"), FLUSH)
expect(client.until(b"E"), (b"E", "42703"), "an error before a flush")
client.send(parse("INSERT INTO groups VALUES (2)"), bind(), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"Z", None), "a write behind an error")
client.send(query("SELECT i FROM groups WHERE i = 2"))
expect(client.until(b"Z"), (b"TCZ", None), "what the skipped write left")

# An unnamed write of an earlier group, bound beside a read.
client.send(parse("INSERT INTO groups VALUES (3)"), SYNC)
expect(client.until(b"Z"), (b"1Z", None), "a statement without a name")
client.send(parse("SELECT 1", "q"), bind(), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"12CZ", None), "bound in a later group")

# COPY data that does not wait for the server's invitation, and pipelined groups behind it.
client.send(query("COPY groups FROM STDIN"), message(b"d", b"4\n"), message(b"c"))
expect(client.until(b"Z"), (b"GCZ", None), "copy data without waiting")
client.send(parse("SELECT 4"), bind(), EXECUTE, SYNC, parse("SELECT 5"), bind(), EXECUTE, SYNC)
expect((client.until(b"Z"), client.until(b"Z")), ((b"12DCZ", None), (b"12DCZ", None)), "groups behind a copy")

# DISCARD ALL that fails discards nothing.
client.send(parse("SELECT 6", "kept"), SYNC)
client.until(b"Z")
client.ask("BEGIN")
expect(client.ask("DISCARD ALL"), (b"EZ", "25001"), "DISCARD ALL inside of a transaction")
client.ask("ROLLBACK")
client.send(bind("kept"), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"2DCZ", None), "a statement that was not discarded")
other = Client()
other.send(parse("SELECT 6", "same"), bind("same"), EXECUTE, SYNC)
expect(other.until(b"Z"), (b"12DCZ", None), "another client's statement of the same text")

# DISCARD ALL that works forgets it.
expect(client.ask("DISCARD ALL"), (b"CZ", None), "DISCARD ALL")
client.send(bind("kept"), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"EZ", "26000"), "a statement that was discarded")

# Names are told apart, and a name in use is refused.
client.send(parse("SELECT 7", "a"), SYNC, parse("SELECT 8", "a"), SYNC)
expect((client.until(b"Z"), client.until(b"Z")), ((b"1Z", None), (b"EZ", "42P05")), "a name twice")
client.send(close("a"), parse("SELECT 8", "a"), bind("a"), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"312DCZ", None), "a name again after Close")

# Two names of one text, of which the second fails with its group: the first stays.
client.send(parse("SELECT 9", "one"), SYNC)
client.until(b"Z")
client.send(parse("SELECT no_such_column", "bad"), parse("SELECT 9", "two"), SYNC)
expect(client.until(b"Z"), (b"EZ", "42703"), "a second name behind an error")
client.send(bind("one"), EXECUTE, SYNC, parse("SELECT 9", "two"), bind("two"), EXECUTE, SYNC)
expect((client.until(b"Z"), client.until(b"Z")), ((b"2DCZ", None), (b"12DCZ", None)), "two names of one text")

# A statement and the end of the session in one segment: the statement runs.
for number in range(1, 6):
    leaving = Client()
    leaving.ask("UPDATE groups SET i = i")
    leaving.send(query(f"SELECT pg_sleep(0.01); INSERT INTO groups VALUES (1000)"), TERMINATE)
    leaving.socket.close()
    deadline = time.monotonic() + 5
    while client.ask(f"BEGIN; SELECT 1 / (count(*) = {number})::int FROM groups WHERE i = 1000; END")[1]:
        client.ask("ROLLBACK")
        target.check(time.monotonic() < deadline, f"statement {number} in front of Terminate did not run")
        time.sleep(0.05)

# An answer of Egret's own does not fall into a long one of the server.
wide = ", ".join(f"{number} AS column_with_a_long_name_to_fill_the_description_{number}" for number in range(1500))
other.send(parse("SELECT 10", "own"), SYNC)
other.until(b"Z")
client.send(parse("SELECT " + wide, "wide"), SYNC)
client.until(b"Z")
client.send(message(b"D", b"Swide\0"), parse("SELECT 10", "own"), bind("own"), EXECUTE, SYNC)
expect(client.until(b"Z"), (b"tT12DCZ", None), "a known statement behind a long description")

print("well")
