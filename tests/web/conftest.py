import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from features.contract import default_contract
from models.estimate import GainStatus
from serving.server import open_port, serve_aside, set_up_logs
from tests.planning_plans import keep_plan
from tests.running_service import (
    PASSWORD,
    Service,
    get_gain_bundle,
    get_sqlite_template,
    make_own_case,
    make_service,
)
from tests.web.browser.visits import PATIENCE_MS, Visit

CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=PATIENCE_MS)
CASES = 70


def fill(service: Service) -> None:
    """Assess cases in all states: with and without answers, screened once and twice."""
    first = date(2025, 11, 3)
    blank = {f.name: None for f in default_contract().fields if f.kind == "answer"}
    cases = [
        make_own_case(
            n,
            age_years=18 + n % 49,
            **(blank if n % 4 == 0 else {"work_ability": n % 11}),
            region=("antwerpen", "oost_vlaanderen", "limburg")[n % 3],
            absence_started_on=(first + timedelta(days=n)).isoformat(),
            screened_on=(first + timedelta(days=n + 80)).isoformat(),
        )
        for n in range(1, CASES + 1)
    ]
    cases += [case | {"screened_on": "2026-04-10", "work_ability": 1} for case in cases[:3]]
    answer = service.client.post("/api/v1/assessments/batch", json=cases, auth=("arts", PASSWORD))
    assert answer.json()["refused"] == 0


# with these every suggestion occurs among the cases
LIMITS = """
[[limits]]
valid_from = 2020-01-01
not_yet_below = 0.60
own_way_from = 0.65
gain_from = 0.10
author = "commissie"
reason = "voor de proef"
"""


@contextmanager
def run_filled(folder: Path, status: GainStatus, **changes: object) -> Iterator[Service]:
    """Run a service that holds cases, with a model whose gain has this status."""
    shutil.copy(get_sqlite_template(), folder / "store.db")
    (folder / "limits.toml").write_text(LIMITS)
    made = make_service(
        f"sqlite:///{folder / 'store.db'}",
        get_gain_bundle(status),
        demo_hint="naam arts, wachtwoord ...",
        limits=folder / "limits.toml",
        **changes,
    )
    fill(made)
    yield made
    made.client.close()
    made.store.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with run_filled(tmp_path_factory.mktemp("web"), GainStatus.ESTIMATED) as made:
        yield made


@pytest.fixture(scope="module", params=[GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN])
def filled_otherwise(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with run_filled(tmp_path_factory.mktemp("web"), request.param) as made:
        yield made


@pytest.fixture(scope="module")
def address(filled: Service) -> Iterator[str]:
    set_up_logs(quiet=True)
    with open_port("127.0.0.1", 0) as opened, serve_aside(filled.app, opened) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser: in English, so that a day is typed in one order everywhere."""
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--lang=en-US"], timeout=PATIENCE_MS
        )
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    opened = Visit(browser, address)
    yield opened
    opened.context.close()


@pytest.fixture
def pages(filled: Service) -> Service:
    """Log the physician on; every test has a browser of its own."""
    filled.client.cookies.clear()
    filled.log_on()
    return filled


@pytest.fixture
def planned(filled: Service) -> Service:
    """Give a store with a plan, and a planner who just logged on."""
    keep_plan(filled)
    filled.client.cookies.clear()
    filled.log_on("planner")
    return filled


@pytest.fixture
def vendor() -> Path:
    return Path(__file__).with_name("vendor")
