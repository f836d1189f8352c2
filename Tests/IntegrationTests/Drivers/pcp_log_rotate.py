"""pgpool's pcp_log_rotate, which came with 4.6, for both of its scopes: prints what Egret answers."""

from pcp_client import Client

client = Client().log_in()
for scope in (b"l", b"c"):
    kind, body = client.ask(b"V", scope)
    print(kind.decode(), *(field.decode() for field in body.split(b"\0") if field), sep="|")
