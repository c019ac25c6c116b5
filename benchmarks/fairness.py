"""The audit of groups: how often it cries wolf or finds a gap, and its time beside fairlearn.

`python -m benchmarks.fairness [RELEASES [CASES]]`. Fairlearn runs in an environment of its own
under var/fairlearn, made by the first run; where it cannot be had that part is left out.
"""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from models.fairness import Audit, Verdict, audit
from models.fairness_sums import AuditRows
from models.suggestion import Suggestion
from training.config import read_config

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "var" / "fairlearn"
PYTHON = HOME / "bin" / "python"
PIN = "fairlearn==0.15.0"
CONFIG = read_config().fairness
DEFAULTS = ("300", "100000")
SHARES = {
    "sex": [0.58, 0.42],
    "origin": [0.79, 0.13, 0.08],
    "dutch_level": [0.69, 0.16, 0.10, 0.05],
    "age": [0.25, 0.35, 0.3, 0.1],
    "labour_status": [0.7, 0.15, 0.15],
    "region": [0.28, 0.23, 0.19, 0.15, 0.15],
}
WINDOW = 850
MOST_ALARMS = 0.05
LEAST_FOUND = 0.8
FASTER = 5
THEIR_DRAWS = 4  # the time of 200 is worked out from these: all of them would take half an hour
SAME = 1e-9
Labels = dict[str, NDArray[np.object_]]
THEIRS = """
import json, sys, time
import numpy as np, pandas as pd
from fairlearn.metrics import MetricFrame, selection_rate
from itertools import combinations
table = pd.read_csv(sys.argv[1]); draws = int(sys.argv[2]); names = sys.argv[3].split(",")
missed = lambda y, p: float(p[y == 0].mean())
def frames(**more):
    for features in [[n] for n in names] + [list(two) for two in combinations(names, 2)]:
        yield MetricFrame(
            metrics={"selection": selection_rate, "missed": missed},
            y_true=table["returned"],
            y_pred=table["own_way"],
            sensitive_features=table[features],
            **more,
        )
found = next(iter(frames())).by_group["missed"].to_dict()
begun = time.perf_counter()
for one in frames(n_boot=draws, ci_quantiles=[0.025, 0.975], random_state=1):
    one.by_group_ci
print(json.dumps({"seconds": time.perf_counter() - begun, "missed": found}))
"""


def make_labels(count: int, seed: int) -> Labels:
    """Return groups by lot."""
    rng = np.random.default_rng(seed + 1000)
    return {
        name: np.array([f"{name}{i}" for i in range(len(p))], dtype=object)[
            rng.choice(len(p), count, p=p)
        ]
        for name, p in SHARES.items()
    }


def make_rows(
    count: int, seed: int, hit: NDArray[np.bool_] | None = None, share: float = 0.0
) -> AuditRows:
    """Return right estimates; of those `hit` this share is told own way whatever their chance."""
    rng = np.random.default_rng(seed)
    p, gain = rng.uniform(0.05, 0.95, count), rng.normal(0.05, 0.05, count)
    told = np.where(gain > 0.07, Suggestion.REFER, Suggestion.UNSURE).astype(object)
    told[p > 0.7] = Suggestion.OWN_WAY
    told[p < 0.15] = Suggestion.NOT_YET
    if hit is not None:
        told[hit & (rng.random(count) < share)] = Suggestion.OWN_WAY
    returned = (rng.random(count) < p).astype(float)
    return AuditRows(np.arange(count), told, p, gain, gain, returned, np.ones(count))


def make_alike(count: int, seed: int, labels: Labels) -> AuditRows:
    """Return groups of quite different risk with the same error rate."""
    rng = np.random.default_rng(seed)
    level = np.array([0.25, 0.35, 0.5, 0.6, 0.7])
    middle = level[[int(one[-1]) for one in labels["region"]]]
    p = np.clip(middle + np.where(labels["sex"] == "sex1", 0.1, -0.1), 0.05, 0.95)
    told = np.where(rng.random(count) < 0.15, Suggestion.OWN_WAY, Suggestion.REFER)
    gain = np.abs(rng.normal(0.05, np.where(labels["sex"] == "sex1", 0.15, 0.05)))
    returned = (rng.random(count) < p).astype(float)
    own = told.astype(object)
    return AuditRows(np.arange(count), own, p, gain, gain, returned, np.ones(count))


