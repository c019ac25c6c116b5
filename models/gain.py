"""The gain of support: learnt from the target trial, and no more of it than the data can show.

Residual on residual (Robinson 1988; Nie and Wager 2021): what is left of the outcome after what
is known of a person, on what is left of support.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from models.effects import Effects, GainConfig, average_gain, sum_by_person
from models.heads import AdditiveHead, Calibration, LinearHead
from models.levels import LevelTable
from models.net import Net, choose_net, fit_net
from models.usual import Sample, UsualConfig, fit_boosted, split_by_person

Floats = NDArray[np.float64]
Form = Literal["constant", "linear", "boosted"]
SMALLEST_MASS = 1e-16  # of the variance of a gain: under it there are no differences
FORMS: tuple[Form, ...] = ("constant", "linear", "boosted")


@dataclass(frozen=True)
class FittedGain:
    """A gain head, its form, and the mean gain with its standard error.

    `held_out` is the gain of each row, learnt from other persons. `losses` are the held-out losses
    of all forms, and `slopes` by how much the true gain rises with each form's, in standard errors
    from 0. Differences in the head are drawn to 0 by `shrink`, the chosen form's own slope.
    """

    head: AdditiveHead
    form: Form
    net: Net
    mean: float
    error: float
    shrink: float
    losses: dict[Form, float]
    slopes: dict[Form, float]
    held_out: Floats


def fit_gain(effects: Effects, usual: UsualConfig, config: GainConfig, seed: int) -> FittedGain:
    """Return the simplest head that no richer one clearly beats on persons held out.

    Its mean over the rows is the doubly robust mean. Unless a lot gave support, whether something
    is known of a person may not tell the gain: where confounders are not written down, as with a
    questionnaire that did not come back, more of what they do looks like gain. Trees cannot be kept
    from asking, and so are tried only after a lot.
    """
    regression = make_regression(effects)
    net = choose_net(regression, config.folds, seed + 3, uses_gaps=effects.by_lot)
    forms = FORMS if effects.by_lot else FORMS[:2]
    held_out = _cross_predict(regression, forms, net, usual, config, seed)
    slopes = {form: _measure_slope(regression, gain) for form, gain in held_out.items()}
    held_out = {
        form: _draw_in(gain, regression.weight, slopes[form][0]) for form, gain in held_out.items()
    }
    losses = {form: _find_losses(regression, gain) for form, gain in held_out.items()}
    form = _choose(slopes, losses, regression.person, config)
    mean, error = average_gain(effects, held_out[form])
    shrink = _bound_slope(slopes[form][0])
    head = fit_form(regression, form, net, usual, config, seed)
    return FittedGain(
        head=centre(head, effects, mean, shrink),
        form=form,
        net=net,
        mean=mean,
        error=error,
        shrink=shrink,
        losses={name: float(loss.sum()) for name, loss in losses.items()},
        slopes={name: slope / max(error, 1e-12) for name, (slope, error) in slopes.items()},
        held_out=held_out[form],
    )


def make_regression(effects: Effects) -> Sample:
    """Return the weighted regression whose squared error is the residual-on-residual loss."""
    target = effects.residual / effects.exposure
    weight = effects.sample.weight * effects.exposure**2
    return replace(effects.sample, target=target, weight=weight)


def _cross_predict(
    sample: Sample,
    forms: tuple[Form, ...],
    net: Net,
    usual: UsualConfig,
    config: GainConfig,
    seed: int,
) -> dict[Form, Floats]:
    """Return the gain of each row by each form, learnt from other persons."""
    found: dict[Form, Floats] = {form: np.empty(len(sample)) for form in forms}
    for held_out in split_by_person(sample.person, config.folds, seed + 2):
        learn, test = sample.take(~held_out), sample.matrix[held_out]
        for form in forms:
            head = fit_form(learn, form, net, usual, config, seed)
            found[form][held_out] = head.predict(test, usual.threads)
    return found


def _measure_slope(sample: Sample, gain: Floats) -> tuple[float, float]:
    """Return by how much the true gain rises with a held-out one, and its standard error by person.

    1 where differences are as large as they are said to be, 0 where there are none (the calibration
    test of Chernozhukov, Demirer, Duflo and Fernandez-Val 2018).
    """
    weight = sample.weight
    apart = gain - np.average(gain, weights=weight)
    mass = float((weight * apart**2).sum())
    if mass <= SMALLEST_MASS * weight.sum():
        return 0.0, 0.0
    left = sample.target - np.average(sample.target, weights=weight)
    slope = float((weight * apart * left).sum()) / mass
    sums = sum_by_person(sample.person, weight * apart * (left - slope * apart))
    return slope, float(np.sqrt((sums**2).sum())) / mass


def _bound_slope(slope: float) -> float:
    return min(max(slope, 0.0), 1.0)


def _draw_in(gain: Floats, weight: Floats, slope: float) -> Floats:
    mean = np.average(gain, weights=weight)
    drawn: Floats = mean + _bound_slope(slope) * (gain - mean)
    return drawn


def _find_losses(sample: Sample, gain: Floats) -> Floats:
    losses: Floats = sample.weight * (sample.target - gain) ** 2
    return losses


def _choose(
    slopes: dict[Form, tuple[float, float]],
    losses: dict[Form, Floats],
    person: NDArray[np.int64],
    config: GainConfig,
) -> Form:
    """Return the simplest form that no richer one beats by as many standard errors as it must.

    And none whose slope is not clearly above 0: differences in gain that are not there do harm.
    """
    chosen: Form = "constant"
    for form in (one for one in FORMS[1:] if one in slopes):
        slope, error = slopes[form]
        less = sum_by_person(person, losses[chosen] - losses[form])
        least = 0.0 if chosen == "constant" else config.boosted_errors
        is_clear = slope > config.clear_errors * error > 0
        if is_clear and less.sum() > least * np.sqrt(len(less)) * less.std():
            chosen = form
    return chosen


def fit_form(
    sample: Sample, form: Form, net: Net, usual: UsualConfig, config: GainConfig, seed: int
) -> AdditiveHead:
    """Return one form, fitted to the residual-on-residual regression.

    Boosted trees are mixed with the lines: the mean of both has less noise than either.
    """
    if form == "constant":
        mean = float(np.average(sample.target, weights=sample.weight))
        return AdditiveHead(flat_head(sample.contract, mean), None, 0.0)
    lines = fit_net(sample, net)
    if form == "linear":
        return AdditiveHead(lines, None, 0.0)
    boosted, _ = fit_boosted(sample, config.leaves, config.rounds, usual, seed)
    return AdditiveHead(lines, boosted, config.boosted_share)


def centre(head: AdditiveHead, effects: Effects, mean: float, shrink: float = 1.0) -> AdditiveHead:
    """Return the head with its differences drawn in, and with `mean` as its mean over the rows.

    The residual-on-residual loss looks most where support is about as likely as not; the level is
    that of all rows.
    """
    found = float(np.average(head.predict(effects.sample.matrix), weights=effects.sample.weight))
    return replace(head, calibration=Calibration(mean - shrink * found, shrink))


def flat_head(contract: Contract, value: float) -> LinearHead:
    """Return a head that says the same of everyone."""
    count = len(contract.fields)
    nought = (0.0,) * count
    return LinearHead(value, tuple(range(count)), nought, nought, nought, LevelTable((), ()))
