"""What surrounds each request: a size limit, security headers, counts, and logs without persons."""

import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.faults import RequestRefusedError
from serving.metrics import Metrics
from serving.store.patience import begin_waiting, bounded_patience

log = structlog.get_logger("kantelpunt")

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# a year without http; not for names below ours, which may be somebody else's
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
RENEWED_SESSION = "renewed_session"
_NOT_FOUND = "unknown"
_GONE = 499  # as nginx notes it: who asked went away, and gets no answer
_OPEN_WHILE_CLOSED = ("/static/", "/healthz", "/metrics")
Answer = Callable[[Scope], Any]


class Surroundings:
    """Counts and logs each request, adds security headers, and answers what nothing else caught."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, answer_fault: Answer, *, https_only: bool
    ) -> None:
        """Surround an app; `answer_fault` builds the answer to an error that nobody expected."""
        self.app = app
        self.metrics = metrics
        self.answer_fault = answer_fault
        headers = SECURITY_HEADERS | (HTTPS_ONLY if https_only else {})
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        # made here, so that what a route notes in it is seen here too
        scope.setdefault("state", {})

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, message)
            await send(message)

        async def receive_in_time() -> Message:
            message = await receive()
            begin_waiting()
            return message

        try:
            with bounded_patience():
                await self.app(scope, receive_in_time, send_with_headers)
        except ClientDisconnect:
            status = _GONE
        except Exception as error:
            # the message of an error may hold what was sent: only its class and place are noted
            kind, place = type(error).__name__, _find_place(error)
            log.error("fault", kind=kind, at=place)  # noqa: TRY400
            await self.answer_fault(scope)(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            route = find_route(scope)
            self.metrics.count_request(scope["method"], route, status, seconds)
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                ms=round(seconds * 1000, 2),
            )

    def _add_headers(self, scope: Scope, message: Message) -> None:
        given = {name for name, _ in message["headers"]}
        keeping = (b"cache-control", _find_keeping(scope, message["status"]).encode())
        ours = [one for one in (*self.headers, keeping) if one[0] not in given]
        message["headers"] = [*message["headers"], *ours]
        renewed = scope["state"].get(RENEWED_SESSION)
        if renewed:
            _renew(MutableHeaders(scope=message), renewed)


def _renew(headers: MutableHeaders, renewed: str) -> None:
    """Have a session that is used go on, unless the answer itself opens or ends one."""
    name = renewed.partition("=")[0]
    if not any(c.startswith(f"{name}=") for c in headers.getlist("set-cookie")):
        headers.append("Set-Cookie", renewed)


def _find_keeping(scope: Scope, status: int) -> str:
    """Return how long a browser may keep an answer; pages ask for files by address and version."""
    if not scope["path"].startswith("/static/"):
        return "no-store"
    is_versioned = status in (200, 304) and scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if is_versioned else "no-cache"


def find_route(scope: Scope) -> str:
    """Return the template of the route, which holds nothing that a user filled in."""
    path = getattr(scope.get("route"), "path", None)
    if path is None and scope["path"].startswith("/static/"):
        return "/static"
    return path or _NOT_FOUND


def _find_place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""


class Closed:
    """Answers everything with a notice while there is maintenance, without touching the store."""

    def __init__(self, app: ASGIApp, answer_closed: Answer) -> None:
        """Close an app, but for what a machine or a page needs meanwhile."""
        self.app = app
        self.answer_closed = answer_closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        is_open = scope["type"] != "http" or scope["path"].startswith(_OPEN_WHILE_CLOSED)
        answer = self.app if is_open else self.answer_closed(scope)
        await answer(scope, receive, send)


class SizeLimit:
    """Refuses a body that is too large, also one that does not tell its size."""

    def __init__(
        self, app: ASGIApp, most_bytes: int, files: Mapping[str, int] | None = None
    ) -> None:
        """Let bodies of up to `most_bytes` through; some paths take `files` of their own size."""
        self.app = app
        self.most_bytes = most_bytes
        self.files = files or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        most_bytes = self.files.get(scope["path"], self.most_bytes)
        refusal = "file-too-large" if scope["path"] in self.files else "too-large"
        too_large = told.isdecimal() and int(told) > most_bytes
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            if too_large:
                raise RequestRefusedError(refusal)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most_bytes:
                raise RequestRefusedError(refusal)
            return message

        await self.app(scope, receive_counted, send)
