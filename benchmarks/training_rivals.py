"""p_usual and `kantelpunt train` beside LightGBM, scikit-learn and FLAML on the same screenings.

`python -m benchmarks.training_rivals [PERSONS ...]`. Everybody learns from the learn window of
`kantelpunt train` with its weights for censoring, gets the same straight correction from the
calibration window, and is judged on the later test window; intervals of differences are by person,
of one made-up extract and one seed of each method: how much another would differ they do not tell.
Once more everybody learns from all settled screenings, for time and memory alone. Each runs in a
process of its own, on two threads, and gets rows as they are: gaps as NaN, which all know but for
logistic regression, where they are filled in and marked, and categories named as such in the way
that each library asks for. Ours chooses its shape on held-out persons; LightGBM with few leaves
gets that shape for nothing; FLAML, in an environment of its own under var/training-rivals that the
first run makes, searches as long as ours took, and may take longer to end. Then the whole command,
with gain, intervals, refutation, fairness and card.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from benchmarks.resident import watch_resident
from benchmarks.rival_environment import (
    check_rival,
    find_python,
    limit_threads,
    make_environment,
)
from benchmarks.training import run
from benchmarks.training_rivals_worker import METHODS, THREADS
from features.tables import read_extract
from models.calibration import fit_calibration
from models.levels import find_categories
from models.realised import measure_auc
from models.usual import Sample
from training.config import read_config
from training.evaluate import Measured, bound, calibration_error, draw_persons
from training.record import ROOT
from training.rivals import OURS, compare_errors
from training.samples import take_samples
from training.splits import build_windows

Floats = NDArray[np.float64]
HOME = ROOT / "var" / "training-rivals"
PINS = Path(__file__).with_name("training_rivals-requirements.txt")
SIZES = (96_000, 960_000)  # persons: a screening of each, and later ones of some
SEED = 1
FLAML = "FLAML"
# whoever tries settings tries seven within an hour on the screenings of a fund, six on those of a
# country, on a laptop of 8 GiB with other work on it
MOST_SECONDS, MOST_GIB = {96_000: 480, 960_000: 600}, 6
ARRAYS = {"x": "matrix", "y": "target", "weight": "weight", "person": "person"}
JUDGED = ("calibrate", "test")


@dataclass(frozen=True)
class Learnt:
    """What a method says of the windows it did not learn from, and what learning cost."""

    estimated: dict[str, Floats]
    seconds: float
    gib: float
    notes: dict[str, Any]


def write_rows(folder: Path, samples: dict[str, Sample]) -> None:
    """Write what is learnt from, and what is judged, as a worker reads it."""
    for name in ("learn", "all"):
        (folder / name).mkdir()
        for key, field in ARRAYS.items():
            np.save(folder / name / f"{key}.npy", getattr(samples[name], field))
    for name in JUDGED:
        np.save(folder / f"judge-{name}.npy", samples[name].matrix)


def run_watched(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Return the seconds that a command took, and the GiB that it held; raises where it fails."""
    began, to = time.perf_counter(), subprocess.PIPE
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=to, text=True, cwd=ROOT, env=env
    ) as started:
        with watch_resident(started.pid) as held:
            _, said = started.communicate()
        seconds = time.perf_counter() - began
    check_rival(started.returncode, said)
    return seconds, held.most_gib


def learn(name: str, source: Path, task: dict[str, Any]) -> Learnt:
    """Let one method learn in a process of its own; raises RivalMissingError where it fails."""
    python = find_python(HOME) if name == FLAML else Path(sys.executable)
    script = "from benchmarks.training_rivals_worker import main; main()"
    with tempfile.TemporaryDirectory() as target:
        (Path(target) / "task.json").write_text(json.dumps(task))
        command = [str(python), "-c", script, name, str(source), target]
        _, gib = run_watched(command, limit_threads(THREADS))
        notes = json.loads((Path(target) / "said.json").read_text())
        estimated = {one: np.load(Path(target) / f"judge-{one}.npy") for one in JUDGED}
    return Learnt(estimated, notes.pop("seconds"), gib, notes)


def learn_all(source: Path, task: dict[str, Any]) -> Iterator[tuple[str, Learnt]]:
    """Yield what each method learnt, ours first: its shape and its seconds are given to others."""
    for name in METHODS:
        found = learn(name, source, task)
        if name == OURS:
            task = {**task, "shape": found.notes, "budget": found.seconds}
        yield name, found


def correct(found: Learnt, calibrate: Sample) -> Floats:
    """Return the estimates of the test window with the correction that `kantelpunt train` makes."""
    line = fit_calibration(found.estimated["calibrate"], calibrate.target, calibrate.weight)
    return line.apply(found.estimated["test"])


