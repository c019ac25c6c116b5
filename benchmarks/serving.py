"""One assessment over HTTP beside `mlflow models serve` with the trees of the same model.

`python -m benchmarks.serving [SECONDS]`, of each measurement. MLflow answers a bare prediction of
rows that are numbers already, with its signature and without; ours takes a case, checks it, and
answers with intervals, gain and reasons, with and without saving it with its audit line. The floor
is a bare booster in this process that predicts and explains one row, on one thread. One worker has
a core and the load the other; two workers, those of ours on a port each, share both with the load,
and their store is PostgreSQL: one in a file is for one worker.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from benchmarks.load import Load, Measured, build_request
from benchmarks.report import Board
from benchmarks.servers import (
    AUTHORIZATION,
    Running,
    build_pilot,
    build_split,
    pick_rows,
    prepare_store,
    send,
    serve_mlflow,
    serve_worker,
)
from features.tables import Extract
from models.bundle import Bundle
from serving.intake_rows import list_rows
from tests.running_postgres import run_postgres

PERSONS = 20_000
CASES = 500
AT_ONCE = (1, 16, 64)
COMPARED = 16  # connections at which the servers are held against each other
FUND = "fonds-a"
MOST_P95_MS = 5.0
SIGNED, UNSIGNED = "mlflow, signature", "mlflow, no signature"
UNSAVED, SAVED, SAVED_POSTGRES = "ours, not saved", "ours, saved", "ours, saved on PostgreSQL"


@dataclass(frozen=True)
class Rival:
    """A way to be answered: what starts its workers, and the requests of each name."""

    start: Callable[[int], Any]
    requests: dict[str, list[bytes]]
    limits: frozenset[str] = frozenset()  # those that must answer within MOST_P95_MS


def build_cases(extract: Extract) -> list[dict[str, Any]]:
    """Return cases of one fund, as the API takes them."""
    rows = list_rows(extract.cases.head(CASES), extract.contract)
    return [row | {"sickness_fund": FUND} for row in rows]


def build_ours(cases: list[dict[str, Any]], *, save: bool) -> list[bytes]:
    """Return the requests of assessments."""
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    path = f"/api/v1/assessments?save={str(save).lower()}"
    bodies = [json.dumps(case, default=str).encode() for case in cases]
    return [build_request("POST", path, headers, body) for body in bodies]


@contextmanager
def serve_many(folder: Path, database: str, workers: int) -> Iterator[list[Running]]:
    """Serve with so many processes of ours on one store."""
    with ExitStack() as stack:
        serve = partial(serve_worker, folder, database, alone=workers == 1)
        yield [stack.enter_context(serve()) for _ in range(workers)]


@contextmanager
def serve_rival(
    folder: Path, bundle: Bundle, rows: NDArray[np.float64], workers: int, *, signed: bool
) -> Iterator[list[Running]]:
    """Serve with so many workers of MLflow behind one port."""
    with serve_mlflow(folder, bundle, rows, signed=signed, workers=workers) as server:
        yield [server]


def main() -> None:
    """Measure the floor, then each rival with one worker and with two."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    board = Board("serving")
    with tempfile.TemporaryDirectory() as name, run_postgres() as postgres:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        cases, rows = build_cases(extract), pick_rows(extract, CASES)
        add_floor(bundle, rows, seconds, board)
        plain = [
            build_request("POST", "/invocations", {"Content-Type": "application/json"}, body)
            for body in build_split(bundle, rows)
        ]
        databases = (f"sqlite:///{folder}/store.db", postgres.make_database())
        for database in databases:
            prepare_store(database, FUND)
        signed, unsigned = (
            partial(serve_rival, folder, bundle, rows, signed=signed) for signed in (True, False)
        )
        ours = {UNSAVED: build_ours(cases, save=False), SAVED: build_ours(cases, save=True)}
        theirs = (Rival(signed, {SIGNED: plain}), Rival(unsigned, {UNSIGNED: plain}))
        in_file, shared = (partial(serve_many, folder, database) for database in databases)
        on_postgres = {SAVED_POSTGRES: ours[SAVED]}
        alone = (Rival(in_file, ours, frozenset({SAVED})), Rival(shared, on_postgres))
        rates: dict[str, float] = {}
        for rival in (*theirs, *alone):
            rates |= measure(rival, 1, seconds, board)
        for rival in (*theirs, Rival(shared, {UNSAVED: ours[UNSAVED]} | on_postgres)):
            rates |= measure(rival, 2, seconds, board)
        compare(SAVED, SIGNED, 1, rates, board, least=4)
        compare(UNSAVED, UNSIGNED, 1, rates, board, least=2)
        compare(SAVED_POSTGRES, SIGNED, 2, rates, board)
        compare(UNSAVED, UNSIGNED, 2, rates, board)
    board.close()


