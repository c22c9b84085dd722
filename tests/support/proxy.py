"""A door to a real service that a test can shut and open again."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """Passes bytes between its own port and a service while it is open; shut, it is like a service that is gone."""

    def __init__(self, host: str, port: int) -> None:
        self._service = (host, port)
        self._open: list[socket.socket] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        """Let connections through, on the same port as before."""
        self._door = socket.create_server(("127.0.0.1", self.port))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, args=(self._door,), daemon=True).start()

    def shut(self) -> None:
        """End all connections and refuse new ones."""
        for one in (self._door, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _let_in(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller = door.accept()[0]
                service = socket.create_connection(self._service)
                self._open += [caller, service]
                for one, other in ((caller, service), (service, caller)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
