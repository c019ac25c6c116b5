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
from models.usual import Sample, Shape, UsualConfig, choose_shape, fit_usual, split_by_person
from training.config import TuneConfig

Floats = NDArray[np.float64]
PARTS = 3  # one part of the persons judges what the others found
OTHER_FOLDS = 500  # added to the seed: persons are set aside by another lot than in the search
optuna.logging.set_verbosity(optuna.logging.WARNING)


class BudgetError(KantelpuntError):
    """A budget for tuning that says nothing, or that is less than nothing."""


@dataclass(frozen=True)
class Tried:
    """A configuration and the best shape that it allows, judged by folds of the search."""

    config: UsualConfig
    shape: Shape


@dataclass(frozen=True)
class Tuned:
    """The settings to use with their shape, and what the search for them found.

    `trials` are those beside the untuned settings, which are always tried first. The squared errors
    are of the best settings found, taken or not, and of the untuned ones, on persons set aside from
    the search: the least of many errors is partly luck. `gained_error` is the standard error of
    their difference. Without a search both are the error of the shape on the folds.
    """

    config: UsualConfig
    shape: Shape
    trials: int
    squared_error: float
    untuned_squared_error: float
    gained_error: float
    is_taken: bool
    seconds: float

    @property
    def gained(self) -> float:
        """Return how much squared error the best settings found save."""
        return self.untuned_squared_error - self.squared_error

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
    """Return settings that are clearly better than `config` on persons set aside, or `config`.

    The shape is that of `choose_shape` on the whole sample. It reports once, when it begins. No
    trial starts after so many seconds or trials, whichever is first; 0 means no tuning. The same
    seed and trials give the same; how many trials fit into seconds depends on the machine.
    """
    check_budget(seconds, trials)
    began = time.perf_counter()
    if 0 in (seconds, trials):
        report(f"Choosing leaves and rounds on {len(sample):,} screenings")
        shape = choose_shape(sample, config, seed)
        error, spent = shape.squared_error, time.perf_counter() - began
        return Tuned(config, shape, 0, error, error, 0.0, is_taken=False, seconds=spent)
    report(f"Tuning on {len(sample):,} screenings")
    aside = next(split_by_person(sample.person, PARTS, seed + OTHER_FOLDS))
    learn, judge = sample.take(~aside), sample.take(aside)
    tried = _spend(search(learn, config, settings, seed), seconds, trials)
    best = min(tried, key=lambda one: one.shape.squared_error)
    before, after = (_measure_loss(one, learn, judge, seed) for one in (tried[0], best))
    error = measure_error(before - after, judge)
    is_taken = float(np.average(before - after, weights=judge.weight)) > settings.errors * error
    used = best.config if is_taken else config
    return Tuned(
        config=used,
        shape=choose_shape(sample, used, seed),
        trials=len(tried) - 1,
        squared_error=float(np.average(after, weights=judge.weight)),
        untuned_squared_error=float(np.average(before, weights=judge.weight)),
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


def _spend(found: Iterator[Tried], seconds: float | None, trials: int | None) -> list[Tried]:
    """Return the untuned trial, and as many after it as the budget allows."""
    tried = [next(found)]
    began = time.perf_counter()
    while (trials is None or len(tried) <= trials) and (
        seconds is None or time.perf_counter() - began < seconds
    ):
        tried.append(next(found))
    return tried


def search(sample: Sample, config: UsualConfig, settings: TuneConfig, seed: int) -> Iterator[Tried]:
    """Yield the untuned trial and then others, without end; each is made when it is asked for.

    A tree-structured Parzen estimator proposes settings like those that did well so far.
    """
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    space = build_space(settings)
    untuned = Tried(config, choose_shape(sample, config, seed))
    yield untuned
    known = {name: getattr(config, name) for name in space} | {"leaves": untuned.shape.leaves}
    if all(_is_within(value, getattr(settings, name)) for name, value in known.items()):
        error = untuned.shape.squared_error
        study.add_trial(optuna.trial.create_trial(params=known, distributions=space, value=error))
    while True:
        asked = study.ask(space)
        other = replace(config, **asked.params | {"leaves": (asked.params["leaves"],)})
        shape = choose_shape(sample, other, seed)
        study.tell(asked, shape.squared_error)
        yield Tried(other, shape)


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


def _measure_loss(trial: Tried, learn: Sample, judge: Sample, seed: int) -> Floats:
    """Return the squared error of each row that judges."""
    head = fit_usual(learn, trial.shape, trial.config, seed)
    p = np.clip(head.predict(judge.matrix, trial.config.threads), 0.0, 1.0)
    loss: Floats = (p - judge.target) ** 2
    return loss


def measure_error(values: Floats, sample: Sample) -> float:
    """Return the standard error of the weighted mean of values; rows of a person go together."""
    apart = values - np.average(values, weights=sample.weight)
    _, place = np.unique(sample.person, return_inverse=True)
    parts = np.bincount(place, apart * sample.weight) / sample.weight.sum()
    return float(np.sqrt((parts**2).sum()))
