"""Learns p_usual by one method in a process of its own: see benchmarks/training_rivals.py.

Reads the rows to learn from and to judge, writes what the method says of the latter and the seconds
that it took to learn. FLAML runs in an environment of its own, without our packages.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
THREADS = 2


@dataclass(frozen=True)
class Task:
    """The rows to learn from, the places of the categories, and what every method is told.

    `shape` holds the leaves and rounds that ours has chosen, None where ours is still to choose;
    `budget` is the seconds that AutoML may take.
    """

    x: Floats
    y: Floats
    weight: Floats
    person: NDArray[np.int64]
    categories: list[int]
    seed: int
    budget: float
    shape: dict[str, float] | None


def fit_ours(task: Task) -> Predict:
    """Return p_usual as `kantelpunt train` learns it: leaves, rounds and share chosen, then fitted.

    A shape that is given is not chosen again, as for the model of the release.
    """
    from dataclasses import asdict, replace

    from threadpoolctl import threadpool_limits

    from models.usual import Shape, choose_shape, fit_usual
    from training.config import read_config

    config, sample = replace(read_config().usual, threads=THREADS), _take_sample(task)
    with threadpool_limits(limits=1, user_api="blas"):
        shape = Shape(**task.shape) if task.shape else choose_shape(sample, config, task.seed)  # type: ignore[arg-type]  # of JSON
        head = fit_usual(sample, shape, config, task.seed)
    NOTES.update(asdict(shape))
    return lambda x: head.predict(x, config.threads)


def fit_logistic(task: Task) -> Predict:
    """Return scikit-learn's logistic regression, as `kantelpunt train` holds beside ours.

    The made-up returns add up on the log-odds, which is what it learns: here it is no weak rival.
    """
    from threadpoolctl import threadpool_limits

    from models.baseline import fit_logistic as fit

    with threadpool_limits(limits=THREADS, user_api="blas"):
        return fit(_take_sample(task)).predict


def _take_sample(task: Task) -> Any:
    """Return the rows as our own packages take them."""
    from features.contract import default_contract
    from models.usual import Sample

    return Sample(default_contract(), task.x, task.y, task.weight, task.person)


def fit_lightgbm(task: Task) -> Predict:
    """Return LightGBM as it comes: 100 rounds of 31 leaves."""
    return _fit_lightgbm(task)


def fit_few_leaves(task: Task) -> Predict:
    """Return LightGBM with the leaves and rounds that ours has chosen, and our other settings."""
    from training.config import read_config

    shape, config = task.shape or {}, read_config().usual
    return _fit_lightgbm(
        task,
        num_leaves=int(shape["leaves"]),
        n_estimators=int(shape["rounds"]),
        learning_rate=config.learning_rate,
        min_child_samples=config.fewest_cases_in_leaf,
        reg_lambda=config.penalty,
        colsample_bytree=config.share_of_fields,
        subsample=config.share_of_cases,
        subsample_freq=1,
    )


def _fit_lightgbm(task: Task, **settings: Any) -> Predict:
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(n_jobs=THREADS, random_state=task.seed, verbosity=-1, **settings)
    # codes from 0 are what it makes of a categorical column itself
    model.fit(task.x, task.y, sample_weight=task.weight, categorical_feature=task.categories)
    return lambda x: np.asarray(model.predict_proba(x))[:, 1]


def fit_histogram(task: Task) -> Predict:
    """Return scikit-learn's gradient boosting as it comes; it stops early by itself."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        categorical_features=task.categories, random_state=task.seed
    )
    model.fit(task.x, task.y, sample_weight=task.weight)
    return lambda x: np.asarray(model.predict_proba(x))[:, 1]


def fit_flaml(task: Task) -> Predict:
    """Return what FLAML found within its budget; one person is never on both sides of a split."""
    import pandas as pd
    from flaml import AutoML  # type: ignore[import-not-found]  # only there

    def frame(x: Floats) -> pd.DataFrame:
        table = pd.DataFrame(x, columns=[f"f{place}" for place in range(x.shape[1])])
        for place in task.categories:
            table[f"f{place}"] = table[f"f{place}"].astype("category")
        return table

    model = AutoML()
    model.fit(
        frame(task.x),
        task.y.astype(int),
        task="classification",
        metric="log_loss",
        time_budget=task.budget,
        n_jobs=THREADS,
        sample_weight=task.weight,
        groups=task.person,
        split_type="group",
        seed=task.seed,
        verbose=0,
    )
    NOTES.update(learner=model.best_estimator, settings=repr(model.best_config))
    return lambda x: np.asarray(model.predict_proba(frame(x)))[:, 1]


METHODS: Mapping[str, Callable[[Task], Predict]] = {
    "kantelpunt": fit_ours,
    "logistic regression": fit_logistic,
    "LightGBM": fit_lightgbm,
    "LightGBM, few leaves": fit_few_leaves,
    "HistGradientBoosting": fit_histogram,
    "FLAML": fit_flaml,
}
NOTES: dict[str, Any] = {}  # what a method says of what it chose


def learn_for(name: str, source: Path, target: Path) -> None:
    """Learn from the rows of one folder, and write what is said of others to another."""
    given = json.loads((target / "task.json").read_text())
    arrays = {key: np.load(source / f"{key}.npy") for key in ("x", "y", "weight", "person")}
    task = Task(**arrays, **given)
    NOTES.clear()
    began = time.perf_counter()
    predict = METHODS[name](task)
    seconds = time.perf_counter() - began
    for path in source.parent.glob("judge-*.npy"):
        np.save(target / path.name, predict(np.load(path)))
    (target / "said.json").write_text(json.dumps({"seconds": seconds, **NOTES}))


def main() -> None:
    """Do what the words ask: a method, the folder with rows, and the folder to write to."""
    warnings.simplefilter("ignore")  # of libraries about each other's versions
    learn_for(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
