"""A server of HTTP on loopback, for stand-ins of the services of others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """What answers one request; a stand-in says how, and refuses what it does not answer."""

    def get(self) -> None:
        """Answer who asks something."""
        self.give(405, b"")

    def post(self) -> None:
        """Answer who sends something."""
        self.give(405, b"")

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    def give(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Answer the request."""
        self.send_response(status)
        for name, value in ((headers or {}) | {"content-length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def run_http(handler: type[Handler], goes_on: threading.Event | None = None) -> Iterator[int]:
    """Run a server beside the caller, and yield its port; `goes_on` ends what it waits for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        if goes_on is not None:
            goes_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
