"""The gain of support: learnt from the target trial, and no more of it than the data can show.

Residual on residual (Robinson 1988; Nie and Wager 2021): what is left of the outcome after what
is known of a person, on what is left of support. Both nuisances are fitted on other persons. The
mean gain is doubly robust (augmented inverse probability weighting).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field
from features.matrix import Matrix
from features.outcomes import weigh
from features.trial import Trial
from models.heads import AdditiveHead, LinearHead
from models.levels import LevelTable
from models.linear import fit_linear
from models.usual import Sample, Shape, UsualConfig, fit_boosted, fit_usual, split_by_person

Floats = NDArray[np.float64]
Form = Literal["constant", "linear", "boosted"]
# the richer a form, the surer its win must be: where support did nothing, one standard error let
# boosting invent a spread of 2.5 points among 60,000 persons
ERRORS_TO_WIN: dict[Form, float] = {"linear": 1.0, "boosted": 2.0}


@dataclass(frozen=True)
class GainConfig:
    """How the gain is learnt; `least_chance` bounds the propensity on either side."""

    least_chance: float = 0.01
    nuisance_leaves: int = 4
    nuisance_rounds: int = 200
    nuisance_share: float = 0.5
    leaves: int = 4
    rounds: int = 60
    folds: int = 5


@dataclass(frozen=True)
class Effects:
    """What each row of a trial says of the gain.

    `residual` of the outcome and `exposure`, the residual of support; `score` is the doubly robust
    estimate of the row's own gain, right on average; `chance` the propensity.
    """

    sample: Sample
    residual: Floats
    exposure: Floats
    chance: Floats
    score: Floats


@dataclass(frozen=True)
class FittedGain:
    """A gain head, its form, and the mean gain with its standard error."""

    head: AdditiveHead
    form: Form
    mean: float
    error: float
    losses: dict[str, float]


def weigh_trial(trial: Trial) -> Floats:
    """Return censoring weights, supported and comparisons each on their own; 0 where not known."""
    weight = np.zeros(len(trial))
    for arm in (0.0, 1.0):
        rows = trial.supported == arm
        weight[rows] = weigh(trial.returned[rows], trial.known_days[rows])
    return weight


def measure_effects(
    trial: Trial, usual: UsualConfig, config: GainConfig, seed: int, by_lot: float | None = None
) -> Effects:
    """Return residuals and scores of the rows whose outcome is known.

    `by_lot` is the share that a lot gave support, where support went by lot.
    """
    weight = weigh_trial(trial)
    known = trial.select(weight > 0)
    outcome = _sample(known, known.returned, weight[weight > 0])
    support = _sample(trial, trial.supported, np.ones(len(trial)))
    shape = Shape(config.nuisance_leaves, config.nuisance_rounds, config.nuisance_share, 0.0)
    expected, chance = np.empty(len(outcome)), np.empty(len(outcome))
    for held_out in split_by_person(trial.person, config.folds, seed):
        apart = set(trial.person[held_out].tolist())
        test = np.array([one in apart for one in known.person.tolist()], dtype=bool)
        head = fit_usual(outcome.take(~test), shape, usual, seed)
        expected[test] = head.predict(outcome.matrix[test], usual.threads)
        if by_lot is None:
            head = fit_usual(support.take(~held_out), shape, usual, seed)
            chance[test] = head.predict(outcome.matrix[test], usual.threads)
    if by_lot is not None:
        chance[:] = by_lot
    chance = np.clip(chance, config.least_chance, 1 - config.least_chance)
    return _score(known, outcome, expected, chance)


def _sample(trial: Trial, target: Floats, weight: Floats) -> Sample:
    """Return the rows with the day as one more input: it matters to outcome and to support."""
    day = Field("support_day", "number", "Dag van de start", "trial", low=0, high=36500)
    contract = replace(trial.contract, fields=(*trial.contract.fields, day))
    matrix = np.column_stack([trial.matrix, trial.day])
    return Sample(contract, matrix, target, weight, trial.person)


def _score(trial: Trial, outcome: Sample, expected: Floats, chance: Floats) -> Effects:
    residual, exposure = outcome.target - expected, trial.supported - chance
    sample = Sample(trial.contract, trial.matrix, outcome.target, outcome.weight, trial.person)
    weight = outcome.weight
    level = float((weight * residual * exposure).sum() / (weight * exposure**2).sum())
    # both arms' expectations from the one expectation and a gain for all; the last term repairs
    # what that gain misses, by the residual of the arm that was seen
    unseen = residual - level * exposure
    score = level + exposure / (chance * (1 - chance)) * unseen
    return Effects(sample, residual, exposure, chance, score)


def average_gain(effects: Effects) -> tuple[float, float]:
    """Return the mean gain among those who could have started, and its standard error by person."""
    weight = effects.sample.weight
    mean = float(np.average(effects.score, weights=weight))
    _, place = np.unique(effects.sample.person, return_inverse=True)
    sums = np.bincount(place, weights=weight * (effects.score - mean))
    return mean, float(np.sqrt((sums**2).sum()) / weight.sum())


def fit_gain(effects: Effects, usual: UsualConfig, config: GainConfig, seed: int) -> FittedGain:
    """Return the simplest head that no richer one clearly beats on persons held out."""
    regression = _regression(effects)
    losses = _cross_validate(regression, usual, config, seed)
    form = _choose(losses, regression.person)
    mean, error = average_gain(effects)
    head = _fit(regression, form, usual, config, seed)
    return FittedGain(
        head, form, mean, error, {name: float(loss.sum()) for name, loss in losses.items()}
    )


def _regression(effects: Effects) -> Sample:
    """Return the weighted regression whose squared error is the residual-on-residual loss."""
    target = effects.residual / effects.exposure
    weight = effects.sample.weight * effects.exposure**2
    return replace(effects.sample, target=target, weight=weight)


def _cross_validate(
    sample: Sample, usual: UsualConfig, config: GainConfig, seed: int
) -> dict[Form, Floats]:
    forms: tuple[Form, ...] = ("constant", "linear", "boosted")
    losses: dict[Form, Floats] = {form: np.empty(len(sample)) for form in forms}
    for held_out in split_by_person(sample.person, config.folds, seed + 2):
        learn, test = sample.take(~held_out), sample.take(held_out)
        for form in forms:
            tau = _fit(learn, form, usual, config, seed).predict(test.matrix, usual.threads)
            losses[form][held_out] = test.weight * (test.target - tau) ** 2
    return losses


def _choose(losses: dict[Form, Floats], person: NDArray[np.int64]) -> Form:
    """Return the simplest form that no richer one beats by as many standard errors as it must."""
    chosen: Form = "constant"
    _, place = np.unique(person, return_inverse=True)
    for form, errors in ERRORS_TO_WIN.items():
        less = np.bincount(place, weights=losses[chosen] - losses[form])
        if less.sum() > errors * np.sqrt(len(less)) * less.std():
            chosen = form
    return chosen


def _fit(
    sample: Sample, form: Form, usual: UsualConfig, config: GainConfig, seed: int
) -> AdditiveHead:
    if form == "linear":
        lines = fit_linear(sample.contract, sample.matrix, sample.target, sample.weight)
        return AdditiveHead(lines, None, 0.0)
    if form == "boosted":
        boosted, _ = fit_boosted(sample, config.leaves, config.rounds, usual, seed)
        return AdditiveHead(_flat(sample), boosted, 1.0)
    return AdditiveHead(_flat(sample), None, 0.0)


def _flat(sample: Sample) -> LinearHead:
    mean = float(np.average(sample.target, weights=sample.weight))
    return flat_head(sample.contract, mean)


def flat_head(contract: Contract, value: float) -> LinearHead:
    """Return a head that says the same of everyone."""
    count = len(contract.fields)
    nought = (0.0,) * count
    return LinearHead(value, tuple(range(count)), nought, nought, nought, LevelTable((), ()))


def predict_gain(fitted: FittedGain, matrix: Matrix) -> Floats:
    """Return the gain of each row."""
    return fitted.head.predict(matrix)
