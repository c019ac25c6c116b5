"""Two workers behind nginx on one PostgreSQL, restarted one after the other under load.

`python -m benchmarks.workers [SECONDS]`. nginx runs with deploy/nginx.conf, ports apart, and needs
to be installed; 40 assessments a second, saved, go through it while each worker in turn is taken
out by deploy/roll.sh, stopped, started and put back. Every answer is held, in full, against what
the model gives here.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine, text

from benchmarks.load import build_request
from benchmarks.proxy import Proxy, Worker, run_proxy
from benchmarks.report import Board
from benchmarks.servers import AUTHORIZATION, PASSWORD, PHYSICIAN, build_pilot
from benchmarks.serving import FUND, build_cases
from benchmarks.steady import Answered, Steady
from benchmarks.swap import expect
from serving.accounts import add_account
from serving.deps import get_now
from serving.permissions import Role
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from tests.running_postgres import ADMIN, Postgres, run_postgres
from training.record import ROOT

PERSONS, USED_CASES = 3_000, 100
PER_SECOND = 40
# people lose their thread after a second: half of it is left to their network and browser
MOST_P99_MS = 500.0
BETWEEN_SECONDS = 3.0


def send(
    steady: Steady, folder: Path, proxy: Proxy, workers: list[Worker]
) -> tuple[list[Answered], int]:
    """Send a steady load, restart each worker in turn meanwhile, and count the restarts."""
    told = vars(steady) | {"requests": [request.hex() for request in steady.requests]}
    (folder / "load.json").write_text(json.dumps(told))
    command = [sys.executable, "-c", "from benchmarks.steady import main; main()"]
    restarts, until = 0, time.monotonic() + steady.seconds - 2 * BETWEEN_SECONDS
    with (
        (folder / "load.json").open() as given,
        (folder / "said.json").open("w+") as said,
        subprocess.Popen(command, cwd=ROOT, stdin=given, stdout=said) as load,
    ):
        while time.monotonic() < until:
            time.sleep(BETWEEN_SECONDS)
            proxy.roll(workers[restarts % len(workers)])
            restarts += 1
        load.wait()
        said.seek(0)
        return [Answered(**one) for one in json.load(said)], restarts


def report(answers: list[Answered], restarts: int, board: Board) -> None:
    """Print what was asked: errors, wrong answers and waiting."""
    ms = np.array([one.ms for one in answers])
    errors = sum(one.status != 201 for one in answers)
    wrong = sum(one.status == 201 and not one.is_right for one in answers)
    board.add("assessments, saved, through nginx", len(answers), "answers")
    board.add("restarts of a worker meanwhile", restarts, "times", "2 or more", restarts >= 2)
    kinds = ", ".join(sorted({str(one.status) for one in answers if one.status != 201})) or "none"
    board.add(f"errors ({kinds})", errors, "answers", "0", errors == 0)
    # nginx closes connections that rest when it takes up another configuration
    again = sum(one.again for one in answers)
    board.add("sent again, as the connection was closed at that moment", again, "answers")
    board.add("wrong answers", wrong, "answers", "0", wrong == 0)
    p50, p99 = np.quantile(ms, [0.5, 0.99])
    board.add("median", float(p50), "ms")
    board.add("p99", float(p99), "ms", f"under {MOST_P99_MS:g} ms", p99 < MOST_P99_MS)
    board.add("longest", float(ms.max()), "ms")


def count_kept(server: Postgres, url: str) -> int:
    """Return how many assessments the store holds, of all funds."""
    engine = create_engine(server.address(url.rpartition("/")[2], ADMIN))
    with engine.connect() as connection:
        kept = connection.execute(text("select count(*) from assessments")).scalar_one()
    engine.dispose()
    return int(kept)


def main() -> None:
    """Start everything, send, restart, and report."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    board = Board("workers")
    with tempfile.TemporaryDirectory() as name, run_postgres() as server:
        folder, url = Path(name), server.make_database()
        bundle, extract = build_pilot(folder, PERSONS)
        cases = build_cases(extract)[:USED_CASES]
        with closing(Store(url)) as store:
            upgrade_store(store)
            role = Role.ADVISING_PHYSICIAN
            add_account(store, PHYSICIAN, PASSWORD, role, sickness_fund=FUND, now=get_now())
        environment = os.environ | {
            "DATABASE_URL": url,
            "KANTELPUNT_BUNDLE": str(folder / "bundle"),
            "KANTELPUNT_SESSION_SECRET": secrets.token_urlsafe(48),
            "KANTELPUNT_API_PER_MINUTE": "10000000",
            "OMP_NUM_THREADS": "1",
        }
        workers = [Worker(environment, folder) for _ in range(2)]
        headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
        bodies = [json.dumps(case, default=str).encode() for case in cases]
        requests = [build_request("POST", "/api/v1/assessments", headers, b) for b in bodies]
        expected = {bundle.version: expect(bundle, cases)}
        try:
            began = [worker.start() for worker in workers]
            board.add("from start to ready, the slower of two", max(began), "s")
            with run_proxy(folder, (workers[0].port, workers[1].port)) as proxy:
                steady = Steady(proxy.port, requests, expected, PER_SECOND, seconds)
                answers, restarts = send(steady, folder, proxy, workers)
        finally:
            for worker in workers:
                worker.stop()
        report(answers, restarts, board)
        kept, given = count_kept(server, url), sum(one.status == 201 for one in answers)
        board.add("kept in the store", kept, "assessments", f"{given:,}, as given", kept == given)
    board.close()


if __name__ == "__main__":
    main()
