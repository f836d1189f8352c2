"""PostgreSQL's regression suite, as the source package of the installed server has it.

Everything is fetched with apt into one directory, with lists of its own: the system's sources and packages stay as they
are. That directory is kept, so that only the first run needs the network.
"""

import os
import re
import shutil
import subprocess
from glob import glob

BIN = "/usr/lib/postgresql/15/bin"
SERVER = "postgresql-15"
# Headers only are wanted of it, and it depends on all of LLVM: it is unpacked, not installed.
HEADERS = "postgresql-server-dev-15"
# Libraries that the tests load from where the suite's own is. The server's packages bring them.
SERVER_LIBRARIES = ["autoinc.so", "refint.so"]


class Failure(Exception):
    """Something that the yardstick needs is not there, or does not do what it should."""


def run(command, **options):
    """Runs a program and gives back what it prints."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout


class Suite:
    """The tests, their driver, and the libraries that they load.

    - name: `regress`, or `isolation`, which runs several sessions step by step
    - directory: the suite's in `src/test` of the server's sources
    - libraries: where the tests find regress.so and the others
    """

    SCHEDULES = {"regress": "parallel_schedule", "isolation": "isolation_schedule"}
    DRIVERS = {"regress": "pg_regress", "isolation": "pg_isolation_regress"}
    # Some expected files have the name in them.
    DATABASES = {"regress": "regression", "isolation": "isolation_regression"}

    def __init__(self, name, work):
        version = run(["dpkg-query", "-W", "-f=${Version}", SERVER])
        home = os.path.join(work, "suite", version)
        if not os.path.isdir(home):
            # Made under another name, so that what was interrupted does not count.
            partial = home + ".partial"
            shutil.rmtree(partial, ignore_errors=True)
            os.makedirs(partial)
            fetch(partial, version)
            build(partial)
            os.rename(partial, home)
        self.directory = test_directory(home, name)
        self.schedule = os.path.join(self.directory, self.SCHEDULES[name])
        self.name = name
        self.database = self.DATABASES[name]
        self.driver = driver(name, self.DRIVERS[name])
        self.libraries = os.path.join(home, "lib")
        self.version = version


def fetch(home, version):
    print(f"Fetching the sources of {SERVER} {version}", flush=True)
    apt = Apt(os.path.join(home, "apt"))
    apt.get(home, "update")
    apt.get(home, "source", f"{SERVER}={version}")
    apt.get(home, "download", f"{HEADERS}={version}")
    shutil.rmtree(apt.directory)
    (package,) = glob(os.path.join(home, HEADERS + "_*.deb"))
    run(["dpkg-deb", "-x", package, os.path.join(home, "headers")])


def test_directory(home, name):
    (directory,) = glob(os.path.join(home, "postgresql-15-*/src/test", name))
    return directory


def driver(suite, program):
    """The suite's driver, which Debian has in the package of the client programs."""
    path = os.path.join(os.path.dirname(run([BIN + "/pg_config", "--pgxs"])), "../test", suite, program)
    if not os.access(path, os.X_OK):
        raise Failure(f"{path} is missing: install postgresql-client-15")
    return os.path.normpath(path)


def build_backend_pid(directory):
    """Compiles what the isolation tester needs in front of libpq, and gives back its path."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "backend_pid.c")
    library = os.path.join(directory, "backend_pid.so")
    run(["gcc", "-O2", "-fPIC", "-shared", "-o", library, source])
    return library


def build(home):
    """Compiles the functions in C that the tests use, and puts the other libraries beside them."""

    def config(name):
        return run([BIN + "/pg_config", "--" + name]).split()

    tests = test_directory(home, "regress")
    libraries = os.path.join(home, "lib")
    os.makedirs(libraries)
    (server_headers,) = config("includedir-server")
    includes = [tests, home + "/headers" + server_headers, home + "/headers" + os.path.dirname(server_headers)]
    run(
        ["gcc", *config("cppflags"), *config("cflags"), *config("cflags_sl"), *["-I" + path for path in includes]]
        + ["-shared", "-o", os.path.join(libraries, "regress.so"), os.path.join(tests, "regress.c")]
    )
    (installed,) = config("pkglibdir")
    for name in SERVER_LIBRARIES:
        shutil.copy(os.path.join(installed, name), libraries)


class Apt:
    """apt with lists and caches in a directory of ours, and source packages from where the server's package came."""

    def __init__(self, directory):
        self.directory = directory
        parts = os.path.join(directory, "sources.list.d")
        for path in [parts, directory + "/lists/partial", directory + "/cache/archives/partial"]:
            os.makedirs(path)
        self.options = [
            f"Dir::Etc::SourceList={directory}/none",
            f"Dir::Etc::SourceParts={parts}",
            f"Dir::State::Lists={directory}/lists",
            f"Dir::Cache={directory}/cache",
        ]
        if os.geteuid() == 0:
            # The account that root's apt downloads with may not be allowed to enter the directory.
            self.options.append("APT::Sandbox::User=root")
        sites = {line.split("|")[2].split()[0] for line in run(["apt-cache", "madison", SERVER]).splitlines()}
        for path in ["/etc/apt/sources.list", *glob("/etc/apt/sources.list.d/*")]:
            if path.endswith((".list", ".sources")) and os.path.isfile(path):
                with open(path) as file, open(os.path.join(parts, os.path.basename(path)), "w") as copy:
                    copy.write(with_sources(file.read(), path.endswith(".sources"), sites))

    def get(self, directory, *arguments):
        options = [word for option in self.options for word in ("-o", option)]
        run(["apt-get", "-qq", *options, *arguments], cwd=directory)


def with_sources(text, is_deb822, sites):
    """A list of package sources, cut down to some sites and with their source packages added."""

    def concerns(entry):
        return any(re.search(re.escape(site.rstrip("/")) + r"/?(\s|$)", entry) for site in sites)

    if is_deb822:
        stanzas = re.split(r"\n(?:[ \t]*\n)+", text)
        return "\n\n".join(
            re.sub(r"(?mi)^Types:.*$", "Types: deb deb-src", stanza) for stanza in stanzas if concerns(stanza)
        )
    binary = [line for line in text.splitlines() if re.match(r"\s*deb\s", line) and concerns(line)]
    return "".join(f"{line}\n{line.replace('deb', 'deb-src', 1)}\n" for line in binary)
