"""One assessment over HTTP beside `mlflow models serve` with the trees of the same model.

`python -m benchmarks.serving [SECONDS]`. MLflow answers a bare prediction of rows that are numbers
already, with its signature and without; ours takes a case, checks it, and answers with intervals,
gain and reasons, with and without saving it with its audit line. One worker each on one core, the
load from the other.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.load import Load, Measured, build_request
from benchmarks.report import Board
from benchmarks.servers import (
    AUTHORIZATION,
    Running,
    build_pilot,
    build_split,
    pick_rows,
    send,
    serve_mlflow,
    serve_ours,
)
from features.tables import Extract
from serving.intake_file import list_rows

PERSONS = 20_000
CASES = 500
CONNECTIONS = 16
FUND = "fonds-a"
MOST_P95_MS = 5.0


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


def main() -> None:
    """Measure the four in turn, each alone at first and then with many connections."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    board = Board("serving")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        cases, rows = build_cases(extract), pick_rows(extract, CASES)
        rates: dict[str, float] = {}
        plain = [
            build_request("POST", "/invocations", {"Content-Type": "application/json"}, body)
            for body in build_split(bundle, rows)
        ]
        for signed, what in ((True, "mlflow, signature"), (False, "mlflow, no signature")):
            with serve_mlflow(folder, bundle, rows, signed=signed) as server:
                rates[what] = measure(what, server, plain, seconds, board)
                board.add(f"{what}: memory", server.rss_mib(), "MiB")
        with serve_ours(folder, f"sqlite:///{folder}/store.db", FUND) as server:
            for save, what in ((False, "ours, not saved"), (True, "ours, saved and audited")):
                requests = build_ours(cases, save=save)
                most = MOST_P95_MS if save else None
                rates[what] = measure(what, server, requests, seconds, board, most_p95=most)
            board.add("ours: memory", server.rss_mib(), "MiB")
        compare("ours, saved and audited", "mlflow, signature", 4, rates, board)
        compare("ours, not saved", "mlflow, no signature", 2, rates, board)
    board.close()


def measure(
    what: str,
    server: Running,
    requests: list[bytes],
    seconds: float,
    board: Board,
    *,
    most_p95: float | None = None,
) -> float:
    """Print one at a time and many at once; return the answers a second of many."""
    alone = send(Load(server.port, requests, 1, seconds))
    began = server.cpu_seconds()
    many = send(Load(server.port, requests, CONNECTIONS, seconds))
    cpu = server.cpu_seconds() - began
    for found in (alone, many):
        found.check(200, 201)
    board.add(f"{what}: one at a time, median", alone.p50, "ms")
    limit = f"under {most_p95:g} ms" if most_p95 else ""
    held = most_p95 is None or alone.p95 < most_p95
    board.add(f"{what}: one at a time, p95", alone.p95, "ms", limit, held)
    _report_many(what, many, cpu, board)
    return many.rate


def _report_many(what: str, many: Measured, cpu: float, board: Board) -> None:
    board.add(f"{what}: processor time of one", 1000 * cpu / many.answers, "ms")
    board.add(f"{what}: {CONNECTIONS} at once", many.rate, "requests/s")
    board.add(f"{what}: {CONNECTIONS} at once, p99", many.p99, "ms")


def compare(ours: str, theirs: str, least: float, rates: dict[str, float], board: Board) -> None:
    """Print how many times as many requests a second ours answers."""
    ratio = rates[ours] / rates[theirs]
    board.add(f"{ours} / {theirs}", ratio, "times", f"at least {least:g}", ratio >= least)


if __name__ == "__main__":
    main()
