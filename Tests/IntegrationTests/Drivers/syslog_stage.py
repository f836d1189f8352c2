"""Runs a program in a mount namespace of its own whose /dev/log is ours, and prints what it sends there.

The program is ended by SIGINT once a message has the text that is waited for. A line for each message: its priority and
facility as one number, as syslog has them, and its text.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def run(*command):
    subprocess.run(command, check=True)


def build():
    """A /dev with the devices that programs need, and with a syslog daemon's socket."""
    old = tempfile.mkdtemp()
    run("mount", "--make-rprivate", "/")
    run("mount", "--bind", "/dev", old)
    run("mount", "-t", "tmpfs", "tmpfs", "/dev")
    for device in DEVICES:
        open("/dev/" + device, "w").close()
        run("mount", "--bind", f"{old}/{device}", "/dev/" + device)
    os.mkdir("/dev/shm")
    run("mount", "-t", "tmpfs", "tmpfs", "/dev/shm")
    os.symlink("/proc/self/fd", "/dev/fd")
    run("umount", old)
    os.rmdir(old)
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind("/dev/log")
    daemon.settimeout(20)
    return daemon


if os.environ.get("SYSLOG_STAGE") != "built":
    os.environ["SYSLOG_STAGE"] = "built"
    os.execv("/usr/bin/unshare", ["unshare", "-m", sys.executable, "-B"] + sys.argv)

daemon = build()
program = subprocess.Popen(sys.argv[2:])
try:
    text = ""
    while sys.argv[1] not in text:
        text = daemon.recv(65536).decode()
        print(text.rstrip("\n\0"), flush=True)
finally:
    program.send_signal(signal.SIGINT)
    program.wait(timeout=20)
