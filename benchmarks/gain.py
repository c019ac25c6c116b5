"""The gain of support beside its truth, in four worlds, and rankings that are used instead of it.

`python -m benchmarks.gain [PERSONS]`; 200,000 persons unless told. The truth is only looked at to
measure: learning sees an extract.
"""

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from benchmarks.truth import BEST
from features.contract import default_contract
from features.matrix import build_matrix
from features.outcomes import find_outcomes
from features.synthetic import World, build_cohort, write_cohort
from features.tables import Extract, read_extract
from features.trial import build_trial
from models.effects import average_gain, measure_effects
from training.config import Config, read_config
from training.gain import KnownGain, learn_gain

Floats = NDArray[np.float64]
PERSONS = 200_000
CAPACITIES = (0.08, 0.30)
LOTS = 20
PERSONS_OF_A_LOT = 4000
UNTIL = date(2026, 6, 30)


@dataclass(frozen=True)
class Truth:
    """The extract of a world with the true chances of each screening."""

    extract: Extract
    p_usual: Floats
    gain: Floats


def make_world(world: World, persons: int, seed: int) -> Truth:
    """Return a cohort and what is true of it."""
    contract = default_contract()
    cohort = build_cohort(contract, persons, seed, world, UNTIL)
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
    best = np.sort(gain)[-count:].sum()
    return float(gain[np.argsort(-rank, kind="stable")[:count]].sum() / best)


def report_mean(world: World, truth: Truth, known: KnownGain, board: Board) -> None:
    """Print the mean gain beside the truth, and whether its interval holds it."""
    mean, real = known.mean, float(truth.gain.mean())
    slope = known.skill.slope
    board.add(f"{world}: {known.head.status.value}, {known.fitted.form}; true mean", 100 * real, "")
    within = mean.low <= real <= mean.high
    # where the unseen drives referral only the interval that allows for it promises anything
    has_limit = world in ("ignorable", "rct")
    board.add(
        f"{world}: mean gain, +/- {100 * (mean.high - mean.value):.2f} by chance",
        100 * mean.value,
        "points",
        "truth within" if has_limit else "",
        within,
    )
    low, high = mean.low - known.hidden, mean.high + known.hidden
    board.add(
        f"{world}: allowing for what is hidden, +/-",
        100 * (high - mean.value),
        "points",
        "truth within",
        low <= real <= high,
    )
    board.add(f"{world}: ranking slope, lower bound", 100 * slope.low, "points")


def report_people(world: World, truth: Truth, known: KnownGain, board: Board) -> None:
    """Print how the gain differs between people beside how it should."""
    matrix = build_matrix(truth.extract.cases, truth.extract.contract)
    found = known.head.head.predict(matrix)
    half = known.head.spread.half_width(matrix) + known.head.hidden
    is_null = world == "null"
    limit = "at most 0.01" if is_null else ""
    board.add(f"{world}: SD of the gain", float(found.std()), "", limit, found.std() <= 0.01)
    held = np.abs(truth.gain - found) <= half
    board.add(f"{world}: 90 % intervals that hold the own true gain", float(held.mean()), "")
    board.add(f"{world}: known, share of cases", float(known.head.covers(matrix).mean()), "")
    if is_null or not found.std():
        return
    like, error = find_like(world, len(matrix), matrix)
    held = np.abs(like - found) <= half
    board.add(f"{world}: 90 % intervals that hold the mean of like people", float(held.mean()), "")
    board.add(f"{world}: that mean is known, +/-", 100 * error, "points (standard error)")
    correlation = float(np.corrcoef(found, truth.gain)[0, 1])
    limit = "at least 0.60" if world == "default" else ""
    board.add(f"{world}: correlation", correlation, "", limit, correlation >= 0.60)
    rankings = {"gain": found, "lowest p_usual": -truth.p_usual}
    rankings["highest p_support"] = truth.p_usual + truth.gain
    rankings["lot"] = np.random.default_rng(0).random(len(found))
    for share in CAPACITIES:
        for name, rank in rankings.items():
            part = capture(rank, truth.gain, share)
            limit = "at least 0.55" if (world, name, share) == ("default", "gain", 0.08) else ""
            board.add(f"{world}: captured at {share:.0%} by {name}", part, "", limit, part >= 0.55)


def find_like(world: World, cases: int, matrix: Floats) -> tuple[Floats, float]:
    """Return the mean true gain of people with the same inputs, and its standard error.

    Trees learn it from the truth of two other cohorts; half their difference is its error.
    """
    both = []
    for seed in (51, 52):
        truth = make_world(world, cases, seed)
        inputs = build_matrix(truth.extract.cases, truth.extract.contract)
        trees = lightgbm.train(BEST, lightgbm.Dataset(inputs, truth.gain), 300)
        both.append(np.asarray(trees.predict(matrix)))
    return (both[0] + both[1]) / 2, float(np.std(both[0] - both[1])) / 2


def report_immortal_time(truth: Truth, known: KnownGain, board: Board) -> None:
    """Print what comparing the ever supported with the never supported would have said."""
    extract = truth.extract
    unsupported = extract.pathways.iloc[:0]
    outcomes = find_outcomes(replace(extract, pathways=unsupported), extract.contract.outcome)
    supported = np.isfinite(extract.timeline.starts)
    settled = ~np.isnan(outcomes.returned)
    naive = [outcomes.returned[settled & (supported == arm)].mean() for arm in (True, False)]
    naive_gain = 100 * float(naive[0] - naive[1])
    board.add("null: naive, supported less never supported", naive_gain, "points")
    ours = abs(100 * known.mean.value)
    held = ours < abs(naive_gain) / 2
    board.add("null: ours, of which 0 is true", ours, "points", "under half of it", held)


def report_lots(config: Config, board: Board) -> None:
    """Print how often the interval of the mean holds the truth where support went by lot."""
    held = []
    for seed in range(LOTS):
        truth = make_world("rct", PERSONS_OF_A_LOT, 1000 + seed)
        trial = build_trial(truth.extract, seed=seed)
        effects = measure_effects(trial, config.usual, config.gain, seed, by_lot=True)
        mean, error = average_gain(effects, 0.0)
        held.append(abs(mean - truth.gain.mean()) <= 1.96 * error)
    share = float(np.mean(held))
    board.add(f"rct: coverage over {LOTS} seeds", share, "", "0.85 to 1", 0.85 <= share <= 1)


def main() -> None:
    """Measure every world; PERSONS from the command line."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else PERSONS
    board, config = Board("gain"), read_config()
    worlds: tuple[World, ...] = ("default", "null", "ignorable", "rct")
    for world in worlds:
        truth = make_world(world, persons, 50)
        began = time.perf_counter()
        learnt = learn_gain(truth.extract, config, 1, as_of=UNTIL, by_lot=world == "rct")
        board.add(f"{world}: learning from {persons:,} persons", time.perf_counter() - began, "s")
        if learnt.known is None:
            board.add(f"{world}: {learnt.why_unknown}", 0, "", "known", held=False)
            continue
        report_mean(world, truth, learnt.known, board)
        report_people(world, truth, learnt.known, board)
        if world == "null":
            report_immortal_time(truth, learnt.known, board)
    report_lots(config, board)
    board.close()


if __name__ == "__main__":
    main()
