"""How many threads, each with its connection, a worker should have on PostgreSQL.

`python -m benchmarks.pool [SECONDS]`. Saved assessments a second, how long they take and the
processor time of one, for 16 and 64 callers: one worker and the load on a core each, PostgreSQL on
both.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.load import Load
from benchmarks.report import Board
from benchmarks.servers import build_pilot, send, serve_ours
from benchmarks.serving import FUND, build_cases, build_ours
from serving.settings import Settings
from tests.running_postgres import run_postgres

PERSONS = 3_000
THREADS = (2, 4, 8, 16)
CALLERS = (16, 64)
LEAST_OF_BEST = 0.9  # of the best rate: what is less than a tenth apart is noise on a busy machine


def measure(
    threads: int, requests: list[bytes], folder: Path, url: str, seconds: float
) -> dict[int, tuple[float, float, float]]:
    """Return the rate, the p99 and the processor time of one for each number of callers."""
    os.environ["KANTELPUNT_THREADS"] = str(threads)
    found = {}
    with serve_ours(folder, url, FUND) as server:
        for callers in CALLERS:
            began = server.cpu_seconds()
            measured = send(Load(server.port, requests, callers, seconds))
            measured.check(201)
            cpu_ms = 1000 * (server.cpu_seconds() - began) / measured.answers
            found[callers] = (measured.rate, measured.p99, cpu_ms)
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
        found = {}
        for threads in THREADS:
            found[threads] = measure(threads, requests, folder, server.make_database(), seconds)
            for callers, (rate, p99, cpu_ms) in found[threads].items():
                board.add(f"{threads} threads, {callers} callers", rate, "saved/s")
                board.add(f"{threads} threads, {callers} callers, p99", p99, "ms")
                board.add(f"{threads} threads, {callers} callers, processor time", cpu_ms, "ms")
    for callers in CALLERS:
        rates = {threads: of[callers][0] for threads, of in found.items()}
        share = rates[default] / max(rates.values())
        what = f"{default} threads, the default, {callers} callers, of the best"
        board.add(what, share, "times", f"at least {LEAST_OF_BEST}", share >= LEAST_OF_BEST)
    board.close()


if __name__ == "__main__":
    main()
