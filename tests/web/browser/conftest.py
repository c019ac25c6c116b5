"""One filled service for all workflows, and a hand that works by mouse or by keyboard."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser

from models.estimate import GainStatus
from serving.server import open_port, serve_aside, set_up_logs
from tests.running_service import Service
from tests.web.browser.cases import Cases
from tests.web.browser.hands import Hand, Keyboard, Mouse
from tests.web.browser.visits import Visit
from tests.web.conftest import run_filled

NUMBERS = count(1001)


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("busy")
    with run_filled(folder, GainStatus.ESTIMATED, uploads=folder / "uploads") as made:
        yield made
        made.app.state.service.uploads.stop()


def serve(service: Service) -> Iterator[str]:
    """Put a service on a port; give its address."""
    set_up_logs(quiet=True)
    with open_port("127.0.0.1", 0) as opened, serve_aside(service.app, opened) as found:
        yield found


def open_hand(kind: type[Hand], browser: Browser, address: str) -> Iterator[Hand]:
    """Give somebody a window of their own; at the end the browser must have had no complaint."""
    visit = Visit(browser, address)
    yield kind(visit)
    visit.check()
    visit.context.close()


@pytest.fixture(scope="session")
def busy_address(busy: Service) -> Iterator[str]:
    yield from serve(busy)


@pytest.fixture
def cases(busy: Service) -> Cases:
    """Make cases that no other story works at."""
    return Cases(busy, NUMBERS)


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def kind(request: pytest.FixtureRequest) -> type[Hand]:
    found: type[Hand] = request.param
    return found


@pytest.fixture
def hand(kind: type[Hand], browser: Browser, busy_address: str) -> Iterator[Hand]:
    yield from open_hand(kind, browser, busy_address)


@pytest.fixture
def colleague(browser: Browser, busy_address: str) -> Iterator[Hand]:
    """Give somebody else at the same time, at another desk."""
    yield from open_hand(Mouse, browser, busy_address)
