"""Rows and parameters far larger than any buffer, and a long result that the client reads slowly."""

import time

import target

psycopg = target.need("psycopg2")
options = target.arguments(megabytes=48)
size = options.megabytes << 20
connection = psycopg.connect(**target.conninfo(options))
connection.autocommit = True
cursor = connection.cursor()

cursor.execute("SELECT repeat('x', %s)", (size,))
value = cursor.fetchone()[0]
target.check(len(value) == size and value == "x" * size, f"a row of {size} bytes came back with {len(value)}")

sent = "abcdefgh" * (size // 8)
cursor.execute("SELECT md5(%s), length(%s)", (sent, sent[: size // 2]))
digest, length = cursor.fetchone()
cursor.execute("SELECT md5(repeat('abcdefgh', %s))", (size // 8,))
target.check(digest == cursor.fetchone()[0], "a large parameter changed on its way")
target.check(length == size // 2, f"a large parameter arrived with {length} bytes")


class Slow:
    """Takes what it is given, with pauses: the proxy has to hold back the server."""

    def __init__(self):
        self.count = 0
        self.pauses = 0

    def write(self, data):
        self.count += len(data)
        if self.pauses < 10 and self.count > (self.pauses + 1) * (4 << 20):
            self.pauses += 1
            time.sleep(0.05)


slow = Slow()
cursor.copy_expert(f"COPY (SELECT repeat('y', 999) FROM generate_series(1, {4 * size // 1000})) TO STDOUT", slow)
target.check(slow.count == 4 * size // 1000 * 1000, f"a long result had {slow.count} bytes")
cursor.execute("SELECT 1")
target.check(cursor.fetchone() == (1,), "the session does not go on")
print(f"megabytes={options.megabytes}")
