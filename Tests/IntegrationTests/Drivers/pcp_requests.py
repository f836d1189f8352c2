"""Speaks pgpool's PCP protocol as the clients of newer releases do, and as no client should."""

from pcp_client import Client

client = Client().log_in()

# The query cache and the log file of newer releases: there is none here, and Egret says so.
for kind, text in ((b"V", b"logging_collector is off"), (b"G", b"query cache is not enabled")):
    answer, body = client.ask(kind, b"l" if kind == b"V" else b"")
    assert answer == b"E" and body.startswith(b"SERROR\0") and text in body, (answer, body)

# 13 fields for each node, on the same connection.
kind, body = client.ask(b"I", b"-1\0")
assert (kind, body) == (b"i", b"ArraySize\x002\0"), (kind, body)
for node in range(2):
    kind, body = client.receive()
    fields = body.split(b"\0")
    assert fields[0] == b"NodeInfo" and fields[-1] == b"" and len(fields) == 15, fields
    assert fields[9] == b"0" and fields[10].isdigit() and fields[13].isdigit(), fields
assert client.receive() == (b"i", b"CommandComplete\0")

# The second node stays where it is when an order is nonsense.
answer, body = client.ask(b"T", b"x")
assert answer == b"E" and body.startswith(b"SFATAL\0") and b"invalid PCP packet" in body, (answer, body)
assert client.receive() == (None, b"")

for noise in (b"\0" * 64, b"M\0\0\0\0", b"Q\0\0\0\4", b"C\0\0\0\6" + b"1\0", b"\xff" * 300):
    stranger = Client()
    stranger.socket.sendall(noise)
    answer, body = stranger.receive()
    assert answer == b"E" and body.startswith(b"SFATAL\0"), (noise, answer, body)
    assert stranger.receive() == (None, b""), noise

kind, body = Client().log_in().ask(b"L")
assert (kind, body) == (b"l", b"CommandComplete\x002\0"), (kind, body)
print("ok")
