"""The stage of a cluster's life: machines made of namespaces, PostgreSQL on them, and a proxy in front.

Each machine has a network, mounts, processes and a host name of its own, on a bridge that only they have: the proxy's,
and two or three database hosts with PostgreSQL 15 and an sshd each. Their /run, /etc/hosts and ~postgres are their own,
nothing outside of them is touched, and all that runs in them ends when the script ends, however it ends.
"""

import ctypes
import hashlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PG_BIN = "/usr/lib/postgresql/15/bin"
HOME = "/var/lib/postgresql"
DATA = HOME + "/15/main"
ETC = HOME + "/etc"
PACKAGES = {
    PG_BIN + "/postgres": "postgresql-15",
    "/usr/share/postgresql/15/extension/pgpool_recovery.control": "postgresql-15-pgpool2",
    "/usr/sbin/pcp_attach_node": "pgpool2",
    "/usr/sbin/sshd": "openssh-server",
    "/usr/bin/ssh": "openssh-client",
    "/usr/bin/unshare": "util-linux",
    "/usr/sbin/ip": "iproute2",
}
USERS = {"postgres": "super-secret", "repl": "repl-secret", "pgpool": "check-secret", "app": "app-secret"}
PCP_PASSWORD = "pcp-secret"
ADDRESSES = {"proxy": "10.77.0.9", "db0": "10.77.0.10", "db1": "10.77.0.11", "db2": "10.77.0.12"}

# The command line of the story that is played; set before anything is built.
options = None
started = time.monotonic()


class Failure(Exception):
    """The story did not go as it should."""


def say(text):
    print(f"[{time.monotonic() - started:5.1f}] {text}", flush=True)


def check(is_so, what):
    if not is_so:
        raise Failure(what)


def wait(what, holds, limit=30):
    """Waits until `holds()` gives something true, and gives that back."""
    end = time.monotonic() + limit
    while True:
        answer = holds()
        if answer:
            return answer
        check(time.monotonic() < end, f"not within {limit} s: {what}")
        time.sleep(0.1)


def write(path, text, mode=0o644, owner="postgres"):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    shutil.chown(path, owner, owner)


