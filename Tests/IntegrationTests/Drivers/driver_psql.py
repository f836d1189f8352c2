"""psql: scripts, variables, backslash commands, COPY, large objects, Ctrl-C at a terminal."""

import hashlib
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time

import target

PSQL = "/usr/lib/postgresql/15/bin/psql"
if not os.access(PSQL, os.X_OK):
    raise SystemExit(f"{PSQL} is missing: apt-get install postgresql-client-15")
options = target.arguments(clients=5, rounds=10)
check = target.check
words = target.conninfo(options)
CONNECTION = " ".join(f"{word}={value}" for word, value in words.items())
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "PSQL_HISTORY": "/dev/null"}


def psql(script, *arguments, errors=None, **environment):
    """What a script prints; what it must write to standard error is a pattern."""
    done = subprocess.run(
        [PSQL, "-XAtq", "-d", CONNECTION, *arguments], input=script, text=True, capture_output=True, timeout=50,
        env={**ENVIRONMENT, **environment})
    wrong = re.sub("^NOTICE: .* skipping\n", "", done.stderr, flags=re.MULTILINE)
    is_right = re.search(errors, wrong) if errors else not wrong
    check(is_right, f"psql wrote {wrong!r} for {script[:200]!r}")
    return done.stdout


def expect(script, expected, **words):
    found = psql(script, **words)
    check(found == expected, f"{script[:300]!r} printed {found[:500]!r} instead of {expected[:500]!r}")


def scripts():
    expect(r"""
        SELECT 6 * 7 AS answer, 'x' AS letter \gset
        \echo :answer :'letter'
        SELECT format('SELECT %s', i) FROM generate_series(1, 3) i \gexec
        \if :ERROR
        \echo wrong
        \else
        \echo right
        \endif
        SELECT 1 \; SELECT 2 ;
        PREPARE one (int) AS SELECT $1 + 1;
        EXECUTE one (:answer);
        DEALLOCATE one;
        \set FETCH_COUNT 7
        SELECT generate_series(1, 20);
        """, "42 'x'\n1\n2\n3\nright\n1\n2\n43\n" + "".join(f"{number}\n" for number in range(1, 21)))
    expect("SELECT 'a' AS one, NULL AS two \\gx", "one|a\ntwo|\n")
    expect("SELECT 1 AS i UNION SELECT 2 ORDER BY 1 \\crosstabview\n", "", errors="crosstabview")
    expect("SELECT $1::int", "", errors="there is no parameter")
    expect("SELECT 1, 'b'::text \\gdesc", "?column?|integer\ntext|text\n")


def transactions():
    expect(r"""
        DROP TABLE IF EXISTS psql_rows;
        CREATE TABLE psql_rows (i int PRIMARY KEY);
        \set AUTOCOMMIT off
        \set ON_ERROR_ROLLBACK on
        INSERT INTO psql_rows VALUES (1);
        INSERT INTO psql_rows VALUES (1);
        INSERT INTO psql_rows VALUES (2);
        COMMIT;
        DELETE FROM psql_rows;
        SAVEPOINT s;
        INSERT INTO psql_rows VALUES (3);
        ROLLBACK TO s;
        ROLLBACK;
        SELECT string_agg(i::text, ',' ORDER BY i) FROM psql_rows;
        COMMIT AND CHAIN;
        SHOW transaction_isolation;
        ROLLBACK;
        DROP TABLE psql_rows;
        COMMIT;
        """, "1,2\nread committed\n", errors="duplicate key")
    found = psql("SELECT 1;\nSELECT 1 / 0;\nSELECT 2;\n", "-1", "-v", "ON_ERROR_STOP=1", errors="division by zero")
    check(found == "1\n", f"a script that stops at its error printed {found!r}")


def failures():
    expect(r"""
        DROP TABLE IF EXISTS psql_checked;
        CREATE TABLE psql_checked (id int CONSTRAINT one_only PRIMARY KEY);
        INSERT INTO psql_checked VALUES (1);
        \set VERBOSITY sqlstate
        SELECT 1 FORM nothing;
        \echo :SQLSTATE
        INSERT INTO psql_checked VALUES (1);
        \echo :SQLSTATE :LAST_ERROR_MESSAGE
        BEGIN;
        SELECT 1 / 0;
        SELECT 1;
        ROLLBACK;
        \echo :SQLSTATE :ROW_COUNT
        SELECT 'on';
        DROP TABLE psql_checked;
        """,
        '42601\n23505 duplicate key value violates unique constraint "one_only"\n00000 0\non\n', errors="25P02")
    found = psql("SELECT 1 / 0;\n\\errverbose\n", errors="LOCATION: +int4div")
    check(found == "", f"an error printed {found!r}")


