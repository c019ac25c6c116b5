"""Commands for timers, killed at each thing that they keep: nothing is half, and the next works."""

import subprocess
import sys
from datetime import date
from pathlib import Path

from sqlalchemy import text

from serving.audit_trail import verify_audit
from serving.store.backup import backup_store, restore_store
from serving.store.engine import EVERY_FUND
from tests.planned_store import fill
from tests.running_processes import ROOT, build_environment
from tests.running_service import Service
from tests.serving.test_planning_run import write_entries
from tests.waiting import AGES


def kill_everywhere(words: list[str], url: str, folder: Path) -> int:
    """Return how many times the command died before it lived; it must have lived well."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dying_command", *words],
        cwd=ROOT,
        env=build_environment(url, folder),
        capture_output=True,
        text=True,
        timeout=4 * AGES,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


def check_kept(service: Service, died: int, table: str, action: str) -> None:
    """Hold that some were kept and not one per attempt, each with its line of the audit."""
    kept = f"select count(*) from {table}"  # noqa: S608 - our own names
    told = f"select count(*) from audit where action = '{action}'"  # noqa: S608
    with service.store.reading(EVERY_FUND) as connection:
        rows, lines = (connection.execute(text(one)).scalar_one() for one in (kept, told))
    assert died > rows >= 1
    assert rows == lines
    assert verify_audit(service.store).is_whole


def test_a_plan_that_is_killed_is_kept_whole_or_not_and_the_next_is_made(
    service: Service, sqlite_url: str, tmp_path: Path
) -> None:
    fill(service, 12)
    write_entries(tmp_path / "entries.csv", date(2025, 2, 1), 14)
    words = ["plan", "--as-of", "2026-04-15", "--entries", str(tmp_path / "entries.csv")]

    died = kill_everywhere(words, sqlite_url, tmp_path)

    check_kept(service, died, "plans", "make_plan")


def test_a_watch_that_is_killed_is_kept_whole_or_not_and_the_next_is_made(
    service: Service, sqlite_url: str, tmp_path: Path
) -> None:
    fill(service, 12)

    died = kill_everywhere(["monitor", "--since", "2026-01-01"], sqlite_url, tmp_path)

    check_kept(service, died, "monitor_reports", "monitor")


def test_a_backup_that_is_killed_has_its_name_only_when_it_is_whole(
    service: Service, sqlite_url: str, tmp_path: Path
) -> None:
    fill(service, 12)
    folder = tmp_path / "copies"
    folder.mkdir()
    words = ["db", "backup", "--out", f"{folder}/copy-{{moment}}.db"]

    died = kill_everywhere(words, sqlite_url, tmp_path)
    named = sorted(folder.glob("*.db"))
    (half,) = folder.glob("*.half")
    for number, one in enumerate(named):
        restore_store(one, f"sqlite:///{tmp_path / str(number)}/store.db")
    # what SQLite writes beside a file while it is copied
    for end in ("-journal", "-wal", "-shm"):
        half.with_name(f"{half.name}{end}").write_bytes(b"left" * 1000)
    backup_store(service.store, half.with_suffix(""))

    assert died > len(named) >= 1
    assert {one.name for one in folder.iterdir()} == {half.stem, *(one.name for one in named)}
