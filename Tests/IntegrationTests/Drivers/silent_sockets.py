"""Takes Egret's descriptors away: its limit of open files is lowered, then sockets come that say nothing."""

import resource
import socket
import time

import target
from protocol import Client

options = target.arguments(pid=0, seconds=6.0)
session = Client(options)
session.ask("SELECT 1")
before = resource.prlimit(options.pid, resource.RLIMIT_NOFILE)
resource.prlimit(options.pid, resource.RLIMIT_NOFILE, (120, before[1]))
silent = []
for _ in range(200):
    silent.append(socket.create_connection(("127.0.0.1", options.port)))
end = time.monotonic() + options.seconds
while time.monotonic() < end:
    answer = session.ask("SELECT 1")
    target.check(answer == (b"TDCZ", None), f"the session that was there gets {answer}")
    time.sleep(0.2)
for connection in silent:
    connection.close()
late = Client(options, timeout=10)
target.check(late.ask("SELECT 1") == (b"TDCZ", None), "a client that comes afterwards")
resource.prlimit(options.pid, resource.RLIMIT_NOFILE, before)
print("well")
