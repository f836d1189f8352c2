"""Clients that change their sessions, and leave or go on; whoever gets their server next must find it like a new one.

--port is Egret's, --direct-port the server's behind it, --mode says how that Egret pools. --clients play random
scripts, and break some of them off: in the middle of a transaction, of a copy, of a message. Beside them, on the same
few servers, --probes clients without any state of their own ask again and again for everything that a session can
have, and compare it with a new connection to the server itself. It goes on for --seconds. The first line of the output
names the seed.
"""

import collections
import dataclasses
import multiprocessing
import random
import sys
import threading
import time
import traceback

import protocol
import target
from protocol import SYNC, query
from traffic import database, generator, messages, wire
from traffic.session_vocabulary import CUSTOM

options = target.arguments(direct_port=0, mode="transaction", seed=-1, seconds=10, clients=12, probes=4, timeout=30)

# What PostgreSQL itself cannot take back is left out. A custom parameter that has been set once in a server process is
# empty there after RESET, and not unknown any more; a library that was needed once stays, with its parameters; and the
# modes of a transaction count as set by the session that once chose them.
STATE = f"""
    SELECT 'setting' AS kind, name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%'
    UNION ALL SELECT 'set by a session', name, source FROM pg_settings WHERE source = 'session'
        AND name NOT LIKE 'transaction\\_%'
    UNION ALL SELECT 'custom', name, nullif(current_setting(name, true), '')
        FROM unnest('{{{",".join(CUSTOM)}}}'::text[]) name
    UNION ALL SELECT 'temporary', relname, relkind::text FROM pg_class WHERE relnamespace = pg_my_temp_schema()
    UNION ALL SELECT 'temporary function', proname, NULL FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
    UNION ALL SELECT 'lock', locktype || ' ' || objid, mode FROM pg_locks WHERE pid = pg_backend_pid()
        AND (locktype = 'advisory' OR mode NOT IN ('AccessShareLock', 'ExclusiveLock'))
    UNION ALL SELECT 'listen', channel, NULL FROM pg_listening_channels() channel
    UNION ALL SELECT 'prepared', name, statement FROM pg_prepared_statements WHERE from_sql
    UNION ALL SELECT 'cursor', name, statement FROM pg_cursors WHERE name <> ''
    UNION ALL SELECT 'user', session_user, current_user
    UNION ALL SELECT 'process', '', pg_backend_pid()::text
"""


def fields(body):
    """The columns of a DataRow as text."""
    found, start = [], 2
    for _ in range(int.from_bytes(body[:2], "big")):
        length = int.from_bytes(body[start : start + 4], "big", signed=True)
        start += 4
        found.append(None if length < 0 else body[start : start + length].decode())
        start += max(0, length)
    return found


class Probe:
    """A connection without any state of its own."""

    def __init__(self, port):
        self.client = database.connect(port, database.name_of(options.mode), database.USER)

    def answer(self, *sent):
        """All messages up to ReadyForQuery."""
        self.client.send(*sent)
        found = []
        while not found or found[-1][0] != b"Z":
            found.append(self.client.next())
        return found

    def state(self):
        """The process that answered, and its state."""
        rows = [tuple(fields(body)) for tag, body in self.answer(query(STATE)) if tag == b"D"]
        target.check(rows, "no state")
        process = next(value for kind, _, value in rows if kind == "process")
        return process, {row for row in rows if row[0] != "process"}

    def refusals(self):
        """What must not be there: somebody's unnamed statement, somebody's named one, somebody's sequence."""
        found = []
        for sent in ((messages.bind(), SYNC), (messages.bind("s0"), SYNC), (messages.execute("h1"), SYNC),
                     (query("SELECT lastval()"),)):
            errors = [body for tag, body in self.answer(*sent) if tag == b"E"]
            found.append(next((field[1:].decode() for body in errors for field in body.split(b"\0")
                               if field[:1] == b"C"), "none"))
        return found

    def close(self):
        self.client.send(protocol.TERMINATE)
        self.client.socket.close()


REFUSALS = ["26000", "26000", "34000", "55000"]


