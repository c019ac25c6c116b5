"""`kantelpunt monitor` over 500,000 assessments: seconds and memory, as a process of its own.

`python -m benchmarks.monitor [ASSESSMENTS]`: some thousands of synthetic persons are assessed and
their outcomes kept, as an import would; copies of them, under other numbers and on other days, fill
the store. All are read: the window is a year, and outcomes are those of three.
"""

import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Table, insert, select

from benchmarks.report import Board, peak_gib
from benchmarks.servers import build_pilot
from features.tables import Extract
from models.bundle import Bundle
from models.suggestion import read_limits
from serving.deps import get_now
from serving.intake_file import Arrival, Intake, import_rows, open_import
from serving.monitor import OLDEST
from serving.store.engine import EVERY_FUND, Store
from serving.store.outcomes import OUTCOME_TABLES
from serving.store.tables import assessments, cases
from serving.store.upgrade import upgrade_store

PERSONS = 8_000
CHUNK = 5_000
MOST_SECONDS = 60.0
YEAR = 365


def fill(database: str, bundle: Bundle, extract: Extract, count: int) -> None:
    """Keep the persons of an extract with their outcomes, and copies until there are `count`."""
    now = get_now()
    recent = extract.cases["screened_on"] > pd.Timestamp(now.date()) - OLDEST
    seeds = replace(extract, cases=extract.cases[recent].reset_index(drop=True))
    with closing(Store(database)) as store:
        upgrade_store(store)
        intake = Intake(store, bundle, read_limits(), now)
        arrival = Arrival(seeds.cases, (), "benchmark", extract=seeds)
        import_rows(arrival, open_import(arrival, intake), intake, count=lambda _: None)
        for table in (cases, assessments, *OUTCOME_TABLES.values()):
            copy(store, table, turns=count // len(seeds.cases))


def copy(store: Store, table: Table, turns: int) -> None:
    """Keep so many copies of the rows of a table, the rows themselves among them."""
    with store.reading(EVERY_FUND) as connection:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    made = _number(rows, turns - 1)
    while chunk := list(itertools.islice(made, CHUNK)):
        with store.writing(EVERY_FUND) as connection:
            connection.execute(insert(table), chunk)


def _number(rows: list[dict[str, Any]], turns: int) -> Iterator[dict[str, Any]]:
    for turn in range(turns):
        for row in rows:
            changed = {"case_id": f"{row['case_id']}-{turn}"}
            if "assessment_id" in row:
                changed["assessment_id"] = f"{row['assessment_id']}-{turn}"
            yield row | changed


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
    if done.returncode not in (0, 2):
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
        database = f"sqlite:///{folder}/store.db"
        fill(database, bundle, extract, count)
        size = (folder / "store.db").stat().st_size / 1024**3
        board.add("assessments", count, "")
        board.add("store", size, "GiB")
        measure(database, folder / "bundle", board)
    board.close()


if __name__ == "__main__":
    main()
