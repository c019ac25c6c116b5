"""A port for a server of others, which cannot tell on which one it listens."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from random import SystemRandom

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST = 10_000


def find_port() -> int:
    """Return a port that is free, and stays so until a server listens on it.

    It is none of those that the system gives to whoever asks for any, nor of those that another
    process of these tests chooses from.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    end = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    ports = range(_FIRST + number, max(end, 2 * _FIRST), count)
    for port in SystemRandom().sample(ports, 100):
        with socket.socket() as tried, suppress(OSError):
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")