def count_alarms(releases: int, board: Board) -> None:
    """Print how often releases fail whose groups are alike, and whose groups are not."""
    few = replace(CONFIG, resamples=60, deals=199)
    alike = different = found = pair = 0
    for seed in range(releases):
        labels = make_labels(WINDOW, seed)
        origin, both = labels["origin"] == "origin1", labels["sex"] == "sex1"
        both = both & (labels["age"] == "age1")
        alike += _fails(audit(make_rows(WINDOW, seed), labels, few, seed))
        different += _fails(audit(make_alike(WINDOW, seed, labels), labels, few, seed))
        planted = audit(make_rows(WINDOW, seed, origin, 0.35), labels, few, seed)
        found += _fails(planted, "origin1")
        of_two = audit(make_rows(WINDOW, seed, both, 0.5), labels, few, seed)
        pair += _fails(of_two, "sex1", "age1")
    error = 2 * float(np.sqrt(MOST_ALARMS * (1 - MOST_ALARMS) / releases))
    limit = f"at most {MOST_ALARMS:.0%} and two standard errors"
    for name, count in (("equal by construction", alike), ("of other risks, alike", different)):
        share = count / releases
        board.add(f"releases with an alarm, groups {name}", share, "", limit, share < 0.05 + error)
    share = found / releases
    limit = f"at least {LEAST_FOUND:.0%}"
    board.add("planted gap of 105 persons found", share, "", limit, share >= LEAST_FOUND)
    board.add("planted gap of a pair, 125 persons, found", pair / releases, "")


def _fails(found: Audit, *group: str) -> bool:
    if not group:
        return found.verdict is Verdict.FAIL
    return any(one.group == group and one.verdict is Verdict.FAIL for one in found.groups)


def compare_times(cases: int, board: Board) -> None:
    """Print the time of an audit of many cases, and of fairlearn's own bootstrap on the same."""
    rows, labels = make_rows(cases, 1), make_labels(cases, 1)
    begun = time.perf_counter()
    found = audit(rows, labels, replace(CONFIG, resamples=200), 1)
    ours = time.perf_counter() - begun
    board.add(f"audit of {cases:,} cases, 6 attributes and all pairs", ours, "s")
    theirs = run_theirs(rows, labels)
    if theirs is None:
        board.leave_out("beside fairlearn", "it could not be installed")
        return
    board.name_rivals(PIN, "fairlearn")
    seconds, missed = theirs
    apart = max(abs(_get(found, label) - rate) for label, rate in missed.items())
    limit = f"at least {FASTER} times faster"
    board.add("fairlearn, 200 draws, from a few", seconds, "s")
    board.add("times faster", seconds / ours, "", limit, seconds >= FASTER * ours)
    board.add("furthest rate from theirs", apart, "", f"at most {SAME}", apart <= SAME)


def _get(found: Audit, label: str) -> float:
    one = next(one for one in found.groups if one.group == (label,))
    return one.figures["false_own_way"][0]


def run_theirs(rows: AuditRows, labels: Labels) -> tuple[float, dict[str, float]] | None:
    """Return the seconds that 200 draws take fairlearn, and its rates of the first attribute."""
    uv = [sys.executable, "-m", "uv"]
    HOME.parent.mkdir(exist_ok=True)
    for command in (
        [*uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(HOME)],
        [*uv, "pip", "install", "--quiet", "--python", str(PYTHON), PIN],
    ):
        if subprocess.run(command, check=False, capture_output=True).returncode:
            return None
    table = HOME / "rows.csv"
    own = (rows.suggestion == Suggestion.OWN_WAY).astype(int)
    columns = [rows.returned.astype(int), own, *labels.values()]
    lines = [",".join(map(str, line)) for line in zip(*columns, strict=True)]
    table.write_text("\n".join([",".join(["returned", "own_way", *labels]), *lines]), "utf-8")
    command = [str(PYTHON), "-c", THEIRS, str(table), str(THEIR_DRAWS), ",".join(labels)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    return told["seconds"] * 200 / THEIR_DRAWS, told["missed"]


def main(arguments: list[str]) -> None:
    """Run both parts and print each figure."""
    releases, cases = (int(one) for one in (*arguments, *DEFAULTS[len(arguments) :]))
    board = Board("fairness")
    count_alarms(releases, board)
    compare_times(cases, board)
    board.close()


if __name__ == "__main__":
    main(sys.argv[1:])
