"""Attempts to refute the gain: made-up worlds in which it must vanish, and what could erase it.

Each attempt repeats the learning of the gain on some of the trial's rows, with fewer folds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from features.contract import Outcome
from features.matrix import Matrix
from features.tables import Extract
from features.trial import Trial, build_trial
from models.effects import (
    Effects,
    GainConfig,
    average_by_row,
    find_effects,
    sum_by_person,
    weigh_trial,
)
from models.gain import fit_gain, make_regression
from models.hidden import bound_bias
from models.usual import Sample, fit_usual
from training.config import Config
from training.evaluate import Measured, bound_by_error
from training.gain import KnownGain, LearntGain
from training.refutation import (
    Check,
    Refutation,
    Sensitivity,
    Verdict,
    judge_dropped,
    judge_placebo,
    judge_window,
)

Floats = NDArray[np.float64]
DAY_GROUPS = 10  # support is permuted among rows of about the same day of the start
MOST_EXPLAINED = 0.99


def refute(
    extract: Extract, learnt: LearntGain, config: Config, seed: int, *, as_of: date, by_lot: bool
) -> Refutation | None:
    """Return what all attempts to refute the gain found; None where the gain is unknown.

    `seed`, `as_of` and `by_lot` are those that the gain was learnt with.
    """
    known = learnt.known
    if known is None:
        return None
    rows = draw_rows(learnt.trial, config, seed)
    recipe = Recipe(config, seed, by_lot)
    shown = float(known.head.head.predict(known.effects.sample.matrix).std())
    trial = learnt.trial.select(rows)
    found = [
        *try_placebos(trial, shown, recipe),
        *try_dropping(trial, known, recipe),
        try_window(extract, rows, recipe, as_of),
    ]
    if by_lot:
        found.append("hidden confounding: a lot gave support, so that nothing can confound it")
    return Refutation(
        real=known.mean,
        real_spread=shown,
        rows=len(trial),
        supported=int(trial.supported.sum()),
        checks=tuple(one for one in found if isinstance(one, Check)),
        sensitivity=find_sensitivity(known, config.refute.strengths),
        left_out=tuple(one for one in found if isinstance(one, str)),
    )


@dataclass(frozen=True)
class Recipe:
    """How each attempt learns the gain anew: as the release does, with fewer folds."""

    config: Config
    seed: int
    by_lot: bool

    @property
    def gain(self) -> GainConfig:
        """How the attempts learn the gain."""
        return replace(self.config.gain, folds=self.config.refute.folds)

    def measure(self, trial: Trial) -> Effects | str:
        """Return what the rows say of the gain, or why they say nothing."""
        usual = self.config.usual
        return find_effects(trial, usual, self.gain, self.seed, by_lot=self.by_lot)


def draw_rows(trial: Trial, config: Config, seed: int) -> NDArray[np.bool_]:
    """Return which rows the attempts look at: of persons drawn at random, all their rows.

    Where support is so rare that too few supported would be drawn, more are.
    """
    is_known = weigh_trial(trial) > 0
    fewest = min(float(is_known[trial.supported == arm].sum()) for arm in (0.0, 1.0))
    share = config.refute.most_rows / len(trial)
    share = max(share, 2 * config.gain.fewest_supported / max(fewest, 1.0))
    lot = np.random.default_rng(seed).random(int(trial.person.max()) + 1)
    return np.asarray(lot[trial.person] < share)


def try_placebos(trial: Trial, shown: float, recipe: Recipe) -> Iterator[Check | str]:
    """Yield the gain in two worlds in which support can do nothing.

    `shown` is the spread of the gain of the release.
    """
    most = recipe.config.refute.most_spread
    for key, label, change in (
        ("permuted_support", "support permuted", permute_support),
        ("null_outcome", "outcome made up without support", partial(draw_null_outcome, recipe)),
    ):
        found = _repeat_placebo(change, trial, recipe)
        if isinstance(found, str):
            yield f"{label}: {found}"
            continue
        mean, spread = found
        yield Check(key, label, "0; 0", mean, spread, judge_placebo(mean, spread, shown, most))


def _repeat_placebo(
    change: Callable[[Trial, np.random.Generator], Trial], trial: Trial, recipe: Recipe
) -> tuple[Measured, float] | str:
    """Return mean and spread of the gain, both the mean over the draws, or why there are none."""
    means, errors, spreads = [], [], []
    for number in range(recipe.config.refute.draws):
        # the rows of a trial stand in order, starts first: by the seed alone, every extract would
        # have the same luck
        rng = np.random.default_rng([recipe.seed, len(trial), number])
        effects = recipe.measure(change(trial, rng))
        if isinstance(effects, str):
            return effects
        fitted = fit_gain(effects, recipe.config.usual, recipe.gain, recipe.seed)
        means.append(fitted.mean)
        errors.append(fitted.error)
        spreads.append(fitted.head.predict(effects.sample.matrix).std())
    mean = bound_by_error(float(np.mean(means)), float(np.linalg.norm(errors)) / len(errors))
    return mean, float(np.mean(spreads))


def permute_support(trial: Trial, rng: np.random.Generator) -> Trial:
    """Return the trial with support given to others who could start on about the same day."""
    # rows of one day stand in any order: as they come, the supported are first
    order = np.lexsort((rng.random(len(trial)), trial.day))
    supported = trial.supported.copy()
    for group in np.array_split(order, DAY_GROUPS):
        supported[group] = rng.permutation(supported[group])
    return replace(trial, supported=supported)


def draw_null_outcome(recipe: Recipe, trial: Trial, rng: np.random.Generator) -> Trial:
    """Return the trial with outcomes drawn from what is expected of each row without support.

    Who is supported, and whose outcome is known, stays as it was: all confounding by what is
    written down is still there. What censoring may do is not put to the test: it no longer hangs
    together with the outcome.
    """
    weight = weigh_trial(trial)
    compared = (weight > 0) & (trial.supported == 0)
    sample = Sample(trial.contract, trial.matrix, trial.returned, weight, trial.person)
    usual = recipe.config.usual
    head = fit_usual(sample.take(compared), recipe.gain.nuisance, usual, recipe.seed)
    expected = head.predict(trial.matrix, usual.threads)
    drawn = (rng.random(len(trial)) < expected).astype(float)
    return replace(trial, returned=np.where(weight > 0, drawn, np.nan))


def try_dropping(trial: Trial, known: KnownGain, recipe: Recipe) -> Iterator[Check | str]:
    """Yield the gain on the same rows as the placebos, and without the strongest confounder."""
    before = recipe.measure(trial)
    if isinstance(before, str):
        yield f"the same rows: {before}"
        return
    mean = find_mean(before)
    verdict = Verdict("how surely a placebo of this size tells something from nothing")
    yield Check("same_rows", "nothing changed", "the real gain", mean, None, verdict)
    if not known.confounders:
        return
    strongest = known.confounders[0]
    place = trial.contract.names.index(strongest.field)
    after = recipe.measure(replace(trial, matrix=_blank(trial.matrix, place)))
    if isinstance(after, str):
        yield f"without '{strongest.label_nl}': {after}"
        return
    without = find_mean(after)
    yield Check(
        "strongest_dropped",
        f"without '{strongest.label_nl}'",
        "near the real gain",
        without,
        None,
        judge_dropped(compare_means(before, after), mean, without, strongest.bias),
    )


def _blank(matrix: Matrix, place: int) -> Matrix:
    blank = matrix.copy()
    blank[:, place] = np.nan
    return blank


def try_window(
    extract: Extract, rows: NDArray[np.bool_], recipe: Recipe, as_of: date
) -> Check | str:
    """Return the effect on returns so early that support cannot have caused them.

    A clear effect says that the supported differ in ways that nobody wrote down. Upwards it counts
    against the gain. Downwards it need not: who is in a pathway may put off a return (lock-in, four
    months long in the synthetic world `default`, where this check comes out below 0), and that can
    hide a difference upwards.
    """
    outcome = extract.contract.outcome
    days = max(1, round(recipe.config.refute.early_share * outcome.horizon_days))
    early = replace(extract.contract, outcome=Outcome(days, outcome.sustained_days))
    trial = build_trial(replace(extract, contract=early), seed=recipe.seed, as_of=as_of)
    label = f"returns begun within {days} days"
    effects = recipe.measure(trial.select(rows))  # the same seed gives the same rows
    if isinstance(effects, str):
        return f"{label}: {effects}"
    mean = find_mean(effects)
    verdict = judge_window(mean, by_lot=recipe.by_lot)
    return Check("early_window", label, "0, or below", mean, None, verdict)


def find_mean(effects: Effects) -> Measured:
    """Return the mean gain with its 95 % interval."""
    mean, errors = _spread_mean(effects)
    return _bound(mean, effects.sample.person, errors)


def compare_means(before: Effects, after: Effects) -> Measured:
    """Return by how much the mean gain moved between two measurements of the same people."""
    (first, one), (last, other) = _spread_mean(before), _spread_mean(after)
    person = np.concatenate([before.sample.person, after.sample.person])
    return _bound(last - first, person, np.concatenate([-one, other]))


def _bound(value: float, person: NDArray[np.int64], errors: Floats) -> Measured:
    """Return a figure with its 95 % interval, from what each row adds to its error."""
    return bound_by_error(value, float(np.sqrt((sum_by_person(person, errors) ** 2).sum())))


def _spread_mean(effects: Effects) -> tuple[float, Floats]:
    """Return the doubly robust mean gain, and what each row adds to its error."""
    regression = make_regression(effects)
    guess = float(np.average(regression.target, weights=regression.weight))
    return average_by_row(effects, guess)


def find_sensitivity(known: KnownGain, strengths: tuple[float, ...]) -> Sensitivity | None:
    """Return what a confounder could do that is some times as strong as the strongest measured."""
    if not known.confounders:
        return None
    strongest, effects, mean = known.confounders[0], known.effects, known.mean
    outcome, support = strongest.of_outcome, strongest.of_support
    nearest = max(mean.low, -mean.high, 0.0)
    return Sensitivity(
        field=strongest.field,
        label_nl=strongest.label_nl,
        of_outcome=outcome,
        of_support=support,
        biases={
            times: bound_bias(effects, times * outcome, times * support) for times in strengths
        },
        robustness=known.robustness,
        to_erase=find_strength(effects, outcome, support, abs(mean.value)),
        to_unsettle=find_strength(effects, outcome, support, nearest),
    )


def find_strength(
    effects: Effects, of_outcome: float, of_support: float, bias: float
) -> float | None:
    """Return how many times both shares a confounder must explain to move the mean by `bias`.

    None where even one that explains all there is to explain would not.
    """
    if bias == 0:
        return 0.0
    if of_outcome * of_support == 0:
        return None

    def exceed(times: float) -> float:
        return bound_bias(effects, times * of_outcome, times * of_support) - bias

    most = min(1 / of_outcome, MOST_EXPLAINED / of_support)
    return float(brentq(exceed, 0.0, most)) if exceed(most) > 0 else None
