"""A store that goes away half-way: what was confirmed is there, what was not is whole or absent."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from serving.audit_trail import verify_audit
from serving.store.assessments import count_assessments
from serving.store.engine import EVERY_FUND, Store, StoreGoneError
from serving.store.upgrade import upgrade_store
from tests.running_postgres import Postgres, run_postgres
from tests.running_service import Service, fill_users, make_own_case
from tests.running_wire import Wire
from tests.serving.test_crashes import find_faults


@pytest.fixture
def service(
    start_service: Callable[..., Service], postgres_url: str, postgres: Postgres, wire: Wire
) -> Service:
    return start_service(postgres_url.replace(f":{postgres.port}/", f":{wire.port}/"))


def count(url: str) -> int:
    with closing(Store(url)) as store, store.reading(EVERY_FUND) as connection:
        return count_assessments(connection)


@pytest.mark.parametrize(("is_heard", "kept"), [(False, 0), (True, 1)])
def test_a_connection_that_breaks_on_commit_leaves_all_or_nothing_and_nobody_is_told_otherwise(
    service: Service, wire: Wire, postgres_url: str, is_heard: bool, kept: int
) -> None:
    wire.is_heard = is_heard
    wire.awaits = [b"INSERT INTO assessments", b"COMMIT"]

    answer = service.post(make_own_case(1))

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:kantelpunt:problem:store-unsure"
    assert count(postgres_url) == kept
    assert find_faults(postgres_url, []) == []
    again = service.post(make_own_case(1))
    assert again.status_code == 201
    assert find_faults(postgres_url, [("assessments", again.json()["assessment_id"])]) == []


@pytest.mark.parametrize("statement", [b"INSERT INTO assessments", b"INSERT INTO audit"])
def test_a_connection_that_breaks_before_that_leaves_nothing(
    service: Service, wire: Wire, postgres_url: str, statement: bytes
) -> None:
    wire.awaits = [statement]

    answer = service.post(make_own_case(1))

    assert answer.json()["type"] == "urn:kantelpunt:problem:store-gone"
    assert count(postgres_url) == 0
    assert find_faults(postgres_url, []) == []
    assert service.post(make_own_case(1)).status_code == 201


def test_postgresql_that_is_killed_keeps_all_that_was_confirmed(
    start_service: Callable[..., Service],
) -> None:
    with run_postgres() as server:
        url = server.make_database()
        # other tests have no need of it: what is confirmed is out of the hands of the server
        server.administer(f'alter database "{make_url(url).database}" set synchronous_commit = on')
        with closing(Store(url)) as store:
            upgrade_store(store)
            fill_users(store)
        service = start_service(url)
        made = [service.post(make_own_case(number)).json() for number in range(5)]

        server.kill()
        gone = service.post(make_own_case(9))
        server.start()

        after = service.post(make_own_case(9))
        confirmed = [("assessments", one["assessment_id"]) for one in [*made, after.json()]]
        faults = find_faults(url, confirmed)
        service.store.close()

    assert (gone.status_code, after.status_code) == (503, 201)
    assert faults == []


def test_a_log_that_cannot_be_read_to_its_end_is_not_said_to_be_broken(
    service: Service, wire: Wire
) -> None:
    service.post(make_own_case(1))
    wire.awaits = [b"FROM audit_head", b"FROM audit "]

    with pytest.raises(StoreGoneError):
        verify_audit(service.store)

    assert verify_audit(service.store).is_whole


def ask(service: Service) -> list[Any]:
    return [
        service.post(make_own_case(2)),
        service.get("/api/v1/cases"),
        service.client.get("/readyz"),
    ]


def test_a_file_that_is_removed_is_told_and_no_empty_one_takes_its_place(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    service = start_service(sqlite_url)
    away = path.with_suffix(".away")
    path.rename(away)

    never_opened = ask(service)
    assert not path.exists()
    away.rename(path)
    before = ask(service)
    service.store.close()  # so that all of it is in the one file
    path.rename(away)
    opened = ask(service)
    assert not path.exists()
    away.rename(path)

    assert [one.status_code for one in never_opened + opened] == [503] * 6
    assert [one.status_code for one in before] == [201, 200, 200]
    assert [one.status_code for one in ask(service)] == [201, 200, 200]
    with closing(Store(sqlite_url)) as store:
        assert verify_audit(store).is_whole
    assert count(sqlite_url) == 2


def test_a_folder_of_the_store_that_is_gone_is_told(
    start_service: Callable[..., Service], tmp_path: Path, sqlite_url: str
) -> None:
    folder = tmp_path / "opslag"
    folder.mkdir()
    Path(sqlite_url.removeprefix("sqlite:///")).rename(folder / "store.db")
    service = start_service(f"sqlite:///{folder / 'store.db'}")
    folder.rename(tmp_path / "elders")

    gone = ask(service)
    (tmp_path / "elders").rename(folder)

    assert [one.status_code for one in gone] == [503, 503, 503]
    assert [one.status_code for one in ask(service)] == [201, 200, 200]
