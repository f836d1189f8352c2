"""As many parameters as the protocol has room for, with a list of types and a list of values longer than any buffer."""

import struct

import target
from protocol import EXECUTE, SYNC, Client, expect, message

options = target.arguments()
COUNT = 65_535
INT4 = 23
TEXT = f"SELECT array_length(ARRAY[{','.join(f'${number}' for number in range(1, COUNT + 1))}], 1), $1, ${COUNT}"


def parse(name, types):
    words = name.encode() + b"\0" + TEXT.encode() + b"\0"
    return message(b"P", words + struct.pack(f"!H{len(types)}I", len(types), *types))


def bind(name, values):
    """With a format for each value: all of them are binary."""
    formats = struct.pack(f"!H{len(values)}H", len(values), *[1] * len(values))
    body = b"".join(struct.pack("!ii", 4, value) for value in values)
    return message(b"B", b"\0" + name.encode() + b"\0" + formats + struct.pack("!H", len(values)) + body + b"\0\0")


def answers(connection, *messages):
    """All of them up to ReadyForQuery."""
    connection.send(*messages)
    found = []
    while not found or found[-1][0] != b"Z":
        found.append(connection.next())
    return found


def check(found, what):
    """The row says how many there are, and which are the first and the last."""
    expect([tag for tag, _ in found][-4:], [b"2", b"D", b"C", b"Z"], what)
    row = b"".join(struct.pack("!i", len(word)) + word for word in (b"65535", b"7", b"-9"))
    expect(found[-3][1], b"\0\3" + row, what)


values = [7, *range(COUNT - 2), -9]
connections = [Client(options, timeout=20) for _ in range(3)]
for name in ("many", ""):
    describe = message(b"D", b"S" + name.encode() + b"\0")
    for connection in connections[:2]:
        found = answers(connection, parse(name, [INT4] * COUNT), describe, bind(name, values), EXECUTE, SYNC)
        expect(found[0], (b"1", b""), "ParseComplete")
        expect(found[1], (b"t", struct.pack(f"!H{COUNT}I", COUNT, *[INT4] * COUNT)), "the types of the parameters")
        check(found, f"{name!r} in one group")
        check(answers(connection, bind(name, values), EXECUTE, SYNC), f"{name!r} in a later group")

# On a server that does not know it yet.
connections[2].ask("BEGIN")
connections[2].ask("SELECT txid_current()")
check(answers(connections[0], bind("many", values), EXECUTE, SYNC), "on whichever server is left")
connections[2].ask("ROLLBACK")

# One more than there is room for is none, and one too few is an error.
found = answers(connections[0], bind("many", values[1:]), EXECUTE, SYNC)
expect([tag for tag, _ in found], [b"E", b"Z"], "a value too few")
target.check(b"C08P01\0" in found[0][1], f"a value too few: {found[0]}")
check(answers(connections[0], bind("many", values), EXECUTE, SYNC), "behind an error")

print("well")
