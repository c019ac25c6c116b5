"""Tuning p_usual within a budget: other settings are taken only where they are clearly better."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.errors import KantelpuntError
from models.usual import Sample, Shape, UsualConfig, choose_shape, fit_usual
from training.config import TuneConfig
from training.tune_search import Search, find_best
from training.tune_trials import (
    Trial,
    TrialsFile,
    TrialState,
    describe_search,
    open_trials,
    tell_what_changed,
)
from training.tune_windows import Stage, Stages

Floats = NDArray[np.float64]
Report = Callable[[str], None]
# what is said of the search, how much of its budget is spent, and of how much
Count = Callable[[str, int, int | None], None]
TOO_SHORT = (
    "not tuned: the learn window holds too few settled screenings to judge settings by later people"
)


class BudgetError(KantelpuntError):
    """A budget for tuning that says nothing, or that is less than nothing."""


@dataclass(frozen=True)
class Budget:
    """How long to search: seconds, trials, or whichever is spent first; 0 for no search.

    With a `folder` each trial is kept there as it ends, and a search that was broken off goes on;
    what it spent before counts. `count` is told how far the search is.
    """

    seconds: float | None = None
    trials: int | None = None
    folder: Path | None = None
    count: Count | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Raise BudgetError unless seconds, trials or both are given, as 0 or more."""
        if self.seconds is None and self.trials is None:
            raise BudgetError("tuning has no budget: give seconds, trials or both, or 0 for none")
        for name, value in (("seconds", self.seconds), ("trials", self.trials)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise BudgetError(
                    f"the budget of {name} for tuning: expected a number of 0 or more"
                )

    def allows(self, done: int, spent: float) -> bool:
        """Tell whether another trial may start after so many, which took so many seconds."""
        return (self.trials is None or done < self.trials) and (
            self.seconds is None or spent < self.seconds
        )

    def tell_left(self, done: int, spent: float) -> str:
        """Return about how long the search still takes."""
        left = math.inf if self.seconds is None else self.seconds - spent
        if self.trials is not None and done:
            left = min(left, (self.trials - done) * spent / done)
        if not math.isfinite(left):
            return ""
        text = f"{max(left, 0):.0f} s" if left < 100 else f"{left / 60:.0f} min"
        return f", about {text} left"


@dataclass(frozen=True)
class Tuned:
    """The settings to use with their shape, and what the search for them found.

    The squared errors are of the best settings found, taken or not, and of the untuned ones, on the
    newest people, whom the search knew nothing of: the least of many errors is partly luck.
    `gained_error` is the standard error of their difference. Without a search both are the error
    of the shape on the folds. `trials` begin with that of the untuned settings; `why` says why
    there was no search.
    """

    config: UsualConfig
    shape: Shape
    trials: tuple[Trial, ...]
    squared_error: float
    untuned_squared_error: float
    gained_error: float
    is_taken: bool
    judged: int = 0
    why: str = ""
    origin: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def gained(self) -> float:
        """Return how much squared error the best settings found save."""
        return self.untuned_squared_error - self.squared_error

    def __str__(self) -> str:
        """Return what a card says of it; the same search gives the same."""
        if not self.trials:
            return self.why or "not tuned"
        counts = [sum(one.state is state for one in self.trials[1:]) for state in TrialState]
        verdict = "taken" if self.is_taken else "not clearly better: the untuned settings stay"
        return (
            f"tuned in {sum(counts)} trials ({counts[1]} stopped early, {counts[2]} failed): on "
            f"{self.judged:,} later screenings of other people the squared error changed by "
            f"{-self.gained:+.5f} (standard error {self.gained_error:.5f}), {verdict}"
        )


def tune(
    stages: Stages | None,
    sample: Sample,
    config: UsualConfig,
    settings: TuneConfig,
    seed: int,
    budget: Budget,
    report: Report,
) -> Tuned:
    """Return settings that are clearly better than `config` on later people, or `config`.

    The shape is that of `choose_shape` on the whole sample. The same seed and trials give the same,
    broken off and resumed or not; how many trials fit into seconds depends on the machine.
    """
    began = time.perf_counter()
    if stages is None or not budget.allows(0, 0.0):
        report(f"Choosing leaves and rounds on {len(sample):,} screenings")
        shape = choose_shape(sample, config, seed)
        error, why = shape.squared_error, TOO_SHORT if stages is None else ""
        return Tuned(config, shape, (), error, error, 0.0, is_taken=False, why=why)
    search = Search(stages, config, settings, seed)
    file, origin = _open(budget, search, sample)
    report(f"Tuning on {len(sample):,} screenings: {origin}")
    trials = _spend(search, file, budget)
    best = search.configure(find_best(trials))
    before = _measure_loss(config, stages.aside, seed)
    after = before if best == config else _measure_loss(best, stages.aside, seed)
    weight = stages.aside.judge.weight
    error = measure_error(before - after, stages.aside.judge)
    is_taken = float(np.average(before - after, weights=weight)) > settings.errors * error
    used = best if is_taken else config
    return Tuned(
        config=used,
        shape=choose_shape(sample, used, seed),
        trials=tuple(trials),
        squared_error=float(np.average(after, weights=weight)),
        untuned_squared_error=float(np.average(before, weights=weight)),
        gained_error=error,
        is_taken=is_taken,
        judged=len(stages.aside.judge),
        origin=origin,
        seconds=time.perf_counter() - began,
    )


def _open(budget: Budget, search: Search, sample: Sample) -> tuple[TrialsFile | None, str]:
    """Return where the trials are kept, and whether the search begins or goes on."""
    if budget.folder is None:
        return None, "a new search"
    told = describe_search(search.stages, sample, search.config, search.settings, search.seed)
    file = open_trials(budget.folder, told)
    origin = (
        f"going on with trial {len(file.kept)}"
        if file.kept
        else f"a new search, {tell_what_changed(budget.folder, told)}"
    )
    return file, f"{origin} (trials are kept in {file.path})"


def _spend(search: Search, file: TrialsFile | None, budget: Budget) -> list[Trial]:
    """Return the trials that are kept and as many after them as the budget allows."""
    trials = [] if file is None else list(file.kept)
    if budget.trials is not None:
        trials = trials[: budget.trials + 1]
    while not trials or budget.allows(len(trials) - 1, _sum_seconds(trials)):
        trial = search.try_next(trials) if trials else search.try_untuned()
        trials.append(trial)
        if file is not None:
            file.add(trial)
        if budget.count:
            _tell(trials, budget, budget.count)
    return trials


def _sum_seconds(trials: Sequence[Trial]) -> float:
    return sum(one.seconds for one in trials[1:])


def _tell(trials: Sequence[Trial], budget: Budget, count: Count) -> None:
    done, spent = len(trials) - 1, _sum_seconds(trials)
    of_all = "" if budget.trials is None else f" of {budget.trials}"
    text = (
        f"trial {done}{of_all}: squared error {find_best(trials).error:.5f} at best, untuned "
        f"{trials[0].error:.5f}{budget.tell_left(done, spent)}"
    )
    if budget.trials is not None:
        count(text, done, budget.trials)
    else:
        most = budget.seconds or 0  # the trial under way is finished: a bar is full, and no more
        count(text, round(min(spent, most)), round(most))


def _measure_loss(config: UsualConfig, stage: Stage, seed: int) -> Floats:
    """Return the squared error of each row that judges what the whole recipe learns."""
    head = fit_usual(stage.learn, choose_shape(stage.learn, config, seed), config, seed)
    p = np.clip(head.predict(stage.judge.matrix, config.threads), 0.0, 1.0)
    loss: Floats = (p - stage.judge.target) ** 2
    return loss


def measure_error(values: Floats, sample: Sample) -> float:
    """Return the standard error of the weighted mean of values; rows of a person go together."""
    apart = values - np.average(values, weights=sample.weight)
    _, place = np.unique(sample.person, return_inverse=True)
    parts = np.bincount(place, apart * sample.weight) / sample.weight.sum()
    return float(np.sqrt((parts**2).sum()))