class Report:
    """What all threads have found."""

    def __init__(self):
        self.counts = collections.Counter()
        self.leaks = collections.Counter()
        self.processes = set()
        self.errors = []

    def add(self, process, state, fresh):
        self.counts["probes"] += 1
        self.processes.add(process)
        for kind, name, value in state - fresh:
            known = next((text for what, whose, text in fresh if (what, whose) == (kind, name)), "nothing")
            self.leaks[f"{kind} {name}: {str(value)[:60]} instead of {known}"] += 1

    def add_refusals(self, found):
        for wanted, state in zip(REFUSALS, found):
            if wanted != state:
                self.leaks[f"SQLSTATE {state} instead of {wanted}, of {found}"] += 1


def watch(report, end, seed):
    """Asks again and again, on one connection or on a new one each time."""
    source, probe = random.Random(seed), None
    _, fresh = Probe(options.direct_port).state()
    while time.monotonic() < end:
        try:
            probe = probe or Probe(options.port)
            report.add(*probe.state(), fresh)
            if options.mode == "session" or source.random() < 0.1:
                if source.random() < 0.5:
                    report.add_refusals(probe.refusals())
                probe.close()
                probe = None
        except Exception:
            report.errors.append(f"a probe: {traceback.format_exc(limit=-1)}")
            probe = None
        time.sleep(source.random() * 0.002)


def break_off(player, step, source):
    """Leaves with something under way: asked and not waited for, or a message cut short."""
    data = step.parts[0].data
    if source.random() < 0.5:
        data = data[: source.randrange(len(data))]
    player.socket.settimeout(options.timeout)
    try:
        player.socket.sendall(data)
    except OSError:
        pass


def play(script, source):
    """Plays a script, or the beginning of it."""
    player = wire.Player(options.port, script, options.timeout)
    try:
        player.start((("user", database.USER), ("database", database.name_of(options.mode)), *script.startup))
        is_broken_off = source.random() < 0.4
        steps = script.steps[: source.randrange(len(script.steps))] if is_broken_off else script.steps
        for step in steps:
            answers = player.play(step)
            target.check(not any(tag == b"" and b"within" in body for tag, body in answers),
                         f"seed {script.seed}: no answer to {messages.describe_sent(step.parts[0].data)}")
        if is_broken_off and not player.is_over:
            break_off(player, script.steps[len(steps)], source)
        elif not player.is_over:
            player.leave(script.leave)
    finally:
        player.socket.close()


def client(report, end, slot, seed):
    stagehand, number = None, slot
    while time.monotonic() < end:
        # What is left of a prepared transaction holds locks, whoever has left it.
        script = dataclasses.replace(generator.script(seed + number, slot), outlives_session=True)
        number += options.clients
        try:
            stagehand = stagehand or database.Stagehand(options.direct_port, options.mode)
            stagehand.reset(script)
            play(script, random.Random(script.seed))
            report.counts["scripts"] += 1
        except Exception:
            report.errors.append(f"seed {script.seed}, client {slot}: {traceback.format_exc(limit=-1)}")
            stagehand = None


def act(process, processes, seed):
    """The clients and the probes of one process, on threads."""
    report, end = Report(), time.monotonic() + options.seconds
    threads = [
        threading.Thread(target=client, args=(report, end, slot, seed))
        for slot in range(process, options.clients, processes)
    ] + [
        threading.Thread(target=watch, args=(report, end, seed + number))
        for number in range(process, options.probes, processes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report


def main():
    seed = options.seed if options.seed >= 0 else random.SystemRandom().randrange(1 << 31)
    print(f"seed={seed} seconds={options.seconds} clients={options.clients} mode={options.mode}", flush=True)
    database.create(options.direct_port, options.clients, (options.mode,))
    processes = multiprocessing.cpu_count()
    with multiprocessing.Pool(processes) as pool:
        reports = pool.starmap(act, [(process, processes, seed) for process in range(processes)])
    counts, leaks, servers, errors = collections.Counter(), collections.Counter(), set(), []
    for report in reports:
        counts += report.counts
        leaks += report.leaks
        servers |= report.processes
        errors += report.errors
    for text, count in leaks.most_common(40):
        print(f"{count} x {text}")
    print("".join(errors[:10]), end="")
    print(f"scripts={counts['scripts']} probes={counts['probes']} servers={len(servers)} leaks={leaks.total()} "
          f"errors={len(errors)}")
    # A test that has not looked has not passed.
    sys.exit(0 if counts["probes"] > 100 and len(servers) > 1 and not leaks and not errors else 1)


if __name__ == "__main__":
    main()
