"""The estimators of EconML and causalml, fitted in their own environment: see benchmarks/peers.py.

Reads the rows of a trial, writes what each estimator says of other persons and the time it took.
All of them get the same small trees for what they must know of outcome and support; only the way
to the gain is their own. Its settings are those that came closest to the truth in the world
`default` (30,000 persons, one seed), which no real data could tell them.
"""

import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDS = 5
LEAST_CHANCE = 0.01  # of support, as in models/gain.py
ONE_ROW_TRIES = 20
TREES: dict[str, Any] = {
    "n_estimators": 200,
    "num_leaves": 4,
    "learning_rate": 0.05,
    "min_child_samples": 50,
    "n_jobs": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}


@dataclass(frozen=True)
class Task:
    """The rows to learn from, in `lot` the share that a lot supported, and the persons to score."""

    x: Floats
    day: Floats
    supported: Floats
    returned: Floats
    weight: Floats
    person: NDArray[np.int64]
    others: Floats
    lot: float | None
    seed: int


Effect = Callable[[Floats], Floats]


def fit_forest(task: Task) -> Effect:
    """Return EconML's causal forest; of leaves of 5, 50 and 200 rows the largest came closest."""
    from econml.dml import CausalForestDML  # type: ignore[import-not-found]  # only there

    forest = CausalForestDML(
        model_y=_expect(task.seed),
        model_t=_chance(task),
        discrete_treatment=True,
        cv=FOLDS,
        n_estimators=500,
        min_samples_leaf=200,
        criterion="het",
        n_jobs=1,
        inference=False,
        random_state=task.seed,
    )
    forest.fit(task.returned, task.supported, **_given(task))
    return lambda x: np.asarray(forest.effect(x)).ravel()


def fit_doubly_robust(task: Task) -> Effect:
    """Return EconML's doubly robust learner; of four last steps the lasso came closest.

    The others were least squares, ridge and small trees.
    """
    from econml.dr import DRLearner  # type: ignore[import-not-found]  # only there
    from sklearn.linear_model import LassoCV

    learner = DRLearner(
        model_propensity=_chance(task),
        model_regression=_expect(task.seed),
        model_final=LassoCV(cv=3),
        min_propensity=LEAST_CHANCE,
        cv=FOLDS,
        random_state=task.seed,
    )
    learner.fit(task.returned, task.supported, **_given(task))
    return lambda x: np.asarray(learner.effect(x)).ravel()


def fit_x_learner(task: Task) -> Effect:
    """Return causalml's X-learner, on the trees that came closest of four.

    It knows no weights, so they travel as a last column.
    """
    from causalml.inference.meta import BaseXRegressor  # type: ignore[import-not-found]  # only there

    arm = task.supported.astype(int)
    model = _chance(task).fit(task.x, arm)

    def chance(x: Floats) -> Floats:
        p: Floats = model.predict_proba(x)[:, 1]
        return np.clip(p, LEAST_CHANCE, 1 - LEAST_CHANCE)

    learner = BaseXRegressor(learner=_Weighted(_expect(task.seed)), control_name=0)
    rows = np.column_stack([task.x, task.weight])
    learner.fit(rows, arm, task.returned, p=chance(task.x))

    def effect(x: Floats) -> Floats:
        unweighted = np.column_stack([x, np.ones(len(x))])
        return np.asarray(learner.predict(unweighted, p=chance(x))).ravel()

    return effect


METHODS: Mapping[str, Callable[[Task], Effect]] = {
    "EconML CausalForestDML": fit_forest,
    "EconML DRLearner": fit_doubly_robust,
    "causalml X-learner": fit_x_learner,
}


class _Weighted:
    """A regressor that takes its weights from the last column of its rows."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, x: Floats, y: Floats) -> "_Weighted":
        self.model.fit(x[:, :-1], y, sample_weight=x[:, -1])
        return self

    def predict(self, x: Floats) -> Floats:
        return np.asarray(self.model.predict(x[:, :-1]))


def _expect(seed: int) -> Any:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(random_state=seed, **TREES)


def _chance(task: Task) -> Any:
    from lightgbm import LGBMClassifier
    from sklearn.dummy import DummyClassifier

    if task.lot is not None:
        return DummyClassifier(strategy="prior")
    return LGBMClassifier(random_state=task.seed, **TREES)


def _given(task: Task) -> dict[str, Any]:
    """Return what both estimators of EconML are told beside outcome and support."""
    return {
        "X": task.x,
        "W": task.day[:, None],
        "sample_weight": task.weight,
        "groups": task.person,
        "inference": None,
    }


def _measure(fit: Callable[[Task], Effect], task: Task) -> tuple[Floats, float, float]:
    """Return what a method says of other persons, processor seconds, and seconds for one row."""
    began = time.process_time()
    effect = fit(task)
    seconds = time.process_time() - began
    row, times = task.others[:1], []
    for _ in range(ONE_ROW_TRIES):
        began = time.perf_counter()
        effect(row)
        times.append(time.perf_counter() - began)
    return effect(task.others), seconds, float(np.median(times))


def main() -> None:
    """Fit every method on the rows of one file and write what they say to another."""
    warnings.simplefilter("ignore")  # the peers warn of each other's versions
    source, target = sys.argv[1:3]
    with np.load(source) as rows:
        arrays = {name: rows[name] for name in rows.files if name not in ("lot", "seed")}
        lot, seed = float(rows["lot"]), int(rows["seed"])
    task = Task(**arrays, lot=None if np.isnan(lot) else lot, seed=seed)
    gain, seconds, one_row = zip(*(_measure(fit, task) for fit in METHODS.values()), strict=True)
    np.savez(target, gain=gain, seconds=seconds, one_row=one_row)
