import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from features.contract import default_contract
from serving.server import open_port, serve_aside, set_up_logs
from tests.running_service import (
    PASSWORD,
    Service,
    get_sqlite_template,
    make_own_case,
    make_service,
)

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


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    path = tmp_path_factory.mktemp("web") / "store.db"
    shutil.copy(get_sqlite_template(), path)
    made = make_service(f"sqlite:///{path}", demo_hint="naam arts, wachtwoord ...")
    fill(made)
    yield made
    made.client.close()
    made.store.close()


@pytest.fixture(scope="module")
def address(filled: Service) -> Iterator[str]:
    set_up_logs(quiet=True)
    with open_port("127.0.0.1", 0) as opened, serve_aside(filled.app, opened) as found:
        yield found


@pytest.fixture
def pages(filled: Service) -> Service:
    """Log the physician on; every test has a browser of its own."""
    filled.client.cookies.clear()
    filled.log_on()
    return filled


@pytest.fixture
def vendor() -> Path:
    return Path(__file__).with_name("vendor")
