"""Random traffic played against PostgreSQL itself and through Egret: the answers must be alike, message by message.

--port is Egret's, --direct-port the server's behind it, --mode says how that Egret pools. Script number i is made from
--seed + i, and played by client i modulo --clients, all of which play at the same time. A difference is printed with
its seed and, as far as it shows without the other clients, with the smallest script that has it. The first line of the
output names the seed; --seed S --scripts 1 --clients 1 plays one script again.

With --standby-port Egret stands in front of that server, too, and the scripts do nothing that a standby cannot do, or
sees later than the primary.
"""

import collections
import contextlib
import dataclasses
import multiprocessing
import random
import sys
import threading
import time
import traceback

import target
from traffic import comparison, database, generator, known, noise, shrinking, wire

options = target.arguments(
    direct_port=0, mode="transaction", seed=-1, scripts=500, clients=24, timeout=10, shrink=3, shrink_seconds=20,
    standby_port=0)

PROCESSES = multiprocessing.cpu_count()
# Of one process, before it gives up.
FAILURES_MAX = 200


@dataclasses.dataclass
class Failure:
    script: object
    difference: comparison.Difference
    text: str
    known: str | None


class Theatre:
    """Where one client's scripts are played: on a connection to the server itself, and on one to Egret."""

    def __init__(self, newest):
        self.newest = newest
        self.tries = 1
        self.direct = database.Stagehand(options.direct_port, "direct")
        self.proxied = database.Stagehand(options.direct_port, options.mode)

    def play(self, script):
        """Both answers to a script."""
        return self.play_on(self.direct, options.direct_port, script), self.play_on(self.proxied, options.port, script)

    def play_on(self, stagehand, port, script):
        # A standby would see it later.
        if not options.standby_port:
            stagehand.reset(script)
        return wire.play(port, script, options.timeout, database.name_of(stagehand.mode), database.USER)

    def failure(self, script):
        expected, received = self.play(script)
        silence = [body for step in expected for tag, body in step if tag == b"" and b"within" in body]
        target.check(not silence, f"PostgreSQL itself: {silence}")
        found = comparison.difference(expected, received, self.newest)
        if found is None:
            return None
        text = comparison.report(script, found, expected, received)
        return Failure(script, found, text, known.reason(script, found, options.mode))

    def differs(self, script):
        """The difference if it shows in one of a few plays: it may hang on which server the script meets."""
        for _ in range(self.tries):
            self.proxied.await_locks()
            try:
                failure = self.failure(script)
            except AssertionError:
                # PostgreSQL itself does not answer to what is left of it.
                return None
            if failure:
                return failure.difference
        return None

    def shrunk(self, script, signature):
        """What shows of the script when it is made smaller; None when nothing does without the other clients."""
        for self.tries, beside in ((1, contextlib.nullcontext()), (4, noise.Noise(options.port, options.mode))):
            with beside:
                small = shrinking.shrink(script, self.differs, signature, options.shrink_seconds)
                for _ in range(self.tries if small else 0):
                    again = self.failure(small)
                    if again and again.difference.signature() == signature:
                        return again
        return None


def client(slot, seed, newest, counts, failures):
    """Plays every script of one slot."""
    theatre = Theatre(newest)
    for number in range(slot, options.scripts, options.clients):
        # More of them teach nothing more, and each may be a timeout.
        if len(failures) >= FAILURES_MAX:
            return
        try:
            script = generator.script(seed + number, slot, is_reading=options.standby_port > 0)
            counts["scripts"] += 1
            counts["steps"] += len(script.steps)
            failure = theatre.failure(script)
            if failure:
                failures.append(failure)
        except Exception:
            failures.append(f"seed {seed + number}, client {slot}: {traceback.format_exc()}")
            theatre = Theatre(newest)


def clients(process, seed, newest):
    """The clients of one process, each on a thread of its own."""
    counts, failures = collections.Counter(), []
    threads = [
        threading.Thread(target=client, args=(slot, seed, newest, counts, failures))
        for slot in range(process, options.clients, PROCESSES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts, failures


def show(failures, newest):
    """Prints each kind of difference once, small, and how often it came."""
    kinds = collections.defaultdict(list)
    for failure in failures:
        kinds[failure if isinstance(failure, str) else failure.difference.signature()].append(failure)
    theatre = Theatre(newest)
    for number, (signature, same) in enumerate(sorted(kinds.items(), key=lambda kind: -len(kind[1]))):
        print(f"\n{len(same)} x {signature}")
        if isinstance(same[0], str):
            continue
        print("  seeds " + " ".join(str(failure.script.seed) for failure in same[:10]))
        shortest = min(same, key=lambda failure: failure.difference.step)
        small = theatre.shrunk(shortest.script, signature) if number < options.shrink else None
        print(small.text if small else "  (as it was beside the other clients)\n" + shortest.text)


def main():
    seed = options.seed if options.seed >= 0 else random.SystemRandom().randrange(1 << 31)
    print(f"seed={seed} scripts={options.scripts} clients={options.clients} mode={options.mode}", flush=True)
    newest = database.create(options.direct_port, options.clients, ("direct", options.mode))
    if options.standby_port:
        database.await_standby(options.direct_port, options.standby_port)
    begin = time.monotonic()
    counts, failures = collections.Counter(), []
    with multiprocessing.Pool(PROCESSES) as pool:
        for more, found in pool.starmap(clients, [(process, seed, newest) for process in range(PROCESSES)]):
            counts += more
            failures += found
    seconds = time.monotonic() - begin
    expected = [failure for failure in failures if not isinstance(failure, str) and failure.known]
    for reason, count in collections.Counter(failure.known for failure in expected).items():
        print(f"known, {count} times: {reason}")
    failures = [failure for failure in failures if isinstance(failure, str) or not failure.known]
    show(failures, newest)
    print(f"scripts={counts['scripts']} steps={counts['steps']} differences={len(failures)}")
    print(f"{counts['scripts'] / seconds:.0f} scripts/s", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
