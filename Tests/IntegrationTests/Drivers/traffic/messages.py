"""The messages of a client as bytes, with every field that may vary, and both directions as text for reports."""

import struct

from protocol import message


def parse(text, name="", types=()):
    oids = struct.pack(f"!h{len(types)}I", len(types), *types)
    return message(b"P", name.encode() + b"\0" + text.encode() + b"\0" + oids)


def formats(codes):
    return struct.pack(f"!h{len(codes)}h", len(codes), *codes)


def values(items):
    """Values of parameters or arguments: None is NULL."""
    body = struct.pack("!h", len(items))
    for item in items:
        body += struct.pack("!i", -1) if item is None else struct.pack("!i", len(item)) + item
    return body


def bind(name="", portal="", items=(), item_formats=(), result_formats=()):
    names = portal.encode() + b"\0" + name.encode() + b"\0"
    return message(b"B", names + formats(item_formats) + values(items) + formats(result_formats))


def describe(kind, name=""):
    return message(b"D", kind + name.encode() + b"\0")


def close(kind, name=""):
    return message(b"C", kind + name.encode() + b"\0")


def execute(portal="", rows=0):
    return message(b"E", portal.encode() + b"\0" + struct.pack("!i", rows))


def function_call(oid, items, item_formats=(), result_format=0):
    body = struct.pack("!I", oid) + formats(item_formats) + values(items) + struct.pack("!h", result_format)
    return message(b"F", body)


def copy_data(data):
    return message(b"d", data)


COPY_DONE = message(b"c")


def copy_fail(reason):
    return message(b"f", reason.encode() + b"\0")


def split(data):
    """Whole messages as pairs of tag and body, and the bytes behind them."""
    found, start = [], 0
    while len(data) - start >= 5:
        length = 1 + int.from_bytes(data[start + 1 : start + 5], "big")
        if length < 5 or len(data) - start < length:
            break
        found.append((data[start : start + 1], data[start + 5 : start + length]))
        start += length
    return found, data[start:]


FRONTEND = {
    b"Q": "Query", b"P": "Parse", b"B": "Bind", b"D": "Describe", b"E": "Execute", b"C": "Close", b"S": "Sync",
    b"H": "Flush", b"F": "FunctionCall", b"d": "CopyData", b"c": "CopyDone", b"f": "CopyFail", b"X": "Terminate",
}

BACKEND = {
    b"R": "Authentication", b"K": "BackendKeyData", b"S": "ParameterStatus", b"Z": "ReadyForQuery",
    b"T": "RowDescription", b"t": "ParameterDescription", b"n": "NoData", b"D": "DataRow", b"C": "CommandComplete",
    b"I": "EmptyQueryResponse", b"s": "PortalSuspended", b"1": "ParseComplete", b"2": "BindComplete",
    b"3": "CloseComplete", b"E": "ErrorResponse", b"N": "NoticeResponse", b"A": "NotificationResponse",
    b"G": "CopyInResponse", b"H": "CopyOutResponse", b"d": "CopyData", b"c": "CopyDone",
    b"V": "FunctionCallResponse", b"": "-",
}


def as_text(body, limit=200):
    """Bytes for a reader: NULs as bars, what is long cut."""
    text = body.replace(b"\0", b"|").decode("utf-8", "backslashreplace")
    text = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(body)} bytes)"


def describe_sent(data):
    """What a client sends, message by message."""
    found, rest = split(data)
    words = [f"{FRONTEND.get(tag, tag)} {as_text(body)}".rstrip() for tag, body in found]
    return words + ([f"the beginning of a message: {rest[:40]!r}"] if rest else [])


def describe_received(tag, body):
    return f"{BACKEND.get(tag, tag)} {as_text(body, 400)}".rstrip()
