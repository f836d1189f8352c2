"""Differences that are there on purpose, or that nobody behind a connection pool can avoid, each with its reason.

Everything else is a fault that is not known.
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
    if expected is None or received is None or code(received) != b"25P02" or routine(received) != EXEC_PARSE:
        return False
    return expected[0] == b"t" or (
        code(expected) in (b"25P02", b"08P01", b"26000") and routine(expected) != EXEC_PARSE)


def is_of_reset_in_block(script, difference):
    """What a RESET brings back is the server's own value until its block, or its group of messages, has ended."""
    received = difference.received
    if not script.startup or received is None or not sends(script, b"reset", b"default", b"discard all"):
        return False
    # Which row or error comes of it, nobody can tell.
    return received[0] in b"SDE"


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


def routine(message):
    """Where in PostgreSQL an error comes from."""
    return next((field[1:] for field in message[1].split(b"\0") if field[:1] == b"R"), None)


EXEC_PARSE = b"exec_parse_message"


def sends(script, *words):
    """Whether one of these words is in what the client sends, in any case."""
    data = b"".join(part.data for step in script.steps for part in step.parts).lower()
    return any(word in data for word in words)


def is_of_recoded_name(script, difference):
    """A statement's name with other letters than ASCII's, after the encoding of the client has changed."""
    codes = {code(difference.expected), code(difference.received)}
    return bool(codes & {b"42P05", b"26000"}) and "é".encode() in b"".join(
        part.data for step in script.steps for part in step.parts) and sends(script, b"names", b"client_encoding")


def is_of_later_name(script, difference):
    """EXECUTE and DEALLOCATE that are prepared before the statement which they name."""
    return code(difference.received) == b"26000" and sends(script, b"execute ", b"deallocate ")


def is_of_position(script, difference):
    """Where in the text an error is, of an EXECUTE whose name Egret has replaced."""
    expected, received = difference.expected, difference.received
    if code(expected) is None or code(received) is None or not sends(script, b"execute "):
        return False
    return [field for field in fields(expected[1]) if field[:1] != b"P"] == [
        field for field in fields(received[1]) if field[:1] != b"P"]


def is_of_other_role(script, difference):
    """A text is parsed anew on another server, with the role and the search path that the client has then."""
    return (
        difference.received is not None and code(difference.received) == b"42501"
        and routine(difference.received) == b"aclcheck_error" and sends(script, b"set role", b"session authorization"))


def is_of_refused_warning(script, difference):
    """The warning in front of the error of a text, where a name is taken or a block has failed."""
    expected = difference.expected
    return expected is not None and expected[0] == b"N" and b"\0C22P06\0" in expected[1] and (
        code(difference.received) is not None)


def is_of_status_order(script, difference):
    """Several parameters that are told at once."""
    expected, received = difference.expected, difference.received
    return expected is not None and received is not None and expected[0] == received[0] == b"S"


def fields(body):
    return [field for field in body.split(b"\0") if field]


KNOWN = (
    Known("an unknown message type, told by Egret itself", is_of_own_end),
    Known("lastval() and currval() where another client has drawn from a sequence meanwhile", is_of_sequence,
          modes=("transaction",)),
    Known("a Bind in a failed block, of a statement that its server has not seen", is_of_failed_block),
    Known("RESET inside of a block or group, of a parameter of the startup packet", is_of_reset_in_block),
    Known("a name that PREPARE in SQL has taken", is_of_sql_prepare),
    Known("the name of a statement that has two", is_of_two_names),
    Known("a name in letters beyond ASCII, after a change of the encoding", is_of_recoded_name),
    Known("SQL that names a statement which is prepared later", is_of_later_name),
    Known("the position of an error in an EXECUTE of a statement of the protocol", is_of_position),
    Known("a text that is parsed anew under another role", is_of_other_role),
    Known("the warning of a text that is refused", is_of_refused_warning),
    Known("the order of parameters that are told at once", is_of_status_order),
    Known("a server process that has had a temporary object once keeps its pg_temp", is_of_temporary_schema),
)


def reason(script, difference, mode):
    """Why a difference is none of Egret's; None when it is."""
    for known in KNOWN:
        if mode in known.modes and known.matches(script, difference):
            return known.reason
    return None
