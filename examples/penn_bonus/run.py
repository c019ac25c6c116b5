"""Kantelpunt on a real experiment by lot: the mean gain of a bonus, and whether it differs.

Run it with `make real PENN=FILE`, or with `python -m examples.penn_bonus.run --data FILE`.
"""

import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from examples.penn_bonus.extract import ARM, read_claimants, write_extract
from examples.penn_bonus.measure import (
    Effect,
    adjust,
    compare_arms,
    find_back,
    learn_gain,
    read_trial,
)
from examples.penn_bonus.power import show_power
from features.errors import KantelpuntError
from features.tables import read_extract
from features.trial import Trial
from models.estimate import GainStatus
from models.gain import FittedGain
from training.config import read_config
from training.pipeline import train
from training.tell import tell_training

DRAWS = 5
ROOT = Path(__file__).resolve().parents[2]
EXTRACTS = {False: "extract", True: "extract_with_quarters"}
# on the logarithm of the weeks; see README.md for where these were published
PUBLISHED_LOG_WEEKS = "-0.0855 plain; -0.0736 and -0.0712 by double machine learning (SE 0.0354)"
WHERE = (
    "skipped: it needs penn_jae.dat, which is not kept here: examples/penn_bonus/README.md tells "
    "where to find it; then run `make real PENN=FILE`"
)


def read_arguments(arguments: list[str]) -> Namespace:
    """Return the options of the command line."""
    parser = ArgumentParser(prog="python -m examples.penn_bonus.run", description=__doc__)
    parser.add_argument("--data", type=Path, help="penn_jae.dat, or the same table with commas")
    parser.add_argument("--draws", type=int, default=DRAWS, help="times the folds are drawn")
    parser.add_argument("--power", type=int, default=0, help="times that differences are planted")
    parser.add_argument("--dir", type=Path, default=ROOT / "var" / "penn", help="where to work")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Measure everything; return 1 where ours strays from the plain figures or ranks people."""
    chosen = read_arguments(arguments)
    if chosen.data is None:
        print(WHERE)
        return 0
    claimants = read_claimants(chosen.data)
    show_weeks(claimants)
    is_good = True
    for quarters, name in EXTRACTS.items():
        shutil.rmtree(chosen.dir / name, ignore_errors=True)
        write_extract(chosen.dir / name, claimants, quarters=quarters)
        trial = read_trial(chosen.dir / name)
        is_good &= show_gain(claimants, trial, chosen.draws, quarters=quarters)
    is_good &= show_release(chosen.dir / EXTRACTS[False])
    if chosen.power:
        show_power(read_trial(chosen.dir / EXTRACTS[False]), chosen.power)
    return 0 if is_good else 1


def show_weeks(claimants: pd.DataFrame) -> None:
    """Print the effect on the weeks of benefit, by which others can be recognised."""
    offered = int((claimants["tg"] == ARM).sum())
    weeks = compare_arms(claimants, np.log(claimants["inuidur1"].to_numpy(dtype=float)))
    print(f"{len(claimants):,} claimants: {offered:,} in arm {ARM}, the others in control")
    print(f"Logarithm of the weeks: {weeks.mean:+.4f} (SE {weeks.error:.4f})")
    print(f"  published: {PUBLISHED_LOG_WEEKS}")


def show_gain(claimants: pd.DataFrame, trial: Trial, draws: int, *, quarters: bool) -> bool:
    """Print the gain by hand and by ours; tell whether ours is near, and the same for all."""
    back = find_back(claimants)
    adjusted = "with" if quarters else "without"
    print(f"\nOver by week 13, in points with a 95 % interval, {adjusted} the quarter as an input")
    print(f"  trial: {len(trial):,} rows, {trial.supported.mean():.1%} with a bonus on day 0")
    plain = {
        "plain difference": compare_arms(claimants, back),
        "least squares": adjust(claimants, back, quarters=quarters),
    }
    for name, effect in plain.items():
        print(f"  {name:20}{describe(effect)}")
    found = [learn_gain(trial, seed) for seed in range(1, draws + 1)]
    for draw, fitted in enumerate(found, 1):
        verdict = "same gain for all" if fitted.form == "constant" else "gain differs"
        print(f"  {f'Kantelpunt, draw {draw}':20}{describe(Effect.of(fitted))}  {verdict}")
    return all(is_as_it_should_be(fitted, plain.values()) for fitted in found)


def show_release(folder: Path) -> bool:
    """Train as `kantelpunt train --by-lot` does; tell whether the release has one gain for all."""
    trained = train(read_extract(folder), read_config(), 1, lambda _: None, by_lot=True)
    print("\nThe release that `kantelpunt train --by-lot` makes of the extract")
    for line in tell_training(trained):
        print(f"  {line}")
    return trained.model.gain_status is GainStatus.SAME_FOR_ALL


def is_as_it_should_be(fitted: FittedGain, plain: Iterable[Effect]) -> bool:
    """Tell whether the gain is the same for all, and every plain figure within its interval."""
    low, high = Effect.of(fitted).interval
    return fitted.form == "constant" and all(low < effect.mean < high for effect in plain)


def describe(effect: Effect) -> str:
    """Return an effect in percentage points."""
    low, high = (100 * bound for bound in effect.interval)
    return f"{100 * effect.mean:+.2f} ({low:+.2f} to {high:+.2f}), SE {100 * effect.error:.2f}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KantelpuntError as error:
        sys.exit(f"error: {error}")
