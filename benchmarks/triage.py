"""The triage list of a fund with 500,000 cases, through the API, on SQLite and on PostgreSQL.

`python -m benchmarks.triage [CASES [SECONDS]]`: 20 users at once ask for the first page, for page
1,000, and for both with a region; one core serves and the other asks. The cases are copies of some
thousands that were estimated, with other numbers, gains and days.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select, text

from benchmarks.load import Load, build_request
from benchmarks.report import Board
from benchmarks.servers import AUTHORIZATION, Running, build_pilot, send, serve_ours
from features.tables import Extract
from models.bundle import Bundle
from models.suggestion import read_limits
from serving.deps import get_now
from serving.intake_file import Arrival, Intake, import_rows, open_import
from serving.permissions import Scope
from serving.states import OPEN_STATES
from serving.store.cases import AbsentPlace, CaseFilter, Place, list_cases
from serving.store.engine import EVERY_FUND, Store
from serving.store.tables import cases
from serving.triage import build_cursor
from tests.running_postgres import run_postgres

PERSONS = 8_000
DEFAULTS = ("500000", "10")
FUND, USERS, PAGE_SIZE, FAR_PAGE = "fonds-a", 20, 50, 1000
SEEDS = 4_000
CHUNK = 20_000
# chosen: within a tenth of a second a list seems to be there at once, and one page in a hundred may
# take as long as a short pause that breaks no train of thought
MOST_MEDIAN_MS, MOST_P99_MS = 100.0, 400.0


def fill(database: str, bundle: Bundle, extract: Extract, count: int) -> None:
    """Keep some cases as an import would, and copies of them until there are `count`."""
    with closing(Store(database)) as store:
        frame = extract.cases.drop_duplicates("case_id").head(min(SEEDS, count)).copy()
        today = get_now()
        ago = np.arange(len(frame)) % 250
        frame["sickness_fund"] = FUND
        frame["screened_on"] = np.datetime64(today.date()) - ago.astype("timedelta64[D]")
        frame["absence_started_on"] = frame["screened_on"] - np.timedelta64(85, "D")
        intake = Intake(store, bundle, read_limits(), today)
        arrival = Arrival.of(frame, "benchmark")
        import_rows(arrival, open_import(arrival, intake), intake, count=lambda _: None)
        with store.reading(EVERY_FUND) as connection:
            seeds = [dict(row) for row in connection.execute(select(cases)).mappings()]
        copies = itertools.islice(_copy(seeds), count - len(seeds))
        while chunk := list(itertools.islice(copies, CHUNK)):
            with store.writing(EVERY_FUND) as connection:
                connection.execute(insert(cases), chunk)
        # as PostgreSQL does by itself some time later
        command = "vacuum analyze cases" if "postgres" in database else "analyze"
        with store.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(command))


def _copy(seeds: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    draw = np.random.default_rng(1)
    for turn in itertools.count():
        for seed in seeds:
            shift = timedelta(days=int(draw.integers(-30, 31)))
            yield seed | {
                "case_id": f"{seed['case_id']}-{turn}",
                "gain_order": seed["gain_order"] + float(draw.normal(0, 0.01)),
                "absence_started_on": seed["absence_started_on"] + shift,
            }


def find_far(database: str, region: str | None) -> str:
    """Return the cursor of page 1,000, as a user who went through all pages would have it."""
    wanted = CaseFilter(region=region, states=OPEN_STATES)
    place: Place | AbsentPlace | None = None
    with closing(Store(database)) as store, store.reading(EVERY_FUND) as connection:
        left = (FAR_PAGE - 1) * PAGE_SIZE
        while left:
            found = list_cases(connection, Scope(FUND), wanted, after=place, limit=min(left, 5000))
            place, left = _end(found[-1].place), left - len(found)
    return build_cursor(_end(place), (FAR_PAGE - 1) * PAGE_SIZE)


def _end(place: Place | AbsentPlace | None) -> Place | AbsentPlace:
    if place is None:
        raise SystemExit("there are fewer than 1,000 pages: ask for more cases")
    return place


def find_largest_region(database: str) -> str:
    """Return the region with most cases: another may have fewer than 1,000 pages."""
    query = select(cases.c.region).group_by(cases.c.region).order_by(func.count().desc()).limit(1)
    with closing(Store(database)) as store, store.reading(EVERY_FUND) as connection:
        return str(connection.execute(query).scalar_one())


def measure(where: str, server: Running, database: str, seconds: float, board: Board) -> None:
    """Print the four pages of one store."""
    region = find_largest_region(database)
    for only in (None, region):
        query = "" if only is None else f"&region={only}"
        for page, cursor in (("page 1", ""), ("page 1,000", f"&cursor={find_far(database, only)}")):
            path = f"/api/v1/cases?limit={PAGE_SIZE}{query}{cursor}"
            request = build_request("GET", path, {"Authorization": AUTHORIZATION})
            found = send(Load(server.port, [request], USERS, seconds))
            found.check(200)
            what = f"{where}: {page}{' of a region' if only else ''}"
            most = f"under {MOST_MEDIAN_MS:.0f} ms"
            board.add(f"{what}, median", found.p50, "ms", most, found.p50 < MOST_MEDIAN_MS)
            most = f"under {MOST_P99_MS:.0f} ms"
            board.add(f"{what}, p99", found.p99, "ms", most, found.p99 < MOST_P99_MS)
            board.add(f"{what}", found.rate, "requests/s")


@contextmanager
def open_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a new store of a kind."""
    if kind == "SQLite":
        yield f"sqlite:///{folder}/store.db"
        return
    with run_postgres() as postgres:
        yield postgres.make_database()


def main() -> None:
    """Measure both stores; CASES and SECONDS from the command line."""
    count, seconds = (float(w) for w in (*sys.argv[1:], *DEFAULTS[len(sys.argv) - 1 :]))
    board = Board("triage")
    with tempfile.TemporaryDirectory() as name:
        bundle, extract = build_pilot(Path(name), PERSONS)
        for kind in ("SQLite", "PostgreSQL"):
            with (
                open_database(kind, Path(name)) as database,
                serve_ours(Path(name), database, FUND) as server,
            ):
                fill(database, bundle, extract, int(count))
                measure(kind, server, database, seconds, board)
    board.close()


if __name__ == "__main__":
    main()
