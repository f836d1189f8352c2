"""Makes a script that shows a difference as small as it goes, by leaving out parts of it while it still shows one."""

import dataclasses
import time

from traffic import messages
from traffic.script import Part, Step

# Each of these is answered with one ReadyForQuery.
ASKING = (b"Q", b"S", b"F")
# Their number and place is bound up with what the server wants at the time.
COPYING = (b"d", b"c", b"f")


def shrink(script, differs, wanted, limit):
    """The smallest script found within `limit` seconds for which `differs(script)` has the signature that is wanted.

    None when even the whole script does not show it.
    """
    end = time.monotonic() + limit
    first = differs(script)
    if first is None or first.signature() != wanted:
        return None

    def holds(candidate):
        if time.monotonic() > end:
            return False
        found = differs(candidate)
        return found is not None and found.signature() == wanted

    # What comes behind the difference has no part in it.
    cut = dataclasses.replace(script, steps=script.steps[: first.step])
    if holds(cut):
        script = cut
    for change in ({"is_cut": False, "has_small_buffers": False}, {"startup": ()}):
        candidate = dataclasses.replace(script, **change)
        if holds(candidate):
            script = candidate
    script = dataclasses.replace(script, steps=fewer(script.steps, lambda steps: holds(with_steps(script, steps))))
    for number, step in enumerate(script.steps):
        before, after = script.steps[:number], script.steps[number + 1 :]
        small = smaller(step, lambda one: holds(with_steps(script, (*before, one, *after))))
        script = with_steps(script, (*before, small, *after))
    return script


def with_steps(script, steps):
    return dataclasses.replace(script, steps=tuple(steps))


def fewer(items, holds):
    """Items without those that can be spared: first many at a time, at last one by one."""
    items, size = tuple(items), max(1, len(items) // 2)
    while True:
        start, has_changed = 0, False
        while start < len(items):
            candidate = items[:start] + items[start + size :]
            if holds(candidate):
                items, has_changed = candidate, True
            else:
                start += size
        if size == 1 and not has_changed:
            return items
        size = max(1, size // 2)


def smaller(step, holds):
    """A step with fewer messages, if it is one that is simply sent and answered."""
    if len(step.parts) > 1 or step.parts[0].until != b"Z":
        return step
    found, rest = messages.split(step.parts[0].data)
    if rest or any(tag in COPYING for tag, _ in found):
        return step

    def made_of(some):
        data = b"".join(tag + (len(body) + 4).to_bytes(4, "big") + body for tag, body in some)
        return Step((Part(data, count=sum(tag in ASKING for tag, _ in some)),))

    def is_enough(some):
        tags = [tag for tag, _ in some]
        # A Query in the middle of a group is skipped with it when the group fails, and answered when it does not.
        is_clear = all(before in ASKING for before, tag in zip(tags, tags[1:]) if tag in b"QF")
        return bool(tags) and tags[-1] in ASKING and is_clear and holds(made_of(some))

    return made_of(fewer(found, is_enough)) if len(found) > 1 else step
