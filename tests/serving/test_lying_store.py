"""A store that is not what it seems: of another release, put back, or damaged."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import kantelpunt
from serving.audit_trail import Fault, verify_audit
from serving.store.backup import BackupError, backup_store, restore_store
from serving.store.engine import EVERY_FUND, Store
from serving.store.upgrade import StoreOutdatedError, downgrade_store
from tests.planned_store import get_planned_template
from tests.running_processes import build_environment, start
from tests.running_service import Service, make_own_case
from tests.waiting import AGES


def run(*words: str) -> str:
    """Return what a command says that refuses."""
    with pytest.raises(StoreOutdatedError) as refused:
        CliRunner().invoke(kantelpunt.app, words, catch_exceptions=False)
    return str(refused.value)


def test_a_store_of_an_older_release_is_refused_with_the_command_that_mends_it(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", store_url)
    with closing(Store(store_url)) as store:
        downgrade_store(store, "0009")

    told = run("audit", "verify")
    CliRunner().invoke(kantelpunt.app, ["db", "upgrade"], catch_exceptions=False)

    assert "run `kantelpunt db upgrade`" in told
    with closing(Store(store_url)) as store:
        assert verify_audit(store).is_whole


@pytest.mark.parametrize("words", [("audit", "verify"), ("db", "upgrade")])
def test_a_store_of_a_newer_release_is_refused_and_left_as_it_is(
    store_url: str, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DATABASE_URL", store_url)
    with closing(Store(store_url)) as store, store.writing(EVERY_FUND) as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))

    told = run(*words)

    assert "a newer release made" in told
    assert "install that release" in told
    with closing(Store(store_url)) as store, store.reading() as connection:
        assert (
            connection.execute(text("select version_num from alembic_version")).scalar() == "9999"
        )


def test_the_service_itself_does_not_start_on_a_store_of_another_release(
    sqlite_url: str, tmp_path: Path
) -> None:
    with closing(Store(sqlite_url)) as store:
        downgrade_store(store, "0009")

    process = start(["serve", "--port", "0"], build_environment(sqlite_url, tmp_path))
    said, _ = process.communicate(timeout=AGES)

    assert process.returncode == 1
    assert said == ""  # it never listened


def test_a_backup_that_was_put_back_is_betrayed_by_the_end_that_was_noted(
    service: Service, tmp_path: Path
) -> None:
    service.post(make_own_case(1))
    backup_store(service.store, tmp_path / "copy.db")
    service.post(make_own_case(2))
    noted = verify_audit(service.store).head

    where = restore_store(tmp_path / "copy.db", f"sqlite:///{tmp_path / 'back.db'}")

    with closing(Store(f"sqlite:///{where}")) as restored:
        assert verify_audit(restored).is_whole
        assert verify_audit(restored, head=noted).fault == Fault.OTHER_HEAD


def test_a_damaged_file_is_told_is_no_backup_and_a_restored_one_serves(
    start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    service = start_service(sqlite_url)
    service.post(make_own_case(1))
    backup_store(service.store, tmp_path / "copy.db")
    with service.store.reading() as connection:
        query = "select rootpage from sqlite_master where name in ('audit', 'cases')"
        pages = connection.execute(text(query)).scalars().all()
        size = connection.execute(text("pragma page_size")).scalar_one()
    service.store.close()
    content = bytearray(path.read_bytes())
    for page in pages:
        content[(page - 1) * size : page * size] = b"\xa5" * size
    path.write_bytes(content)

    damaged = [service.post(make_own_case(2)), service.get("/api/v1/cases")]
    with pytest.raises(BackupError):
        backup_store(service.store, tmp_path / "later.db")
    service.store.close()
    for one in tmp_path.glob("store.db*"):
        one.unlink()
    restore_store(tmp_path / "copy.db", sqlite_url)

    assert [one.status_code for one in damaged] == [503, 503]
    assert not (tmp_path / "later.db").exists()
    assert service.post(make_own_case(2)).status_code == 201
    with closing(Store(sqlite_url)) as store:
        assert verify_audit(store).is_whole


@pytest.mark.parametrize("changed", ["{}", "half a te"])
def test_a_plan_that_was_changed_stops_planners_only_until_the_next_run(
    start_service: Callable[..., Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: str,
) -> None:
    shutil.copy(get_planned_template(), tmp_path / "planned.db")
    url = f"sqlite:///{tmp_path / 'planned.db'}"
    service = start_service(url)
    with service.store.writing(EVERY_FUND) as connection:
        connection.execute(text("update plans set plan = :v, flow = :v"), {"v": changed})

    asked, listed = service.get("/api/v1/forecast", "planner"), service.get("/api/v1/cases")
    monkeypatch.setenv("DATABASE_URL", url)
    CliRunner().invoke(kantelpunt.app, ["plan"], catch_exceptions=False)

    assert (asked.status_code, listed.status_code) == (500, 200)
    assert service.get("/api/v1/forecast", "planner").status_code == 200
