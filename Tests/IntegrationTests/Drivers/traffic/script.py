"""What a client does: its startup packet, its steps, and how it leaves."""

import dataclasses
import enum


@dataclasses.dataclass(frozen=True)
class Part:
    """Bytes that are sent at once, and what is waited for behind them.

    `count` messages with one of the tags in `until` end the part. Anything but ReadyForQuery is only hoped for: an
    error within the group of extended messages, or ReadyForQuery, ends the part too.
    """

    data: bytes
    until: bytes = b"Z"
    count: int = 1
    # Whether the part is played: always, or only while the server does, or does not, want COPY data.
    when: str = "always"
    # A Sync among it is ignored, and not answered, when a copy has begun in front of it.
    copy_ignores: int = 0


@dataclasses.dataclass(frozen=True)
class Step:
    """Something that is left out as a whole when a failing script is made smaller."""

    parts: tuple

    @staticmethod
    def of(*messages, ready=1):
        """Messages at once, answered with so many ReadyForQuery."""
        return Step((Part(b"".join(messages), count=ready),))


class Leave(enum.Enum):
    TERMINATE = "Terminate"
    CLOSE = "closes its socket"
    GARBAGE = "sends an unknown message type"


@dataclasses.dataclass(frozen=True)
class Script:
    seed: int
    # Whose schema it uses: the number of a client that plays one script at a time.
    slot: int
    startup: tuple
    steps: tuple
    leave: Leave
    # The client's bytes are sent in pieces, and its socket buffers are small, to make every boundary somewhere.
    is_cut: bool
    has_small_buffers: bool
    # Prepared transactions and large objects have to be looked for behind it.
    outlives_session: bool = False
