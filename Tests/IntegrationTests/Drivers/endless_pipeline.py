"""One client sends groups without a pause and reads their answers; another must get its turn all the same."""

import threading
import time

import target
from protocol import EXECUTE, SYNC, Client, bind, parse, query

options = target.arguments(kind="group")
GROUPS = {
    "group": [parse("SELECT 1"), bind(), EXECUTE, SYNC],
    "query": [query("SELECT 1")],
    "transaction": [query("BEGIN"), query("SELECT 1"), query("COMMIT")],
    "parameter": [query("SET work_mem = '5MB'"), query("SELECT 1")],
}
busy, other = Client(options), Client(options)
other.ask("SELECT 0")
burst = b"".join(GROUPS[options.kind] * 50)
isOver = threading.Event()


def send():
    while not isOver.is_set():
        busy.socket.sendall(burst)


read = 0


def receive():
    global read
    while not isOver.is_set():
        read += len(busy.socket.recv(65536))


for work in (send, receive):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.5)
longest, served = 0.0, 0
begin = time.monotonic()
while time.monotonic() - begin < 5:
    asked = time.monotonic()
    other.ask("SELECT 2")
    longest, served = max(longest, time.monotonic() - asked), served + 1
before = read
# It may be the other's turn for half a second.
for _ in range(20):
    if read > before:
        break
    time.sleep(0.1)
# What is in the pipeline is run first; the debug build takes its time for parameters.
target.check(longest < 2.5, f"an answer took {longest} s")
target.check(served >= 4, f"{served} answers in 5 s")
target.check(read > before, "the pipeline stands still")
isOver.set()
print("well")
