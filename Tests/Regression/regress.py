#!/usr/bin/env python3
"""PostgreSQL's regression suite through Egret: nobody should be able to tell it from PostgreSQL.

The suite runs directly first, then through an Egret with one primary behind it for each mode. Every run has a new
server with the same settings, is over TCP, and sees the same paths. A result file that is not, byte for byte, that of
the direct run is a difference, and the exit status is 1 when there is one; 2 when the yardstick itself does not work.
"""

import argparse
import difflib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from glob import glob

from servers import USER, Company, Egret, Server, account, environment, give
from suite import BIN, Failure, Suite, build_backend_pid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The tests that come before everything else: the others use their tables.
FIRST_TESTS = ["test_setup"]
MODES = ["session", "transaction", "direct"]
# Tests whose result nobody behind a pool can have, each with its reason. They are shown, and do not count.
KNOWN = {
    "stats": "a login is no new session of the server's, and pg_stat_force_next_flush() is for one server process",
}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    word_list = re.compile(r"[,\s]+").split
    parser.add_argument("--suite", choices=list(Suite.SCHEDULES), default="regress")
    parser.add_argument(
        "--modes", type=word_list, default=["session", "transaction"],
        help="which runs are compared with the direct one; 'direct' is a second direct run (session,transaction)")
    parser.add_argument(
        "--tests", type=word_list, help=f"only these tests of the schedule, after {', '.join(FIRST_TESTS)}")
    parser.add_argument("--pool-size", type=int, default=20, help="servers for a database and a user (20)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of Egret's; strings in quotes")
    parser.add_argument("--egret", default=os.environ.get("EGRET") or os.path.join(ROOT, ".build/release/egret"))
    parser.add_argument(
        "--work", default=os.path.join(ROOT, ".build/regress"), help="the sources and the results are kept here")
    parser.add_argument("--time-limit", type=int, default=1800, help="seconds for one run of the suite (1800)")
    parser.add_argument(
        "--company", type=int, default=0,
        help="clients that keep short statements going beside the tests, so that servers change hands in between (0)")
    parser.add_argument("--serial", action="store_true", help="one test at a time")
    chosen = parser.parse_args()
    for mode in chosen.modes:
        if mode not in MODES:
            parser.error(f"no such mode: {mode}")
    return chosen


def schedule(text, tests, is_serial):
    """pg_regress's schedule, one list for each group of tests that run at a time.

    - tests: the only ones wanted; None for all
    """
    groups = [line.split()[1:] for line in text.splitlines() if line.startswith("test:")]
    if tests:
        known = {name for group in groups for name in group}
        unknown = [name for name in tests if name not in known]
        if unknown:
            raise Failure(f"no such tests: {', '.join(unknown)}")
        groups = [[name for name in group if name in tests or name in FIRST_TESTS] for group in groups]
    if is_serial:
        groups = [[name] for group in groups for name in group]
    return [group for group in groups if group]


