"""libpq's pipeline mode, its single-row mode and its functions for prepared statements.

psycopg.pq calls libpq's functions one by one, by their names (PQsendQueryPrepared is send_query_prepared, ...), so this
is libpq itself: what goes over the wire, and when, is what a program in C would send.
"""

import random
import select
import time

import target

pq = target.need("psycopg.pq")
options = target.arguments(clients=6, rounds=20)
check = target.check
OK, ROWS, ONE_ROW = pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.SINGLE_TUPLE
ERROR, ABORTED, SYNC = pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED, pq.ExecStatus.PIPELINE_SYNC
STATE, SEVERITY = pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.SEVERITY_NONLOCALIZED


def connect():
    words = " ".join(f"{word}='{value}'" for word, value in target.conninfo(options).items())
    connection = pq.PGconn.connect(words.encode())
    check(connection.status == pq.ConnStatus.OK, f"no connection: {connection.error_message}")
    return connection


def run(connection, text, *parameters):
    """PQexec, or PQexecParams when there are parameters; the value of the first row, if there is one."""
    arguments = [str(parameter).encode() for parameter in parameters]
    result = connection.exec_params(text.encode(), arguments) if arguments else connection.exec_(text.encode())
    check(result.status in (OK, ROWS), f"{text}: {result.error_message}")
    return result.get_value(0, 0) if result.ntuples else None


def flush(connection):
    """PQflush, reading meanwhile what the server sends, as libpq's manual tells programs to."""
    connection.nonblocking = 1
    while connection.flush():
        readable, _, _ = select.select([connection.socket], [connection.socket], [], 10)
        if readable:
            connection.consume_input()


def results(connection):
    """The results of one query of a pipeline, up to the NULL that ends them, without blocking for longer than 20 s."""
    found = []
    while True:
        while connection.is_busy():
            readable, _, _ = select.select([connection.socket], [], [], 20)
            check(readable, f"no answer within 20 s after {names(found)}")
            connection.consume_input()
        result = connection.get_result()
        if result is None:
            return found
        found.append(result)
        if result.status == SYNC:
            return found


def names(found):
    return [f"{pq.ExecStatus(result.status).name} {result.error_message.decode()}" for result in found]


def expect(connection, status, value=None, state=None):
    found = results(connection)
    check([result.status for result in found] == [status], f"{names(found)} instead of {status.name}")
    if value is not None:
        check(found[0].get_value(0, 0) == str(value).encode(), f"{found[0].get_value(0, 0)} instead of {value}")
    if state is not None:
        check(found[0].error_field(STATE) == state, f"SQLSTATE {found[0].error_field(STATE)} instead of {state}")


def statements():
    """PQprepare of the same names with texts that differ, described and run turn and turn about."""
    clients = [connect() for _ in range(options.clients)]
    for number, client in enumerate(clients):
        for name in (b"one", b"two", b""):
            text = f"SELECT {number}, '{name.decode()}', $1::int + {number}, $2"
            oids = [23, 25] if number % 2 else [0, 25]
            check(client.prepare(name, text.encode(), oids).status == OK, f"PQprepare: {client.error_message}")
    dice = random.Random(5)
    for turn in range(options.rounds):
        for number in dice.sample(range(options.clients), options.clients):
            client, name = clients[number], dice.choice([b"one", b"two", b""])
            if dice.random() < 0.3:
                found = client.describe_prepared(name)
                check(found.nparams == 2 and found.param_type(0) == 23 and found.nfields == 4, "described otherwise")
            found = client.exec_prepared(name, [str(turn).encode(), b"\\x"], [0, 1], 1)
            check(found.status == ROWS, f"client {number} {name}: {found.error_message}")
            row = [found.get_value(0, column) for column in range(4)]
            expected = [number.to_bytes(4, "big"), name, (turn + number).to_bytes(4, "big"), b"\\x"]
            check(row == expected, f"client {number} read {row} from {name}, not {expected}")
    found = clients[0].prepare(b"one", b"SELECT 9")
    check(found.error_field(STATE) == b"42P05", f"a name twice: {found.error_message}")
    found = clients[0].exec_prepared(b"three", [])
    check(found.error_field(STATE) == b"26000", f"an unknown name: {found.error_message}")
    run(clients[0], "DEALLOCATE one")
    check(clients[0].exec_prepared(b"one", [b"1", b"x"]).error_field(STATE) == b"26000", "a name after DEALLOCATE")
    check(clients[1].exec_prepared(b"one", [b"1", b"x"]).status == ROWS, "DEALLOCATE hit another client's statement")
    run(clients[0], "DEALLOCATE ALL")
    check(clients[0].prepare(b"two", b"SELECT 22").status == OK, "a name after DEALLOCATE ALL")
    check(clients[0].exec_prepared(b"two", []).get_value(0, 0) == b"22", "another text after DEALLOCATE ALL")
    check(clients[1].exec_prepared(b"two", [b"1", b"x"]).get_value(0, 1) == b"two", "DEALLOCATE ALL hit another")
    for client in clients:
        client.finish()


