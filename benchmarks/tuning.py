"""What tuning wins: a booster as it comes and our own settings, each before and after a search.

`python -m benchmarks.tuning [PERSONS [SEEDS [TRIALS]]]`. AUC and Brier score are those of the test
window, which the search never sees; intervals are paired, by person, over all cohorts together.
The booster as it comes has LightGBM's own settings, with the whole recipe around them (rounds by
folds, straight lines mixed in) or, as "trees alone", without. A gain of which the interval holds 0
is no gain.
"""

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.report import Board
from features.cohort import build_screenings
from features.contract import default_contract
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.usual import Sample, UsualConfig, choose_shape, fit_boosted, fit_usual
from training.config import Config, read_config
from training.samples import take_samples
from training.splits import build_windows, select_days
from training.tune import Budget, tune
from training.tune_windows import part_in_time

Floats = NDArray[np.float64]
DEFAULTS = (20_000, 3, 30)
# https://lightgbm.readthedocs.io/en/latest/Parameters.html
AS_IT_COMES = {
    "leaves": (31,),
    "learning_rate": 0.1,
    "fewest_cases_in_leaf": 20,
    "penalty": 0.0,
    "share_of_fields": 1.0,
    "share_of_cases": 1.0,
}
ROUNDS_AS_IT_COMES = 100
RESAMPLES = 400
FIRST_SEED = 41


@dataclass(frozen=True)
class Cohort:
    """The test window of one cohort, and what each way of learning says of it."""

    test: Sample
    said: dict[str, Floats]


def main() -> None:
    """Print AUC and Brier score of each, and what the search changed."""
    given = [int(word) for word in sys.argv[1:]]
    persons, seeds, trials = (*given, *DEFAULTS[len(given) :])
    board, config = Board("tuning"), read_config()
    cohorts = [run(persons, FIRST_SEED + place, trials, config, board) for place in range(seeds)]
    for name in cohorts[0].said:
        for figure, measure in FIGURES.items():
            found = [measure(one.said[name], one.test, one.test.weight) for one in cohorts]
            board.add(f"{name}: {figure}", float(np.mean(found)), f"mean of {seeds} cohorts")
    for before, after in (
        ("booster as it comes", "booster as it comes, tuned"),
        ("our settings", "our settings, tuned"),
        ("trees alone as they come", "our settings, tuned"),
    ):
        for figure in FIGURES:
            value, low, high = compare(cohorts, before, after, figure)
            board.add(f"{figure} of {after} less {before}", value, f"({low:+.5f} to {high:+.5f})")
    board.close()


def run(persons: int, seed: int, trials: int, config: Config, board: Board) -> Cohort:
    """Learn in each way from one cohort."""
    extract = make_extract(persons, seed)
    windows = build_windows(extract, config.windows)
    samples = take_samples(extract, windows, config.windows)
    learn, test = samples["learn"], samples["test"]
    until = windows.learn_until
    known = select_days(build_screenings(extract, as_of=until), None, until)
    stages = part_in_time(known, until, config.tune, config.windows)
    plain = replace(config.usual, **AS_IT_COMES)  # type: ignore[arg-type]
    trees, _ = fit_boosted(learn, 31, ROUNDS_AS_IT_COMES, plain, seed)
    said = {"trees alone as they come": np.clip(trees.predict(test.matrix), 0, 1)}
    for name, start in (("booster as it comes", plain), ("our settings", config.usual)):
        said[name] = predict(learn, test, start, seed)
        tuned = tune(stages, learn, start, config.tune, seed, Budget(trials=trials), lambda _: None)
        said[f"{name}, tuned"] = (
            predict(learn, test, tuned.config, seed) if tuned.is_taken else said[name]
        )
        board.add(f"cohort {seed}, {name}: search", tuned.seconds, f"s; {tuned}")
    return Cohort(test, said)


def make_extract(persons: int, seed: int) -> Extract:
    """Return a cohort of world default."""
    contract = default_contract()
    with tempfile.TemporaryDirectory() as folder:
        write_cohort(build_cohort(contract, persons, seed), Path(folder) / "data", contract)
        return read_extract(Path(folder) / "data")


def predict(learn: Sample, test: Sample, config: UsualConfig, seed: int) -> Floats:
    """Return what the whole recipe says of the test window."""
    head = fit_usual(learn, choose_shape(learn, config, seed), config, seed)
    return np.clip(head.predict(test.matrix, config.threads), 0, 1)


def measure_auc(p: Floats, test: Sample, weight: Floats) -> float:
    """Return the weighted AUC."""
    return float(roc_auc_score(test.target, p, sample_weight=weight))


def measure_brier(p: Floats, test: Sample, weight: Floats) -> float:
    """Return the weighted Brier score."""
    return float(np.average((p - test.target) ** 2, weights=weight))


FIGURES = {"AUC": measure_auc, "Brier score": measure_brier}


def compare(
    cohorts: list[Cohort], before: str, after: str, figure: str
) -> tuple[float, float, float]:
    """Return the mean difference over cohorts with its 95 % interval, by persons drawn anew."""
    measure, rng = FIGURES[figure], np.random.default_rng(1)

    def differ(one: Cohort, times: Floats) -> float:
        weight = one.test.weight * times
        return measure(one.said[after], one.test, weight) - measure(
            one.said[before], one.test, weight
        )

    value = np.mean([differ(one, np.ones(len(one.test))) for one in cohorts])
    draws = [
        np.mean([differ(one, draw_times(one.test.person, rng)) for one in cohorts])
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(value), float(low), float(high)


def draw_times(person: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Return how often each row is drawn when persons are drawn with replacement."""
    unique, place = np.unique(person, return_inverse=True)
    times = np.bincount(rng.integers(len(unique), size=len(unique)), minlength=len(unique))
    drawn: Floats = times[place].astype(np.float64)
    return drawn


if __name__ == "__main__":
    main()
