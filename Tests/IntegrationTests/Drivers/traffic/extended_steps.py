"""Steps of the extended protocol: parameters, portals, groups, pipelines, errors anywhere."""

import dataclasses
import struct

from protocol import FLUSH, SYNC, query
from traffic import messages, simple_steps, vocabulary
from traffic.model import NO_READ
from traffic.script import Part, Step

INT4, INT8, TEXT, BOOL, FLOAT8, BYTEA, NUMERIC = 23, 20, 25, 16, 701, 17, 1700


@dataclasses.dataclass(frozen=True)
class Shape:
    """A statement with parameters, and how many columns it gives."""

    sql: str
    kinds: tuple = ()
    columns: int = 0


def shape(m):
    while True:
        made = any_shape(m)
        if not m.is_reading or not NO_READ.search(made.sql):
            return made


def any_shape(m):
    p, schema = m.prefix, m.schema
    return m.choose(
        Shape("SELECT $1::int + 1", (INT4,), 1),
        Shape("SELECT $1::text || $2::text, $3::bool", (TEXT, TEXT, BOOL), 2),
        Shape(f"SELECT id, name, amount FROM {p}items WHERE id < $1 ORDER BY id", (INT4,), 3),
        Shape(f"SELECT id, tags, at FROM {p}items WHERE id = $1", (INT4,), 3),
        Shape(f"INSERT INTO {p}items (id, name) VALUES ($1, $2) RETURNING id", (INT4, TEXT), 1),
        Shape(f"INSERT INTO {p}items (id, name) VALUES ($1, $2)", (INT4, TEXT)),
        Shape(f"UPDATE {p}items SET amount = amount + $2 WHERE id = $1", (INT4, NUMERIC)),
        Shape("SELECT generate_series(1, $1::int)", (INT4,), 1),
        Shape("SELECT 100 / $1::int", (INT4,), 1),
        Shape("SELECT $1::float8, $2::bytea, $3::int8", (FLOAT8, BYTEA, INT8), 3),
        Shape(f"SELECT {schema}.noisy('notice', $1)", (TEXT,), 1),
        Shape(f"SELECT {schema}.failing(i) FROM generate_series(1, $1::int) i", (INT4,), 1),
        Shape(f"SELECT * FROM {p}made WHERE i < $1 ORDER BY i", (INT4,), 2),
        Shape("SELECT length($1::text)", (TEXT,), 1),
        Shape("SELECT timestamptz '2022-02-02 02:02:02+00', $1::date", (TEXT,), 2),
        Shape("SELECT a, b FROM (VALUES (1, 'x'), (2, 'y'), (3, 'z'), (4, NULL)) v (a, b) ORDER BY a", (), 2),
        Shape("SELECT set_config($1, $2, false)", (TEXT, TEXT), 1) if "setting" in m.topics
        else Shape("SELECT 7", (), 1),
        Shape(f"SELECT pg_advisory_lock({m.advisory_key} + $1::int)", (INT4,), 1) if "advisory" in m.topics
        else Shape(""),
    )


def of_text(sql):
    return Shape(sql)


def any_statement(m):
    """A statement that is Parsed: one with parameters, or any that a script sends as a Query."""
    kind = m.random.random()
    if kind < 0.6:
        return shape(m)
    if kind < 0.85:
        return of_text(vocabulary.any_plain(m))
    return of_text(simple_steps.any_session(m))


def parameter_value(m, kind, is_binary):
    """The bytes of a parameter; now and then none, or bad ones."""
    if m.chance(0.05):
        return None
    if m.chance(0.04):
        return m.choose(b"bad", b"", b"\xff\xfe")
    number = m.choose(0, 1, 2, 5, 5, 12, 100, -3) if kind != INT4 or m.chance(0.9) else m.fresh_id
    if kind == TEXT:
        return m.choose(
            b"word", b"", "caf\u00e9".encode(), b"2021-05-06", b"work_mem", b"5MB", b"w" * m.number(1, 9000))
    if not is_binary:
        texts = {BOOL: b"t", BYTEA: b"\\x0102", FLOAT8: b"1.5e3"}
        return texts.get(kind, str(number).encode())
    packed = {
        INT4: struct.pack("!i", number), INT8: struct.pack("!q", number), BOOL: b"\1", BYTEA: b"\0\1\2",
        FLOAT8: struct.pack("!d", 0.25),
    }
    # A numeric 1, in the format of numeric_send().
    return packed.get(kind, struct.pack("!hhhhh", 1, 0, 0, 0, 1))


def clean_bind(shape, name="", portal=""):
    """One that does not fail for its values.

    In a block, the portal of a Bind that does is still there, but half made: PostgreSQL 15 crashes when it is executed
    in a later group. So whatever uses a portal of an earlier group uses one that was bound like this.
    """
    items = [b"5" if kind == INT4 else b"word" for kind in shape.kinds]
    return messages.bind(name, portal, items)


