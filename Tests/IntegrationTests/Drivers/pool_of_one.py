"""One server for all: a failed transaction keeps it, a parameter that it refuses costs nobody else, and all who wait
are served."""

import random
import time

import target
from protocol import EXECUTE, SYNC, Client, bind, expect, parse, query

options = target.arguments()
GROUP = bind() + EXECUTE + SYNC


def client(**parameters):
    return Client(options, timeout=10, **parameters)


def value(connection, text):
    connection.send(query(text))
    return connection.rows()


def is_waiting(connection):
    """Whether nothing comes for a while."""
    connection.socket.settimeout(0.3)
    try:
        connection.socket.recv(1)
        return False
    except TimeoutError:
        return True
    finally:
        connection.socket.settimeout(10)


# In a transaction that has failed the server stays with its client, whoever waits.
first, second = client(), client()
for end in ("ROLLBACK", "COMMIT"):
    expect(first.ask("BEGIN")[1], None, "BEGIN")
    expect(value(first, "SELECT 1/0"), ["22012"], "a division by zero")
    second.send(query("SELECT 'second'"))
    target.check(is_waiting(second), "a server in a failed transaction went to another client")
    expect(value(first, "SELECT 1"), ["25P02"], "a statement in a failed transaction")
    first.ask(end)
    expect(second.rows(), ["second"], f"who waited for {end}")
for text, answer in (("BEGIN; SELECT 1/0", ["22012"]), ("SELECT 1", ["25P02"])):
    expect(value(first, text), answer, text)
second.send(query("SELECT 'second'"))
target.check(is_waiting(second), "a string of statements that failed in its transaction gave the server away")
first.ask("ROLLBACK")
expect(second.rows(), ["second"], "who waited for a string of statements")

# A parameter that was good when it was set, and is not any more.
first.ask("DROP TEXT SEARCH CONFIGURATION IF EXISTS public.passing")
first.ask("CREATE TEXT SEARCH CONFIGURATION public.passing (COPY = simple)")
expect(first.ask("SET default_text_search_config = 'public.passing'")[1], None, "SET")
second.ask("DROP TABLE IF EXISTS never")
second.ask("CREATE TABLE never (i int)")
second.ask("DROP TEXT SEARCH CONFIGURATION public.passing")
server = value(second, "SELECT pg_backend_pid()")
never = "INSERT INTO never VALUES (1)"
ends = (query("ROLLBACK"), query(f"COMMIT; {never}"), query(f"{never}; COMMIT"), parse("", "ROLLBACK") + GROUP)
first.send(random.choice(ends) + query(never) + parse("", never) + GROUP)
tag, body = first.next()
expect((tag, b"C22023\0" in body and b"default_text_search_config" in body), (b"E", True), "a refused parameter")
for connection in (second, client(), client(application_name="another")):
    expect(value(connection, "SELECT 'fine'"), ["fine"], "another client behind a refused parameter")
    found = value(connection, "SHOW default_text_search_config")
    target.check(found[0].startswith("pg_catalog."), f"a refused parameter leaves {found}")

expect(value(second, "SELECT count(*) FROM never"), ["0"], "what was sent with parameters that were refused")
expect(value(second, "SELECT pg_backend_pid()"), server, "the server that has refused them")
second.ask("DROP TABLE never")

# What else the server had at that time is not the next client's either.
second.ask("DROP ROLE IF EXISTS passing")
second.ask("CREATE ROLE passing")
passing = client(role="passing")
expect(value(passing, "SELECT current_user"), ["passing"], "a role of the startup packet")
server = value(passing, "SELECT pg_backend_pid()")
with target.refused(AssertionError, "a login with a parameter that there is not"):
    client(no_such_parameter="1")
expect(value(client(), "SELECT current_user"), [options.user], "who is next behind a role and a refusal")
expect(value(second, "SELECT pg_backend_pid()"), server, "the server that has refused a login")
second.ask("DROP ROLE passing")

# All who wait are served, each of them once.
second.ask("DROP SEQUENCE IF EXISTS turn")
second.ask("CREATE SEQUENCE turn")
waiters = [client() for _ in range(30)]
expect(second.ask("BEGIN")[1], None, "BEGIN")
second.ask("SELECT txid_current()")
for waiter in waiters:
    waiter.send(query("SELECT nextval('turn') FROM pg_sleep(0.02)"))
    time.sleep(0.005)
second.ask("COMMIT")
turns = [int(waiter.rows()[0]) for waiter in waiters]
expect(sorted(turns), list(range(1, 31)), "the turns of those who wait")
second.ask("DROP SEQUENCE turn")

print("well")
