"""Where the drivers connect to, and what to say when one of them is not installed.

Every script is called with --port N [--user U] [--password P] [--database D] and its own options. It prints what it
found, line by line, and ends with status 0 only when every answer it checked was right.
"""

import argparse
import importlib
import sys

# Debian's package for each module.
PACKAGES = {
    "psycopg": "python3-psycopg",
    "psycopg2": "python3-psycopg2",
    "asyncpg": "python3-asyncpg",
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
