"""Many clients share a few servers; half of them cancel at any moment, and the other half never notices."""

import random
import threading
import time

import protocol
import target

options = target.arguments(clients=16, seconds=6, seed=0)
seed = options.seed or random.randrange(1 << 32)
deadline = time.monotonic() + options.seconds
counts = {"canceled": 0, "finished": 0, "innocent": 0}
failures = []
lock = threading.Lock()


def count(what):
    with lock:
        counts[what] += 1


def innocent(number, dice):
    client = protocol.Client(options, timeout=20)
    while time.monotonic() < deadline:
        for query in (f"SELECT {number}, pg_sleep({dice.random() * 0.003})", "BEGIN", f"SELECT {number}", "COMMIT"):
            seen, state = client.ask(query)
            target.check(state is None, f"innocent client {number} got {state} ({seen}) for {query}")
            count("innocent")


def canceling(number, dice):
    client = protocol.Client(options, timeout=20, minor=number % 4)
    while time.monotonic() < deadline:
        client.send(protocol.query(f"SELECT {number}, pg_sleep({dice.random() * 0.004})"))
        # Most are cancelled in the queue, some in their statement, and some when it is over.
        time.sleep(dice.random() * dice.choice((0.005, 0.005, 0.1)))
        # Some requests are still under way when the next statement is sent, and may hit that.
        waits = dice.random() < 0.7
        for _ in range(dice.choice((1, 1, 4))):
            client.cancel(waits)
        _, state = client.until(b"Z")
        target.check(state in (None, "57014"), f"canceling client {number} got {state}")
        count("finished" if state is None else "canceled")
        if waits:
            _, state = client.ask("SELECT 1")
            target.check(state is None, f"a statement of client {number} behind its cancel request got {state}")
        else:
            # What comes now is hit, or what came before was.
            client.ask("SELECT pg_sleep(0.001)")
            client.cancel()


def run(work, number):
    try:
        work(number, random.Random(seed + number))
    except Exception as error:
        failures.append(f"{type(error).__name__}: {error}")


threads = [
    threading.Thread(target=run, args=(canceling if number % 2 else innocent, number))
    for number in range(options.clients)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
target.check(not failures, f"seed {seed}: {failures}")
target.check(counts["canceled"] > 50, f"seed {seed}: nothing was canceled: {counts}")
target.check(counts["finished"] > 5, f"seed {seed}: nothing came too late: {counts}")
target.check(counts["innocent"] > 200, f"seed {seed}: nothing else ran: {counts}")
print("well")