def copy():
    lines = "".join(f"{number}\tline {number}\n" for number in range(30000))
    with tempfile.TemporaryDirectory() as directory:
        source, sink = directory + "/in", directory + "/out"
        with open(source, "w") as file:
            file.write(lines)
        expect(f"""
            DROP TABLE IF EXISTS psql_copy;
            CREATE TABLE psql_copy (i int, t text);
            \\copy psql_copy FROM '{source}'
            COPY psql_copy FROM STDIN;\n30000\tlast\n\\.
            COPY psql_copy FROM STDIN;\n30001\tx\nnothing\ty\n\\.
            BEGIN;
            SELECT count(*), max(t) FROM psql_copy;
            \\copy (SELECT * FROM psql_copy WHERE i < 30000 ORDER BY i) TO '{sink}'
            COPY (SELECT i FROM psql_copy ORDER BY i DESC LIMIT 2) TO STDOUT;
            COMMIT;
            DROP TABLE psql_copy;
            """.replace("            ", ""), "30001|line 9999\n30000\n29999\n", errors='integer: "nothing"')
        with open(sink) as file:
            check(file.read() == lines, "\\copy gave back other lines")


def large():
    text = "grün " * 1_000_000
    found = psql(f"SELECT '{text}';\nSELECT md5('{text}');")
    digest = hashlib.md5(text.encode()).hexdigest()
    check(found == f"{text}\n{digest}\n", "five megabytes came back changed")
    found = psql("SELECT i, repeat('y', 100) FROM generate_series(1, 100000) i")
    check(len(found) == 10688895, f"a large result has {len(found)} bytes")
    with tempfile.TemporaryDirectory() as directory:
        blob = os.urandom(3_000_000)
        with open(directory + "/in", "wb") as file:
            file.write(blob)
        found = psql(f"""
            \\lo_import '{directory}/in'
            \\set number :LASTOID
            \\lo_export :number '{directory}/out'
            \\lo_unlink :number
            SELECT 'well';
            """)
        with open(directory + "/out", "rb") as file:
            check(file.read() == blob and found.endswith("well\n"), "a large object came back changed")


def catalogs():
    """What the backslash commands show of a table, inside of a transaction, where the primary answers."""
    found = psql(r"""
        DROP TABLE IF EXISTS psql_shown;
        CREATE TABLE psql_shown (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'n');
        CREATE INDEX psql_by_name ON psql_shown (name);
        BEGIN;
        \d psql_shown
        \dt psql_sh*
        \di psql_by*
        \df pg_catalog.int4pl
        COMMIT;
        DROP TABLE psql_shown;
        """)
    for line in (
        "id|integer||not null|nextval('psql_shown_id_seq'::regclass)", "name|text||not null|'n'::text",
        f"public|psql_shown|table|{options.user}",
        f"public|psql_by_name|index|{options.user}|psql_shown", "pg_catalog|int4pl|integer|integer, integer|func",
    ):
        check(line in found.splitlines(), f"{line!r} is not in {found!r}")
    found = psql("\\l\n\\dn\n\\du\n\\dx\n")
    check("postgres|postgres|UTF8" in found and "plpgsql|1.0|pg_catalog" in found, f"the lists are {found!r}")


def reconnects():
    expect("""
        SET application_name = 'before';
        \\c
        SHOW application_name;
        \\c template1
        SELECT current_database();
        \\c nowhere
        """, "psql\ntemplate1\n", errors='database "nowhere" does not exist')
    for turn in range(options.rounds):
        expect("SHOW application_name; SHOW timezone;", f"turn {turn}\nAsia/Tokyo\n", PGAPPNAME=f"turn {turn}",
               PGTZ="Asia/Tokyo")


