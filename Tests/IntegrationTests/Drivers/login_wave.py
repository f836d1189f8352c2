"""Many clients log in at once, with passwords to be worked on, while another one asks."""

import subprocess
import sys
import time

import target

psycopg = target.need("psycopg")
options = target.arguments(clients=200, waves=2)
WAVE = """
import sys, threading, psycopg
def login():
    try:
        with psycopg.connect(sys.argv[1]) as connection:
            answers.append(connection.execute("SELECT 1").fetchone()[0])
    except psycopg.Error as error:
        print(error)
answers = []
for _ in range(int(sys.argv[3])):
    threads = [threading.Thread(target=login) for _ in range(int(sys.argv[2]))]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(len(answers))
"""

conninfo = target.conninfo(options)
steady = psycopg.connect(**conninfo, autocommit=True)
words = psycopg.conninfo.make_conninfo("", **conninfo)
wave = subprocess.Popen(
    [sys.executable, "-c", WAVE, words, str(options.clients), str(options.waves)], stdout=subprocess.PIPE, text=True)
times = []
while wave.poll() is None:
    began = time.monotonic()
    target.check(steady.execute("SELECT 1").fetchone()[0] == 1, "the answer of the one who was there")
    times.append(time.monotonic() - began)
found = wave.communicate()[0].strip()
target.check(found == str(options.clients * options.waves), f"logins: {found}")
times.sort()
target.check(len(times) > 100, f"{len(times)} answers during the logins")
target.check(times[len(times) // 2] < 0.1, f"half of the answers took longer than {times[len(times) // 2]:.3f} s")
target.check(times[-1] < 0.75, f"an answer took {times[-1]:.3f} s during the logins")
print("well")
