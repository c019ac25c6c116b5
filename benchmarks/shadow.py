"""What a challenger in the shadow costs who waits for an answer: the same load without and with.

`python -m benchmarks.shadow [SECONDS]`. Two services of one worker each, on one core, champion and
challenger from a real MLflow; 50 assessments a second over HTTP, saved, from the other core, to one
at a time. Without and with take turns, so that what differs between turns of one kind is the noise
that a difference is held against.
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from benchmarks.report import Board
from benchmarks.servers import Running, build_pilot, serve_ours
from benchmarks.serving import FUND, build_cases, build_ours
from benchmarks.steady import Answered, Steady
from benchmarks.swap import send, write_versions
from training.config import read_config
from training.tracking import set_challenger

PERSONS = 3_000
PER_SECOND = 50
TURNS = 3
READY_SECONDS = 60
SCORED_SECONDS = 10
# chosen: a tenth of an answer of some milliseconds, which nobody notices and turns hardly tell
MOST_SLOWER = 0.1
NAMED = "kantelpunt_shadow_scores_total"
WORDS = {False: "without", True: "with"}


@dataclass(frozen=True)
class Turn:
    """Milliseconds of every answer of one turn, and what became of them in the shadow."""

    ms: list[float]
    counted: dict[str, int]

    @property
    def median(self) -> float:
        """Return the middle answer, in milliseconds."""
        return float(np.median(self.ms))


def read(server: Running, path: str) -> str:
    """Return what a service says to machines."""
    with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def count_shadow(server: Running) -> dict[str, int]:
    """Return what became of assessments in the shadow so far."""
    lines = [line for line in read(server, "/metrics").splitlines() if line.startswith(NAMED)]
    return {line.split('"')[1]: int(float(line.split()[1])) for line in lines}


def start(stack: ExitStack, folder: Path, *, on: bool) -> Running:
    """Return a service that has its challenger, or is to have none; stops where none comes."""
    model = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "KANTELPUNT_CACHE": str(folder / "cache"),
        "KANTELPUNT_SHADOW": str(on).lower(),
    }
    own = folder / WORDS[on]
    own.mkdir()
    server = stack.enter_context(serve_ours(own, f"sqlite:///{own}/store.db", FUND, model))
    wanted, until = "scoring" if on else "off", time.monotonic() + READY_SECONDS
    while (told := json.loads(read(server, "/readyz"))["challenger"])["state"] != wanted:
        if time.monotonic() > until:
            raise SystemExit(f"{WORDS[on]} a challenger: /readyz says {told}")
        time.sleep(0.2)
    return server


def measure(server: Running, folder: Path, requests: list[bytes], seconds: float) -> Turn:
    """Return what one server answered to the load, after a second that does not count."""
    send(Steady(server.port, requests, {}, PER_SECOND, 1), folder, [])
    before = wait_for_scores(server)
    steady = Steady(server.port, requests, {}, PER_SECOND, seconds)
    answers: list[Answered] = send(steady, folder, [])[0]
    after = wait_for_scores(server)
    wrong = [one.status for one in answers if one.status != 201]
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were no assessment")
    return Turn([one.ms for one in answers], {k: after[k] - before[k] for k in after})


def wait_for_scores(server: Running) -> dict[str, int]:
    """Return what was counted once nothing is added any more."""
    found, until = count_shadow(server), time.monotonic() + SCORED_SECONDS
    while time.monotonic() < until:
        time.sleep(1)
        before, found = found, count_shadow(server)
        if found == before:
            break
    return found


def main() -> None:
    """Measure in turns, and print what differs."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    board, found = Board("shadow"), {True: list[Turn](), False: list[Turn]()}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        versions = write_versions(folder, bundle)
        set_challenger(max(versions), read_config().registry, f"sqlite:///{folder}/mlflow.db")
        requests = build_ours(build_cases(extract), save=True)
        servers = {on: start(stack, folder, on=on) for on in (False, True)}
        for _ in range(TURNS):
            for on, server in servers.items():
                found[on].append(measure(server, folder, requests, seconds))
    report(found, board)
    board.close()


def report(found: dict[bool, list[Turn]], board: Board) -> None:
    """Print medians, tails and what was scored, and whether the difference is more than noise."""
    for on in (False, True):
        ms = np.concatenate([one.ms for one in found[on]])
        p50, p95, p99 = np.quantile(ms, [0.5, 0.95, 0.99])
        for figure, value in (("median", p50), ("p95", p95), ("p99", p99)):
            board.add(f"{WORDS[on]} a challenger: {figure}", float(value), "ms")
    medians = {on: [one.median for one in turns] for on, turns in found.items()}
    noise = max(medians[False]) - min(medians[False])
    slower = float(np.mean(medians[True]) - np.mean(medians[False]))
    allowed = max(noise, MOST_SLOWER * float(np.mean(medians[False])))
    board.add("noise: medians without a challenger differ by", noise, "ms")
    limit = f"at most the noise or {MOST_SLOWER:.0%}"
    board.add("slower with a challenger, medians", slower, "ms", limit, slower <= allowed)
    total = {k: sum(one.counted[k] for one in found[True]) for k in found[True][0].counted}
    answers = sum(len(one.ms) for one in found[True])
    board.add("assessments, saved", answers, "answers")
    for outcome in ("scored", "dropped", "failed", "skipped"):
        board.add(f"of these {outcome}", total[outcome], "assessments")
    board.add("share scored", total["scored"] / answers, "", "all", total["scored"] == answers)


if __name__ == "__main__":
    main()
