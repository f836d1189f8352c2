"""Clients without any state that keep the servers of a pool moving, so that the next statement meets another one."""

import random
import threading
import time

from traffic import database


class Noise:
    """Two clients that run short transactions until the end of a `with` block."""

    def __init__(self, port, mode):
        self.port = port
        self.mode = mode
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(2)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def run(self, number):
        source = random.Random(number)
        # In session mode each holds a server for as long as it is connected.
        while not self.is_over.is_set():
            client = database.connect(self.port, database.name_of(self.mode), database.USER)
            for _ in range(source.randrange(1, 20)):
                client.ask("BEGIN")
                client.ask("SELECT 1")
                client.ask("COMMIT")
                time.sleep(source.random() * 0.003)
            client.socket.close()
