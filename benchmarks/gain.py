"""The gain of support beside its truth: four worlds, and rankings that are used instead of it.

`python -m benchmarks.gain [PERSONS [SEEDS]]`. Releases do not use the gain yet.
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from features.contract import default_contract
from features.matrix import build_matrix
from features.synthetic import World, build_cohort, write_cohort
from features.tables import Extract, read_extract
from features.trial import build_trial
from models.effects import measure_effects
from models.gain import FittedGain, fit_gain, predict_gain
from training.config import read_config

Floats = NDArray[np.float64]
CAPACITIES = (0.08, 0.30)


@dataclass(frozen=True)
class Truth:
    """The extract of a world with the true chances of each screening."""

    extract: Extract
    p_usual: Floats
    gain: Floats


def make_world(world: World, persons: int, seed: int) -> Truth:
    """Return a cohort and what is true of it."""
    contract = default_contract()
    cohort = build_cohort(contract, persons, seed, world)
    with tempfile.TemporaryDirectory() as folder:
        write_cohort(cohort, Path(folder) / "data", contract)
        extract = read_extract(Path(folder) / "data")
    keys = ["case_id", "screened_on"]
    truth = cohort.truth.assign(screened_on=cohort.truth["screened_on"].astype("datetime64[s]"))
    rows = extract.cases[keys].merge(truth, on=keys)
    return Truth(extract, rows["p_usual"].to_numpy(), rows["gain"].to_numpy())


def capture(rank: Floats, gain: Floats, share: float) -> float:
    """Return which part of the best possible gain the first `share` of a ranking brings."""
    count = int(share * len(gain))
    return float(gain[np.argsort(-rank)[:count]].sum() / np.sort(gain)[-count:].sum())


def learn(truth: Truth, by_lot: bool) -> tuple[FittedGain, float]:
    """Return the fitted gain and the seconds that it took."""
    config = read_config()
    began = time.perf_counter()
    trial = build_trial(truth.extract, seed=1)
    effects = measure_effects(trial, config.usual, config.gain, seed=1, by_lot=by_lot)
    fitted = fit_gain(effects, config.usual, config.gain, seed=1)
    return fitted, time.perf_counter() - began


def report(world: World, truth: Truth, fitted: FittedGain, board: Board) -> None:
    """Print the mean with its interval, the spread, and what a ranking captures."""
    found = predict_gain(fitted, build_matrix(truth.extract.cases, truth.extract.contract))
    board.add(f"{world}: form {fitted.form}, mean gain", 100 * fitted.mean, "points")
    board.add(f"{world}: 95 % interval, +/-", 196 * fitted.error, "points")
    board.add(f"{world}: true mean gain", 100 * float(truth.gain.mean()), "points")
    board.add(f"{world}: SD of the gain over people", 100 * float(found.std()), "points")
    if not truth.gain.any():
        return
    if found.std() > 0:
        board.add(f"{world}: correlation", float(np.corrcoef(found, truth.gain)[0, 1]), "")
    rankings = {"gain": found, "lowest p_usual": -truth.p_usual}
    rankings["lot"] = np.random.default_rng(0).random(len(found))
    for share in CAPACITIES:
        for name, rank in rankings.items():
            part = capture(rank, truth.gain, share)
            board.add(f"{world}: captured at {share:.0%} by {name}", part, "")


def main() -> None:
    """Measure every world; PERSONS and SEEDS from the command line."""
    persons, seeds = (int(word) for word in (sys.argv[1:] + ["60000", "1"][len(sys.argv) - 1 :]))
    board = Board("gain")
    worlds: tuple[World, ...] = ("default", "null", "rct", "ignorable")
    for world in worlds:
        for seed in range(seeds):
            truth = make_world(world, persons, 50 + seed)
            fitted, seconds = learn(truth, by_lot=world == "rct")
            report(world, truth, fitted, board)
            board.add(f"{world}: learning", seconds, "s")
    board.close()


if __name__ == "__main__":
    main()
