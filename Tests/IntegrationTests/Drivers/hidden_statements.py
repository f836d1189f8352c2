"""What Egret parses and closes by itself on a server, where that fails or is skipped because of an error.

Named statements are prepared on one server and used on another one, of two that the clients share, or they are more
than a server keeps. --mode is how Egret pools.
"""

import target
from protocol import EXECUTE, SYNC, Client, bind, close, expect, message, parse, query

options = target.arguments(mode="transaction")
# So many statements are kept on one server.
KEPT = 500
BAD = parse("SELECT no_such")


def client():
    return Client(options, timeout=10)


def tags(connection, *messages):
    return connection.tags(*messages, has_values=True)


def server(connection):
    connection.send(query("SELECT pg_backend_pid()"))
    return connection.rows()[0]


class Elsewhere:
    """Other clients' blocks, by which a client gets the server that it did not have before."""

    def __init__(self):
        self.holders = [client(), client()]

    def move(self, connection):
        before = server(connection)
        first, second = self.holders
        expect(first.ask("BEGIN"), (b"CZ", None), "a block")
        if server(connection) == before:
            # The first one has the other server: it is free again once this one is not.
            expect(second.ask("BEGIN"), (b"CZ", None), "another block")
            first.ask("ROLLBACK")
        target.check(server(connection) != before, "the client is not moved")

    def release(self):
        for holder in self.holders:
            holder.ask("ROLLBACK")


def run(name):
    return bind(name), EXECUTE


def skipped_parse(connection, elsewhere):
    """Of a Parse of Egret's own that stands behind an error the server does nothing, and nobody sees an answer."""
    expect(tags(connection, parse("SELECT 'here'", "s"), parse("SELECT 'too'", "t"), SYNC), "1 1 ZI", "two statements")
    elsewhere.move(connection)
    expect(tags(connection, BAD, *run("s"), *run("t"), SYNC), "42703 ZI", "statements behind an error")
    expect(tags(connection, *run("s"), SYNC), "2 =here C ZI", "a statement that was skipped")
    expect(tags(connection, BAD, close("t"), SYNC), "42703 ZI", "a Close behind an error")
    expect(tags(connection, *run("t"), SYNC), "2 =too C ZI", "a statement whose Close was skipped")
    elsewhere.release()
    for turn in range(2):
        expect(tags(connection, *run("s"), *run("t"), SYNC), "2 =here C 2 =too C ZI", "both, on either server")
        elsewhere.move(connection)
        elsewhere.release()
    expect(tags(connection, close("s"), close("t"), SYNC), "3 3 ZI", "both are closed")


def skipped_in_block(connection, elsewhere):
    """The same in a block that has failed, up to its end."""
    expect(tags(connection, parse("SELECT 'block'", "s"), SYNC), "1 ZI", "a statement")
    elsewhere.move(connection)
    expect(tags(connection, query("BEGIN")), "C ZT", "a block")
    expect(tags(connection, BAD, *run("s"), SYNC), "42703 ZE", "a statement behind an error in a block")
    expect(tags(connection, *run("s"), SYNC), "25P02 ZE", "a statement in a failed block")
    expect(tags(connection, query("ROLLBACK")), "C ZI", "the end of the block")
    expect(tags(connection, *run("s"), SYNC), "2 =block C ZI", "a statement behind the block")
    expect(tags(connection, close("s"), SYNC), "3 ZI", "it is closed")
    elsewhere.release()


def table_that_went(connection, elsewhere):
    """The client's own Parse went well, Egret's on another server does not: one error, where Bind is answered."""
    other = client()
    for behind in ("", " -- in a block"):
        connection.ask("DROP TABLE IF EXISTS passing; CREATE TABLE passing AS SELECT 'there' AS word")
        read = parse("SELECT word FROM passing" + behind, "p")
        expect(tags(connection, read, *run("p"), SYNC), "1 2 =there C ZI", "a statement of a table")
        elsewhere.move(connection)
        other_table = "the table" + behind
        connection.ask("DROP TABLE passing")
        if behind:
            expect(tags(connection, query("BEGIN")), "C ZT", "a block")
        status = "ZE" if behind else "ZI"
        for turn in range(2):
            # The first error makes a block refuse all that follows.
            state = "25P02" if behind and turn else "42P01"
            expect(tags(connection, *run("p"), SYNC), f"{state} {status}", f"Bind without {other_table}, {turn}")
            state = "25P02" if behind else "42P01"
            describe = message(b"D", b"Sp\0")
            expect(tags(connection, describe, SYNC), f"{state} {status}", f"Describe without {other_table}, {turn}")
        connection.ask("ROLLBACK")
        expect(tags(connection, *run("p"), SYNC), "42P01 ZI", "Bind without the table, once more")
        expect(tags(connection, parse("SELECT 1", "p"), SYNC), "42P05 ZI", "the name is taken all the same")
        connection.ask("CREATE TABLE passing AS SELECT 'back' AS word")
        expect(tags(connection, *run("p"), SYNC), "2 =back C ZI", "Bind when the table is there again")
        elsewhere.release()
        expect(tags(connection, *run("p"), SYNC), "2 =back C ZI", "Bind on either server")
        same = parse("SELECT word FROM passing" + behind, "q")
        expect(tags(other, same, *run("q"), SYNC), "1 2 =back C ZI", "another client's statement of the same text")
        expect(tags(connection, close("p"), SYNC), "3 ZI", "it is closed")
        expect(tags(other, close("q"), SYNC), "3 ZI", "the other client's is closed")


def more_than_a_server_keeps(connection):
    """The Close of the oldest statement is skipped, with the Parse that it was to make room for."""
    texts = [parse(f"SELECT 'number {number}'", f"n{number}") for number in range(KEPT + 4)]
    expect(tags(connection, *texts[:KEPT], SYNC), "1 " * KEPT + "ZI", "as many statements as a server keeps")
    expect(tags(connection, BAD, *texts[KEPT:], SYNC), "42703 ZI", "some more behind an error")
    expect(tags(connection, *run(f"n{KEPT}"), SYNC), "26000 ZI", "they are not there")
    for number in (0, 1, 2, 3, KEPT - 1):
        expect(tags(connection, *run(f"n{number}"), SYNC), f"2 =number {number} C ZI", "the oldest are")
    expect(tags(connection, *texts[KEPT:], SYNC), "1 1 1 1 ZI", "some more")
    for number in range(KEPT + 4):
        expect(tags(connection, *run(f"n{number}"), SYNC), f"2 =number {number} C ZI", "each of them")
    # A hidden Parse that needs room, behind an error.
    expect(tags(connection, BAD, *run("n0"), *run("n1"), *run("n2"), SYNC), "42703 ZI", "old ones behind an error")
    for number in (4, 5, 6, 0, 1, 2, 3):
        expect(tags(connection, *run(f"n{number}"), SYNC), f"2 =number {number} C ZI", "old ones again")
    # Each thread of Egret keeps so many, under names of its own.
    connection.send(query("SELECT count(*) FROM pg_prepared_statements GROUP BY split_part(name, '_', 2)"))
    count = max(int(row) for row in connection.rows())
    target.check(count <= KEPT, f"a server has {count} statements")


if options.mode == "transaction":
    connection, elsewhere = client(), Elsewhere()
    skipped_parse(connection, elsewhere)
    skipped_in_block(connection, elsewhere)
    table_that_went(connection, elsewhere)
    elsewhere.move(connection)
    more_than_a_server_keeps(connection)
else:
    more_than_a_server_keeps(client())
print("well")
