"""A wire to a server of tests that can be slow, go silent, or break at a chosen moment."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


class Wire:
    """Passes bytes on to a port of this machine, and back, the way that a test asks."""

    def __init__(self, target: int) -> None:
        """Listen for who wants to reach a port, on another one."""
        self.seconds = 0.0  # how long each packet takes, either way
        self.is_silent = False  # what is sent does not arrive, and nobody says so
        # it breaks once a client sent all of these, in this order ...
        self.awaits: list[bytes] = []
        self.is_heard = False  # ... and, where it is heard, once the server answered
        self._target = target
        self._is_doomed = False
        self._ends: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection."""
        self._is_doomed = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take the wire down."""
        self.is_silent, self.seconds = False, 0.0
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [client, server]
                for ends in ((client, server, True), (server, client, False)):
                    Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_asked: bool) -> None:
        with suppress(OSError), source:
            while packet := source.recv(1 << 16):
                time.sleep(self.seconds)
                while self.is_silent:
                    time.sleep(0.02)
                if self._breaks(packet, is_asked):
                    self.cut()
                    return
                target.sendall(packet)
            target.shutdown(socket.SHUT_RDWR)

    def _breaks(self, packet: bytes, is_asked: bool) -> bool:
        if not is_asked:
            return self._is_doomed
        is_watched = bool(self.awaits)
        while self.awaits and self.awaits[0] in packet:
            del self.awaits[0]
        is_meant = is_watched and not self.awaits
        self._is_doomed |= is_meant and self.is_heard
        return is_meant and not self.is_heard


@contextmanager
def run_wire(target: int) -> Iterator[Wire]:
    """Give a wire to a port of this machine, and take it down afterwards."""
    wire = Wire(target)
    try:
        yield wire
    finally:
        wire.close()
