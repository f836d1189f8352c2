"""Makes a script from a seed: the same seed, and the same client's number, make the same script."""

import random

from traffic import extended_steps, session_vocabulary, simple_steps, vocabulary
from traffic.model import Model
from traffic.script import Leave, Script, Step
from protocol import query

# Startup parameters of which each script has a few.
STARTUP = (
    ("application_name", "traffic"), ("application_name", ""), ("DateStyle", "SQL, DMY"), ("TimeZone", "Asia/Kolkata"),
    ("client_encoding", "UTF8"), ("client_encoding", "LATIN1"), ("options", "-c work_mem=6MB -c extra_float_digits=0"),
    ("options", "-c search_path={schema}"), ("options", "--default_transaction_isolation=repeatable\\ read"),
    ("search_path", "{schema}, pg_catalog"), ("statement_timeout", "10min"), ("app.user", "startup"),
    ("standard_conforming_strings", "off"), ("IntervalStyle", "iso_8601"),
)


def deliver(m, sql):
    """One statement, in any of the ways to send it."""
    way = m.random.random()
    if way < 0.6:
        return simple_steps.one(m, sql)
    if way < 0.85:
        return extended_steps.at_once(m, extended_steps.of_text(sql))
    return extended_steps.in_two_rounds(m, extended_steps.of_text(sql))


def plain(m):
    return deliver(m, vocabulary.any_plain(m))


def definition(m):
    return deliver(m, vocabulary.definition(m))


def procedure(m):
    return deliver(m, vocabulary.procedure(m))


# How often each way of sending things is taken.
PLAIN = (
    (10, plain), (3, simple_steps.several), (2, simple_steps.pipeline), (4, extended_steps.at_once),
    (3, extended_steps.in_two_rounds), (4, extended_steps.again), (2, extended_steps.with_flushes),
    (2, extended_steps.portals), (3, extended_steps.pipeline), (2, extended_steps.group), (3, extended_steps.soup),
    (2, extended_steps.prepared_ahead), (0.5, extended_steps.cursors_as_portals),
    (0.5, extended_steps.query_in_group), (2, extended_steps.copy_in),
    (1, extended_steps.copy_out), (2, simple_steps.copy_in), (1, simple_steps.copy_out),
    (0.3, simple_steps.copy_both_ways), (0.3, extended_steps.long_message), (0.3, extended_steps.malformed),
    (1.5, definition), (0.5, procedure), (0.15, simple_steps.two_phase),
)
# Those that any server of a cluster answers alike.
WRITING = (
    extended_steps.copy_in, simple_steps.copy_in, simple_steps.copy_both_ways, simple_steps.two_phase, definition,
    procedure,
)
READING = tuple((weight, make) for weight, make in PLAIN if make not in WRITING)
WRITING_TOPICS = ("sequence", "large object", "hidden")

# One script in three is about no session state at all, and is to share its server after each transaction.
STATELESS = 0.33


def control(m):
    """Begins, ends, or divides a block."""
    if not m.is_in_block:
        sql = vocabulary.begin(m) if m.chance(0.9) else vocabulary.within(m)
    elif m.has_failed:
        sql = "ROLLBACK" if m.chance(0.5) else vocabulary.within(m)
    else:
        sql = vocabulary.end(m) if m.chance(0.5) else vocabulary.within(m)
    m.note(sql)
    return deliver(m, sql)


def failure(m):
    m.note_failure()
    return deliver(m, m.allowed(vocabulary.failing))


def step(m):
    kind = m.random.random()
    # Blocks end sooner or later, failed ones sooner.
    if kind < (0.4 if m.has_failed else 0.2):
        return control(m)
    if kind < 0.24:
        return failure(m)
    if m.topics and kind < 0.62:
        return deliver(m, simple_steps.any_session(m)) if m.chance(0.95) else simple_steps.function_call(m)
    if kind < 0.68:
        return deliver(m, session_vocabulary.probe(m))
    if kind < 0.69:
        return simple_steps.function_call(m) if m.topics else deliver(m, m.allowed(vocabulary.read))
    ways = READING if m.is_reading else PLAIN
    return m.random.choices([make for _, make in ways], [weight for weight, _ in ways])[0](m)


def topics(random, is_reading):
    if random.random() < STATELESS:
        return ()
    chances = {name: 0.25 for name in session_vocabulary.TOPICS} | {"setting": 0.5, "hidden": 0.05, "random": 0.05}
    chosen = tuple(name for name, chance in chances.items() if random.random() < chance)
    return tuple(name for name in chosen if name not in WRITING_TOPICS) if is_reading else chosen


def startup(random, schema):
    count = random.choice((0, 0, 1, 1, 2, 3))
    chosen = {name: value.format(schema=schema) for name, value in random.sample(STARTUP, count)}
    return tuple(chosen.items())


def script(seed, slot, is_reading=False):
    source = random.Random(seed)
    m = Model(source, seed, slot, topics(source, is_reading), is_reading)
    steps = [step(m) for _ in range(source.randint(10, 40))]
    if m.is_in_block and m.chance(0.7):
        steps.append(Step.of(query(m.choose("COMMIT", "ROLLBACK"))))
    return Script(
        seed=seed, slot=slot, startup=startup(source, m.schema), steps=tuple(steps),
        leave=source.choices(list(Leave), (8, 2, 0.3))[0], is_cut=source.random() < 0.5,
        has_small_buffers=source.random() < 0.5, outlives_session=m.outlives_session)