class Machine:
    """Namespaces of its own, held by a process whose end is the end of everything in them."""

    SETUP = """
        set -e
        mount -t tmpfs -o mode=755 tmpfs /run
        mkdir -p /run/sshd /run/postgresql
        chown postgres: /run/postgresql
        for place in hosts shadow postgresql; do mount --bind "$1/$place" "/etc/$place"; done
        mount --bind "$1/log" /var/log/postgresql
        mount --bind "$1/home" /var/lib/postgresql
        hostname "$2"
        ip link set lo up
        # Whoever has lost its parent becomes our child, and needs no wait.
        trap '' CHLD
        touch "$1/ready"
        exec sleep infinity
    """

    def __init__(self, name, stage):
        self.name, self.address = name, ADDRESSES[name]
        self.directory = f"{stage}/{name}"
        self.home = self.directory + "/home"
        for place in ("home/.ssh", "home/etc", "log", "postgresql"):
            os.makedirs(f"{self.directory}/{place}")
            shutil.chown(f"{self.directory}/{place}", "postgres", "postgres")
        shutil.chown(self.home, "postgres", "postgres")
        hosts = "".join(f"{address} {name}\n" for name, address in ADDRESSES.items())
        write(self.directory + "/hosts", "127.0.0.1 localhost\n" + hosts, owner="root")
        # Debian locks the account, and sshd without PAM refuses a locked one.
        write(self.directory + "/shadow", "root:*:19000::::::\npostgres:*:19000::::::\n", 0o600, "root")
        passwords = "".join(f"*:*:*:{user}:{password}\n" for user, password in USERS.items())
        write(self.home + "/.pgpass", passwords, 0o600)

        libc = ctypes.CDLL(None)
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child=SIGKILL",
             "--mount-proc", "sh", "-c", self.SETUP, "machine", self.directory, name],
            stdin=subprocess.DEVNULL, preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))
        wait(f"the machine {name}", self.is_ready, 10)
        with open(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children") as file:
            self.pid = file.read().split()[0]

    def is_ready(self):
        check(self.holder.poll() is None, f"the machine {self.name} cannot be made")
        return os.path.exists(self.directory + "/ready")

    def words(self, command, user):
        enter = ["nsenter", "-t", self.pid, "-m", "-n", "-p", "-u", "-i"]
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user != "root" else []
        home = HOME if user == "postgres" else "/root"
        environment = ["env", "-i", f"HOME={home}", f"USER={user}", "LC_ALL=C.UTF-8", "PGCONNECT_TIMEOUT=10",
                       f"PATH={PG_BIN}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]
        return enter + as_user + environment + command

    def attempt(self, *command, user="postgres", text="", limit=60):
        return subprocess.run(
            self.words(list(command), user), input=text, cwd="/", timeout=limit, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *command, user="postgres", text="", limit=60):
        result = self.attempt(*command, user=user, text=text, limit=limit)
        check(result.returncode == 0, f"{self.name}: {' '.join(command)}: {result.returncode}\n{result.stdout}")
        return result.stdout.strip()

    def spawn(self, log, *command, user="postgres"):
        with open(log, "ab") as file:
            return subprocess.Popen(
                self.words(list(command), user), cwd="/", stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def end(self):
        self.holder.kill()
        self.holder.wait()


def connect_machines(machines):
    """A bridge on the proxy's machine, and a cable from there to each of the machines."""
    proxy = machines[0]
    proxy.run("ip", "link", "add", "br0", "type", "bridge", user="root")
    for machine in machines:
        port = "to-" + machine.name
        subprocess.run(
            ["nsenter", "-t", proxy.pid, "-n", "ip", "link", "add", port, "type", "veth", "peer", "name", "eth0",
             "netns", machine.pid], check=True)
        proxy.run("ip", "link", "set", port, "master", "br0", "up", user="root")
        machine.run("ip", "address", "add", machine.address + "/24", "dev", "eth0", user="root")
        machine.run("ip", "link", "set", "eth0", "up", user="root")
    proxy.run("ip", "link", "set", "br0", "up", user="root")


def connect_ssh(machines, stage):
    """An sshd on each database host, and a key of postgres that opens all of them and nothing else."""
    key = stage + "/id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "stage", "-f", key], check=True)
    known = ""
    for machine in machines[1:]:
        host_key = f"{machine.directory}/host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", host_key], check=True)
        with open(host_key + ".pub") as file:
            known += f"{machine.name} {file.read().strip()}\n"
        write(machine.directory + "/sshd_config", f"""
            ListenAddress {machine.address}:22
            HostKey {host_key}
            PidFile none
            UsePAM no
            StrictModes no
            AuthenticationMethods publickey
            AllowUsers postgres
        """, owner="root")
    for machine in machines:
        for name in ("id_ed25519", "id_ed25519.pub"):
            shutil.copy(f"{stage}/{name}", f"{machine.home}/.ssh/{name}")
            shutil.chown(f"{machine.home}/.ssh/{name}", "postgres", "postgres")
        shutil.copy(key + ".pub", machine.home + "/.ssh/authorized_keys")
        write(machine.home + "/.ssh/known_hosts", known)
    for machine in machines[1:]:
        machine.sshd = machine.spawn(
            machine.directory + "/sshd.log", "/usr/sbin/sshd", "-D", "-e", "-f", machine.directory + "/sshd_config",
            user="root")
        wait(f"sshd on {machine.name}", lambda: machines[0].attempt(
            "ssh", "-o", "BatchMode=yes", machine.name, "true").returncode == 0, 10)


class Database:
    """PostgreSQL on one of the machines."""

    SETTINGS = """
        listen_addresses = '*'
        wal_log_hints = on
        wal_keep_size = 64MB
        max_slot_wal_keep_size = 1GB
        fsync = off
    """

    def __init__(self, machine):
        self.machine = machine

    def create(self):
        """An empty cluster, as Debian's package makes it, or with all of its files in the data directory."""
        if options.layout == "debian":
            self.machine.run("pg_createcluster", "15", "main", "--port", "5432", user="root")
            self.configuration = f"{self.machine.directory}/postgresql/15/main"
        else:
            self.machine.run("initdb", "-D", DATA, "--auth-local=peer", "--auth-host=reject", "--no-sync")
            self.configuration = self.machine.home + "/15/main"
        with open(self.configuration + "/postgresql.conf", "a") as file:
            file.write(self.SETTINGS)
            if options.layout == "plain":
                file.write("unix_socket_directories = '/run/postgresql'\n")
        with open(self.configuration + "/pg_hba.conf", "a") as file:
            file.write("host all all 10.77.0.0/24 scram-sha-256\nhost replication repl 10.77.0.0/24 scram-sha-256\n")

    def start(self):
        if options.layout == "debian":
            self.machine.run("pg_ctlcluster", "15", "main", "start")
        else:
            self.machine.run("pg_ctl", "start", "-D", DATA, "-l", DATA + ".log", "-w")
        wait(f"the server on {self.machine.name}", lambda: self.machine.attempt("pg_isready", "-q").returncode == 0)

    def stop(self):
        self.machine.run("pg_ctl", "stop", "-D", DATA, "-m", "fast", "-w")

    def is_running(self):
        return self.machine.attempt("pg_ctl", "status", "-D", DATA).returncode == 0

    def query(self, sql, database="postgres"):
        return self.machine.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql)

    def log(self):
        path = f"{self.machine.directory}/log/postgresql-15-main.log"
        return read(path if options.layout == "debian" else self.machine.home + "/15/main.log")


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def create_databases(databases):
    """A primary and its standbys, made as conf/hooks/README.md says."""
    primary = databases[0]
    for database in databases:
        database.create()
    primary.start()
    for sql in (
        f"ALTER ROLE postgres PASSWORD '{USERS['postgres']}'",
        f"CREATE ROLE repl LOGIN REPLICATION PASSWORD '{USERS['repl']}'",
        f"CREATE ROLE pgpool LOGIN PASSWORD '{USERS['pgpool']}'",
        "GRANT pg_monitor TO pgpool",
        f"CREATE ROLE app LOGIN PASSWORD '{USERS['app']}'",
        "CREATE DATABASE app OWNER app",
    ):
        primary.query(sql)
    for name in ("template1", "postgres"):
        primary.query("CREATE EXTENSION pgpool_recovery", name)
    for name in ("recover.sh", "standby.sh", "pgpool_remote_start"):
        place = f"{primary.machine.home}/15/main/{name}"
        shutil.copy(f"{options.hooks}/{name}", place)
        shutil.chown(place, "postgres", "postgres")
    with open(options.hooks + "/standby.sh") as file:
        script = file.read()
    for number, standby in enumerate(databases[1:], start=1):
        standby.machine.run("find", DATA, "-mindepth", "1", "-delete")
        standby.machine.run("bash", "-s", "--", "recover", DATA, "5432", str(number), "db0", "5432", text=script)


