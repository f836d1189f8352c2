"""A server that is none: it answers whatever it is asked with the bytes of its kind. Prints its port, then serves
until its standard input ends."""

import random
import socket
import sys
import threading

KIND = sys.argv[1]
ANSWERS = {
    "noise": random.Random(7).randbytes(512),
    "web": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "lengths": b"R\xff\xff\xff\xff" * 8,
    "gigabytes": b"R\x7f\xff\xff\xff\0\0\0\0",
    "silence": b"",
}


def serve(connection):
    with connection:
        connection.recv(1024)
        if KIND == "silence":
            threading.Event().wait(30)
        connection.sendall(ANSWERS[KIND])


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
threading.Thread(target=accept, args=(listener,), daemon=True).start()
print("serving", flush=True)
sys.stdin.read()
