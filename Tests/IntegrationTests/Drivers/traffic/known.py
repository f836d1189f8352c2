"""Differences that are there on purpose, or that nobody behind a connection pool can avoid, each with its reason.

Everything else is a fault of Egret's.
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
    return (
        expected is not None and received is not None and expected[0] == received[0] and expected[0] in b"EN"
        and b'schema "pg_temp" does not exist' in expected[1] and b"does not exist" in received[1])


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


def fields(body):
    return [field for field in body.split(b"\0") if field]


KNOWN = (
    Known("an unknown message type, told by Egret itself", is_of_own_end),
    Known("lastval() and currval() where another client has drawn from a sequence meanwhile", is_of_sequence,
          modes=("transaction",)),
    Known("a server process that has had a temporary object once keeps its pg_temp", is_of_temporary_schema),
)


def reason(script, difference, mode):
    """Why a difference is none of Egret's; None when it is."""
    for known in KNOWN:
        if mode in known.modes and known.matches(script, difference):
            return known.reason
    return None
