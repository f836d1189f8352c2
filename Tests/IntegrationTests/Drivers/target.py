"""Where the drivers connect to, and what to say when one of them is not installed.

Every script is called with --port N [--user U] [--password P] [--database D] and its own options. It prints what it
found, line by line, and ends with status 0 only when every answer it checked was right.
"""

import argparse
import contextlib
import importlib
import os
import sys
import threading
import time

# Debian's package for each module.
PACKAGES = {
    "psycopg": "python3-psycopg",
    "psycopg2": "python3-psycopg2",
    "asyncpg": "python3-asyncpg",
    "pg8000": "python3-pg8000",
    "sqlalchemy": "python3-sqlalchemy",
    "django": "python3-django",
}


def need(module):
    """Import a driver, or end with the name of the package that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        sys.exit(f"{error}: apt-get install {PACKAGES.get(module, module)}")


def arguments(**extra):
    """The command line; extra options are given as name=default, and have the default's type."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--password")
    parser.add_argument("--database", default="postgres")
    for name, default in extra.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    return parser.parse_args()


def conninfo(options):
    """The keywords of libpq and psycopg."""
    words = {"host": "127.0.0.1", "port": options.port, "user": options.user, "dbname": options.database}
    if options.password is not None:
        words["password"] = options.password
    return words


def check(is_so, what):
    """End with the reason when an answer is wrong."""
    if not is_so:
        raise AssertionError(what)


def is_key(found, expected):
    """Whether lastval() answered as it should; None stands for SQLSTATE 55000.

    A proxy that shares servers may have lost the number between two transactions. Where LOST_KEYS is in the
    environment it may say so: what it must never do is to give another client's.
    """
    return found == expected or (found is None and "LOST_KEYS" in os.environ)


def together(count, client):
    """Run client(number, start) in so many threads, where `start.wait(60)` waits for all of them; end with their errors."""
    failures = []
    start = threading.Barrier(count)

    def guarded(number):
        try:
            client(number, start)
        except Exception as error:
            failures.append(f"client {number}: {type(error).__name__}: {error}")
            start.abort()

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failures, "; ".join(failures[:5]))


@contextlib.contextmanager
def refused(kind, what, **attributes):
    """The body must raise an error of this kind with these attributes; it is `caught` of what is given."""
    holder = argparse.Namespace(caught=None)
    try:
        yield holder
    except kind as error:
        holder.caught = error
    check(holder.caught is not None, f"{what} was accepted")
    for name, value in attributes.items():
        found = getattr(holder.caught, name)
        check(found == value, f"{what}: {name} is {found!r}: {holder.caught}")


def play(*parts):
    """Run the parts of a driver's program, and print their names when all of them went well.

    PARTS=name,name in the environment chooses some of them, for a look at one that has failed.
    """
    ended = []
    chosen = [name for name in os.environ.get("PARTS", "").split(",") if name]
    for part in [part for part in parts if not chosen or part.__name__ in chosen]:
        begin = time.monotonic()
        try:
            part()
        except BaseException:
            print(f"{part.__name__}: failed", file=sys.stderr)
            raise
        print(f"{part.__name__}: {time.monotonic() - begin:.2f} s", file=sys.stderr)
        ended.append(part.__name__)
    print(" ".join(ended))