class Session:
    """A psql at a terminal of its own."""

    def __init__(self, **environment):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execve(PSQL, [PSQL, "-XAtqn", "-d", CONNECTION, "-v", "PROMPT1=", "-v", "PROMPT2="], {
                **ENVIRONMENT, "TERM": "dumb", **environment})
        self.count = 0
        self.ask("\\pset pager off")

    def send(self, line):
        os.write(self.terminal, line.encode() + b"\n")

    def read_to(self, mark, what):
        found, end = "", time.monotonic() + 20
        while mark not in found:
            check(time.monotonic() < end, f"{what!r}: no answer within 20 s but {found!r}")
            if select.select([self.terminal], [], [], 1)[0]:
                found += os.read(self.terminal, 65536).decode()
        return found

    def ask(self, line):
        """The lines that a line has as its answer; the terminal's echo is left out."""
        self.count += 1
        self.send(f"{line}\n\\echo 'end of' {self.count}")
        found = self.read_to(f"end of {self.count}\r", line)
        return [row for row in found.split("\r\n")[:-1] if row and "\\echo" not in row and row not in (
            line, f"end of {self.count}")]

    def close(self):
        self.send("\\q")
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def cancel():
    session, other = Session(), Session()
    session.send("SELECT pg_sleep(20);")
    time.sleep(0.5)
    begin = time.monotonic()
    os.kill(session.process, signal.SIGINT)
    session.read_to("canceling statement due to user request", "Ctrl-C")
    check(time.monotonic() - begin < 5, "the cancel came late")
    check(session.ask("SELECT 7;")[-1:] == ["7"], "the session does not go on")
    check(other.ask("SELECT 8;")[-1:] == ["8"], "another session was hit")
    session.close()
    other.close()


def settings():
    zones = ["UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin"]
    sessions = [Session(PGAPPNAME=f"psql {number}", PGTZ=zone) for number, zone in enumerate(zones)]
    for number, session in enumerate(sessions):
        session.ask(f"SET work_mem = '{number + 1}MB';")
        session.ask(f"SELECT set_config('my.number', '{number}', false);")
    query = "SELECT " + " || ' ' || ".join(
        f"current_setting('{name}')" for name in ("application_name", "timezone", "work_mem", "my.number")) + ";"
    for turn in range(options.rounds):
        for number, session in enumerate(sessions):
            found, expected = session.ask(query)[-1:], f"psql {number} {zones[number]} {number + 1}MB {number}"
            check(found == [expected], f"session {number} sees {found}, not {expected}")
            if turn == number:
                session.ask("BEGIN; SET work_mem = '77MB'; ROLLBACK;")
    for session in sessions:
        session.close()


def crowd():
    psql("DROP TABLE IF EXISTS psql_money; CREATE TABLE psql_money (i int);")
    script = "".join(f"BEGIN; INSERT INTO psql_money VALUES ({number}); COMMIT;\n" for number in range(20))
    command = [PSQL, "-XAtq", "-d", CONNECTION]
    crowd = [
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=ENVIRONMENT) for _ in range(10)]
    for one in crowd:
        one.stdin.write(script)
        one.stdin.close()
    check([one.wait(40) for one in crowd] == [0] * 10, "a psql has failed")
    expect("BEGIN; SELECT count(*), sum(i) FROM psql_money; COMMIT; DROP TABLE psql_money;", "200|1900\n")


def keys():
    expect("""
        DROP TABLE IF EXISTS psql_keys;
        CREATE TABLE psql_keys (id serial, t text);
        BEGIN;
        INSERT INTO psql_keys (t) VALUES ('a');
        SELECT lastval();
        COMMIT;
        """, "1\n")
    sessions = [Session() for _ in range(options.clients)]
    for session in sessions:
        session.ask("INSERT INTO psql_keys (t) VALUES ('a');")
    for expected, session in enumerate(sessions, 2):
        found = session.ask("SELECT lastval();")[-1:]
        number = None if found == ["ERROR:  lastval is not yet defined in this session"] else int(found[0])
        check(target.is_key(number, expected), f"lastval() is {found} instead of {expected}")
        session.close()
    psql("DROP TABLE psql_keys;")


target.play(
    scripts, transactions, failures, copy, large, catalogs, reconnects, cancel, settings, crowd, keys)
