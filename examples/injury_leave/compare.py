"""Ours beside plain rivals on the injury-leave data: the same folds, the same rows, nothing tuned.

Each rival gets what ours gets: the matrix of the contract, one column per input.
"""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from examples.injury_leave.extract import (
    TippingPoint,
    build_tables,
    date_injuries,
    read_claims,
    write_extract,
)
from features.cohort import build_screenings
from features.matrix import Matrix
from features.tables import read_extract
from models.levels import find_categories
from models.usual import Sample, choose_shape, fit_usual
from training.config import EvaluateConfig, read_config
from training.evaluate import measure

Floats = NDArray[np.float64]
Recipe = Callable[[Sample, Matrix], Floats]
FOLDS = 5
OURS = "Kantelpunt"
PROCESSES = 2
# only the figures, no intervals: those of differences come from the folds
FIGURES = EvaluateConfig(top_shares=(), bins=10, resamples=0)


def fit_ours(learn: Sample, rows: Matrix) -> Floats:
    """Learn by the recipe and the settings of `kantelpunt train`."""
    config = replace(read_config().usual, threads=1)
    shape = choose_shape(learn, config, seed=1)
    found: Floats = np.clip(fit_usual(learn, shape, config, seed=1).predict(rows), 0, 1)
    return found


def fit_logistic(penalty: float) -> Recipe:
    """Return logistic regression: numbers standardised, every level a column of its own."""

    def fit(learn: Sample, rows: Matrix) -> Floats:
        levels = list(find_categories(learn.contract))
        numbers = [i for i in range(rows.shape[1]) if i not in levels]
        columns = make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore"), levels),
        )
        steps = make_pipeline(columns, LogisticRegression(C=1 / penalty, max_iter=5000))
        chances: Floats = steps.fit(learn.matrix, learn.target).predict_proba(rows)[:, 1]
        return chances

    return fit


def fit_lightgbm(**settings: Any) -> Recipe:
    """Return LightGBM's classifier: its defaults, but for the settings given."""

    def fit(learn: Sample, rows: Matrix) -> Floats:
        model = lightgbm.LGBMClassifier(n_jobs=1, random_state=0, verbose=-1, **settings)
        levels = list(find_categories(learn.contract))
        with warnings.catch_warnings():
            # the matrix has no names of columns, of which LightGBM and scikit-learn complain
            warnings.simplefilter("ignore", UserWarning)
            model.fit(learn.matrix, learn.target, categorical_feature=levels)
            return np.asarray(model.predict_proba(rows))[:, 1]

    return fit


RECIPES: dict[str, Recipe] = {
    OURS: fit_ours,
    "logistic regression": fit_logistic(penalty=1.0),
    "logistic, penalty x 3": fit_logistic(penalty=3.0),
    "LightGBM": fit_lightgbm(),
    "LightGBM, 4 leaves": fit_lightgbm(num_leaves=4, learning_rate=0.05, n_estimators=150),
}
PLAIN = ("logistic regression", "LightGBM")  # the rivals that ours may not lose to


@dataclass(frozen=True)
class Row:
    """One model in the table; differences are ours less this one, with a 95 % interval."""

    name: str
    auc: float
    brier: float
    pooled_auc: float
    slope: float
    ece: float
    auc_gained: tuple[float, float, float]
    brier_gained: tuple[float, float, float]


def read_sample(point: TippingPoint) -> Sample:
    """Return the claims of a tipping point as the product reads them, in the data set's order."""
    claims = read_claims()
    with TemporaryDirectory() as made:
        write_extract(Path(made), point, build_tables(claims, date_injuries(claims), point))
        return Sample.of(build_screenings(read_extract(Path(made))))