class Runs:
    """Runs of the suite, each with the same paths: a directory that the servers' account may use, cleared between."""

    def __init__(self, chosen):
        self.chosen = chosen
        self.suite = Suite(chosen.suite, chosen.work)
        with open(self.suite.schedule) as file:
            self.groups = schedule(file.read(), chosen.tests, chosen.serial)
        self.tests = [name for group in self.groups for name in group]
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix="egret-regress-"))
        os.chmod(self.directory, 0o755)
        give(self.directory)

    def clear(self):
        for name in os.listdir(self.directory):
            shutil.rmtree(os.path.join(self.directory, name))

    def play(self, name, mode):
        """Runs the suite, keeps its results under a name, and gives back how many seconds it took."""
        inputs, outputs = [os.path.join(self.directory, part) for part in ("suite", "output")]
        logs = os.path.join(self.chosen.work, "results", name)
        shutil.rmtree(logs, ignore_errors=True)
        os.makedirs(logs)
        self.clear()
        shutil.copytree(self.suite.directory, inputs)
        shutil.copytree(self.suite.libraries, os.path.join(self.directory, "lib"))
        for path in [outputs, *glob(inputs + "/**/", recursive=True)]:
            os.makedirs(path, exist_ok=True)
            give(path)
        with open(os.path.join(inputs, "chosen_schedule"), "w") as file:
            file.write("".join(f"test: {' '.join(group)}\n" for group in self.groups))
        began = time.monotonic()
        try:
            with Server(self.directory, self.suite.database) as server:
                if mode == "direct":
                    self.drive(server.port, inputs, outputs, logs)
                else:
                    settings = ["default_pool_size=%d" % self.chosen.pool_size, *self.chosen.set]
                    with Egret(self.chosen.egret, server, self.directory, mode, settings) as egret:
                        self.drive(egret.port, inputs, outputs, logs)
        finally:
            for path in glob(self.directory + "/*.log") + glob(outputs + "/regression.*") + [outputs + "/results"]:
                if os.path.exists(path):
                    shutil.move(path, logs)
        return time.monotonic() - began

    def drive(self, port, inputs, outputs, logs):
        command = [
            *account(), self.suite.driver, "--use-existing", f"--dbname={self.suite.database}", f"--user={USER}",
            "--host=127.0.0.1", f"--port={port}", f"--bindir={BIN}", f"--dlpath={self.directory}/lib",
            f"--inputdir={inputs}", f"--outputdir={outputs}", f"--schedule={inputs}/chosen_schedule",
            "--max-concurrent-tests=20",
        ]
        variables = environment()
        if self.suite.name == "isolation":
            variables["LD_PRELOAD"] = build_backend_pid(self.directory + "/lib")
        company = Company(self.chosen.company, port, self.suite.database, logs)
        with open(os.path.join(logs, "pg_regress.log"), "wb") as log, company:
            driver = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, cwd=self.directory,
                start_new_session=True)
            try:
                driver.wait(self.chosen.time_limit)
            except subprocess.TimeoutExpired:
                print(f"The time is over: some of {logs} is missing.", flush=True)
            finally:
                if driver.poll() is None:
                    os.killpg(driver.pid, signal.SIGKILL)
                    driver.wait()

    def results(self, name):
        """The result files of a run by test; None where there is none."""
        return {test: read(os.path.join(self.chosen.work, "results", name, "results", test + ".out"))
                for test in self.tests}

    def unexpected(self, name):
        """The tests of a run whose result is none of those that the suite expects."""
        log = read(os.path.join(self.chosen.work, "results", name, "pg_regress.log")).decode(errors="replace")
        return re.findall(r"^(?:test)?\s+(\S+)\s+\.\.\. (?!ok\b)", log, re.MULTILINE)


def read(path):
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def write_difference(path, name, direct, other):
    lines = [(text or b"").decode(errors="replace").splitlines(keepends=True) for text in (direct, other)]
    with open(path, "w") as file:
        file.writelines(difflib.unified_diff(*lines, f"direct/{name}.out", f"proxied/{name}.out"))


def compare(runs, names):
    """Prints the table and the last line, and gives back whether all is the same."""
    direct = runs.results("direct")
    others = {name: runs.results(name) for name in names}
    counts = dict.fromkeys(names, 0)
    known = dict.fromkeys(names, 0)
    print(f"\n{'test':<28}" + "".join(f"{name:<14}" for name in names))
    for test in runs.tests:
        row = f"{test:<28}"
        for name in names:
            is_same = direct[test] is not None and direct[test] == others[name][test]
            is_known = not is_same and test in KNOWN and name != "again"
            row += f"{'same' if is_same else 'known' if is_known else 'differs':<14}"
            if not is_same:
                counts[name] += not is_known
                known[name] += is_known
                path = os.path.join(runs.chosen.work, "results", name, test + ".diff")
                write_difference(path, test, direct[test], others[name][test])
        print(row.rstrip())
    unexpected = runs.unexpected("direct")
    if unexpected:
        print(f"Not as the suite expects, but as the direct run gives it: {', '.join(unexpected)}")
    for test in sorted(KNOWN.keys() & set(runs.tests)) if any(known.values()) else []:
        print(f"known: {test}: {KNOWN[test]}")
    verdict = ", ".join(
        f"{name}: {len(runs.tests) - counts[name] - known[name]} same, {known[name]} known, {counts[name]} differ"
        for name in names)
    print(f"{len(runs.tests)} tests of {runs.suite.version}; {verdict}; files in {runs.chosen.work}/results")
    return not any(counts.values())


def main():
    chosen = options()
    if set(chosen.modes) != {"direct"} and not os.access(chosen.egret, os.X_OK):
        raise Failure(f"{chosen.egret} is missing: make release")
    os.makedirs(chosen.work, exist_ok=True)
    runs = Runs(chosen)
    # A second direct run must not take the place of the first.
    names = {mode: "again" if mode == "direct" else mode for mode in chosen.modes}
    try:
        for name, mode in [("direct", "direct"), *[(names[mode], mode) for mode in chosen.modes]]:
            print(f"{name}: {len(runs.tests)} tests ... ", end="", flush=True)
            print(f"{runs.play(name, mode):.0f} s", flush=True)
        return 0 if compare(runs, list(names.values())) else 1
    finally:
        shutil.rmtree(runs.directory, ignore_errors=True)


def leave(number, frame):
    """Ends like Ctrl-C does: with everything stopped and removed."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"regress: {failure}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
