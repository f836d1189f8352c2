"""Commands of Egret's own, several of them prepared at a time, beside statements of the server."""

import target
from protocol import EXECUTE, SYNC, Client, bind, close, expect, message, parse, query

options = target.arguments()
connection = Client(options, timeout=10)


def tags(*messages):
    """What the answer consists of; of an error its SQLSTATE."""
    connection.send(*messages)
    found = []
    while True:
        tag, body = connection.next()
        if tag == b"E":
            found.append(next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C"))
        elif tag not in b"NS":
            found.append(tag.decode())
        if tag == b"Z":
            return " ".join(found)


def describe(name):
    return message(b"D", b"S" + name.encode() + b"\0")


expect(tags(parse("show pool_nodes", "nodes"), describe("nodes"), SYNC), "1 t T Z", "a first one")
expect(tags(parse("show pool_version", "version"), describe("version"), SYNC), "1 t T Z", "a second one")
expect(tags(parse("SELECT 1", "one"), SYNC), "1 Z", "a statement of the server")
for _ in range(2):
    expect(tags(bind("nodes"), EXECUTE, SYNC).replace(" D", ""), "2 C Z", "the first one again")
    expect(tags(bind("one"), EXECUTE, SYNC), "2 D C Z", "the server's")
    expect(tags(bind("version"), EXECUTE, SYNC), "2 D C Z", "the second one again")
for text in ("show pool_nodes", "SELECT 2"):
    expect(tags(parse(text, "version"), SYNC), "42P05 Z", f"a name that is taken: {text}")
expect(tags(parse("show pool_version", "one"), SYNC), "42P05 Z", "a name that the server's statement has")
expect(tags(bind("version"), EXECUTE, SYNC), "2 D C Z", "what has the name")
expect(tags(bind("version"), EXECUTE, bind("one"), EXECUTE, SYNC), "2 D C 0A000 Z", "a group of both kinds")
expect(tags(bind("one"), EXECUTE, bind("version"), EXECUTE, SYNC), "2 D C 0A000 Z", "a group of both kinds")

expect(tags(close("nodes"), SYNC), "3 Z", "the first one is closed")
expect(tags(bind("nodes"), SYNC), "26000 Z", "the first one is gone")
expect(tags(parse("SELECT 3", "nodes"), bind("nodes"), EXECUTE, SYNC), "1 2 D C Z", "its name is free")
expect(tags(parse("show pool_version"), SYNC), "1 Z", "the unnamed one")
expect(tags(bind(), EXECUTE, SYNC), "2 D C Z", "the unnamed one in a later group")
expect(tags(parse("SELECT 4, 5"), describe(""), SYNC), "1 t T Z", "another unnamed one")
expect(tags(bind(), EXECUTE, SYNC), "2 D C Z", "another unnamed one in a later group")
expect(tags(query("DEALLOCATE ALL")), "C Z", "DEALLOCATE ALL")
expect(tags(bind("version"), SYNC), "26000 Z", "all are gone")
print("well")
