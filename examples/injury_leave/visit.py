"""Visits a running service once, as somebody who logs on: the list, and the page of one case."""

import json
import re
import time
from base64 import b64encode
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from features.errors import KantelpuntError

TIMEOUT = 30
START_SECONDS = 60
TOKEN = re.compile(r'name="token" value="([^"]+)"')


class VisitError(KantelpuntError):
    """A page or an endpoint that did not answer as it should."""


class Visitor:
    """Somebody with an account, at the address of a service."""

    def __init__(self, address: str, name: str, password: str) -> None:
        """Remember who visits what."""
        self.address = address
        self.name = name
        self.password = password
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def wait(self) -> None:
        """Return once the service answers; raises VisitError when that takes a minute."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                self.read("/readyz")
            except URLError:
                time.sleep(0.2)
            else:
                return
        raise VisitError(f"no answer within {START_SECONDS} seconds: see service.log")

    def log_on(self) -> None:
        """Log on through the form, as in a browser; raises VisitError where that fails."""
        found = TOKEN.search(self.read("/login"))
        token = found[1] if found else ""
        form = {"token": token, "naar": "/", "name": self.name, "password": self.password}
        self.read("/login", urlencode(form).encode())

    def read(self, path: str, form: bytes | None = None) -> str:
        """Return a page; raises VisitError unless it answers 200."""
        return self._open(Request(self.address + path, data=form))  # noqa: S310  # our own address

    def ask(self, path: str) -> Any:
        """Return what the API answers, with the account's name and password."""
        known = b64encode(f"{self.name}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {known}"}
        return json.loads(self._open(Request(self.address + path, headers=headers)))  # noqa: S310

    def _open(self, request: Request) -> str:
        try:
            with self.opener.open(request, timeout=TIMEOUT) as answer:
                text: str = answer.read().decode()
        except HTTPError as error:
            path = request.full_url.removeprefix(self.address)
            raise VisitError(f"{path} answered {error.code}: see service.log") from error
        return text


def visit(visitor: Visitor, most: int = 5) -> list[dict[str, Any]]:
    """Call readyz, the list and the page of its first case; return the top of the list."""
    visitor.wait()
    visitor.log_on()
    top: list[dict[str, Any]] = visitor.ask(f"/api/v1/cases?limit={most}")["cases"]
    if not top:
        raise VisitError("the triage list is empty: see what `kantelpunt import` said")
    for path in ("/", f"/dossiers/{top[0]['case_id']}"):
        if top[0]["case_id"] not in visitor.read(path):
            raise VisitError(f"{path.partition('IL')[0]} does not show the first case of the list")
    return top
