"""An intake file of 100,000 cases, the audit log that it leaves, and what a safer disk would cost.

`python -m benchmarks.intake`; on SQLite, and on PostgreSQL where its programs are installed. Every
import runs in a process of its own, as a user runs it.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import event

from benchmarks.report import Board
from features.contract import default_contract
from features.synthetic import build_cohort
from features.tables import write_tables
from serving.audit_trail import verify_audit
from serving.deps import get_now
from serving.store.audit import AuditEvent, save_audit
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from tests.running_postgres import run_postgres
from tests.running_service import get_bundle_folder

ROWS = 100_000
LINES = 1_000_000
# of this program alone: what getrusage tells counts the process that started it too
PEAK = "peak = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]"


def write_cases(folder: Path) -> Path:
    """Return a file of synthetic cases, as many as are measured."""
    made = build_cohort(default_contract(), ROWS, seed=9, until=date(2026, 3, 31))
    write_tables({"cases": made.tables["cases"].head(ROWS)}, folder, "csv")
    return folder / "cases.csv"


@dataclass(frozen=True)
class Run:
    """What one import took; `processor` are the seconds of its own process."""

    seconds: float
    processor: float
    peak_gib: float
    said: str


def run(path: Path, url: str) -> Run:
    """Return what `kantelpunt import` of a file took, and what it said."""
    code = (
        "import resource, sys, kantelpunt\n"
        "try:\n    kantelpunt.app(sys.argv[1:])\n"
        "finally:\n"
        "    used = resource.getrusage(resource.RUSAGE_SELF)\n"
        f"    {PEAK}\n"
        "    print('peak', peak, used.ru_utime + used.ru_stime)\n"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, "import", str(path)],
        env=os.environ | {"DATABASE_URL": url, "KANTELPUNT_BUNDLE": str(get_bundle_folder())},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    said, _, peak = done.stdout.rpartition("peak ")
    kilobytes, processor = peak.split()
    return Run(seconds, float(processor), int(kilobytes) / 1024**2, said.strip())


def measure_import(board: Board, name: str, url: str, path: Path) -> None:
    """Import the file into a new store, and once more."""
    with closing(Store(url)) as store:
        upgrade_store(store)
    first = run(path, url)
    print(f"    {first.said}")
    board.add(f"import of {ROWS:,} cases, {name}", first.seconds, "s")
    board.add(f"processor time of it, {name}", first.processor, "s")
    board.add(f"rows per second, {name}", ROWS / first.seconds, "rows/s")
    board.add(f"highest memory, {name}", first.peak_gib, "GiB", "under 2 GiB", first.peak_gib < 2)
    again = run(path, url)
    print(f"    {again.said}")
    board.add(f"the same file again, {name}", again.seconds, "s")
    with closing(Store(url)) as store:
        began = time.perf_counter()
        whole = verify_audit(store).is_whole
        board.add(
            f"audit chain of these cases checked, {name}",
            time.perf_counter() - began,
            "s",
            "whole",
            whole,
        )


def measure_audit(board: Board, folder: Path) -> None:
    """Check a long log, in a process of its own."""
    url = f"sqlite:///{folder / 'audit.db'}"
    with closing(Store(url)) as store:
        upgrade_store(store)
        now = get_now()
        for start in range(0, LINES, 20_000):
            events = [
                AuditEvent(now, "arts", "view_case", "fonds-a", f"C-{start + n}", {"n": n})
                for n in range(20_000)
            ]
            with store.writing() as connection:
                save_audit(connection, events)
    code = (
        "import sys\nfrom serving.audit_trail import verify_audit\n"
        "from serving.store.engine import Store\n"
        f"{PEAK}; before = peak\n"
        "found = verify_audit(Store(sys.argv[1]))\n"
        f"{PEAK}\n"
        "print(int(found.is_whole), found.lines, before, peak)\n"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, url], check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - began
    whole, lines, before, after = map(int, done.stdout.split())
    board.add(f"audit log of {lines:,} lines checked", seconds, "s", "whole", bool(whole))
    grown = (after - before) / 1024
    board.add("memory that the check took", grown, "MiB", "under 100 MiB", grown < 100)


def measure_disk(board: Board, folder: Path) -> None:
    """Write single audit lines with both ways of SQLite to bring them to disk."""
    for kind in ("NORMAL", "FULL"):
        with closing(Store(f"sqlite:///{folder / kind}.db")) as store:
            set_up = partial(_set_synchronous, kind)
            event.listen(store.engine, "connect", set_up)
            upgrade_store(store)
            times = sorted(_time_write(store, number) for number in range(500))
            board.add(f"one write, synchronous={kind}, median", 1000 * times[250], "ms")
            board.add(f"one write, synchronous={kind}, p95", 1000 * times[475], "ms")


def _set_synchronous(kind: str, connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA synchronous={kind}").close()


def _time_write(store: Store, number: int) -> float:
    began = time.perf_counter()
    with store.writing() as connection:
        save_audit(connection, [AuditEvent(get_now(), "x", "y", detail={"n": number})])
    return time.perf_counter() - began


def main() -> None:
    """Measure on both stores."""
    board = Board("intake")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_cases(folder / "cases")
        board.add("size of the file", path.stat().st_size / 1e6, "MB")
        measure_import(board, "SQLite", f"sqlite:///{folder / 'store.db'}", path)
        with run_postgres() as server:
            measure_import(board, "PostgreSQL", server.make_database(), path)
        measure_audit(board, folder)
        measure_disk(board, folder)
    board.close()


if __name__ == "__main__":
    main()
