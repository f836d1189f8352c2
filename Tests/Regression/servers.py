"""A throw-away PostgreSQL server, as pg_regress would make one for itself, and an Egret in front of it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

from suite import BIN, Failure, run

USER = "postgres"

# What pg_regress writes for an instance of its own, and room for the clients of Egret's pools.
SETTINGS = """
log_autovacuum_min_duration = 0
log_checkpoints = on
log_line_prefix = '%m %b[%p] %q%a '
log_lock_waits = on
log_temp_files = 128kB
max_prepared_transactions = 2
max_connections = 200
fsync = off
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
"""

# What pg_regress sets for a database that it creates.
DATABASE_SETTINGS = {
    "lc_messages": "C",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "bytea_output": "hex",
    "timezone_abbreviations": "Default",
}

EGRET_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{directory}'
pcp_listen_addresses = ''
pcp_socket_dir = '{directory}'
pid_file_name = '{directory}/egret.pid'
work_dir = '{directory}'
num_init_children = 100
pool_mode = '{mode}'
backend_hostname0 = '127.0.0.1'
backend_port0 = {server_port}
sr_check_user = '{user}'
catalog_facts = off
health_check_user = '{user}'
health_check_database = 'postgres'
log_min_messages = info
"""


def account():
    """What stands before programs that must not run as root. Who is not root runs them as himself."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def give(path):
    """Makes a path the servers' account's own."""
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(path, entry.pw_uid, entry.pw_gid)


def environment():
    """Nothing of who calls us may reach the servers and the tests."""
    # The isolation tester waits this many seconds for a session that neither answers nor is blocked; 300 by itself.
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "PGISOLATIONTIMEOUT": "30"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A cluster and its server, with the database of the tests in it."""

    def __init__(self, directory, database):
        self.database = database
        self.port = free_port()
        self.data = os.path.join(directory, "data")
        self.log = os.path.join(directory, "setup.log")
        # Apart from the other, which is not the servers' account's to write.
        self.server_log = os.path.join(directory, "server.log")
        self.run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as file:
            file.write(f"{SETTINGS}port = {self.port}\n")

    def run(self, program, *arguments):
        # What it starts would keep a pipe open.
        with open(os.devnull, "rb") as nothing, open(self.log, "ab") as log:
            command = [*account(), os.path.join(BIN, program), *arguments]
            done = subprocess.run(command, stdin=nothing, stdout=log, stderr=log, env=environment(), cwd="/")
        if done.returncode != 0:
            with open(self.log, errors="replace") as file:
                raise Failure(f"{' '.join(command)}\n{''.join(file.readlines()[-20:])}")

    def __enter__(self):
        self.run("pg_ctl", "start", "-w", "-t", "60", "-D", self.data, "-l", self.server_log)
        try:
            self.psql("postgres", f"CREATE DATABASE {self.database} TEMPLATE = template0")
            for name, value in DATABASE_SETTINGS.items():
                self.psql("postgres", f"ALTER DATABASE {self.database} SET {name} TO '{value}'")
        except BaseException:
            self.__exit__()
            raise
        return self

    def psql(self, database, sql):
        self.run("psql", "-X", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database, "-c", sql)

    def __exit__(self, *exception):
        self.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)
        shutil.rmtree(self.data)


class Egret:
    """Egret in front of a server.

    - settings: further parameters, NAME=VALUE as in its configuration file
    """

    def __init__(self, program, server, directory, mode, settings):
        self.port = free_port()
        self.program = program
        self.directory = os.path.join(directory, "egret")
        self.log = os.path.join(directory, "egret.log")
        os.makedirs(self.directory)
        self.file = os.path.join(self.directory, "egret.conf")
        with open(self.file, "w") as file:
            file.write(
                EGRET_SETTINGS.format(
                    port=self.port, directory=self.directory, mode=mode, server_port=server.port, user=USER)
            )
            file.writelines(setting + "\n" for setting in settings)

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([self.program, "run", "-f", self.file], stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        with open(self.log, errors="replace") as file:
            raise Failure(f"Egret does not listen.\n{file.read()}")

    def __exit__(self, *exception):
        # Immediate: what its clients have left behind goes with the server.
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory)


class Company:
    """Clients beside the tests, with their database and user, who always wait for a server.

    Their statements are over in a moment, so that nobody who waits for older transactions waits for theirs.
    """

    SCRIPT = "SELECT pg_catalog.pg_sleep(0.001);\n"

    def __init__(self, clients, port, database, directory):
        self.clients, self.port, self.database = clients, port, database
        self.log = os.path.join(directory, "company.log")

    def __enter__(self):
        self.process = None
        if self.clients == 0:
            return self
        command = [
            os.path.join(BIN, "pgbench"), "-n", "-c", str(self.clients), "-T", "100000", "-f", "-", "-h", "127.0.0.1",
            "-p", str(self.port), "-U", USER, self.database,
        ]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment(), cwd="/")
        self.process.stdin.write(self.SCRIPT.encode())
        self.process.stdin.close()
        return self

    def __exit__(self, *exception):
        if self.process is None:
            return
        has_left = self.process.poll() is not None
        self.process.kill()
        self.process.wait()
        if has_left:
            print(f"The company has left early: {self.log}", flush=True)
