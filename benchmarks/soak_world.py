"""What is between the uses of the soak: who is logged on, which cases are open, what was kept."""

import itertools
import re
import zlib
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from benchmarks.load import build_request

WAITING = 400  # cases that somebody still has to look at; more are not remembered
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """One answer, its body unpacked."""

    status: int
    head: str
    text: str

    @classmethod
    def read(cls, head: bytes, body: bytes) -> "Answer":
        """Return an answer as it came over the wire."""
        if b"content-encoding: gzip" in head.lower():
            body = zlib.decompress(body, wbits=31)
        return cls(int(head[9:12]), head.decode("latin-1"), body.decode())


@dataclass
class Session:
    """Somebody with a browser: the cookies in it and the token of the last page."""

    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str) -> bytes:
        """Return the request for a page."""
        return build_request("GET", path, self._head())

    def post(self, path: str, **fields: str) -> bytes:
        """Return the request that sends a form."""
        head = self._head() | {"Content-Type": "application/x-www-form-urlencoded"}
        return build_request("POST", path, head, urlencode(fields).encode())

    def keep(self, answer: Answer) -> None:
        """Keep the cookies of an answer."""
        for name, value in re.findall(r"(?i)\nset-cookie: ([^=]+)=([^;\r]*)", answer.head):
            self.cookies[name] = value.strip('"')

    def _head(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Use:
    """One request: `judge` returns what is wrong with its answer, or nothing."""

    kind: str
    request: bytes
    judge: Callable[[Answer], str]
    session: Session | None = None


@dataclass(frozen=True)
class Seen:
    """A case that somebody has before them, with the hidden fields of its forms."""

    session: Session
    case_id: str
    fields: Mapping[str, str]


@dataclass
class Kept:
    """What the service said that it keeps, to be held against the store at the end."""

    assessments: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """What the load starts from: who there is, and cases with their answers per version."""

    physicians: Sequence[str]
    coordinators: Sequence[str]
    planner: str
    auditor: str
    guests: Sequence[str]
    system: str
    password: str
    today: str
    cases: Sequence[Mapping[str, Any]]
    expected: Mapping[str, Sequence[Mapping[str, Any]]]


class World:
    """Everything that uses leave for later ones."""

    def __init__(self, given: Given) -> None:
        """Begin with nobody logged on."""
        self.given, self.random, self.kept = given, Random(8), Kept()  # noqa: S311
        self.physicians = [Session(name) for name in given.physicians]
        self.coordinators = [Session(name) for name in given.coordinators]
        self.planner, self.auditor = Session(given.planner), Session(given.auditor)
        self.guests = deque(Session(name) for name in given.guests)
        self.numbers = itertools.count()
        self.further = ""
        self.listed = deque[str](maxlen=WAITING)
        self.opened, self.called = deque[Seen](), deque[Seen]()
        self.to_call, self.to_consent = deque[str](), deque[str]()
        self.taken = set[str]()
        self.decided = deque[Seen](maxlen=WAITING)
        self.known = deque[str](maxlen=WAITING)

    def physician(self) -> Session:
        """Return one of the physicians."""
        return self.random.choice(self.physicians)

    def coordinator(self) -> Session:
        """Return one of the coordinators."""
        return self.random.choice(self.coordinators)

    def basic(self, name: str) -> dict[str, str]:
        """Return the head of a request to the API by somebody."""
        words = b64encode(f"{name}:{self.given.password}".encode()).decode()
        return {"Authorization": f"Basic {words}", "Content-Type": "application/json"}


def find_token(page: str) -> str:
    """Return the token of the first form on a page, or nothing."""
    found = _TOKEN.search(page)
    return found.group(1) if found else ""


def expect_page(heading: str, status: int = 200) -> Callable[[Answer], str]:
    """Return a judge of a page: its status and its heading."""

    def judge(answer: Answer) -> str:
        if answer.status != status:
            return f"{answer.status} instead of {status}"
        return "" if heading in answer.text else f"no heading {heading!r}"

    return judge


def expect_status(status: int) -> Callable[[Answer], str]:
    """Return a judge of a status alone."""

    def judge(answer: Answer) -> str:
        return "" if answer.status == status else f"{answer.status} instead of {status}"

    return judge
