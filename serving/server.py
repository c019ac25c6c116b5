"""Running the application: one port, quiet logs, a clean stop."""

import logging
import resource
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from typing import TextIO, cast

import structlog
import uvicorn
from fastapi import FastAPI

from features.errors import KantelpuntError
from serving.bounded_http import BoundedHttp

START_SECONDS = 30
# as long as an answer may take; whoever starts us, waits 30 s before it kills
STOP_SECONDS = 20
BACKLOG = 2048  # connections that wait to be taken up, as uvicorn has it


class _Patient:
    """A stream of which a full disk costs the lines, and never an answer."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class PortTakenError(KantelpuntError):
    """A port that another program listens on."""


def set_up_logs(*, quiet: bool = False) -> None:
    """Write JSON lines, or coloured ones on a terminal; `quiet` shows only what is wrong."""
    shown: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        shown.append(structlog.dev.ConsoleRenderer())
    else:
        shown.append(structlog.processors.JSONRenderer())
    structlog.configure(
        processors=shown,
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(sys.stderr))),
    )


def open_port(host: str, port: int) -> socket.socket:
    """Return a socket that can listen; raises PortTakenError when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise _build_taken(host, port, error) from None
    return opened


def _build_taken(host: str, port: int, error: OSError) -> PortTakenError:
    return PortTakenError(
        f"cannot listen on {host} port {port} ({error.strerror}): "
        "stop what uses it, or choose another with --port"
    )


def _listen(opened: socket.socket) -> None:
    """Begin to listen; raises PortTakenError where another program began since the port was opened.

    Until somebody listens, two programs can have the same port open.
    """
    try:
        opened.listen(BACKLOG)
    except OSError as error:
        host, port = opened.getsockname()[:2]
        raise _build_taken(host, port, error) from None


def _build_server(app: FastAPI) -> uvicorn.Server:
    # whoever is not a proxy of ours could name any address as its own, and never be counted
    trusted = _list_trusted(app.state.service.settings.trusted_proxies)
    config = uvicorn.Config(
        app,
        log_level="warning",
        # that of uvicorn would write addresses with case numbers in them
        access_log=False,
        server_header=False,
        http=BoundedHttp,
        ws="none",
        timeout_graceful_shutdown=STOP_SECONDS,
        proxy_headers=bool(trusted),
        forwarded_allow_ips=trusted,
    )
    return uvicorn.Server(config)


def _list_trusted(proxies: str) -> list[str]:
    """Return networks of proxies, those of IPv4 as what listens on `::` writes them as well."""
    found: list[str] = []
    for network in (ip_network(one.strip()) for one in filter(None, proxies.split(","))):
        found.append(str(network))
        if network.version == 4:
            found.append(f"::ffff:{network.network_address}/{96 + network.prefixlen}")
    return found


def run_server(app: FastAPI, opened: socket.socket) -> None:
    """Serve until stopped; raises PortTakenError.

    What is left of a crash would hold every secret, and every case that was worked on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _listen(opened)
    _build_server(app).run(sockets=[opened])


@contextmanager
def serve_aside(app: FastAPI, opened: socket.socket) -> Iterator[str]:
    """Serve beside the caller, and give the address; for `demo --check` and for tests."""
    _listen(opened)
    server = _build_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    until = time.monotonic() + START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.02)
    host, port = opened.getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)
