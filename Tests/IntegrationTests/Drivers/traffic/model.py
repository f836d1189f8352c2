"""What the generator believes of a session. It may be wrong: an error is as good an answer as any."""

import re

from traffic import database

# What changes a table, depends on one that scripts change, or tells a standby from the primary.
NO_READ = re.compile(
    "INSERT|UPDATE|DELETE|TRUNCATE|made|seen|numbers|numbered|nextval|setval|lo_|LOCK|transaction_read_only")


class Model:
    def __init__(self, random, seed, slot, topics, is_reading):
        self.random = random
        self.seed = seed
        self.slot = slot
        self.schema = database.schema_of(slot)
        self.topics = topics
        # Only what may be asked of any server of a cluster, however far behind the primary it is.
        self.is_reading = is_reading
        self.is_in_block = False
        self.has_failed = False
        self.savepoints = []
        # Statements of the extended protocol: the shape of the last Parse of each name.
        self.shapes = {}
        self.outlives_session = False
        self.next_id = 100

    def choose(self, *items):
        return self.random.choice(items)

    def chance(self, probability):
        return self.random.random() < probability

    def number(self, low=1, high=12):
        return self.random.randint(low, high)

    def allowed(self, make):
        """What `make(self)` gives, if need be only after a few tries."""
        while True:
            made = make(self)
            if not self.is_reading or not NO_READ.search(made):
                return made

    @property
    def prefix(self):
        """Names with their schema, or, now and then, as search_path finds them."""
        return "" if self.chance(0.1) else self.schema + "."

    @property
    def fresh_id(self):
        self.next_id += 1
        return self.next_id

    @property
    def advisory_key(self):
        """Nobody else's, not even that of the same client's script before: locks end behind the client's back."""
        return self.seed % 1_000_000_000 * 10 + self.number(0, 3)

    def note(self, sql):
        """What a statement that goes well does to the block."""
        words = sql.upper().split()
        first = words[0] if words else ""
        if first in ("BEGIN", "START"):
            self.is_in_block, self.savepoints = True, []
        elif first == "SAVEPOINT":
            self.savepoints.append(sql.split()[1])
        elif first in ("COMMIT", "END", "ROLLBACK", "ABORT") or words[:2] == ["PREPARE", "TRANSACTION"]:
            if "TO" in words:
                self.has_failed = False
            else:
                self.is_in_block = "CHAIN" in words and self.is_in_block
                self.has_failed, self.savepoints = False, []

    def note_failure(self):
        self.has_failed = self.is_in_block
