"""What a challenger in the shadow costs who waits for an answer: the same load without and with.

`python -m benchmarks.shadow [SECONDS]`. One worker on one core, 50 assessments a second, saved,
from the other core; champion and challenger come from a real MLflow. Without and with take turns,
so that what differs between turns of one kind is the noise that a difference is held against.
"""

import sys
import tempfile
import time
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
MOST_SLOWER = 0.1
NAMED = "kantelpunt_shadow_scores_total"


@dataclass(frozen=True)
class Turn:
    """Milliseconds of every answer of one turn, and what became of them in the shadow."""

    ms: list[float]
    counted: dict[str, int]

    @property
    def median(self) -> float:
        """Return the middle answer, in milliseconds."""
        return float(np.median(self.ms))


def count_shadow(port: int) -> dict[str, int]:
    """Return what became of assessments in the shadow so far."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line.startswith(NAMED)]
    return {line.split('"')[1]: int(float(line.split()[1])) for line in lines}


def wait_for_challenger(server: Running, requests: list[bytes], folder: Path) -> None:
    """Send a little until something was scored; stop where nothing ever is."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        send(Steady(server.port, requests, {}, 10, 1), folder, [])
        if count_shadow(server.port)["scored"]:
            return
    raise SystemExit("the challenger never scored: see server.log")


def measure(folder: Path, requests: list[bytes], seconds: float, turn: int, *, on: bool) -> Turn:
    """Return what one server answered to the load."""
    model = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "KANTELPUNT_CACHE": str(folder / "cache"),
        "KANTELPUNT_SHADOW": str(on).lower(),
    }
    with serve_ours(folder, f"sqlite:///{folder}/store-{turn}-{on}.db", FUND, model) as server:
        if on:
            wait_for_challenger(server, requests, folder)
        else:
            send(Steady(server.port, requests, {}, 10, 5), folder, [])
        before = count_shadow(server.port)
        answers: list[Answered] = send(
            Steady(server.port, requests, {}, PER_SECOND, seconds), folder, []
        )[0]
        time.sleep(2)  # for the last to be scored
        after = count_shadow(server.port)
    wrong = [one.status for one in answers if one.status != 201]
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were no assessment")
    return Turn([one.ms for one in answers], {k: after[k] - before[k] for k in after})


def main() -> None:
    """Measure in turns, and print what differs."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    board, found = Board("shadow"), {True: list[Turn](), False: list[Turn]()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        versions = write_versions(folder, bundle)
        set_challenger(max(versions), read_config().registry, f"sqlite:///{folder}/mlflow.db")
        requests = build_ours(build_cases(extract), save=True)
        for turn in range(TURNS):
            for on in (False, True):
                found[on].append(measure(folder, requests, seconds, turn, on=on))
    report(found, board)
    board.close()


def report(found: dict[bool, list[Turn]], board: Board) -> None:
    """Print medians, tails and what was scored, and whether the difference is more than noise."""
    for on, what in ((False, "without"), (True, "with")):
        ms = np.concatenate([one.ms for one in found[on]])
        p50, p95, p99 = np.quantile(ms, [0.5, 0.95, 0.99])
        for figure, value in (("median", p50), ("p95", p95), ("p99", p99)):
            board.add(f"{what} a challenger: {figure}", float(value), "ms")
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
