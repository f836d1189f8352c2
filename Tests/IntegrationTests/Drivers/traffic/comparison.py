"""Whether two plays of a script were answered alike, message by message."""

import dataclasses
import re
import struct

from traffic import messages


QUOTED = re.compile('"[^"]*"|[0-9]+')
# PL/pgSQL names a function with its schema or without, as it was to be seen when the server process first ran it.
PROCEDURAL = re.compile(rb"(PL/pgSQL function )[a-z][0-9]+\.")


class Canon:
    """Takes out what two sessions cannot have in common: process ids, cancel keys, the numbers of tables that the
    script itself has made, in whose place it counts, and what a server process remembers of its earlier sessions."""

    def __init__(self, newest):
        self.newest = newest
        self.made = {}

    def message(self, tag, body):
        if tag == b"K":
            return tag, b""
        if tag == b"A":
            return tag, body[4:]
        if tag == b"E" or tag == b"N":
            return tag, PROCEDURAL.sub(rb"\1", body)
        if tag == b"T":
            return tag, self.description(body)
        return tag, body

    def description(self, body):
        """RowDescription: a name, then 18 bytes of which the first four are the table's number."""
        pieces, start = [body[:2]], 2
        for _ in range(int.from_bytes(body[:2], "big")):
            end = body.index(b"\0", start) + 1
            (table,) = struct.unpack_from("!I", body, end)
            if table > self.newest:
                table = self.made.setdefault(table, len(self.made) + 1)
            pieces += body[start:end], struct.pack("!I", table), body[end + 4 : end + 18]
            start = end + 18
        return b"".join(pieces) + body[start:]


def canonical(answers, newest):
    canon = Canon(newest)
    steps = [[canon.message(tag, body) for tag, body in step] for step in answers]
    # The reports of the login are a set: the protocol knows no order of them, and releases of PostgreSQL have several.
    login = iter(sorted(answer for answer in steps[0] if answer[0] == b"S"))
    steps[0] = [next(login) if answer[0] == b"S" else answer for answer in steps[0]]
    return steps


@dataclasses.dataclass(frozen=True)
class Difference:
    """The first one. `step` counts the login as 0; the messages are None where an answer has ended."""

    step: int
    place: int
    expected: tuple
    received: tuple

    def signature(self):
        """What differences of one cause have in common."""
        return " instead of ".join(self.brief(answer) for answer in (self.received, self.expected))

    @staticmethod
    def brief(answer):
        if answer is None:
            return "nothing"
        tag, body = answer
        name = messages.BACKEND.get(tag, str(tag))
        if tag in (b"E", b"N"):
            text = QUOTED.sub('...', error_field(body, b"M"))
            return f"{name} {error_field(body, b'C')} {text} ({error_field(body, b'R') or 'of no routine'})"
        return name + " " + messages.as_text(body, 30) if tag in (b"", b"C", b"D", b"Z", b"S") else name


def error_field(body, code):
    return next((field[1:].decode("utf-8", "replace") for field in body.split(b"\0") if field[:1] == code), "")


def difference(expected, received, newest):
    """Between the answers to a script from PostgreSQL and through Egret; None when they are alike."""
    left, right = canonical(expected, newest), canonical(received, newest)
    for number, (wanted, found) in enumerate(zip(left, right)):
        if wanted == found:
            continue
        for place in range(max(len(wanted), len(found))):
            one = wanted[place] if place < len(wanted) else None
            other = found[place] if place < len(found) else None
            if one != other:
                return Difference(number, place, one, other)
    return None


def report(script, difference, expected, received):
    """A script up to its difference, and what was answered there."""
    lines = [f"seed {script.seed}, client {script.slot}, startup {dict(script.startup)}"]
    for number, step in enumerate(script.steps[: difference.step], start=1):
        for part in step.parts:
            when = "" if part.when == "always" else f" (when {part.when})"
            wait = f"{part.count} x {part.until.decode()}"
            lines += [f"  {number:3}{when} > {text}" for text in messages.describe_sent(part.data)]
            lines.append(f"  {number:3}   ... until {wait}")
    if difference.step > len(script.steps):
        lines.append(f"  then it {script.leave.value}")
    for title, answers in (("PostgreSQL", expected), ("Egret", received)):
        lines.append(f"  {title} answers step {difference.step}:")
        step = answers[difference.step]
        first = max(0, difference.place - 4)
        if first:
            lines.append(f"      ... {first} messages that are the same")
        for place in range(first, min(len(step), difference.place + 5)):
            mark = "->" if place == difference.place else "  "
            lines.append(f"   {mark} {messages.describe_received(*step[place])}")
        if difference.place >= len(step):
            lines.append("   -> (no more)")
    return "\n".join(lines)