def pipelines():
    """Several pipelines under way at once, each with several Syncs; no client waits for another's answers."""
    clients = [connect() for _ in range(3)]
    for number, client in enumerate(clients):
        client.enter_pipeline_mode()
        client.send_prepare(b"p", f"SELECT {number} * 1000 + $1::int".encode())
        for turn in range(200):
            client.send_query_prepared(b"p", [str(turn).encode()])
            if turn % 50 == 49:
                client.pipeline_sync()
        flush(client)
    for number, client in enumerate(clients):
        expect(client, OK)
        for turn in range(200):
            expect(client, ROWS, number * 1000 + turn)
            if turn % 50 == 49:
                expect(client, SYNC)
        check(client.get_result() is None, "more answers than questions")
        client.exit_pipeline_mode()
        check(run(client, "SELECT 5") == b"5", "no simple query after the pipeline")
        client.finish()


def flushes():
    """PQsendFlushRequest: answers come without a Sync, in the middle of an implicit transaction."""
    client = connect()
    run(client, "DROP TABLE IF EXISTS libpq_rows")
    run(client, "CREATE TABLE libpq_rows (i int PRIMARY KEY)")
    client.enter_pipeline_mode()
    for turn in range(20):
        client.send_query_params(b"SELECT $1::int", [str(turn).encode()])
        client.send_flush_request()
        flush(client)
        expect(client, ROWS, turn)
    client.send_query_params(b"INSERT INTO libpq_rows VALUES ($1)", [b"1"])
    client.send_flush_request()
    flush(client)
    expect(client, OK)
    client.send_query_params(b"SELECT count(*) FROM libpq_rows", [])
    client.send_flush_request()
    flush(client)
    expect(client, ROWS, 1)
    client.pipeline_sync()
    flush(client)
    expect(client, SYNC)
    client.exit_pipeline_mode()
    run(client, "DROP TABLE libpq_rows")
    client.finish()


def failures():
    """An error aborts what follows up to the Sync, and undoes what went before it since the last one."""
    client = connect()
    run(client, "DROP TABLE IF EXISTS libpq_rows")
    run(client, "CREATE TABLE libpq_rows (i int PRIMARY KEY)")
    for turn in range(5):
        client.enter_pipeline_mode()
        client.send_query_params(b"INSERT INTO libpq_rows VALUES ($1)", [str(turn).encode()])
        client.pipeline_sync()
        client.send_query_params(b"INSERT INTO libpq_rows VALUES ($1)", [str(100 + turn).encode()])
        client.send_prepare(b"lost", b"SELECT 1")
        client.send_query_params(b"INSERT INTO libpq_rows VALUES ($1)", [str(turn).encode()])
        client.send_query_params(b"SELECT 1", [])
        client.send_prepare(b"never", b"SELECT 2")
        client.pipeline_sync()
        client.send_query_prepared(b"never", [])
        client.pipeline_sync()
        client.send_query_params(b"SELECT 3", [])
        client.pipeline_sync()
        flush(client)
        expect(client, OK)
        expect(client, SYNC)
        expect(client, OK)
        expect(client, OK)
        expect(client, ERROR, state=b"23505")
        expect(client, ABORTED)
        expect(client, ABORTED)
        check(client.pipeline_status == pq.PipelineStatus.ABORTED, "the pipeline is not aborted")
        expect(client, SYNC)
        expect(client, ERROR, state=b"26000")
        expect(client, SYNC)
        expect(client, ROWS, 3)
        expect(client, SYNC)
        client.exit_pipeline_mode()
        # What was parsed before the error is there: prepared statements know no transactions.
        check(client.exec_prepared(b"lost", []).get_value(0, 0) == b"1", "a statement is lost by a later error")
        run(client, "DEALLOCATE lost")
    check(run(client, "BEGIN") is None, "BEGIN has rows")
    check(run(client, "SELECT string_agg(i::text, ',' ORDER BY i) FROM libpq_rows") == b"0,1,2,3,4", "other rows")
    client.exec_(b"SELECT 1 / 0")
    check(client.transaction_status == pq.TransactionStatus.INERROR, "the transaction has not failed")
    check(client.exec_(b"SELECT 1").error_field(STATE) == b"25P02", "a failed transaction goes on")
    run(client, "ROLLBACK")
    found = client.exec_(b"SELECT 1; SELECT 2 FROM nowhere; SELECT 3")
    check(found.error_field(STATE) == b"42P01", "several statements in one string, one of them wrong")
    run(client, "DROP TABLE libpq_rows")
    client.finish()


