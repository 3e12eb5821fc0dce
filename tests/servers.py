"""Servers that misbehave in every way an answer can."""

import socket
import threading
import time
from contextlib import contextmanager

LOOPBACK = ["127.0.0.1", "localhost", "::1"]


@contextmanager
def raw_server(talk):
    """A TCP server on a free port; `talk(connection)` says whatever it likes to each caller."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_connections, stopping = [], threading.Event()

    def serve(connection):
        try:
            connection.recv(65_536)
            talk(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def accept():
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_connections:
            connection.close()
        thread.join(timeout=2)


def say_nothing(connection):
    time.sleep(20)


def one_byte_a_second(connection):
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def headers_then_one_byte_a_second(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.2)


def two_hundred_megabytes(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(3200):
        connection.sendall(b"x" * 65_536)


def not_http(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def hang_up(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf")
