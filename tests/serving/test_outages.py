import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving import registry
from serving.app import create_app
from serving.registry import RegistryError, RegistryGoneError, find_served, is_reachable
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from tests.running_postgres import run_postgres
from tests.running_service import (
    Service,
    fill_users,
    get_bundle,
    get_bundle_folder,
    make_own_case,
    make_settings,
)


def statuses(service: Service, number: int) -> list[int]:
    answers = [
        service.post(make_own_case(number)),
        service.get("/api/v1/cases"),
        service.client.get("/readyz"),
    ]
    assert all(a.headers["retry-after"] == "5" for a in answers if a.status_code == 503)
    return [a.status_code for a in answers]


def test_postgresql_that_stops_and_starts_again_is_used_again(
    start_service: Callable[..., Service],
) -> None:
    with run_postgres() as server:
        url = server.make_database()
        with closing(Store(url)) as store:
            upgrade_store(store)
            fill_users(store)
        service = start_service(url)
        before = statuses(service, 1)

        server.stop()
        gone = statuses(service, 2)
        server.start()
        after = statuses(service, 3)

        service.store.close()

    assert before == [201, 200, 200]
    assert gone == [503, 503, 503]
    assert after == [201, 200, 200]


DAMAGES = {
    "the end of the audit log is not noted": "delete from audit_head",
    "no place for cases": "alter table cases rename to gone",
    "no place for estimates": "alter table assessments rename to gone",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_told_like_one_that_is_gone(
    either_service: Service, damage: str
) -> None:
    either_service.post(make_own_case())
    with either_service.store.writing() as connection:
        connection.exec_driver_sql(DAMAGES[damage])

    answers = [
        either_service.post(make_own_case(2)),
        either_service.get("/api/v1/cases/C-0001"),
    ]

    assert [a.status_code for a in answers] == [503, 503]
    assert {a.json()["type"] for a in answers} == {"urn:kantelpunt:problem:store-gone"}
    assert either_service.client.get("/healthz").status_code == 200


def test_sqlite_that_somebody_else_holds_is_told_and_then_used_again(
    service: Service,
) -> None:
    assert statuses(service, 1) == [201, 200, 200]
    with service.store.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(str(service.store.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    held = statuses(service, 2)
    other.execute("COMMIT")
    other.close()

    # a list that cannot be noted is not shown; whether the service is ready needs no lock
    assert held == [503, 503, 200]
    assert statuses(service, 3) == [201, 200, 200]


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A stand-in for MLflow that gives a bundle, says there is none, or is gone."""

    def set_answer(answer: str) -> Any:
        def fetch(_: str, __: str, cache: Path, **___: float) -> tuple[Path, str]:
            if answer == "gone":
                raise RegistryGoneError("gone")
            if answer == "none":
                raise RegistryError("none")
            shutil.copytree(get_bundle_folder(), cache / "7-run", dirs_exist_ok=True)
            return cache / "7-run", "7"

        monkeypatch.setattr(registry, "fetch_champion", fetch)

    return set_answer


def test_without_mlflow_the_model_of_an_earlier_start_is_served_and_said_so(
    released: Callable[[str], Any], tmp_path: Path
) -> None:
    settings = make_settings("sqlite:///x.db", cache=tmp_path)
    released("bundle")
    first = find_served(settings)
    released("gone")

    again = find_served(settings)

    assert (first.from_cache, again.from_cache) == (False, True)
    assert again.bundle.version == first.bundle.version == "7"


def test_without_mlflow_and_without_an_earlier_start_nothing_is_served(
    released: Callable[[str], Any], tmp_path: Path
) -> None:
    settings = make_settings("sqlite:///x.db", cache=tmp_path)
    released("gone")

    with pytest.raises(RegistryGoneError):
        find_served(settings)


def test_an_mlflow_that_released_nothing_is_believed(
    released: Callable[[str], Any], tmp_path: Path
) -> None:
    settings = make_settings("sqlite:///x.db", cache=tmp_path)
    released("bundle")
    find_served(settings)
    released("none")

    with pytest.raises(RegistryError):
        find_served(settings)


def test_the_model_of_another_mlflow_is_not_served_in_its_place(
    released: Callable[[str], Any], tmp_path: Path
) -> None:
    released("bundle")
    find_served(make_settings("sqlite:///x.db", cache=tmp_path))
    released("gone")

    with pytest.raises(RegistryGoneError):
        find_served(make_settings("sqlite:///x.db", cache=tmp_path, tracking_uri="http://ander"))


def test_ready_says_when_the_model_is_an_earlier_one_and_mlflow_is_gone(
    sqlite_url: str, tmp_path: Path
) -> None:
    settings = make_settings(sqlite_url, tracking_uri=f"sqlite:///{tmp_path / 'none.db'}")
    app = create_app(settings, get_bundle(), model_from_cache=True)
    client = TestClient(app)

    plain, asked = client.get("/readyz").json(), client.get("/readyz?mlflow=true").json()
    app.state.service.store.close()

    assert (plain["status"], plain["model"]) == ("ok", "cached")
    assert asked == plain | {"mlflow": "gone"}


def test_mlflow_is_looked_for_where_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("")

    found = {
        "file": is_reachable(f"sqlite:///{tmp_path / 'mlflow.db'}"),
        "no file": is_reachable(f"sqlite:///{tmp_path / 'none.db'}"),
        "folder": is_reachable(tmp_path.as_uri()),
        "closed port": is_reachable("http://127.0.0.1:1"),
        "no port": is_reachable("http://127.0.0.1:x"),
    }

    assert found == {
        "file": True,
        "no file": False,
        "folder": True,
        "closed port": False,
        "no port": False,
    }


def test_a_real_mlflow_that_is_not_there_counts_as_gone(tmp_path: Path) -> None:
    with pytest.raises(RegistryGoneError):
        registry.fetch_champion(f"sqlite:///{tmp_path / 'none.db'}", "kantelpunt", tmp_path)
