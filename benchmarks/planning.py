"""`kantelpunt plan` over 500,000 cases: seconds of counting, of the whole, and of one what-if.

`python -m benchmarks.planning [CASES]`: some thousands of synthetic persons are assessed, some are
decided on, and their pathways kept; copies of them under other numbers fill the store. Entries are
kept beside them. The command runs as a process of its own.
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from benchmarks.monitor import fill
from benchmarks.report import Board, peak_gib
from benchmarks.servers import build_pilot
from models.intake.change import Change
from models.intake.flow import Flow
from models.intake.outlook import simulate
from serving.planning_counts import Calendar, read_courses, read_roads
from serving.store.engine import EVERY_FUND, Store
from serving.store.planning import find_plan, get_flow
from serving.store.planning_counts import stream_after, stream_decisions, stream_starts
from serving.store.planning_gains import list_regions, sample_estimates, stream_gains

PERSONS = 4_000
LAST = date(2026, 6, 30)  # the last day of what `build_pilot` makes
MOST_COUNTING, MOST_WHAT_IF = 60.0, 1.0
# one case in three is decided on: referred where support was suggested
_DECIDE = """
insert into decisions (decision_id, sickness_fund, case_id, assessment_id, made_at, made_by, kind,
                       suggestion, deviates)
select 'd-' || assessment_id, sickness_fund, case_id, assessment_id,
       date(screened_on, '+6 days') || ' 12:00:00.000000', 'arts',
       case suggestion when 'refer' then 'refer' else 'own_return' end, suggestion, 0
from cases where abs(random()) % 3 = 0
"""


def decide(path: Path) -> None:
    """Keep a decision on some of the cases."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(_DECIDE)
        connection.commit()


def count(store: Store, board: Board) -> None:
    """Print how long the database counts for each part of a plan."""
    calendar = Calendar.before(LAST)
    since, until = calendar.first_of(12), calendar.as_of
    whole = time.monotonic()
    with store.reading(EVERY_FUND) as connection:
        regions = tuple(list_regions(connection))
        parts: dict[str, Callable[[], object]] = {
            "ways of cases": lambda: read_roads(connection, calendar, regions),
            "pathways": lambda: read_courses(connection, calendar, regions),
            "work afterwards": lambda: list(stream_after(connection, until)),
            "decisions": lambda: list(stream_decisions(connection, since, until)),
            "starts": lambda: list(stream_starts(connection, since, until)),
            "gains": lambda: list(stream_gains(connection, since, until)),
            "sample": lambda: sample_estimates(connection, since, until, 1000),
        }
        for name, part in parts.items():
            began = time.monotonic()
            part()
            board.add(f"counting {name}", time.monotonic() - began, "s")
    seconds = time.monotonic() - whole
    held = seconds < MOST_COUNTING
    board.add("counting in all", seconds, "s", f"under {MOST_COUNTING:.0f} s", held=held)


def run(database: str, folder: Path, board: Board) -> None:
    """Run the command and print its seconds and its memory."""
    surroundings = {"DATABASE_URL": database}
    entries = ("--entries", str(folder / "data"))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "kantelpunt", "plan", "--as-of", str(LAST), *entries],
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    board.add("kantelpunt plan, with its backtest", time.monotonic() - began, "s")
    board.add("kantelpunt plan, peak memory", peak_gib(resource.RUSAGE_CHILDREN), "GiB")


def ask(store: Store, board: Board) -> None:
    """Print how long one question of what-if takes, from the plan that was kept."""
    began = time.monotonic()
    with store.reading() as connection:
        kept = find_plan(connection)
        if kept is None:
            raise SystemExit("no plan was kept")
        flow = Flow.of(get_flow(connection, kept.plan_id))
    simulate(flow, Change(consent={"all": 0.5})).summary()
    seconds = time.monotonic() - began
    board.add("what-if", seconds, "s", f"under {MOST_WHAT_IF:.0f} s", held=seconds < MOST_WHAT_IF)


def main() -> None:
    """Fill a store and plan from it; CASES from the command line."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    board = Board("planning")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        path = folder / "store.db"
        board.add("cases and assessments", fill(path, bundle, extract, cases), "")
        decide(path)
        with closing(Store(f"sqlite:///{path}")) as store:
            count(store, board)
            run(f"sqlite:///{path}", folder, board)
            ask(store, board)
    board.close()


if __name__ == "__main__":
    main()