def transactions():
    """BEGIN, savepoints and COMMIT in one pipeline, without waiting."""
    client = connect()
    run(client, "DROP TABLE IF EXISTS libpq_rows")
    run(client, "CREATE TABLE libpq_rows (i int PRIMARY KEY)")
    client.enter_pipeline_mode()
    for text in (
        "BEGIN", "INSERT INTO libpq_rows VALUES (1)", "SAVEPOINT s", "INSERT INTO libpq_rows VALUES (2)",
        "ROLLBACK TO s", "RELEASE s", "COMMIT", "BEGIN", "INSERT INTO libpq_rows VALUES (3)", "ROLLBACK",
    ):
        client.send_query_params(text.encode(), [])
    client.pipeline_sync()
    flush(client)
    for _ in range(10):
        expect(client, OK)
    expect(client, SYNC)
    client.exit_pipeline_mode()
    run(client, "BEGIN")
    check(run(client, "SELECT sum(i) FROM libpq_rows") == b"1", "rows of what was rolled back")
    run(client, "COMMIT")
    run(client, "DROP TABLE libpq_rows")
    client.finish()


def large():
    """Answers that fill all buffers while the pipeline is still being sent, and rows one by one."""
    client, blob = connect(), bytes(range(256)) * 20000
    client.enter_pipeline_mode()
    for _ in range(4):
        client.send_query_params(b"SELECT $1::bytea, length($1)", [blob], None, [1], 1)
    client.pipeline_sync()
    flush(client)
    for _ in range(4):
        found = results(client)
        check(found[0].status == ROWS and found[0].get_value(0, 0) == blob, "five megabytes came back changed")
    expect(client, SYNC)
    client.send_query_params(b"SELECT i, repeat('x', 100) FROM generate_series(1, 3000) i", [])
    client.set_single_row_mode()
    client.send_query_params(b"SELECT 7", [])
    client.pipeline_sync()
    flush(client)
    rows = results(client)
    check([row.status for row in rows] == [ONE_ROW] * 3000 + [ROWS], "rows of the single-row mode are missing")
    check(rows[2999].get_value(0, 0) == b"3000", "the last row is another")
    expect(client, ROWS, 7)
    expect(client, SYNC)
    client.finish()


def cancel():
    """PQcancel in the middle of a pipeline: the statement ends, the rest of its group is skipped, the next one runs."""
    client = connect()
    client.enter_pipeline_mode()
    client.send_query_params(b"SELECT 1", [])
    client.send_query_params(b"SELECT pg_sleep(20)", [])
    client.send_query_params(b"SELECT 2", [])
    client.pipeline_sync()
    client.send_query_params(b"SELECT 3", [])
    client.pipeline_sync()
    flush(client)
    time.sleep(0.3)
    begin = time.monotonic()
    client.get_cancel().cancel()
    expect(client, ROWS, 1)
    expect(client, ERROR, state=b"57014")
    check(time.monotonic() - begin < 5, "the cancel came late")
    expect(client, ABORTED)
    expect(client, SYNC)
    expect(client, ROWS, 3)
    expect(client, SYNC)
    client.exit_pipeline_mode()
    client.finish()


def settings():
    """PQparameterStatus is this client's, whoever else uses its server."""
    clients = [connect() for _ in range(options.clients)]
    for number, client in enumerate(clients):
        run(client, f"SET application_name = 'libpq {number}'")
        run(client, "SET client_encoding = " + ("LATIN1" if number % 2 else "UTF8"))
    dice = random.Random(6)
    for _ in range(options.rounds):
        for number in dice.sample(range(options.clients), options.clients):
            client, name = clients[number], f"libpq {number}".encode()
            encoding = b"LATIN1" if number % 2 else b"UTF8"
            check(run(client, "SHOW application_name") == name, "another's name")
            check(client.parameter_status(b"application_name") == name, "the status of another's name")
            check(client.parameter_status(b"client_encoding") == encoding, "the status of another's encoding")
            found = run(client, "SELECT U&'\\00e4' || $1", number)
            expected = ("ä" + str(number)).encode(encoding.decode())
            check(found == expected, f"client {number} read {found} instead of {expected}")
    for client in clients:
        client.finish()


def reconnects():
    """PQreset gives the same session anew, without what was prepared and set in the old one."""
    client = connect()
    run(client, "SET application_name = 'before'")
    client.prepare(b"old", b"SELECT 1")
    for _ in range(10):
        client.reset()
        check(client.status == pq.ConnStatus.OK, f"PQreset: {client.error_message}")
        check(run(client, "SHOW application_name") == b"", "a setting has outlived its session")
        check(client.exec_prepared(b"old", []).error_field(STATE) == b"26000", "a statement has outlived its session")
    client.finish()


target.play(
    statements, pipelines, flushes, failures, transactions, large, cancel, settings, reconnects)
