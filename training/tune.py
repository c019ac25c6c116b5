"""Tuning p_usual within a budget: other settings are taken only where they are clearly better."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from features.errors import KantelpuntError
from models.usual import (
    Choice,
    Sample,
    Shape,
    UsualConfig,
    draw_for_choice,
    split_by_person,
    try_config,
)
from training.config import TuneConfig

Floats = NDArray[np.float64]
OTHER_FOLDS = 500  # added to the seed: who chooses is parted otherwise than who is held out
optuna.logging.set_verbosity(optuna.logging.WARNING)


class BudgetError(KantelpuntError):
    """A budget for tuning that says nothing, or that is less than nothing."""


@dataclass(frozen=True)
class Trial:
    """A configuration and what it reached on persons held out."""

    config: UsualConfig
    choice: Choice

    @property
    def squared_error(self) -> float:
        """Return the mean squared error on persons held out."""
        return self.choice.shape.squared_error


@dataclass(frozen=True)
class Tuned:
    """The settings to use with their shape, and what the search for them found.

    `trials` and `seconds` are spent on top of the untuned settings, which are always tried first.
    `gained` is the squared error that the best settings save on persons who had no say in which
    are the best, with its standard error: the least of many errors alone is partly luck.
    """

    config: UsualConfig
    shape: Shape
    trials: int
    squared_error: float
    untuned_squared_error: float
    gained: float
    gained_error: float
    is_taken: bool
    seconds: float

    def __str__(self) -> str:
        """Return what a log says of it."""
        verdict = "taken" if self.is_taken else "not clearly better: the untuned settings stay"
        return (
            f"tuned in {self.trials} trials ({self.seconds:.0f} s): squared error changed by "
            f"{-self.gained:+.5f} (standard error {self.gained_error:.5f}), {verdict}"
        )


def tune(
    sample: Sample,
    config: UsualConfig,
    settings: TuneConfig,
    seed: int,
    seconds: float | None,
    trials: int | None,
    report: Callable[[str], None],
) -> Tuned:
    """Return settings that are clearly better than `config` on persons held out, or `config`.

    It reports once, when it begins. No trial starts after so many seconds or trials, whichever is
    first; 0 means no tuning. The same seed and trials give the same; seconds depend on the machine.
    """
    check_budget(seconds, trials)
    rows = draw_for_choice(sample, config, seed)
    report(f"Tuning on {len(rows):,} of {len(sample):,} screenings")
    untuned = Trial(config, try_config(rows, config, seed))
    began = time.perf_counter()
    tried = [untuned]
    found = search(rows, untuned, settings, seed)
    while _has_room(len(tried) - 1, time.perf_counter() - began, trials, seconds):
        tried.append(next(found))
    gained, error = measure_gain([one.choice.loss for one in tried], rows, config.folds, seed)
    is_taken = gained > settings.errors * error
    best = min(tried, key=lambda one: one.squared_error) if is_taken else untuned
    return Tuned(
        config=best.config,
        shape=best.choice.shape,
        trials=len(tried) - 1,
        squared_error=best.squared_error,
        untuned_squared_error=untuned.squared_error,
        gained=gained,
        gained_error=error,
        is_taken=is_taken,
        seconds=time.perf_counter() - began,
    )


def check_budget(seconds: float | None, trials: int | None) -> None:
    """Raise BudgetError unless seconds, trials or both are given, as 0 or more."""
    if seconds is None and trials is None:
        raise BudgetError("tuning has no budget: give seconds, trials or both, or 0 for none")
    for name, value in (("seconds", seconds), ("trials", trials)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise BudgetError(f"the budget of {name} for tuning: expected a number of 0 or more")


def _has_room(done: int, spent: float, trials: int | None, seconds: float | None) -> bool:
    return (trials is None or done < trials) and (seconds is None or spent < seconds)


def search(sample: Sample, untuned: Trial, settings: TuneConfig, seed: int) -> Iterator[Trial]:
    """Yield one trial after another, without end; each is made when it is asked for.

    A tree-structured Parzen estimator proposes settings like those that did well so far.
    """
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    space = build_space(settings)
    known = {name: getattr(untuned.config, name) for name in space}
    known["leaves"] = untuned.choice.shape.leaves
    if all(_is_within(value, getattr(settings, name)) for name, value in known.items()):
        study.add_trial(
            optuna.trial.create_trial(
                params=known, distributions=space, value=untuned.squared_error
            )
        )
    while True:
        asked = study.ask(space)
        leaves = (asked.params["leaves"],)
        config = replace(untuned.config, **asked.params | {"leaves": leaves})
        trial = Trial(config, try_config(sample, config, seed))
        study.tell(asked, trial.squared_error)
        yield trial


def _is_within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def build_space(settings: TuneConfig) -> dict[str, BaseDistribution]:
    """Return between which bounds each setting is searched; what works by factors, by factors."""
    return {
        "leaves": IntDistribution(*settings.leaves),
        "learning_rate": FloatDistribution(*settings.learning_rate, log=True),
        "fewest_cases_in_leaf": IntDistribution(*settings.fewest_cases_in_leaf, log=True),
        "penalty": FloatDistribution(*settings.penalty, log=True),
        "share_of_fields": FloatDistribution(*settings.share_of_fields),
        "share_of_cases": FloatDistribution(*settings.share_of_cases),
        "smoothing": FloatDistribution(*settings.smoothing, log=True),
    }


def measure_gain(
    losses: list[Floats], sample: Sample, folds: int, seed: int
) -> tuple[float, float]:
    """Return how much squared error the best saves of the first, and the standard error of that.

    For each part of the persons, the best is the one that the other persons point to.
    """
    table = np.array(losses)
    saved = np.zeros(len(sample))
    for held_out in split_by_person(sample.person, folds, seed + OTHER_FOLDS):
        others = np.average(table[:, ~held_out], axis=1, weights=sample.weight[~held_out])
        saved[held_out] = (table[0] - table[int(np.argmin(others))])[held_out]
    _, place = np.unique(sample.person, return_inverse=True)
    parts = np.bincount(place, saved * sample.weight) / sample.weight.sum()
    return float(parts.sum()), float(np.sqrt(((parts - parts.mean()) ** 2).sum()))
