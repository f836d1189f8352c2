"""Differences that are there on purpose, or that nobody behind a connection pool can avoid, each with its reason.

Those whose reason begins with "open" are faults of Egret's that are known and not mended yet. Everything else is one
that is not known.
"""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Known:
    reason: str
    # Of the script and its difference.
    matches: typing.Callable
    modes: tuple = ("session", "transaction")


def is_of_temporary_schema(script, difference):
    """Of an object in pg_temp, either that schema or the object itself is said not to be there."""
    expected, received = difference.expected, difference.received
    if expected is None or received is None or expected[0] != received[0] or expected[0] not in b"EN":
        return False
    bodies = expected[1], received[1]
    return any(b'schema "pg_temp" does not exist' in body for body in bodies) and all(
        b"does not exist" in body for body in bodies)


def is_of_sequence(script, difference):
    """A session's last number of a sequence: Egret says that there is none where it cannot be told."""
    expected, received = difference.expected, difference.received
    return (
        expected is not None and received is not None and expected[0] == b"D" and received[0] == b"E"
        and b"\0C55000\0" in received[1] and b"is not yet defined in this session" in received[1])


def is_of_own_end(script, difference):
    """Egret ends a connection for PostgreSQL's reason, but at no line of its source."""
    expected, received = difference.expected, difference.received
    return (
        expected is not None and received is not None and expected[0] == received[0] == b"E"
        and received[1].startswith(b"SFATAL\0")
        and fields(received[1]) == [field for field in fields(expected[1]) if field[:1] not in (b"F", b"L", b"R")])


def is_of_failed_block(script, difference):
    """A failed block refuses what Egret prepares again in front of a Bind or Describe, before it looks at those."""
    expected, received = difference.expected, difference.received
    return (
        expected is not None and received is not None and expected[0] == received[0] == b"E"
        and b"\0C25P02\0" in received[1] and b"\0Rexec_parse_message\0" in received[1]
        and (b"\0C25P02\0" in expected[1] or b"\0C08P01\0" in expected[1])
        and (b"\0Rexec_bind_message\0" in expected[1] or b"\0Rexec_describe_statement_message\0" in expected[1]))


def is_of_reset_in_block(script, difference):
    """What a RESET brings back inside of a block is the server's own value until the block ends, and is reported."""
    received, startup = difference.received, {name.lower() for name, _ in script.startup}
    if received is None:
        return False
    if received[0] == b"S":
        return received[1].split(b"\0")[0].decode().lower() in startup or "options" in startup
    # What the server's own search_path shows.
    return received[0] == b"D" and received[1].endswith(b"{}") and bool(startup & {"search_path", "options"})


def is_of_two_names(script, difference):
    """A text that was prepared under two names is one statement on the servers, and errors speak of either name."""
    expected, received = difference.expected, difference.received
    if expected is None or received is None or not expected[0] == received[0] == b"E":
        return False
    return b'prepared statement "' in received[1] and (
        [part for index, part in enumerate(expected[1].split(b'"')) if index != 1]
        == [part for index, part in enumerate(received[1].split(b'"')) if index != 1])


def is_of_sql_prepare(script, difference):
    """A name that PREPARE in SQL has taken is free for Parse; so is that of a Parse of such a PREPARE."""
    expected, received = difference.expected, difference.received
    return (
        expected is not None and received is not None and expected[0] == b"E" and b"\0C42P05\0" in expected[1]
        and (received[0] == b"1" or received == (b"C", b"PREPARE\0")))


def code(message):
    """The SQLSTATE of an error; None for other messages."""
    if message is None or message[0] != b"E":
        return None
    return next((field[1:] for field in message[1].split(b"\0") if field[:1] == b"C"), None)


def is_of_failed_group(script, difference):
    """Which names there are after a group that has failed, where messages behind it were on their way already."""
    codes = {code(difference.expected), code(difference.received)}
    tags = {message[0] for message in (difference.expected, difference.received) if message is not None}
    return bool(codes & {b"42P05", b"26000", b"25P02"}) and tags <= {b"E", b"1", b"2", b"t"}


def is_of_hidden_notice(script, difference):
    """A notice of a Parse that Egret sends ahead of the client's own."""
    expected = difference.expected
    return expected is not None and expected[0] == b"N" and b"\0C22P06\0" in expected[1]


def is_of_late_status(script, difference):
    """A parameter that an error or a reset has changed is told later than the answer."""
    expected, received = difference.expected, difference.received
    return expected is not None and received is not None and expected[0] == b"S" and received[0] == b"Z"


def fields(body):
    return [field for field in body.split(b"\0") if field]


KNOWN = (
    Known("an unknown message type, told by Egret itself", is_of_own_end),
    Known("lastval() and currval() where another client has drawn from a sequence meanwhile", is_of_sequence,
          modes=("transaction",)),
    Known("a Bind in a failed block, of a statement that its server has not seen", is_of_failed_block),
    Known("RESET inside of a block, of a parameter of the startup packet", is_of_reset_in_block),
    Known("a name that PREPARE in SQL has taken", is_of_sql_prepare),
    Known("the name of a statement that has two", is_of_two_names),
    Known("open: names in and behind a group that fails", is_of_failed_group),
    Known("open: notices of a text that is parsed ahead", is_of_hidden_notice),
    Known("open: a parameter that is told late", is_of_late_status),
    Known("a server process that has had a temporary object once keeps its pg_temp", is_of_temporary_schema),
)


def reason(script, difference, mode):
    """Why a difference is none of Egret's; None when it is."""
    for known in KNOWN:
        if mode in known.modes and known.matches(script, difference):
            return known.reason
    return None
