"""Steps of the simple protocol, COPY in it, and the function call protocol."""

import struct

from protocol import query
from traffic import messages, session_vocabulary, vocabulary
from traffic.script import Part, Step


def one(m, sql):
    return Step.of(query(sql))


def several(m):
    """Statements in one string: one transaction, up to the first error, unless they say otherwise."""
    parts = [vocabulary.any_plain(m) if m.chance(0.6) else any_session(m) for _ in range(m.number(2, 5))]
    if m.chance(0.3):
        parts.insert(m.random.randrange(len(parts)), vocabulary.begin(m))
        if m.chance(0.7):
            parts.append(vocabulary.end(m))
    if m.chance(0.1):
        parts.append("")
    return Step.of(query("; ".join(parts)))


def any_session(m):
    """A statement of the topics that the script is about, or one that looks for state."""
    if not m.topics or m.chance(0.15):
        return session_vocabulary.probe(m)
    return m.allowed(session_vocabulary.TOPICS[m.random.choice(m.topics)])


def pipeline(m):
    """Queries that do not wait for each other."""
    queries = [query(vocabulary.any_plain(m) if m.chance(0.7) else any_session(m)) for _ in range(m.number(2, 6))]
    return Step.of(*queries, ready=len(queries))


def two_phase(m):
    """Prepares a transaction that locks nothing which anybody else wants."""
    m.outlives_session = True
    name = f"{m.schema}:{m.seed}"
    begin = f"BEGIN; INSERT INTO {m.schema}.parents VALUES ({m.fresh_id}); PREPARE TRANSACTION '{name}'"
    finish = query(f"{m.choose('COMMIT', 'ROLLBACK')} PREPARED '{name}'")
    m.note("ROLLBACK")
    if m.chance(0.5):
        return Step.of(query("ROLLBACK"), query(begin), query(m.allowed(vocabulary.read)), finish, ready=4)
    return Step.of(query("ROLLBACK"), query(m.choose(begin, f"PREPARE TRANSACTION '{name}'")), finish, ready=3)


def copy_lines(m, form):
    """Rows for (id, name), good ones and now and then a bad one."""
    lines, comma = [], "," if form == "csv" else "\t"
    for _ in range(m.choose(0, 1, 3, 10, 200)):
        lines.append(f"{m.fresh_id}{comma}word {m.number()}\n")
    if m.chance(0.3):
        bad = m.choose(f"x{comma}y\n", f"1{comma}twice\n", "7\n", f"1{comma}2{comma}3\n", "\u00e9\n", '"\n', "\n")
        lines.insert(m.random.randrange(len(lines) + 1), bad)
    if form == "text" and m.chance(0.2):
        lines.append("\\.\n")
    return "".join(lines).encode()


def copy_stream(m, form="text", ready=None):
    """The client's half of a COPY: data cut anywhere, not at the lines' ends, and how it ends."""
    data, pieces = copy_lines(m, form), []
    while data:
        size = m.choose(1, 10, 100, 5000)
        pieces.append(messages.copy_data(data[:size]))
        data = data[size:]
        if m.chance(0.05):
            pieces.append(m.choose(messages.copy_data(b""), b"H\0\0\0\4"))
        # Many pieces make one message each; a few are enough.
        if len(pieces) > 30:
            pieces.append(messages.copy_data(data))
            break
    pieces.append(messages.copy_fail("no more") if m.chance(0.2) else messages.COPY_DONE)
    return b"".join(pieces)


def copy_in_statement(m):
    """The statement, and the form of its data."""
    form = m.choose("text", "text", "csv")
    options = " WITH (FORMAT csv)" if form == "csv" else ""
    wrong = m.chance(0.1)
    return f"COPY {m.prefix}{'nowhere' if wrong else 'items'} (id, name) FROM STDIN{options}", form


def copy_in(m):
    sql, form = copy_in_statement(m)
    stream = copy_stream(m, form)
    if m.chance(0.15):
        sql = f"SELECT 1; {sql}; {m.allowed(vocabulary.read)}"
    if m.chance(0.4):
        # Data that does not wait to be asked for. If the copy fails it is ignored, wherever it is.
        follow = query(m.allowed(vocabulary.read)) if m.chance(0.5) else b""
        return Step.of(query(sql), stream, follow, ready=2 if follow else 1)
    return Step((
        Part(query(sql), b"G"), Part(stream, when="copying"), Part(b"", when="not copying"),
    ))


def copy_out_statement(m):
    options = m.choose("", " WITH (FORMAT csv, HEADER)", " WITH (FORMAT binary)")
    what = m.choose(
        f"(SELECT id, name, at FROM {m.prefix}items ORDER BY id)", f"(SELECT {m.schema}.failing(i) FROM "
        "generate_series(1, 4) i)", "(SELECT repeat('y', 300) FROM generate_series(1, 40))", f"{m.prefix}nowhere",
        "(SELECT 1 WHERE false)")
    return f"COPY {what} TO STDOUT{options}"


def copy_out(m):
    sql = copy_out_statement(m)
    if m.chance(0.2):
        sql = f"{sql}; {m.allowed(vocabulary.read)}"
    return Step.of(query(sql))


def copy_both_ways(m):
    """One string with a copy in each direction: the data is wanted in the middle of the answer."""
    sql, form = copy_in_statement(m)
    return Step.of(query(f"{copy_out_statement(m)}; {sql}; SELECT 2"), copy_stream(m, form))


def int4(number):
    return struct.pack("!i", number)


def function_call(m):
    """Functions by their number in pg_proc: upper, int4pl, int4div, set_config, pg_advisory_lock and _unlock."""
    key = str(m.advisory_key).encode()
    return Step.of(m.choose(
        messages.function_call(871, (b"word",)), messages.function_call(177, (b"1", b"2")),
        messages.function_call(177, (int4(1), int4(m.number())), (1,), 1), messages.function_call(154, (b"1", b"0")),
        messages.function_call(154, (b"8", int4(2)), (0, 1)), messages.function_call(177, (b"1",)),
        messages.function_call(4_000_000_000, ()), messages.function_call(177, (None, b"2")),
        messages.function_call(177, (b"one", b"2")),
        messages.function_call(2078, (b"work_mem", b"7MB", b"f" if "setting" in m.topics else b"t")),
        messages.function_call(2880 if "advisory" in m.topics else 2885, (key,)), messages.function_call(2885, (key,)),
    ))
