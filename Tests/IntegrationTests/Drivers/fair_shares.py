"""Clients that always have something to ask, on fewer servers than there are of them: each gets its turn.

There are --clients of the user, and --others of a second one, whose servers count towards the same limit.
"""

import time

import target

psycopg = target.need("psycopg")
options = target.arguments(clients=20, others=0, other="", other_password="", seconds=3.0, longest=1.0)
logins = [(options.user, options.password)] * options.clients
logins += [(options.other, options.other_password)] * options.others
answers = [0] * len(logins)
longest = [0.0] * len(logins)


def client(number, start):
    words = target.conninfo(options)
    words["user"], password = logins[number]
    if password:
        words["password"] = password
    with psycopg.connect(**words, autocommit=True, connect_timeout=30) as connection:
        start.wait(60)
        end = time.monotonic() + options.seconds
        while (began := time.monotonic()) < end:
            connection.execute("SELECT pg_sleep(0.002)")
            longest[number] = max(longest[number], time.monotonic() - began)
            answers[number] += 1


target.together(len(logins), client)
target.check(max(longest) <= options.longest, f"somebody waited for {max(longest):.2f} s: {longest} s, {answers}")
for name in {name for name, _ in logins}:
    own = [answers[number] for number, login in enumerate(logins) if login[0] == name]
    target.check(min(own) * 3 >= max(own), f"clients of {name} are not served alike: {own}")
# Of half the places, or half the time, one has more than one of many.
fewest = min(answers[: options.clients])
target.check(min(answers[options.clients :], default=fewest) >= fewest, f"users are not served alike: {answers}")
print("well")
