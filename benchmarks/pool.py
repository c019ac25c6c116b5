"""How many threads, each with its connection, a worker should have on PostgreSQL.

`python -m benchmarks.pool [SECONDS]`. Saved assessments a second, how long they take and the
processor time of one, for 16 and 64 callers: one worker and the load on a core each, PostgreSQL on
both. Each number of threads is tried twice, on the way up and on the way down, and the mean counts:
a machine that gets slower or quicker meanwhile then favours none.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.load import Load
from benchmarks.report import Board
from benchmarks.servers import build_pilot, send, serve_ours
from benchmarks.serving import FUND, build_cases, build_ours
from serving.settings import Settings
from tests.running_postgres import run_postgres

PERSONS = 3_000
THREADS = (2, 4, 8, 16)
CALLERS = (16, 64)
LEAST_OF_BEST = 0.9  # of the best rate: for less than a tenth more nobody needs to set another


@dataclass(frozen=True)
class Tried:
    """What one number of threads reached: saved a second, p99 and processor time of one in ms."""

    rate: float
    p99: float
    cpu_ms: float


def measure(
    threads: int, requests: list[bytes], folder: Path, url: str, seconds: float
) -> dict[int, Tried]:
    """Return what is reached for each number of callers."""
    os.environ["KANTELPUNT_THREADS"] = str(threads)
    found = {}
    with serve_ours(folder, url, FUND) as server:
        for callers in CALLERS:
            began = server.cpu_seconds()
            measured = send(Load(server.port, requests, callers, seconds))
            measured.check(201)
            cpu_ms = 1000 * (server.cpu_seconds() - began) / measured.answers
            found[callers] = Tried(measured.rate, measured.p99, cpu_ms)
    return found


def main() -> None:
    """Measure each number of threads on a store of its own, and hold the default to the best."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    board = Board("pool")
    default = Settings.model_fields["threads"].default
    with tempfile.TemporaryDirectory() as name, run_postgres() as server:
        folder = Path(name)
        _, extract = build_pilot(folder, PERSONS)
        requests = build_ours(build_cases(extract), save=True)
        tries = [
            (threads, measure(threads, requests, folder, server.make_database(), seconds))
            for threads in (*THREADS, *reversed(THREADS))
        ]
    for callers in CALLERS:
        rates = {}
        for threads in THREADS:
            of = [tried[callers] for number, tried in tries if number == threads]
            what = f"{threads} threads, {callers} callers"
            rates[threads] = fmean(one.rate for one in of)
            both = " and ".join(f"{one.rate:.0f}" for one in of)
            board.add(what, rates[threads], f"saved/s ({both})")
            board.add(f"{what}, p99", fmean(one.p99 for one in of), "ms")
            board.add(f"{what}, processor time", fmean(one.cpu_ms for one in of), "ms")
        share = rates[default] / max(rates.values())
        what = f"{default} threads, the default, {callers} callers, of the best"
        board.add(what, share, "times", f"at least {LEAST_OF_BEST}", share >= LEAST_OF_BEST)
    board.close()


if __name__ == "__main__":
    main()