def list_folds(sample: Sample, repeats: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows to learn from and the rows to test on; `random_state` counts from 0."""
    for repeat in range(repeats):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=repeat)
        yield from folds.split(sample.matrix, sample.target)


def compare(point: TippingPoint, repeats: int) -> list[Row]:
    """Return the table of a tipping point; every model learns and is tested on the same folds."""
    sample = read_sample(point)
    folds = list(list_folds(sample, repeats))
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the processes below when they start
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        jobs = [pool.submit(predict_fold, sample, learn, test) for learn, test in folds]
        predicted = [job.result() for job in jobs]
    tests = [sample.take(test) for _, test in folds]
    scores = {name: _score([p[name] for p in predicted], tests) for name in RECIPES}
    return [_build_row(name, scores, [p[name] for p in predicted], tests) for name in RECIPES]


def predict_fold(
    sample: Sample, learn: NDArray[np.intp], test: NDArray[np.intp]
) -> dict[str, Floats]:
    """Return what every model predicts for the rows held out."""
    return {name: fit(sample.take(learn), sample.matrix[test]) for name, fit in RECIPES.items()}


def _score(predicted: list[Floats], tests: list[Sample]) -> Floats:
    """Return AUC and Brier score of each fold."""
    pairs = zip(predicted, tests, strict=True)
    return np.array([(roc_auc_score(t.target, p), brier_score_loss(t.target, p)) for p, t in pairs])


def _build_row(
    name: str, scores: dict[str, Floats], predicted: list[Floats], tests: list[Sample]
) -> Row:
    auc, brier = scores[name].mean(axis=0)
    apart = scores[OURS] - scores[name]
    figures = [
        measure(np.concatenate(predicted[start : start + FOLDS]), whole, FIGURES, seed=0)
        for start, whole in _join_repeats(tests)
    ]
    keys = ("auc", "calibration_slope", "ece")
    pooled, slope, ece = (float(np.mean([one[key].value for one in figures])) for key in keys)
    bounds = (_bound(apart[:, 0]), _bound(apart[:, 1]))
    return Row(name, float(auc), float(brier), pooled, slope, ece, *bounds)


def _join_repeats(tests: list[Sample]) -> Iterator[tuple[int, Sample]]:
    """Yield where each repeat starts, and all its test rows: every claim once."""
    for start in range(0, len(tests), FOLDS):
        parts = tests[start : start + FOLDS]
        arrays = [
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("matrix", "target", "weight", "person")
        ]
        yield start, Sample(parts[0].contract, *arrays)


def _bound(apart: Floats) -> tuple[float, float, float]:
    """Return the mean difference and its 95 % interval, folds being far from independent.

    Corrected resampled t-test: Nadeau and Bengio, Inference for the generalization error,
    Machine Learning 52 (2003).
    """
    count, shared = len(apart), 1 / (FOLDS - 1)
    error = np.sqrt(apart.var(ddof=1) * (1 / count + shared))
    reach = float(student.ppf(0.975, count - 1) * error)
    mean = float(apart.mean())
    return mean, mean - reach, mean + reach


def to_markdown(rows: list[Row]) -> str:
    """Return the table as the README shows it."""
    lines = [
        "| model | AUC | Brier | AUC, pooled | slope | ECE | ours less this: AUC | Brier |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        figures = f"{row.auc:.4f} | {row.brier:.4f} | {row.pooled_auc:.4f}"
        figures += f" | {row.slope:.2f} | {row.ece:.3f}"
        gained = " | ".join(_show(one) for one in (row.auc_gained, row.brier_gained))
        lines.append(f"| {row.name} | {figures} | {' | ' if row.name == OURS else gained} |")
    return "\n".join(lines)


def _show(found: tuple[float, float, float]) -> str:
    value, low, high = found
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"


def is_at_least_as_good(rows: list[Row]) -> bool:
    """Tell whether ours matches the better of the plain rivals, on AUC and on Brier score."""
    ours, *_ = (row for row in rows if row.name == OURS)
    rivals = [row for row in rows if row.name in PLAIN]
    return ours.auc >= max(r.auc for r in rivals) and ours.brier <= min(r.brier for r in rivals)


def show_comparison(points: Sequence[TippingPoint], repeats: int) -> bool:
    """Print the table of each tipping point, and tell whether ours did as well as plain rivals."""
    verdicts = []
    for point in points:
        print(f"\n## Week {point.week}: is the benefit over by week {point.back_by_week}?")
        rows = compare(point, repeats)
        print(f"{FOLDS} folds, drawn {repeats} times; mean of folds\n\n{to_markdown(rows)}\n")
        verdicts.append(is_at_least_as_good(rows))
        better = "at least as good as" if verdicts[-1] else "WORSE than"
        print(f"{OURS} is {better} the better of {' and '.join(PLAIN)}, on AUC and Brier score")
    return all(verdicts)
