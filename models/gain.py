"""The gain of support: learnt from the target trial, and no more of it than the data can show.

Residual on residual (Robinson 1988; Nie and Wager 2021): what is left of the outcome after what
is known of a person, on what is left of support.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from models.effects import Effects, GainConfig, average_gain, sum_by_person
from models.heads import AdditiveHead, Calibration, LinearHead
from models.levels import LevelTable
from models.linear import fit_linear
from models.usual import Sample, UsualConfig, fit_boosted, split_by_person

Floats = NDArray[np.float64]
Form = Literal["constant", "linear", "boosted"]
FORMS: tuple[Form, ...] = ("constant", "linear", "boosted")


@dataclass(frozen=True)
class FittedGain:
    """A gain head, its form, and the mean gain with its standard error.

    `losses` are the held-out losses of all forms; `held_out` the gain of each row, learnt from
    other persons.
    """

    head: AdditiveHead
    form: Form
    mean: float
    error: float
    losses: dict[Form, float]
    held_out: Floats


def fit_gain(effects: Effects, usual: UsualConfig, config: GainConfig, seed: int) -> FittedGain:
    """Return the simplest head that no richer one clearly beats on persons held out.

    Its mean over the rows is the doubly robust mean.
    """
    regression = make_regression(effects)
    held_out = _cross_predict(regression, usual, config, seed)
    losses = {form: _find_losses(regression, gain) for form, gain in held_out.items()}
    form = _choose(losses, regression.person, config)
    mean, error = average_gain(effects, held_out[form])
    head = centre(fit_form(regression, form, usual, config, seed), effects, mean)
    sums = {name: float(loss.sum()) for name, loss in losses.items()}
    return FittedGain(head, form, mean, error, sums, held_out[form])


def make_regression(effects: Effects) -> Sample:
    """Return the weighted regression whose squared error is the residual-on-residual loss."""
    target = effects.residual / effects.exposure
    weight = effects.sample.weight * effects.exposure**2
    return replace(effects.sample, target=target, weight=weight)


def _cross_predict(
    sample: Sample, usual: UsualConfig, config: GainConfig, seed: int
) -> dict[Form, Floats]:
    """Return the gain of each row by each form, learnt from other persons."""
    found: dict[Form, Floats] = {form: np.empty(len(sample)) for form in FORMS}
    for held_out in split_by_person(sample.person, config.folds, seed + 2):
        learn, test = sample.take(~held_out), sample.matrix[held_out]
        for form in FORMS:
            head = fit_form(learn, form, usual, config, seed)
            found[form][held_out] = head.predict(test, usual.threads)
    return found


def _find_losses(sample: Sample, gain: Floats) -> Floats:
    losses: Floats = sample.weight * (sample.target - gain) ** 2
    return losses


def _choose(losses: dict[Form, Floats], person: NDArray[np.int64], config: GainConfig) -> Form:
    """Return the simplest form that no richer one beats by as many standard errors as it must.

    The richer a form, the surer its win must be: boosting invents differences that are not there.
    """
    chosen: Form = "constant"
    errors: dict[Form, float] = {"linear": config.linear_errors, "boosted": config.boosted_errors}
    for form, least in errors.items():
        less = sum_by_person(person, losses[chosen] - losses[form])
        if less.sum() > least * np.sqrt(len(less)) * less.std():
            chosen = form
    return chosen


def fit_form(
    sample: Sample, form: Form, usual: UsualConfig, config: GainConfig, seed: int
) -> AdditiveHead:
    """Return one form, fitted to the residual-on-residual regression."""
    if form == "linear":
        lines = fit_linear(sample.contract, sample.matrix, sample.target, sample.weight)
        return AdditiveHead(lines, None, 0.0)
    mean = float(np.average(sample.target, weights=sample.weight))
    flat = flat_head(sample.contract, mean)
    if form == "boosted":
        boosted, _ = fit_boosted(sample, config.leaves, config.rounds, usual, seed)
        return AdditiveHead(flat, boosted, 1.0)
    return AdditiveHead(flat, None, 0.0)


def centre(head: AdditiveHead, effects: Effects, mean: float) -> AdditiveHead:
    """Return the head shifted so that its mean over the rows is `mean`.

    The residual-on-residual loss looks most where support is about as likely as not; the level is
    that of all rows.
    """
    found = np.average(head.predict(effects.sample.matrix), weights=effects.sample.weight)
    return replace(head, calibration=Calibration(intercept=mean - float(found)))


def flat_head(contract: Contract, value: float) -> LinearHead:
    """Return a head that says the same of everyone."""
    count = len(contract.fields)
    nought = (0.0,) * count
    return LinearHead(value, tuple(range(count)), nought, nought, nought, LevelTable((), ()))


def predict_gain(fitted: FittedGain, matrix: Matrix) -> Floats:
    """Return the gain of each row."""
    return fitted.head.predict(matrix)
