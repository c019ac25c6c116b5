"""What each row of a target trial says of the gain: residuals of outcome and support, and scores.

Both nuisances, the expected outcome and the chance of support, are fitted on other persons. The
score of a row is doubly robust (augmented inverse probability weighting; Robins, Rotnitzky and
Zhao 1994): right on average when either nuisance is.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.contract import Field
from features.outcomes import weigh
from features.trial import Trial
from models.heads import OverlapHead, TreeHead
from models.usual import Sample, Shape, UsualConfig, fit_boosted, fit_usual, split_by_person

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEWEST_TOLD = 5  # people: a smaller count tells too much of each of them


@dataclass(frozen=True)
class GainConfig:
    """How the gain is learnt; training/config.toml gives the reason of each number."""

    nuisance_leaves: int
    nuisance_rounds: int
    nuisance_share: float
    support_rounds: int
    least_chance: float
    least_of_share: float
    leaves: int
    rounds: int
    folds: int
    fewest_supported: int
    least_followed: float
    boosted_share: float
    clear_errors: float
    boosted_errors: float
    refits: int
    cuts: tuple[float, ...]
    hidden_strength: float

    @property
    def nuisance(self) -> Shape:
        """The shape of the nuisances that are a chance of return."""
        return Shape(self.nuisance_leaves, self.nuisance_rounds, self.nuisance_share, 0.0)


@dataclass(frozen=True)
class Effects:
    """Rows of a trial whose outcome is known and that overlap, with what they say of the gain.

    `rows` are their places in the trial. `sample` holds matrix, outcome, censoring weight and
    person. `residual` is what is left of the outcome, `exposure` of support, after what is known
    of a person; `chance` is the propensity. `by_lot` tells that a lot gave support.
    """

    rows: NDArray[np.intp]
    sample: Sample
    supported: Floats
    residual: Floats
    exposure: Floats
    chance: Floats
    by_lot: bool

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def take(self, rows: NDArray[np.intp] | Bools) -> "Effects":
        """Return some of the rows."""
        return Effects(
            self.rows[rows],
            self.sample.take(rows),
            self.supported[rows],
            self.residual[rows],
            self.exposure[rows],
            self.chance[rows],
            self.by_lot,
        )

    def score(self, gain: Floats | float) -> Floats:
        """Return the doubly robust score of each row, given a guess of each row's gain.

        Right on average whatever the guess; the better the guess, the smaller the noise. The
        guess of a row may not have been learnt from its person.
        """
        inverse = self.exposure / (self.chance * (1 - self.chance))
        scores: Floats = gain + inverse * (self.residual - gain * self.exposure)
        return scores


def find_effects(
    trial: Trial, usual: UsualConfig, config: GainConfig, seed: int, *, by_lot: bool = False
) -> Effects | str:
    """Return what `measure_effects` does, or why nothing can be learnt from these rows."""
    if short := find_shortfall(trial, config):
        return short
    effects = measure_effects(trial, usual, config, seed, by_lot=by_lot)
    count, others = (int((effects.supported == arm).sum()) for arm in (1.0, 0.0))
    return find_short_arm(count, others, config, "comparable ") or effects


def find_shortfall(trial: Trial, config: GainConfig) -> str:
    """Tell why nothing can be learnt, as far as counts show it; "" where they do not."""
    if not trial.supported.any():
        return "nobody in the extract started support while still off work"
    weight = weigh_trial(trial)
    is_known = weight > 0
    count, others = (int((trial.supported[is_known] == arm).sum()) for arm in (1.0, 0.0))
    if short := find_short_arm(count, others, config):
        return short
    if brief := _find_brief_arm(trial, weight, config):
        return brief
    if len(np.unique(trial.returned[is_known])) < 2:
        return "everybody in the target trial returned, or nobody did"
    return ""


def find_short_arm(supported: int, others: int, config: GainConfig, which: str = "") -> str:
    """Tell whether the supported or the others are too few; "" where both are enough."""
    fewest = config.fewest_supported
    for count, who in ((supported, "who started support"), (others, "to compare them with")):
        if count < fewest:
            shown = str(count) if count >= FEWEST_TOLD or not count else f"< {FEWEST_TOLD}"
            return f"the outcome is known of {shown} {which}people {who}, and {fewest} are needed"
    return ""


def _find_brief_arm(trial: Trial, weight: Floats, config: GainConfig) -> str:
    """Tell which arm was followed too briefly; "" where both were followed long enough.

    Weights of an arm add up to its rows, less those whose end nobody could have seen: who returns
    is soon known, who does not only at the horizon, so that what is missing are non-returns.
    """
    for arm, who in ((1.0, "who started support"), (0.0, "to compare them with")):
        seen = float(weight[trial.supported == arm].mean())
        if seen < config.least_followed:
            return (
                f"people {who} were followed too briefly: {1 - seen:.0%} of outcomes cannot be "
                "seen, and those are all non-returns"
            )
    return ""


def measure_effects(
    trial: Trial, usual: UsualConfig, config: GainConfig, seed: int, *, by_lot: bool = False
) -> Effects:
    """Return residuals of all rows whose outcome is known and that are comparable with others.

    `by_lot`: a lot on the screening day gave support, so that everybody's chance is the share that
    got it.
    """
    usual = replace(usual, repeats=1)  # what one fit owes to chance the folds average out
    weight = weigh_trial(trial)
    known = np.flatnonzero(weight > 0)
    support = _sample(trial, trial.supported, np.ones(len(trial)))
    outcome = _sample(trial, trial.returned, weight).take(known)
    expected, chance = np.empty(len(trial)), np.full(len(trial), trial.supported.mean())
    for held_out in split_by_person(trial.person, config.folds, seed):
        matrix = support.matrix[held_out]
        head = fit_usual(outcome.take(~held_out[known]), config.nuisance, usual, seed)
        expected[held_out] = head.predict(matrix, usual.threads)
        if not by_lot:
            likely = _fit_chance(support.take(~held_out), usual, config, seed)
            chance[held_out] = likely.predict(matrix, usual.threads)
    least, most = find_bounds(trial, config)
    kept = known[(chance[known] >= least) & (chance[known] <= most)]
    supported = trial.supported[kept]
    return Effects(
        rows=kept,
        sample=replace(outcome, contract=trial.contract, matrix=trial.matrix[known]).take(
            np.searchsorted(known, kept)
        ),
        supported=supported,
        residual=trial.returned[kept] - expected[kept],
        exposure=supported - chance[kept],
        chance=chance[kept],
        by_lot=by_lot,
    )


def weigh_trial(trial: Trial) -> Floats:
    """Return censoring weights, supported and comparisons each on their own; 0 where not known."""
    weight = np.zeros(len(trial))
    for arm in (0.0, 1.0):
        rows = trial.supported == arm
        weight[rows] = weigh(trial.returned[rows], trial.known_days[rows])
    return weight


def find_bounds(trial: Trial, config: GainConfig) -> tuple[float, float]:
    """Return between which chances of support a row has others to be compared with.

    Where support is rare, so is a chance of 2 %, and the bound goes down with the share supported.
    """
    share = float(trial.supported.mean())
    least = min(config.least_chance, config.least_of_share * share)
    return least, 1 - min(config.least_chance, config.least_of_share * (1 - share))


def fit_overlap(trial: Trial, usual: UsualConfig, config: GainConfig, seed: int) -> OverlapHead:
    """Return where a new case has others to be compared with, from what is known of it."""
    sample = Sample(
        trial.contract, trial.matrix, trial.supported, np.ones(len(trial)), trial.person
    )
    return OverlapHead(_fit_chance(sample, usual, config, seed), *find_bounds(trial, config))


def _fit_chance(sample: Sample, usual: UsualConfig, config: GainConfig, seed: int) -> TreeHead:
    """Return the chance of support: trees on log-odds, where who is never supported gets none."""
    leaves, rounds = config.nuisance_leaves, config.support_rounds
    return fit_boosted(sample, leaves, rounds, usual, seed, objective="binary")[0]


def average_gain(effects: Effects, gain: Floats | float) -> tuple[float, float]:
    """Return the mean gain of those who could have started, and its standard error by person."""
    mean, errors = average_by_row(effects, gain)
    return mean, float(np.sqrt((sum_by_person(effects.sample.person, errors) ** 2).sum()))


def average_by_row(effects: Effects, gain: Floats | float) -> tuple[float, Floats]:
    """Return the mean gain of those who could have started, and what each row adds to its error."""
    score, weight = effects.score(gain), effects.sample.weight
    mean = float(np.average(score, weights=weight))
    return mean, weight * (score - mean) / weight.sum()


def sum_by_person(person: NDArray[np.int64], values: Floats) -> Floats:
    """Return one sum per person."""
    _, place = np.unique(person, return_inverse=True)
    sums: Floats = np.bincount(place, weights=values).astype(np.float64)
    return sums


def _sample(trial: Trial, target: Floats, weight: Floats) -> Sample:
    """Return the rows with the day as one more input: it matters to outcome and to support."""
    day = Field("support_day", "number", "Dag van de start", "trial", low=0, high=36500)
    contract = replace(trial.contract, fields=(*trial.contract.fields, day))
    matrix = np.column_stack([trial.matrix, trial.day])
    return Sample(contract, matrix, target, weight, trial.person)
