"""Another model is served while requests go on: the alias of a real MLflow moves under load.

`python -m benchmarks.swap [SECONDS]`. One worker on one core, with the process that asks MLflow on
the same core; 50 assessments a second, saved, from the other core. Every answer is held, in full,
against what the version that it names gives when it is computed here.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import build_request
from benchmarks.report import Board
from benchmarks.servers import AUTHORIZATION, LOAD_CORE, PHYSICIAN, build_pilot, serve_ours
from benchmarks.serving import FUND, build_cases
from benchmarks.steady import Answered, Steady, strip
from models.bundle import Bundle, read_bundle, write_bundle
from models.suggestion import read_limits
from serving.assess import Desk, find_open_questions, prepare_assessment
from serving.assessment_schemas import AssessmentOut
from serving.deps import get_now
from serving.permissions import Role, User
from training.config import read_config
from training.tracking import log_run, set_champion

PERSONS = 3_000
PER_SECOND = 50
FOLLOW_SECONDS = 2
MOVE_SECONDS = 12.0
USED_CASES = 100
# an answer during a swap waits at most for the reading of the new model, which shares its core
MOST_P99_MS = 250.0


@dataclass(frozen=True)
class Move:
    """When the alias was moved, in seconds since 1970, and to which version."""

    at: float
    version: str


def write_versions(folder: Path, bundle: Bundle) -> dict[str, Bundle]:
    """Register two versions of a model, of other shares of trees, and release the first."""
    uri, names, found = f"sqlite:///{folder}/mlflow.db", read_config().registry, {}
    model = bundle.model
    for share in (model.usual.share, 1 - model.usual.share / 2):
        files = folder / f"run-{share:g}"
        changed = replace(model, usual=replace(model.usual, share=share))
        write_bundle(files / "bundle", changed, bundle.info, bundle.card)
        version = log_run(files, {}, {}, names, uri).version
        found[version] = read_bundle(files / "bundle", version)
    set_champion(min(found), names, uri)
    return found


def expect(bundle: Bundle, cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answer of a version to each case, as the API gives it."""
    user = User(PHYSICIAN, "", Role.ADVISING_PHYSICIAN, str(cases[0]["sickness_fund"]))
    desk = Desk(user, bundle, read_limits(), get_now())
    found = []
    for case in cases:
        made = prepare_assessment(json.loads(json.dumps(case, default=str)), desk)
        told = AssessmentOut.of(made, find_open_questions(made, bundle))
        found.append(strip(json.loads(told.model_dump_json())))
    return found


def send(steady: Steady, folder: Path, moves: list[str]) -> tuple[list[Answered], list[Move]]:
    """Send a steady load from the other core and move the alias meanwhile."""
    told = vars(steady) | {"requests": [request.hex() for request in steady.requests]}
    command = ["taskset", "-c", str(LOAD_CORE), sys.executable, "-c"]
    command.append("from benchmarks.steady import main; main()")
    (folder / "load.json").write_text(json.dumps(told))
    uri, names = f"sqlite:///{folder}/mlflow.db", read_config().registry
    made: list[Move] = []
    with (
        (folder / "load.json").open() as given,
        subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, text=True) as load,
    ):
        for version in moves:
            time.sleep(MOVE_SECONDS if made else MOVE_SECONDS / 2)
            set_champion(version, names, uri)
            made.append(Move(time.time(), version))
        said, _ = load.communicate()
    return [Answered(**one) for one in json.loads(said)], made


def find_delays(answers: Sequence[Answered], moves: Sequence[Move]) -> list[float]:
    """Return how many seconds after each move its version answered first; endless where never."""
    ends = [*(one.at for one in moves[1:]), np.inf]
    return [
        min(
            (a.at - m.at for a in answers if m.at <= a.at < end and a.version == m.version),
            default=np.inf,
        )
        for m, end in zip(moves, ends, strict=True)
    ]


def report(answers: Sequence[Answered], moves: Sequence[Move], board: Board) -> None:
    """Print what was asked: errors, mixed answers, waiting, and how soon a version serves."""
    ms = np.array([one.ms for one in answers])
    errors = sum(one.status != 201 or one.again for one in answers)  # here nobody closes anything
    mixed = sum(one.status == 201 and not one.is_right for one in answers)
    delays = find_delays(answers, moves)
    board.add("assessments, saved", len(answers), "answers")
    board.add("errors", errors, "answers", "0", errors == 0)
    board.add("answers that are not those of their version", mixed, "answers", "0", mixed == 0)
    p50, p99 = np.quantile(ms, [0.5, 0.99])
    board.add("median", float(p50), "ms")
    board.add("p99", float(p99), "ms", f"under {MOST_P99_MS:g} ms", p99 < MOST_P99_MS)
    board.add("longest", float(ms.max()), "ms")
    board.add("times that the alias moved", len(moves), "times")
    followed = bool(np.isfinite(delays).all())
    what = f"from the alias to the first answer, asking every {FOLLOW_SECONDS} s"
    board.add(f"{what}, median", float(np.median(delays)), "s", "each followed", followed)
    board.add(f"{what}, longest", float(np.max(delays)), "s")


def main() -> None:
    """Serve from a real MLflow, send, move the alias, and report."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    board = Board("swap")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        cases, versions = build_cases(extract)[:USED_CASES], write_versions(folder, bundle)
        headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
        bodies = [json.dumps(case, default=str).encode() for case in cases]
        requests = [build_request("POST", "/api/v1/assessments", headers, b) for b in bodies]
        expected = {version: expect(one, cases) for version, one in versions.items()}
        first, other = sorted(versions)
        moves = [other, first] * int(seconds / MOVE_SECONDS / 2)
        model = {
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
            "KANTELPUNT_CACHE": str(folder / "cache"),
            "KANTELPUNT_FOLLOW_SECONDS": str(FOLLOW_SECONDS),
        }
        with serve_ours(folder, f"sqlite:///{folder}/store.db", FUND, model) as server:
            steady = Steady(server.port, requests, expected, PER_SECOND, seconds)
            answers, moved = send(steady, folder, moves)
            board.add("memory of the service", server.rss_mib(), "MiB")
        report(answers, moved, board)
    board.close()


if __name__ == "__main__":
    main()
