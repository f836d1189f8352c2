"""COPY in both directions, in text and binary, and its errors."""

import target

psycopg = target.need("psycopg")
options = target.arguments(rows=50000)
with psycopg.connect(**target.conninfo(options), autocommit=True) as connection:
    connection.execute("DROP TABLE IF EXISTS copied")
    connection.execute("CREATE TABLE copied (id int PRIMARY KEY, word text)")
    cursor = connection.cursor()
    with cursor.copy("COPY copied FROM STDIN") as copy:
        lines = [f"{number}\tword {number}\n" for number in range(options.rows)]
        for begin in range(0, options.rows, 1000):
            copy.write("".join(lines[begin : begin + 1000]))
    with connection.transaction():
        count, total = connection.execute("SELECT count(*), sum(id) FROM copied").fetchone()
    target.check(count == options.rows, f"{count} rows arrived")
    target.check(total == options.rows * (options.rows - 1) // 2, f"their sum is {total}")

    with connection.transaction():
        with cursor.copy("COPY (SELECT id, word FROM copied ORDER BY id) TO STDOUT") as copy:
            text = b"".join(bytes(data) for data in copy)
    target.check(text == "".join(lines).encode(), f"{len(text)} bytes came back, and not those that went in")

    with connection.transaction():
        with cursor.copy("COPY copied TO STDOUT (FORMAT binary)") as copy:
            binary = b"".join(bytes(data) for data in copy)
    target.check(binary.startswith(b"PGCOPY\n\xff\r\n\0"), "the binary form has another signature")

    try:
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("0\tfirst again\n")
        target.check(False, "a duplicate key was accepted")
    except psycopg.errors.UniqueViolation:
        pass
    try:
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("900001\tnever\n")
            raise ValueError("the client changes its mind")
    except (ValueError, psycopg.errors.QueryCanceled):
        # The driver's answer to its own CopyFail: which of the two, depends on its version.
        pass
    row = connection.execute("SELECT 1").fetchone()
    target.check(row == (1,), f"after the errors: {row!r}")
    with connection.transaction():
        count = connection.execute("SELECT count(*) FROM copied").fetchone()[0]
    target.check(count == options.rows, f"after the errors: {count} rows")
    connection.execute("DROP TABLE copied")
print(f"rows={options.rows}")