def bind(m, shape, name="", portal=""):
    kinds = shape.kinds
    if m.chance(0.03):
        kinds = kinds + (INT4,) if m.chance(0.5) else kinds[1:]
    codes = m.choose((), (0,), (1,), tuple(m.choose(0, 1) for _ in kinds))
    if m.chance(0.02):
        codes = (0, 1, 0, 1, 0)
    width = [codes[0] if len(codes) == 1 else codes[i] if i < len(codes) else 0 for i in range(len(kinds))]
    items = [parameter_value(m, kind, binary == 1) for kind, binary in zip(kinds, width)]
    results = m.choose((), (), (0,), (1,), tuple(m.choose(0, 1) for _ in range(shape.columns)))
    return messages.bind(name, portal, items, codes, results)


def parse(m, shape, name=""):
    m.shapes[name] = shape
    types = shape.kinds if m.chance(0.3) else (0,) if shape.kinds and m.chance(0.2) else ()
    return messages.parse(shape.sql, name, types)


def a_name(m):
    return m.choose("s0", "s1", "s2", "s3", "a statement with a longer name \u00e9")


def run_one(m, shape, name="", portal=""):
    """Parse to Execute, as drivers do it."""
    return b"".join((
        parse(m, shape, name), messages.describe(b"S", name) if m.chance(0.3) else b"", bind(m, shape, name, portal),
        messages.describe(b"P", portal) if m.chance(0.5) else b"", messages.execute(portal, m.choose(0, 0, 0, 2)),
    ))


def at_once(m, given=None):
    return Step.of(run_one(m, given or any_statement(m), m.choose("", "", a_name(m))), SYNC)


def in_two_rounds(m, given=None):
    """Prepared and described in one group, used in later ones."""
    shape, name = given or any_statement(m), m.choose("", a_name(m), a_name(m))
    first = Part(parse(m, shape, name) + messages.describe(b"S", name) + SYNC)
    close = messages.close(b"S", name) if m.chance(0.2) else b""
    rounds = [Part(bind(m, shape, name) + messages.execute() + close + SYNC) for _ in range(m.number(1, 3))]
    return Step((first, *rounds))


def again(m):
    """A statement of an earlier step."""
    name = m.random.choice(sorted(m.shapes)) if m.shapes and m.chance(0.9) else m.choose("never", "_egret_1", "")
    shape = m.shapes.get(name, Shape("SELECT 1"))
    describe = messages.describe(b"S", name) if m.chance(0.3) else b""
    return Step.of(describe, bind(m, shape, name), messages.execute(), SYNC)


def with_flushes(m):
    """Each message is waited for: with Flush, and Sync at the end only."""
    shape, name = any_statement(m), m.choose("", a_name(m))
    parts = [Part(parse(m, shape, name) + FLUSH, b"1")]
    if m.chance(0.5):
        parts.append(Part(messages.describe(b"S", name) + FLUSH, b"Tn"))
    parts.append(Part(bind(m, shape, name) + FLUSH, b"2"))
    if m.chance(0.3):
        parts.append(Part(messages.describe(b"P") + FLUSH, b"Tn"))
    rows = m.choose(0, 0, 1, 2)
    parts += [Part(messages.execute("", rows) + FLUSH, b"CIs")] * (2 if rows else 1)
    return Step((*parts, Part(SYNC)))


def portals(m):
    """Rows in portions, from several portals in turns, which live as long as the transaction."""
    first, second = Shape("SELECT generate_series(1, 7)"), Shape(
        f"SELECT id, {m.schema}.failing(id) FROM {m.schema}.items WHERE id < $1 ORDER BY id", (INT4,))
    pieces = [
        messages.parse(first.sql), clean_bind(first, "", "h1"),
        messages.parse(second.sql), clean_bind(second, "", "h2"),
        messages.execute("h1", 2), messages.execute("h2", 1), messages.execute("h1", 2),
        messages.describe(b"P", "h1") if m.chance(0.5) else b"", messages.close(b"P", "h2") if m.chance(0.3) else b"",
        messages.execute("h1", m.choose(0, 1)), messages.execute(m.choose("h2", "h2", "h1", "h3"), 0),
    ]
    m.shapes[""] = second
    cut = m.random.randrange(4, len(pieces))
    if m.chance(0.5):
        # Behind a Sync they are gone, unless a block holds them.
        return Step((Part(b"".join(pieces[:cut]) + SYNC), Part(b"".join(pieces[cut:]) + SYNC)))
    return Step.of(*pieces, SYNC)


def cursors_as_portals(m):
    """A cursor of SQL is a portal of the protocol."""
    name = m.choose("k1", "k2")
    return Step.of(messages.describe(b"P", name), messages.execute(name, m.choose(0, 1, 2)), SYNC)


