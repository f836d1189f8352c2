"""Commands of Egret's own, several of them prepared at a time, beside statements of the server."""

import target
from protocol import EXECUTE, SYNC, Client, bind, close, expect, message, parse, query

options = target.arguments()
connection = Client(options, timeout=10)


def describe(name):
    return message(b"D", b"S" + name.encode() + b"\0")


expect(connection.tags(parse("show pool_nodes", "nodes"), describe("nodes"), SYNC), "1 t T Z", "a first one")
expect(connection.tags(parse("show pool_version", "version"), describe("version"), SYNC), "1 t T Z", "a second one")
expect(connection.tags(parse("SELECT 1", "one"), SYNC), "1 Z", "a statement of the server")
for _ in range(2):
    expect(connection.tags(bind("nodes"), EXECUTE, SYNC).replace(" D", ""), "2 C Z", "the first one again")
    expect(connection.tags(bind("one"), EXECUTE, SYNC), "2 D C Z", "the server's")
    expect(connection.tags(bind("version"), EXECUTE, SYNC), "2 D C Z", "the second one again")
for text in ("show pool_nodes", "SELECT 2"):
    expect(connection.tags(parse(text, "version"), SYNC), "42P05 Z", f"a name that is taken: {text}")
expect(connection.tags(parse("show pool_version", "one"), SYNC), "42P05 Z", "a name that the server's statement has")
expect(connection.tags(bind("version"), EXECUTE, SYNC), "2 D C Z", "what has the name")
expect(connection.tags(bind("version"), EXECUTE, bind("one"), EXECUTE, SYNC), "2 D C 0A000 Z", "a group of both kinds")
expect(connection.tags(bind("one"), EXECUTE, bind("version"), EXECUTE, SYNC), "2 D C 0A000 Z", "a group of both kinds")

expect(connection.tags(close("nodes"), SYNC), "3 Z", "the first one is closed")
expect(connection.tags(bind("nodes"), SYNC), "26000 Z", "the first one is gone")
expect(connection.tags(parse("SELECT 3", "nodes"), bind("nodes"), EXECUTE, SYNC), "1 2 D C Z", "its name is free")
expect(connection.tags(parse("show pool_version"), SYNC), "1 Z", "the unnamed one")
expect(connection.tags(bind(), EXECUTE, SYNC), "2 D C Z", "the unnamed one in a later group")
expect(connection.tags(parse("SELECT 4, 5"), describe(""), SYNC), "1 t T Z", "another unnamed one")
expect(connection.tags(bind(), EXECUTE, SYNC), "2 D C Z", "another unnamed one in a later group")
expect(connection.tags(query("DEALLOCATE ALL")), "C Z", "DEALLOCATE ALL")
expect(connection.tags(bind("version"), SYNC), "26000 Z", "all are gone")
print("well")
