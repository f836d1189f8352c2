"""The life of a classic two-node cluster, played with the hooks of conf/hooks as an operator would play it.

    two_node_story.py EGRET HOOKS [--auto-failback] [--layout debian|plain]
    two_node_story.py EGRET HOOKS --nodes 3     a short story of its own, about follow_primary.sh
    two_node_story.py EGRET HOOKS --cut         another, about a cable that is pulled
    two_node_story.py --pgpool HOOKS ...        the same with pgpool-II, which ends its clients' sessions meanwhile

Needs root, or sudo without a password. Every step prints a line; the exit status is 0 when all of it went as it should.
"""

import argparse
import subprocess
import time

import stage
from stage import ADDRESSES, DATA, PG_BIN, Session, check, say, wait

WHO = "SELECT host(inet_server_addr())"
BACKEND = "/*NO LOAD BALANCE*/ SELECT pg_backend_pid()"


class Story:
    """The steps, in their order. pgpool-II ends sessions at a failover; there a new one takes the place of the old."""

    def __init__(self, proxy, databases):
        self.proxy, self.databases = proxy, databases
        self.rows = []
        self.session = Session(proxy)

    def play(self):
        self.start()
        self.stop_standby()
        self.start_standby()
        self.lose_primary("d", 0, 1)
        self.start_stray_primary()
        self.recover("e", 0, "pg_rewind has done its work")
        self.lose_primary("f", 1, 0)
        say("      the disk of node 1 is damaged")
        self.databases[1].machine.run("rm", DATA + "/global/pg_control")
        self.recover("g", 1, "a new base backup")
        self.switch_over("h", 0, 1)
        self.recover("i", 0, "pg_rewind has done its work")

    def play_with_three(self):
        """Only the living standby is made to follow; the old primary is left down until somebody has seen to it."""
        self.start()
        self.get_ahead()
        self.lose_primary("c", 0, 1)
        self.wait_for_hook("the standby does not stream from db1: it is rewound")
        self.wait_for_hook("node 0 is left down")
        self.wait_for_hook("node 2 follows and is attached")
        self.proxy.wait_for_nodes("down", "up primary", "up standby", streaming=True)
        self.insert("written with a standby that follows")
        check(self.databases[2].query("SELECT to_regclass('lost')", "app") == "", "node 2 has what is lost")
        self.recover("d", 0, "pg_rewind has done its work")
        self.lose_primary("e", 1, 0)
        self.wait_for_hook("node 2 follows and is attached", 2)
        self.proxy.wait_for_nodes("up primary", "down", "up standby", streaming=True)

    def pull_cable(self):
        """Packets vanish and nobody says so: what hangs is asked again once the health check has given the node up."""
        self.start()
        say("b. the cable of the standby's host is pulled under 25 readers")
        target = ["-h", "proxy", "-p", "9999", "-U", "app", "app"]
        self.proxy.machine.run(f"{PG_BIN}/pgbench", "-i", "-q", *target)
        readers = subprocess.Popen(
            self.proxy.machine.words(
                [f"{PG_BIN}/pgbench", "-n", "-S", "-c", "25", "-T", "8", "-M", "prepared", *target], "postgres"),
            cwd="/", encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        time.sleep(2)
        self.proxy.machine.run("ip", "link", "set", "to-db1", "down", user="root")
        output, _ = readers.communicate(timeout=60)
        check(readers.returncode == 0 and "number of failed transactions: 0 " in output, output)
        check("error" not in output and "FATAL" not in output, output)
        self.proxy.wait_for_nodes("up primary", "down")
        check(self.session.ask(WHO) == ADDRESSES["db0"], "a read did not go to the primary")
        say("c. the cable is back, and the standby is attached")
        self.proxy.machine.run("ip", "link", "set", "to-db1", "up", user="root")
        wait("the standby can be reached", lambda: self.proxy.machine.attempt(
            f"{PG_BIN}/pg_isready", "-h", "db1").returncode == 0)
        self.proxy.pcp("pcp_attach_node", 1)
        self.proxy.wait_for_nodes("up primary", "up standby", streaming=True)

    def get_ahead(self):
        """Node 1 receives nothing any more when the primary crashes, so that node 2 has more than the new primary."""
        say("b. node 2 gets ahead of node 1, and the primary crashes")
        receiver = self.databases[1].machine.run("pgrep", "-f", "walreceiver")
        self.databases[1].machine.run("kill", "-STOP", receiver)
        self.databases[0].query("CREATE TABLE lost AS SELECT repeat(md5(i::text), 20) FROM generate_series(1, 50000) i",
                                "app")
        wait("node 2 is ahead", lambda: self.databases[2].query("SELECT to_regclass('lost')", "app") == "lost")
        self.databases[0].machine.run("pg_ctl", "stop", "-D", DATA, "-m", "immediate")
        self.databases[1].machine.run("kill", "-CONT", receiver)

    def renew_session(self):
        if stage.options.pgpool:
            self.session = Session(self.proxy)

    def insert(self, row):
        answer = self.session.ask(f"INSERT INTO story VALUES ('{row}')")
        check(answer == "", f"the row {row} was not written: {answer}")
        self.rows.append(row)

    def expect_reads_from(self, name, ask, limit=10):
        wait(f"reads go to {name}", lambda: ask(WHO) == ADDRESSES[name], limit)

    def start(self):
        say("a. all nodes are up, and every standby streams")
        self.proxy.wait_for_nodes("up primary", *["up standby"] * (stage.options.nodes - 1), streaming=True)
        self.session.ask("CREATE TABLE story (row text)")
        self.insert("a")
        self.expect_reads_from("db1", self.session.ask)

    def stop_standby(self):
        say("b. the standby is stopped")
        backend = self.session.ask(BACKEND)
        self.databases[1].stop()
        if not stage.options.pgpool:
            check(self.session.ask(WHO) == ADDRESSES["db0"], "a read did not go to the primary")
        self.proxy.wait_for_nodes("up primary", "down")
        self.renew_session()
        check(self.session.ask(WHO) == ADDRESSES["db0"], "a read did not go to the primary")
        if not stage.options.pgpool:
            check(self.session.ask(BACKEND) == backend, "the session got another server")
            say("      the session has not noticed, and has the server that it had")
        self.insert("b")
        self.wait_for_hook("node 1 was not the primary: nothing to do")

    def start_standby(self):
        is_automatic = stage.options.auto_failback
        say("c. the standby is started; it is " + ("back by itself" if is_automatic else "attached"))
        self.databases[1].start()
        if not stage.options.auto_failback:
            time.sleep(2.5)
            self.proxy.wait_for_nodes("up primary", "down")
            self.proxy.pcp("pcp_attach_node", 1)
        self.proxy.wait_for_nodes("up primary", "up standby", streaming=True)
        self.expect_reads_from("db1", self.proxy.query)

    def lose_primary(self, step, old, new):
        say(f"{step}. the primary, node {old}, is lost")
        self.renew_session()
        begin = time.monotonic()
        if self.databases[old].is_running():
            self.databases[old].stop()
        stopped = time.monotonic()
        if not stage.options.pgpool:
            self.insert(f"written while node {new} was promoted")
            say(f"      the session's next write took {time.monotonic() - stopped:.1f} s")
        self.proxy.wait_for_nodes(*self.expected({old: "down", new: "up primary"}))
        say(f"      {time.monotonic() - begin:.1f} s after the order to stop")
        self.wait_for_hook(f"node {new} on db{new} is the primary")
        self.renew_session()
        self.insert(f"written on node {new}")
        check(self.databases[new].query("SELECT pg_is_in_recovery()") == "f", "not promoted")

    def expected(self, states):
        """What show pool_nodes is to say, where nodes that are not mentioned are not waited for."""
        return [states.get(number) for number in range(stage.options.nodes)]

    def switch_over(self, step, old, new):
        say(f"{step}. a switchover: node {old} is detached, and so stopped by failover.sh")
        self.proxy.pcp("pcp_detach_node", old)
        if not stage.options.pgpool:
            self.insert("written during the switchover")
        self.proxy.wait_for_nodes(*self.expected({old: "down", new: "up primary"}))
        self.wait_for_hook(f"the old primary on db{old} was stopped")
        self.renew_session()
        self.insert("written after the switchover")

    def start_stray_primary(self):
        say("      somebody starts the old primary as it is, and writes to it")
        self.databases[0].start()
        self.databases[0].query("INSERT INTO story VALUES ('stray')", "app")
        time.sleep(2.5)
        self.proxy.wait_for_nodes("down", "up primary")
        self.insert("written beside a second primary")
        check(self.databases[0].query("SELECT max(row) FROM story", "app") < "written beside", "split brain")

    def recover(self, step, node, how):
        say(f"{step}. pcp_recovery_node -n {node}: {how}")
        self.proxy.pcp("pcp_recovery_node", node)
        self.proxy.wait_for_nodes(
            *["up standby" if number != 1 - node else "up primary" for number in range(stage.options.nodes)],
            streaming=True)
        check(how in self.databases[1 - node].log(), f"recover.sh does not say {how!r} in the log of the primary")
        self.insert(f"written after the recovery of node {node}")
        self.compare()

    def compare(self):
        """Every row that was ever acknowledged is on all nodes, and no other; no slot is left over."""
        for database in self.databases:
            wait(f"all rows on {database.machine.name}", lambda: sorted(
                database.query("SELECT row FROM story", "app").split("\n")) == sorted(self.rows), 10)
        slots = [database.query("SELECT slot_name FROM pg_replication_slots ORDER BY 1") for database in self.databases]
        of_primary = [f"node{number}" for number in range(stage.options.nodes)]
        del of_primary[next(number for number, names in enumerate(slots) if names)]
        check(sorted(slots) == [""] * (stage.options.nodes - 1) + ["\n".join(of_primary)], f"the slots are {slots}")

    def wait_for_hook(self, text, times=1):
        wait(f"a hook says {text!r} in the proxy's log", lambda: self.proxy.log().count(text) >= times, 30)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("egret", nargs="?")
    parser.add_argument("hooks")
    parser.add_argument("--pgpool", action="store_true")
    parser.add_argument("--auto-failback", action="store_true")
    parser.add_argument("--layout", choices=("debian", "plain"), default="debian")
    parser.add_argument("--nodes", type=int, choices=(2, 3), default=2)
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leaves the directory with all logs behind")
    return parser.parse_args()


def main():
    options = stage.options = arguments()

    def play(proxy, databases):
        story = Story(proxy, databases)
        if options.cut:
            story.pull_cable()
        elif options.nodes == 3:
            story.play_with_three()
        else:
            story.play()

    stage.play(play)


main()
