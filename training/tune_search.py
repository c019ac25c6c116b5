"""The search for better settings: proposals that follow from the seed and the trials so far."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial

from models.usual import UsualConfig, list_shapes, try_shapes
from training.config import TuneConfig
from training.tune_trials import Trial, TrialState
from training.tune_windows import Stages

STATES = {
    TrialState.COMPLETE: optuna.trial.TrialState.COMPLETE,
    TrialState.PRUNED: optuna.trial.TrialState.PRUNED,
    TrialState.FAILED: optuna.trial.TrialState.FAIL,
}
BEFORE_PRUNING = 5  # trials that are seen to their end before any is stopped
SEEDS_APART = 10_000  # between the seeds of two searches, each trial has its own
optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Search:
    """All that a trial follows from, beside the trials before it."""

    stages: Stages
    config: UsualConfig
    settings: TuneConfig
    seed: int

    def try_untuned(self) -> Trial:
        """Return trial 0: the settings as they are."""
        known = {name: getattr(self.config, name) for name in build_space(self.settings)}
        return self._run(0, self.config, known | {"leaves": 0}, lambda _: False)

    def try_next(self, before: Sequence[Trial]) -> Trial:
        """Return the next trial; the same trials before it give the same one.

        A tree-structured Parzen estimator proposes settings like those that did well so far. A
        trial that is worse in its first stage than the half of those before it ends there. One
        that cannot be fitted has failed: the search goes on.
        """
        number, space = len(before), build_space(self.settings)
        sampler = optuna.samplers.TPESampler(seed=self.seed * SEEDS_APART + number)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=BEFORE_PRUNING)
        study = optuna.create_study(sampler=sampler, pruner=pruner)
        study.add_trials([one for trial in before if (one := self._retell(trial, space))])
        asked = study.ask(space)
        other = replace(self.config, **asked.params | {"leaves": (asked.params["leaves"],)})

        def is_hopeless(errors: Sequence[float]) -> bool:
            asked.report(errors[-1], len(errors) - 1)
            return len(errors) < len(self.stages.search) and asked.should_prune()

        try:
            return self._run(number, other, asked.params, is_hopeless)
        except Exception as error:  # whatever a library makes of odd settings
            return _fail(number, asked.params, error)

    def configure(self, trial: Trial) -> UsualConfig:
        """Return the settings of a trial."""
        if trial.number == 0:
            return self.config
        leaves = (int(trial.parameters["leaves"]),)
        return replace(self.config, **{**trial.parameters, "leaves": leaves})  # type: ignore[arg-type]

    def _run(
        self,
        number: int,
        config: UsualConfig,
        parameters: Mapping[str, Any],
        is_hopeless: Callable[[Sequence[float]], bool],
    ) -> Trial:
        began, clock = time.time(), time.perf_counter()
        shapes, found = list_shapes(config), list[np.ndarray[Any, np.dtype[np.float64]]]()
        state = TrialState.COMPLETE
        for stage in self.stages.search:
            found.append(try_shapes(stage.learn, stage.judge, config, self.seed))
            if is_hopeless([float(one.min()) for one in found]):
                state = TrialState.PRUNED
                break
        mean = np.mean(found, axis=0)
        if not np.isfinite(mean).all():
            raise FloatingPointError("the error is no number")
        best = int(np.argmin(mean))
        return Trial(
            number=number,
            state=state,
            parameters=dict(parameters),
            errors=tuple(float(one.min()) for one in found),
            error=float(mean[best]) if state is TrialState.COMPLETE else None,
            leaves=shapes[best][0],
            rounds=shapes[best][1],
            fault=None,
            began=began,
            seconds=time.perf_counter() - clock,
        )

    def _retell(self, trial: Trial, space: dict[str, BaseDistribution]) -> FrozenTrial | None:
        """Return a trial as Optuna knows it; None where it lies outside the bounds."""
        known = dict(trial.parameters)
        if trial.number == 0:
            known["leaves"] = trial.leaves or 0
        if not all(_is_within(known[name], getattr(self.settings, name)) for name in space):
            return None
        return create_trial(
            state=STATES[trial.state],
            params=known,
            distributions=space,
            value=trial.error,
            intermediate_values=dict(enumerate(trial.errors)),
        )


def _fail(number: int, parameters: Mapping[str, Any], error: Exception) -> Trial:
    return Trial(
        number=number,
        state=TrialState.FAILED,
        parameters=dict(parameters),
        errors=(),
        error=None,
        leaves=None,
        rounds=None,
        fault=type(error).__name__,  # a message could hold anything
        began=time.time(),
        seconds=0.0,
    )


def find_best(trials: Sequence[Trial]) -> Trial:
    """Return the complete trial with the least error, the first of equals."""
    return min(trials, key=lambda one: math.inf if one.error is None else one.error)


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