def pipeline(m):
    """Groups that do not wait for each other's answers, and now and then a Query among them."""
    parts, count = [], m.number(2, 8)
    for _ in range(count):
        if m.chance(0.15):
            parts.append(query(vocabulary.any_plain(m)))
        else:
            inside = [run_one(m, any_statement(m), m.choose("", a_name(m))) for _ in range(m.choose(1, 1, 2, 3))]
            parts.append(b"".join(inside) + SYNC)
    return Step.of(*parts, ready=count)


def group(m):
    """Statements of one transaction: the first error undoes the others."""
    inside = [run_one(m, any_statement(m), m.choose("", a_name(m))) for _ in range(m.number(2, 6))]
    if m.chance(0.3):
        inside.insert(m.random.randrange(len(inside)), run_one(m, of_text(vocabulary.begin(m))))
        inside.append(run_one(m, of_text(vocabulary.end(m))))
    return Step.of(*inside, SYNC)


def soup(m):
    """Messages without sense, up to a Sync."""
    inside, bound = [], ["p9", "h1", "h2"]
    for _ in range(m.number(2, 12)):
        name, portal = m.choose("", "s0", "s1", "s2", "s3"), m.random.choice(bound)
        kind = m.random.random()
        if kind < 0.25:
            inside.append(parse(m, any_statement(m), name))
        elif kind < 0.5:
            bound.append(m.choose("", "", "p1", "p2"))
            inside.append(bind(m, m.shapes.get(name, Shape("SELECT 1")), name, bound[-1]))
        elif kind < 0.75:
            inside.append(messages.execute(portal, m.choose(0, 0, 1)))
        elif kind < 0.85:
            inside.append(messages.describe(*m.choose((b"S", name), (b"P", portal))))
        elif kind < 0.95:
            inside.append(messages.close(*m.choose((b"S", name), (b"P", portal))))
        else:
            inside.append(FLUSH)
    return Step.of(*inside, SYNC)


def prepared_ahead(m):
    """Names that are prepared, closed, prepared again."""
    name, shape = a_name(m), any_statement(m)
    inside = [m.choose(messages.close(b"S", name), b""), parse(m, shape, name)]
    if m.chance(0.2):
        inside.append(parse(m, shape, name))
    if m.chance(0.2):
        inside.append(parse(m, of_text("SELEC"), m.choose(name, "s9")))
    return Step.of(*inside, SYNC)


def query_in_group(m):
    """A Query that comes before the group's Sync. The block that may have failed is ended first."""
    m.note("ROLLBACK")
    plain = Shape("SELECT 1", (), 1)
    inside = messages.parse(plain.sql) + messages.bind() + messages.execute()
    return Step((Part(query("ROLLBACK")), Part(inside + query(m.allowed(vocabulary.read)) + SYNC, count=2)))


def copy_in(m):
    """COPY FROM STDIN by Execute: a Sync in the middle of the data is not answered."""
    sql, form = simple_steps.copy_in_statement(m)
    # Under a name that nothing else uses: who executes it must have data to send.
    name = f"copy{m.fresh_id}"
    start = messages.parse(sql, name) + messages.bind(name) + (messages.describe(b"P") if m.chance(0.3) else b"")
    start += messages.execute()
    stream = simple_steps.copy_stream(m, form)
    kind = m.random.random()
    if kind < 0.4:
        # libpq's way: a Sync at once, another one behind the data.
        return Step((
            Part(start + SYNC, b"G"), Part(stream + SYNC, when="copying"), Part(b"", when="not copying"),
        ))
    if kind < 0.6:
        return Step((Part(start + FLUSH, b"G"), Part(stream + FLUSH, b"CE", when="copying"), Part(SYNC)))
    if kind < 0.8:
        return Step.of(start, stream, SYNC)
    return Step((Part(start + SYNC + stream + SYNC, count=2, copy_ignores=1),))


def copy_out(m):
    return Step.of(messages.parse(simple_steps.copy_out_statement(m)), messages.bind(), messages.execute(), SYNC)


def long_message(m):
    """Longer than every buffer, in both directions."""
    size = m.choose(20_000, 100_000)
    shape = Shape("SELECT $1::text", (TEXT,), 1)
    item = bytes(97 + (m.seed + i) % 26 for i in range(100)) * (size // 100)
    inside = messages.parse(shape.sql) + messages.bind("", "", (item,)) + messages.execute() + SYNC
    return m.choose(Step.of(inside), Step.of(query(f"SELECT length('{item.decode()}'), 1")),
                    Step.of(query(f"SELECT repeat('z', 10) FROM generate_series(1, {size // 100})")),
                    Step.of(messages.parse(f"SELECT 1 /* {item.decode()} */", a_name(m)), SYNC))


def malformed(m):
    """What PostgreSQL answers with an error and not with the end of the connection."""
    return Step.of(m.choose(
        messages.describe(b"X"), messages.close(b"X"), messages.bind("", "", (b"1",), (7,)),
        messages.bind("", "", (), (), (9,)), messages.parse("SELECT 1") + messages.bind() + messages.execute("", -1),
    ), SYNC)