class Proxy:
    """Egret or pgpool-II, with the same parameters."""

    def __init__(self, machine):
        self.machine = machine
        self.etc = machine.home + "/etc"
        self.log_path = machine.directory + "/proxy.log"
        for name in ("failover.sh", "promote.sh", "follow_primary.sh", "standby.sh"):
            shutil.copy(f"{options.hooks}/{name}", f"{self.etc}/{name}")
        if not options.pgpool:
            shutil.copy(options.egret, self.etc + "/egret")
        write(self.etc + "/egret.conf", self.configuration())
        write(self.etc + "/pool_passwd", "".join(f"{u}:TEXT{p}\n" for u, p in USERS.items()), 0o600)
        write(self.etc + "/pcp.conf", f"pgpool:{hashlib.md5(PCP_PASSWORD.encode()).hexdigest()}\n", 0o600)
        write(machine.home + "/.pcppass", f"localhost:9898:pgpool:{PCP_PASSWORD}\n", 0o600)

    def configuration(self):
        text = f"""
            backend_clustering_mode = 'streaming_replication'
            listen_addresses = '*'
            port = 9999
            {"socket_dir" if options.pgpool else "unix_socket_directories"} = '/run/postgresql'
            pcp_listen_addresses = 'localhost'
            pcp_port = 9898
            pcp_socket_dir = '/run/postgresql'
            pid_file_name = '/run/postgresql/proxy.pid'
            {"logdir" if options.pgpool else "work_dir"} = '{ETC}'
            pool_passwd = 'pool_passwd'
            load_balance_mode = on
            sr_check_period = 1
            sr_check_user = 'pgpool'
            health_check_period = 1
            health_check_timeout = {2 if options.cut else 5}
            health_check_user = 'pgpool'
            failover_on_backend_shutdown = on
            search_primary_node_timeout = 60
            failover_command = '{ETC}/failover.sh %d "%h" %p %D %m %M "%H" %P'
            recovery_user = 'postgres'
            recovery_1st_stage_command = 'recover.sh'
            auto_failback = {"on" if options.auto_failback else "off"}
            auto_failback_interval = 1
        """
        if options.nodes > 2:
            text += f"follow_primary_command = '{ETC}/follow_primary.sh %d %h %p %D %m %H %M %P %r %R'\n"
        for number in range(options.nodes):
            text += f"""
            backend_hostname{number} = 'db{number}'
            backend_port{number} = 5432
            backend_weight{number} = {number % 2}
            backend_data_directory{number} = '{DATA}'
            backend_application_name{number} = 'node{number}'
            backend_flag{number} = 'ALLOW_TO_FAILOVER'
            """
        return re.sub("^ +", "", text, flags=re.MULTILINE)

    def start(self):
        command = ["/usr/sbin/pgpool", "-n", "-D", "-f", ETC + "/egret.conf", "-F", ETC + "/pcp.conf"]
        if not options.pgpool:
            command = [ETC + "/egret", "run", "-f", ETC + "/egret.conf"]
        self.process = self.machine.spawn(self.log_path, *command)
        wait("the proxy answers", lambda: self.attempt("SELECT 1").returncode == 0)

    def log(self):
        return read(self.log_path)

    def psql(self, *words):
        return ["psql", "-XAqw", "-h", "proxy", "-p", "9999", "-U", "app", "-d", "app", "-v", "ON_ERROR_STOP=1", *words]

    def attempt(self, sql):
        return self.machine.attempt(*self.psql("-t", "-c", sql))

    def query(self, sql):
        return self.machine.run(*self.psql("-t", "-c", sql))

    def nodes(self):
        """`show pool_nodes`, each row by the names of its columns; nothing when psql gets no answer."""
        result = self.machine.attempt(*self.psql("-P", "footer=off", "-c", "show pool_nodes"))
        if result.returncode != 0:
            return []
        header, *rows = result.stdout.strip().split("\n")
        return [dict(zip(header.split("|"), row.split("|"))) for row in rows]

    def wait_for_nodes(self, *expected, streaming=False, limit=30):
        """Waits until each node has the status and the role that are expected of it: "up primary", "down standby"."""
        nodes = []

        def holds():
            nodes[:] = self.nodes()
            return len(nodes) == len(expected) and all(
                state is None or self.state(node) == state and (
                    not streaming or state != "up standby" or node["replication_state"] == "streaming")
                for node, state in zip(nodes, expected))

        try:
            wait(f"{expected}", holds, limit)
        except Failure as failure:
            raise Failure(f"{failure}; show pool_nodes says {nodes}") from None
        for node in nodes:
            state = [node[name] for name in ("hostname", "status", "pg_status", "role", "pg_role", "replication_state")]
            say(f"      show pool_nodes: {node['node_id']} | " + " | ".join(state))

    def state(self, node):
        """A node that is up is "waiting" until its first client."""
        status = "up" if node["status"] == "waiting" else node["status"]
        return f"{status} {node['role']}" if status == "up" else status

    def pcp(self, command, node):
        """The programs of pgpool-II end with status 0 even when the server has refused."""
        answer = self.machine.run(
            "/usr/sbin/" + command, "-w", "-h", "localhost", "-p", "9898", "-U", "pgpool", "-n", str(node), limit=120)
        check("Command Successful" in answer, f"{command} -n {node}: {answer}")
        say(f"      {answer}")


