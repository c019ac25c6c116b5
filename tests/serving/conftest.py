import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import structlog

from models.bundle import Bundle
from serving.shared_limit import Limiters
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from tests.moved_clock import Clock
from tests.running_issuer import RunningIssuer, build_oidc_settings, run_issuer
from tests.running_postgres import Postgres, run_postgres
from tests.running_service import Service, fill_users, get_sqlite_template, make_service
from tests.running_wire import Wire, run_wire
from tests.serving.released import make_version
from tests.serving.running_registry import RunningRegistry, run_registry


@pytest.fixture(autouse=True)
def _logs_of_one_test() -> Iterator[None]:
    """A test that sets up logs writes to where pytest listens, which ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _time_for_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for an identity provider as long as a slow machine needs; who tests that sets less."""
    monkeypatch.setattr("serving.asking.SECONDS", 60.0)
    for name in ("KEY_SECONDS", "PAGE_SECONDS"):
        monkeypatch.setattr(f"serving.issuer.{name}", 60.0)
    monkeypatch.setattr("serving.routes.log_on.PROVIDER_SECONDS", 60.0)


@pytest.fixture
def _no_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody have a turn back while a test runs, however slow the machine is."""
    monkeypatch.setattr("serving.auth.Limiters", partial(Limiters, local=Clock(1000.0)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    address = postgres.make_database()
    store = Store(address)
    upgrade_store(store)
    fill_users(store)
    store.close()
    return address.rsplit("/", 1)[1]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    shutil.copy(get_sqlite_template(), tmp_path / "store.db")
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_template: str) -> str:
    return postgres.make_database(postgres_template)


@pytest.fixture
def wire(postgres: Postgres) -> Iterator[Wire]:
    """A way to PostgreSQL that a test can slow down, silence or break."""
    with run_wire(postgres.port) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    if request.param == "sqlite":
        return sqlite_url
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def start_service() -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def start(url: str, bundle: Bundle | None = None, **changes: object) -> Service:
        started.append(make_service(url, bundle, **changes))
        return started[-1]

    yield start
    for made in started:
        made.app.state.service.uploads.stop()
        made.client.close()
        made.store.close()


@pytest.fixture
def service(start_service: Callable[..., Service], sqlite_url: str) -> Service:
    return start_service(sqlite_url)


@pytest.fixture
def either_service(start_service: Callable[..., Service], store_url: str) -> Service:
    return start_service(store_url)


@pytest.fixture
def issuer() -> Iterator[RunningIssuer]:
    with run_issuer() as made:
        yield made


@pytest.fixture
def start_oidc(
    start_service: Callable[..., Service], sqlite_url: str, issuer: RunningIssuer
) -> Callable[..., Service]:
    def start(url: str = sqlite_url, **changes: object) -> Service:
        return start_service(url, **build_oidc_settings(issuer) | changes)

    return start


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRegistry]:
    """Return a registry of which version 1 is the champion."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with run_registry() as made:
        made.release("1", "a", make_version(0.5))
        yield made