def add_floor(bundle: Bundle, rows: NDArray[np.float64], seconds: float, board: Board) -> None:
    """Print what a booster takes to predict and to explain a row of numbers, with nothing else."""
    head = bundle.model.usual.trees
    ready = head.encoding.apply(rows)
    booster = lightgbm.Booster(model_str=head.trees.text)
    took, until = [], time.perf_counter() + seconds
    for place in cycle(range(len(ready))):
        began = time.perf_counter()
        if began > until:
            break
        row = ready[place : place + 1]
        booster.predict(row, num_threads=1)
        booster.predict(row, pred_contrib=True, num_threads=1)
        took.append(1000 * (time.perf_counter() - began))
    board.add("bare booster in process: p50", float(np.quantile(took, 0.5)), "ms")
    board.add("bare booster in process: p99", float(np.quantile(took, 0.99)), "ms")
    board.add("bare booster in process", len(took) / seconds, "rows/s")


def measure(rival: Rival, workers: int, seconds: float, board: Board) -> dict[str, float]:
    """Print each number of connections; return the answers a second that are compared."""
    rates = {}
    with rival.start(workers) as servers:
        for what, requests in rival.requests.items():
            name = f"{what}, {name_workers(workers)}"
            for connections in AT_ONCE:
                began = sum(server.cpu_seconds() for server in servers)
                found = _send(servers, requests, connections, seconds, alone=workers == 1)
                cpu = sum(server.cpu_seconds() for server in servers) - began
                is_held = what in rival.limits and (workers, connections) == (1, 1)
                _add(f"{name}, {connections} at once", found, cpu, board, is_held=is_held)
                rates[f"{what} {workers} {connections}"] = found.rate
        first = " and ".join(rival.requests)
        _add_process(f"{first}, {name_workers(workers)}", servers, board)
    return rates


def _send(
    servers: Sequence[Running],
    requests: list[bytes],
    connections: int,
    seconds: float,
    *,
    alone: bool,
) -> Measured:
    port, *others = (server.port for server in servers)
    found = send(Load(port, requests, connections, seconds, others), alone=alone)
    found.check(200, 201)
    return found


def _add(name: str, found: Measured, cpu: float, board: Board, *, is_held: bool) -> None:
    board.add(f"{name}: p50", found.p50, "ms")
    if is_held:
        limit = f"under {MOST_P95_MS:g} ms"
        board.add(f"{name}: p95", found.p95, "ms", limit, found.p95 < MOST_P95_MS)
    board.add(f"{name}: p99", found.p99, "ms")
    board.add(f"{name}", found.rate, "requests/s")
    board.add(f"{name}: processor time of one", 1000 * cpu / found.answers, "ms")


def _add_process(name: str, servers: Sequence[Running], board: Board) -> None:
    board.add(f"{name}: from start to ready", max(s.start_seconds for s in servers), "s")
    board.add(f"{name}: memory of a worker", max(s.worker_mib() for s in servers), "MiB")
    board.add(f"{name}: memory of all processes", sum(s.rss_mib() for s in servers), "MiB")


def compare(
    ours: str, theirs: str, workers: int, rates: dict[str, float], board: Board, least: float = 0
) -> None:
    """Print how many times as many requests a second ours answers, and hold it to a limit."""
    ratio = rates[f"{ours} {workers} {COMPARED}"] / rates[f"{theirs} {workers} {COMPARED}"]
    what = f"{ours} / {theirs}, {name_workers(workers)}"
    board.add(what, ratio, "times", f"at least {least:g}" if least else "", ratio >= least)


def name_workers(count: int) -> str:
    """Return how many workers there are, in words."""
    return f"{count} worker{'s' if count > 1 else ''}"


if __name__ == "__main__":
    main()