def compare(
    estimated: dict[str, Floats], test: Sample, resamples: int
) -> dict[str, dict[str, Measured]]:
    """Return AUC and Brier score of each rival less those of ours, with paired intervals."""
    draws = [np.ones(len(test)), *draw_persons(test.person, resamples, SEED)]

    def rank(p: Floats) -> Floats:
        drawn = [(times > 0, test.weight * times) for times in draws]
        return np.array([measure_auc(p[row], test.target[row], w[row]) for row, w in drawn])

    auc = {name: rank(p) for name, p in estimated.items()}
    found = {}
    for name, brier in compare_errors(estimated, test, resamples, SEED).items():
        value, *again = (auc[name] - auc[OURS]).tolist()
        found[name] = {"AUC": bound(value, again), "Brier": brier}
    return found


def expect_error(p: Floats, test: Sample, bins: int, draws: int) -> float:
    """Return the ECE that chance alone gives to these estimates where they are exactly right."""
    chance, rng = np.clip(p, 0, 1), np.random.default_rng(SEED)
    drawn = ((rng.random(len(p)) < chance).astype(np.float64) for _ in range(draws))
    return float(np.mean([calibration_error(chance, y, test.weight, bins) for y in drawn]))


def report_quality(
    board: Board, size: str, found: dict[str, Learnt], samples: dict[str, Sample]
) -> None:
    """Print how good each method is on the test window, and who is surely better than ours.

    ECE is told beside what chance makes of it, and not judged: drawing persons again adds chance to
    the ECE of everybody alike, which hides who is better calibrated. Brier score counts it as well.
    """
    config, test = read_config().evaluate, samples["test"]
    corrected = {name: correct(each, samples["calibrate"]) for name, each in found.items()}
    for name, p in corrected.items():
        raw = found[name].estimated["test"]
        board.add(f"{size}: AUC of {name}", measure_auc(p, test.target, test.weight), "")
        brier = float(np.average((np.clip(p, 0, 1) - test.target) ** 2, weights=test.weight))
        board.add(f"{size}: Brier of {name}", brier, "")
        for what, one in (("ECE", p), ("ECE without the correction", raw)):
            error = calibration_error(one, test.target, test.weight, config.bins)
            board.add(f"{size}: {what} of {name}", error, "")
    by_chance = expect_error(corrected[OURS], test, config.bins, config.resamples)
    board.add(f"{size}: ECE of estimates that are right, by chance", by_chance, "")
    for name, figures in compare(corrected, test, config.resamples).items():
        for what, less in figures.items():
            held = less.low <= 0 if what == "AUC" else less.high >= 0
            board.add(
                f"{size}: {what} of {name} less that of ours",
                less.value,
                f"({less.low:.5f} to {less.high:.5f})",
                "not surely better than ours",
                held,
            )


def measure_methods(board: Board, size: str, data: Path, folder: Path) -> None:
    """Let every method learn, first what is tested and then all that is known."""
    extract, config = read_extract(data), read_config()
    samples = take_samples(extract, build_windows(extract, config.windows), config.windows)
    task = {
        "categories": list(find_categories(extract.contract)),
        "seed": SEED,
        "budget": 0.0,
        "shape": None,
    }
    write_rows(folder, samples)
    for window in ("learn", "all"):
        found = dict(learn_all(folder / window, task))
        rows = f"{len(samples[window]):,} rows"
        for name, each in found.items():
            board.add(f"{size}: {name} learns from {rows}", each.seconds, "s")
            board.add(f"{size}: {name} holds at most, {rows}", each.gib, "GiB")
        print(f"  chosen: {found[OURS].notes}, {found[FLAML].notes}")
        if window == "learn":
            report_quality(board, size, found, samples)


def measure_command(board: Board, size: str, persons: int, data: Path, folder: Path) -> None:
    """Time the whole command, step by step, and watch its memory."""
    uri, kept = f"sqlite:///{folder}/mlflow.db", str(folder / "runs")
    words = ("train", "--data", str(data), "--tracking-uri", uri, "--runs-to-sync", kept)
    seconds, gib = run_watched([sys.executable, "-m", "kantelpunt", *words], dict(os.environ))
    [record] = folder.glob("mlartifacts/*/artifacts/record.json")
    for step in json.loads(record.read_text())["steps"]:
        board.add(f"{size}: {step['step']}", step["seconds"], "s")
    most = MOST_SECONDS.get(persons, 0)
    limit = f"under {most} s" if most else ""
    board.add(f"{size}: kantelpunt train, all in", seconds, "s", limit, seconds < most)
    limit = f"under {MOST_GIB} GiB"
    board.add(f"{size}: kantelpunt train holds at most", gib, "GiB", limit, gib < MOST_GIB)


def main() -> None:
    """Measure each size; PERSONS from the command line."""
    sizes = tuple(int(word) for word in sys.argv[1:]) or SIZES
    make_environment(HOME, PINS)
    board = Board("training_rivals")
    board.name_rivals(PINS.read_text("utf-8"), "flaml")
    for persons in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder, data = Path(name), Path(name) / "data"
            _, said = run("synth", "--persons", str(persons), "--seed", "11", "--out", str(data))
            size = said.split()[1]  # "wrote 100,060 screenings of ..."
            measure_methods(board, size, data, folder)
            measure_command(board, size, persons, data, folder)
    board.close()


if __name__ == "__main__":
    main()
