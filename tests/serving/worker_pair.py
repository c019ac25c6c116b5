"""Two real processes of the service on one PostgreSQL, and one browser that reaches both."""

import base64
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx2 import Client, Response

from serving.permissions import Role, User
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.users import save_user
from tests.running_processes import build_environment, running_server
from tests.running_service import FUND, NOW, PASSWORD, find_token, get_password_hash
from tests.waiting import AGES


@dataclass(frozen=True)
class Pair:
    """The addresses of both processes, and the store as a command would open it."""

    first: str
    second: str
    store: Store

    @property
    def both(self) -> tuple[str, str]:
        """Both addresses."""
        return self.first, self.second

    def add_user(self, key: str, role: Role = Role.ADVISING_PHYSICIAN) -> str:
        """Keep an account of its own for a test, with the usual password, and return its name."""
        fund = None if role is Role.PLANNER else FUND
        user = User(key, key, role, fund, password_hash=get_password_hash())
        with self.store.writing() as connection:
            save_user(connection, user, audit=AuditEvent(NOW, "test", "add_user"))
        return key


@contextmanager
def run_pair(
    url: str, folder: Path, *changes: Mapping[str, str], **settings: str
) -> Iterator[Pair]:
    """Run two processes; `changes` are what each has of its own, `settings` what both have."""
    shared = {
        "KANTELPUNT_SECURE_COOKIES": "false",
        "KANTELPUNT_SHADOW": "false",
        "OMP_NUM_THREADS": "1",
    }
    shared |= {f"KANTELPUNT_{name.upper()}": value for name, value in settings.items()}
    own = changes or ({}, {})
    environments = [
        build_environment(url, folder / str(number)) | shared | dict(one)
        for number, one in enumerate(own)
    ]
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        started = [running_server(environment) for environment in environments]
        ports = [port for _, port in pool.map(lambda one: stack.enter_context(one), started)]
        store = stack.enter_context(closing(Store(url)))
        first, second = (f"http://127.0.0.1:{port}" for port in ports)
        yield Pair(first, second, store)


class Browser(Client):
    """A browser of somebody: cookies are those of a host, so both processes get them."""

    def find_token(self, address: str) -> str:
        """Return the token of the forms on a page."""
        found = find_token(self.get(address).text)
        assert found, address
        return found

    def log_on(self, place: str, user: str, password: str = PASSWORD) -> int:
        """Log on with a local account at one of the processes; return the status."""
        form = {"token": self.find_token(f"{place}/login"), "name": user, "password": password}
        return self.post(f"{place}/login", data=form).status_code

    def is_in(self, place: str) -> bool:
        """Tell whether a process knows who this is."""
        answer = self.get(f"{place}/model")
        assert answer.status_code in (200, 303)
        return answer.status_code == 200


def ask(
    address: str, user: str, body: Any = None, *, password: str = PASSWORD, **more: Any
) -> Response:
    """Ask something of the API, or send it a body."""
    named = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"authorization": f"Basic {named}"}
    if body is not None:
        headers["content-type"] = "application/json"
        more["content"] = json.dumps(body, default=str).encode()
    with Client(timeout=AGES) as client:
        return client.request("POST" if more else "GET", address, headers=headers, **more)