class Session:
    """A psql that somebody sits at."""

    def __init__(self, proxy):
        self.process = subprocess.Popen(
            proxy.machine.words(proxy.psql("-t", "-v", "ON_ERROR_STOP=0"), "postgres"), cwd="/", encoding="utf-8",
            bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = queue.Queue()
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def ask(self, sql, limit=60):
        """Gives back what psql prints for a statement. A lost connection fails, even if psql gets a new one."""
        self.process.stdin.write(sql + ";\n\\echo answered\n")
        answer, end = [], time.monotonic() + limit
        while True:
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise Failure(f"no answer within {limit} s: {sql}") from None
            check(line is not None and "onnection to the server was lost" not in line, f"session lost: {sql}: {answer}")
            if line == "answered":
                return "\n".join(answer)
            answer.append(line)


def need_packages():
    missing = sorted({package for path, package in PACKAGES.items() if not os.path.exists(path)})
    if missing:
        sys.exit("missing here: apt-get install --no-install-recommends " + " ".join(missing))
    if not options.pgpool and not os.access(options.egret or "", os.X_OK):
        sys.exit(f"{options.egret} is no program")
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
            sys.exit("namespaces and an sshd need root, or a sudo that asks for no password")
        os.execvp("sudo", ["sudo", "-n", sys.executable, "-B", *sys.argv])


def interrupt(number, _):
    raise Failure(f"signal {number}")


def play(story):
    """Builds the stage, has `story(proxy, databases)` played on it, and takes it down again. Ends the script."""
    need_packages()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    stage = tempfile.mkdtemp(prefix="two-node-story-")
    os.chmod(stage, 0o755)
    machines, proxy, databases, status = [], None, [], 1
    try:
        for name in list(ADDRESSES)[:1 + options.nodes]:
            machines.append(Machine(name, stage))
        connect_machines(machines)
        connect_ssh(machines, stage)
        databases = [Database(machine) for machine in machines[1:]]
        create_databases(databases)
        proxy = Proxy(machines[0])
        proxy.start()
        say(f"the stage is set: {'pgpool-II' if options.pgpool else 'Egret'}, layout {options.layout}")
        story(proxy, databases)
        say("the end")
        status = 0
    except (Failure, subprocess.SubprocessError, OSError) as failure:
        say(f"FAILED: {failure}")
        for name, log in [("proxy", proxy)] + [(database.machine.name, database) for database in databases]:
            if log:
                print(f"--- the end of the log of {name}:\n" + "\n".join(log.log().split("\n")[-60:]))
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for machine in machines:
            machine.end()
        if options.keep:
            say(f"left behind: {stage}")
        else:
            shutil.rmtree(stage, ignore_errors=True)
    sys.exit(status)
