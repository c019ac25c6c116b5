"""A disk that is full under what the service and its commands write beside the store."""

import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import kantelpunt
from serving.server import set_up_logs
from serving.store.audit import AuditEvent, save_audit
from serving.store.backup import backup_store
from serving.store.engine import Store
from tests.full_disk import full_after, run_command
from tests.running_processes import build_environment
from tests.running_service import NOW, PASSWORD, Service, find_token, make_own_case
from tests.serving.test_crashes import count_done, find_faults, make_content

LINES = 400  # of a log that is larger than ROOM
ROOM = 40_000  # bytes; SQLite itself needs 32,768 to share a file


def run(capsys: pytest.CaptureFixture[str], *words: str, room: int = ROOM) -> str:
    """Return what a command says that fails on a full disk."""
    assert run_command(room, *words) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


@pytest.fixture
def filled(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_EXPORT_KEY", "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy")
    line = AuditEvent(NOW, "arts", "test", detail={"n": 0})
    with closing(Store(sqlite_url)) as store:
        with store.writing() as connection:
            save_audit(connection, [replace(line, detail={"n": n}) for n in range(LINES)])
        return store


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "words", [("audit", "export", "--out", "x"), ("db", "backup", "--out", "x")]
)
def test_a_command_on_a_full_disk_says_so_and_leaves_no_half_file(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")

    said = run(capsys, *words)

    assert "cannot be written" in said
    assert list((tmp_path / "out").iterdir()) == []


def test_a_restore_on_a_full_disk_says_so_and_leaves_no_half_store(
    filled: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    backup_store(filled, tmp_path / "copy.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'store.db'}")

    said = run(capsys, "db", "restore", str(tmp_path / "copy.db"))

    assert "File too large" in said
    assert list((tmp_path / "new").iterdir()) == []


def test_an_extract_on_a_full_disk_is_not_there_at_all(
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert service.post(make_own_case(1)).status_code == 201
    monkeypatch.setenv("DATABASE_URL", str(service.store.engine.url))
    monkeypatch.setenv("KANTELPUNT_EXPORT_KEY", "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy")

    # less than ROOM will do: SQLite has its files open already
    said = run(capsys, "export", "--out", str(tmp_path / "extract"), room=5_000)

    assert "nothing of it was kept" in said
    assert [one.name for one in tmp_path.iterdir() if "extract" in one.name] == []


def test_an_import_that_the_disk_ends_goes_on_where_it_was_once_there_is_room(
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_content(tmp_path / "x", 1, 900)
    words = ("import", str(tmp_path / "x" / "cases.csv"))
    for name, value in build_environment(sqlite_url, tmp_path).items():
        monkeypatch.setenv(name, value)

    said = run(capsys, *words, room=3_000_000)
    kept, faults = count_done(sqlite_url), find_faults(sqlite_url, [])
    monkeypatch.setattr(sys, "argv", ["kantelpunt", *words])
    with pytest.raises(SystemExit) as ended:
        kantelpunt.main()

    assert "disk of the store" in said
    assert 0 < kept < 900
    assert faults == find_faults(sqlite_url, []) == []
    assert ended.value.code == 0
    assert count_done(sqlite_url) == 900


def test_a_log_on_a_full_disk_costs_its_lines_and_no_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - closing it fails
    monkeypatch.setattr(sys, "stderr", full)
    set_up_logs()

    answers = [service.post(make_own_case(1)), service.get("/api/v1/cases"), service.get("/none")]
    monkeypatch.undo()
    with suppress(OSError):
        full.close()

    assert [one.status_code for one in answers] == [201, 200, 404]


SENT = {"file": ("meldingen.csv", b"x" * 3_000_000, "text/csv")}


def test_a_file_for_which_the_disk_has_no_room_is_told_and_the_rest_goes_on(
    service: Service,
) -> None:
    service.log_on()
    form = {"token": find_token(service.client.get("/invoer").text), "toegelaten": "5"}
    # what comes in is kept in memory up to 1 MB, and on the disk from there on
    with full_after(2_000_000):
        sent: list[Any] = [
            service.client.post("/api/v1/imports", files=SENT, auth=("systeem", PASSWORD)),
            service.client.post("/invoer", files=SENT, data=form),
        ]
        kept = service.post(make_own_case(1))

    assert [one.status_code for one in sent] == [503, 503]
    assert sent[0].json()["type"] == "urn:kantelpunt:problem:uploads-gone"
    assert kept.status_code == 201
