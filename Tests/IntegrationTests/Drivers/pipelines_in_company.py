"""Clients that share few servers send pipelines of many groups: each gets its own answers, in order, and its rows.

--clients of them. Where --mode is transaction, some pipeline must have met several servers.
"""

import threading

import target
from protocol import EXECUTE, FLUSH, SYNC, Client, bind, expect, parse, query

options = target.arguments(clients=6, mode="transaction")
GROUPS = 2_000
ROUNDS = 1


def insert(client, number):
    return f"INSERT INTO company VALUES ({client}, {number}) RETURNING i"


def play(client, servers):
    connection = Client(options, timeout=20)
    connection.send(parse(f"SELECT 'named {client}'", "n"), SYNC)
    connection.rows()
    number = 0
    for round in range(ROUNDS):
        sent, wanted = [], []
        for group in range(GROUPS):
            number += 1
            if group % 10 == 3:
                # The group fails as a whole, and the one behind it does not.
                sent += [parse(insert(client, -number)), bind(), EXECUTE, parse("SELECT 1 / 0"), bind(), EXECUTE, SYNC]
                wanted += [str(-number), "22012"]
            elif group % 10 == 6:
                sent += [bind("n"), EXECUTE, FLUSH, bind("n"), EXECUTE, SYNC]
                wanted += [f"named {client}"] * 2
            elif group % 10 == 8:
                # Long enough now and then for the others to get the server.
                where = f"SELECT 'server ' || pg_backend_pid() FROM pg_sleep({0.01 * (group % 50 == 8)})"
                sent += [parse(where), bind(), EXECUTE, SYNC]
                wanted.append("server")
            elif group % 10 == 9:
                sent.append(query(insert(client, number)))
                wanted.append(str(number))
            else:
                sent += [parse(insert(client, number)), bind(), EXECUTE, SYNC]
                wanted.append(str(number))
        connection.send(*sent)
        found = connection.rows(GROUPS)
        servers.append(len({word for word in found if word.startswith("server")}))
        found = ["server" if word.startswith("server") else word for word in found]
        expect(found, wanted, f"the answers to client {client}, round {round}")
        kept = [number for number in range(1, GROUPS * (round + 1) + 1) if number % 10 not in (4, 7, 9)]
        connection.send(query(f"SELECT string_agg(i::text, ' ' ORDER BY place) FROM company WHERE client = {client}"))
        expect(connection.rows(), [" ".join(map(str, kept))], f"the rows of client {client}, in their order")


def run(client, servers, failures):
    try:
        play(client, servers)
    except Exception as problem:
        failures.append(f"client {client}: {type(problem).__name__} {problem}"[:2_000])


def round_of_all():
    """On how many servers each client's pipelines were."""
    Client(options).ask("DROP TABLE IF EXISTS company; CREATE TABLE company (client int, i int, place bigserial)")
    servers, failures = [], []
    threads = [threading.Thread(target=run, args=(client, servers, failures)) for client in range(options.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    target.check(not failures, "\n".join(failures))
    return servers


for attempt in range(8):
    servers = round_of_all()
    if options.mode == "session" or max(servers) > 1:
        break
target.check((max(servers) > 1) == (options.mode == "transaction"), f"pipelines on {servers} servers")
print("well")
