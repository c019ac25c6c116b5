"""`kantelpunt monitor` over 500,000 assessments: seconds and memory, as a process of its own.

`python -m benchmarks.monitor [ASSESSMENTS]`: some thousands of synthetic persons are assessed and
their outcomes kept, as an import would; copies of them, under other numbers and on other days, fill
the store. All are read: the window is a year, and outcomes are those of three.
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
from sqlalchemy import Table

from benchmarks.report import Board, peak_gib
from benchmarks.servers import build_pilot
from features.tables import Extract
from models.bundle import Bundle
from models.suggestion import read_limits
from serving.deps import get_now
from serving.intake_file import Arrival, Intake, import_rows, open_import
from serving.monitor import OLDEST
from serving.monitor_commands import ALARM
from serving.store.engine import Store
from serving.store.outcomes import OUTCOME_TABLES
from serving.store.tables import assessments, cases
from serving.store.upgrade import upgrade_store

PERSONS = 4_000
MOST_SECONDS = 60.0
YEAR = 365


def fill(path: Path, bundle: Bundle, extract: Extract, count: int) -> int:
    """Keep the persons of an extract with their outcomes, and copies until there are `count`.

    Returns how many assessments there are: as many copies of all as fit, one at least.
    """
    now = get_now()
    recent = extract.cases["screened_on"] > pd.Timestamp(now.date()) - OLDEST
    seeds = replace(extract, cases=extract.cases[recent].reset_index(drop=True))
    with closing(Store(f"sqlite:///{path}")) as store:
        upgrade_store(store)
        intake = Intake(store, bundle, read_limits(), now)
        arrival = Arrival.of(seeds.cases, "benchmark", extract=seeds)
        import_rows(arrival, open_import(arrival, intake), intake, count=lambda _: None)
    tables = (cases, assessments, *OUTCOME_TABLES.values())
    turns = max(count // len(seeds.cases), 1)
    copy(path, tables, turns)
    return turns * len(seeds.cases)


def copy(path: Path, tables: Sequence[Table], turns: int) -> None:
    """Keep so many copies of the rows of tables, the rows themselves among them.

    The database copies them itself, and builds its indexes afterwards: as an import it takes hours.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        connection.execute("CREATE TEMP TABLE turns (turn INTEGER)")
        connection.executemany(
            "INSERT INTO turns VALUES (?)", [(turn,) for turn in range(1, turns)]
        )
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        for table in tables:
            _copy_rows(connection, table)
        for _, sql in indexes:
            connection.execute(sql)


def _copy_rows(connection: sqlite3.Connection, table: Table) -> None:
    """Copy each row once per turn, in order of its key: it then goes where the last one went."""
    names = [column.name for column in table.columns]
    other = {"case_id", "assessment_id"} & set(names)
    values = (f"a.\"{one}\" || '-' || turn" if one in other else f'a."{one}"' for one in names)
    quoted = ", ".join(f'"{one}"' for one in names)
    connection.execute(
        f"INSERT INTO {table.name} ({quoted}) "  # noqa: S608  # names of our own tables
        f"SELECT {', '.join(values)} FROM turns CROSS JOIN {table.name} a"
    )


def measure(database: str, folder: Path, board: Board) -> None:
    """Run the command and print its seconds and its memory."""
    surroundings = {"DATABASE_URL": database, "KANTELPUNT_BUNDLE": str(folder)}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "kantelpunt", "monitor", "--days", str(YEAR)],
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    print(done.stdout)
    if done.returncode not in (0, ALARM):
        raise SystemExit(done.stderr)
    board.add("monitor", seconds, "s", f"under {MOST_SECONDS:.0f} s", held=seconds < MOST_SECONDS)
    board.add("monitor, peak memory", peak_gib(resource.RUSAGE_CHILDREN), "GiB")


def main() -> None:
    """Fill a store and watch it; ASSESSMENTS from the command line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    board = Board("monitor")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        store = folder / "store.db"
        began = time.monotonic()
        made = fill(store, bundle, extract, count)
        board.add("assessments", made, "")
        board.add("filling the store", time.monotonic() - began, "s")
        size = store.stat().st_size / 1024**3
        board.add("store", size, "GiB")
        measure(f"sqlite:///{store}", folder / "bundle", board)
    board.close()


if __name__ == "__main__":
    main()
