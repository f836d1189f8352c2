"""Pipelines of the extended protocol: many statements before one Sync, and errors in the middle."""

import target

psycopg = target.need("psycopg")
options = target.arguments(statements=500)
with psycopg.connect(**target.conninfo(options), autocommit=True) as connection:
    connection.execute("DROP TABLE IF EXISTS piped")
    connection.execute("CREATE TABLE piped (id int PRIMARY KEY)")
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int + 1", (number,)) for number in range(options.statements)]
        found = [cursor.fetchone()[0] for cursor in cursors]
    target.check(found == list(range(1, options.statements + 1)), "answers came in another order")

    with connection.pipeline():
        for number in range(options.statements):
            connection.execute("INSERT INTO piped VALUES (%s)", (number,))
    with connection.transaction():
        count = connection.execute("SELECT count(*) FROM piped").fetchone()[0]
    target.check(count == options.statements, f"{count} rows of the pipeline arrived")

    try:
        with connection.pipeline() as pipeline:
            connection.execute("INSERT INTO piped VALUES (%s)", (1000001,))
            connection.execute("INSERT INTO piped VALUES (%s)", (0,))
            connection.execute("INSERT INTO piped VALUES (%s)", (1000002,))
            pipeline.sync()
        target.check(False, "a duplicate key was accepted in a pipeline")
    except psycopg.errors.UniqueViolation:
        pass
    with connection.transaction():
        count = connection.execute("SELECT count(*) FROM piped WHERE id > 1000000").fetchone()[0]
    target.check(count == 0, f"{count} rows of a pipeline that failed have stayed")

    with connection.pipeline() as pipeline:
        first = connection.execute("SELECT 'before'")
        pipeline.sync()
        try:
            connection.execute("SELECT 1 / %s::int", (0,)).fetchone()
            target.check(False, "a division by zero had a result")
        except psycopg.errors.DivisionByZero:
            pass
        pipeline.sync()
        second = connection.execute("SELECT 'after'")
        pipeline.sync()
        target.check(first.fetchone() == ("before",) and second.fetchone() == ("after",), "the Syncs got mixed up")
    connection.execute("DROP TABLE piped")
print(f"statements={options.statements}")
