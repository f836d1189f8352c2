"""One statement, prepared once and run twice, and another that says that all of it was sent."""

import target

psycopg = target.need("psycopg")
options = target.arguments()
with psycopg.connect(**target.conninfo(options), autocommit=True) as connection:
    for number in range(2):
        connection.execute("SELECT %s::text, 'told'", (number,), prepare=True)
    connection.execute("SELECT 'the last'")
