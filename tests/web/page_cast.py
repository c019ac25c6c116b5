"""Services in every mode and people of every role, for pages in every state."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.estimate import GainStatus
from serving.sessions import SESSION_COOKIE
from tests.running_issuer import build_oidc_settings, run_issuer
from tests.running_service import (
    PASSWORD,
    Service,
    get_gain_bundle,
    get_sqlite_template,
    make_own_case,
    make_service,
)
from tests.web.conftest import run_filled
from tests.web.work_pages import Clerk

FEW = 4
WEEKS_AGO = {"absence_started_on": "2025-12-01", "screened_on": "2026-03-01"}


@dataclass
class Cast:
    """The services, started when they are first asked for, and what of them was shown."""

    folder: Path
    stack: ExitStack
    services: dict[str, Service] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    numbers: int = 900

    def find(self, kind: str = "main") -> Service:
        """Return a service; `main` holds 73 cases, the others few."""
        if kind not in self.services:
            folder = self.folder / kind
            folder.mkdir()
            self.services[kind] = self.stack.enter_context(start(kind, folder))
            self._watch(self.services[kind])
        return self.services[kind]

    def enter(self, user: str, kind: str = "main") -> Service:
        """Return a service in which somebody just came in; nobody for an empty name."""
        service = self.find(kind)
        service.client.cookies.clear()
        if user:
            gate = service.app.state.service.gate
            cookie = gate.open_session(gate.check_password(service.store, user, PASSWORD))
            service.client.cookies.set(SESSION_COOKIE, cookie)
        return service

    def get(self, path: str, user: str = "arts", kind: str = "main") -> Any:
        """Return the answer to somebody who asks for a page."""
        return self.enter(user, kind).client.get(path)

    def draw(self) -> int:
        """Return a number that no other case has."""
        self.numbers += 1
        return self.numbers

    def make_folder(self) -> Path:
        """Return a folder that holds nothing yet."""
        return self.folder / f"files-{self.draw()}"

    def make_case(self, kind: str = "main", **changes: Any) -> Clerk:
        """Return a physician before a case that nobody else works on."""
        service = self.enter("arts", kind)
        given = make_own_case(self.draw(), **WEEKS_AGO | changes)
        assert service.post(given).status_code == 201
        return Clerk(service, given["case_id"])

    def _watch(self, service: Service) -> None:
        """Note every template that is rendered and every route that answers."""
        pages, find = service.app.state.service.pages, type(service.app.state.service.pages)

        def get_template(name: Any, *given: Any, **more: Any) -> Any:
            self.templates.add(str(name))
            return find.get_template(pages, name, *given, **more)

        pages.get_template = get_template
        service.client.event_hooks["response"].append(self._note)

    def _note(self, answer: Any) -> None:
        self.asked.add((answer.request.method, answer.request.url.path))


def start(kind: str, folder: Path) -> Any:
    """Start a service in one of its modes."""
    uploads = {"uploads": folder / "uploads", "most_upload_bytes": 100_000}
    if kind == "main":
        return run_filled(folder, GainStatus.ESTIMATED, **uploads)
    if kind in ("provider", "provider-only"):
        return _start_provider(folder, takes_passwords=kind == "provider")
    changes = {
        "required": {"own_estimate": "required"},
        "closed": {"maintenance": "Tot 14 uur."},
    }
    return _start(folder, _GAINS.get(kind, GainStatus.ESTIMATED), **changes.get(kind, {}))


_GAINS = {"same": GainStatus.SAME_FOR_ALL, "unknown": GainStatus.UNKNOWN}


@contextmanager
def _start(folder: Path, status: GainStatus, **changes: object) -> Iterator[Service]:
    (folder / "store.db").write_bytes(get_sqlite_template().read_bytes())
    url = f"sqlite:///{folder / 'store.db'}"
    made = make_service(url, get_gain_bundle(status), **changes)
    for number in range(1, FEW + 1):
        made.post(make_own_case(number, **WEEKS_AGO, work_ability=number))
    yield made
    made.client.close()
    made.store.close()


@contextmanager
def _start_provider(folder: Path, *, takes_passwords: bool) -> Iterator[Service]:
    with run_issuer() as issuer:
        settings = build_oidc_settings(issuer) | {"local_accounts": takes_passwords}
        with _start(folder, GainStatus.UNKNOWN, **settings) as made:
            yield made
