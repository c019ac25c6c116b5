"""Whether ranking people by their gain told anything of people who came later."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.tables import Extract
from features.trial import Trial, build_trial
from models.effects import Effects, find_effects, sum_by_person
from models.gain import make_regression
from models.heads import NINETY_PERCENT
from models.net import choose_net, fit_net
from training.config import Config
from training.evaluate import Measured

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Skill:
    """How a ranking by gain did on people who came later than all that it was learnt from.

    `slope`: by how much the gain of who was ranked first exceeds that of who was ranked last, as a
    probability, with its 90 % interval. `gain` is the gain by which each row of the effects was
    ranked, NaN for rows that were only learnt from; `supported` counts the supported among the
    ranked.
    """

    slope: Measured
    gain: Floats
    supported: int

    @property
    def is_better_than_chance(self) -> bool:
        """Tell whether the lower bound of the slope is above 0."""
        return self.slope.low > 0


def measure_skill(
    extract: Extract, trial: Trial, effects: Effects, config: Config, seed: int, *, by_lot: bool
) -> Skill:
    """Return the skill of straight lines, learnt by each cut in time and tested until the next.

    The lines know what was known on the day of the cut; a cut at which that was too little ranks
    nobody. Lines, also where trees are released: differences that lines can't find among later
    people are not shown to anybody.
    """
    began = _find_starts(trial)[effects.rows]
    days = np.unique(np.quantile(began, config.gain.cuts).astype(np.int64))
    gain = np.full(len(effects), np.nan)
    for day, end in zip(days, [*days[1:], np.iinfo(np.int64).max], strict=True):
        is_later = (began >= day) & (began < end)
        known_on = np.datetime64(int(day), "D").astype(date)
        earlier = build_trial(extract, seed=seed, as_of=known_on)
        learn = find_effects(earlier, config.usual, config.gain, seed, by_lot=by_lot)
        if isinstance(learn, str):
            continue
        regression = make_regression(learn)
        lines = fit_net(
            regression, choose_net(regression, config.gain.folds, seed, uses_gaps=by_lot)
        )
        gain[is_later] = lines.predict(effects.sample.matrix[is_later])
    tested = effects.take(~np.isnan(gain))
    return Skill(
        measure_ranking_slope(tested, gain[~np.isnan(gain)]), gain, int(tested.supported.sum())
    )


def measure_ranking_slope(effects: Effects, ranking: Floats) -> Measured:
    """Return how much gain differs from the last to the first of a ranking, with a 90 % interval.

    The slope of the gain on the place in the ranking (0 to 1), by residual on residual: people
    whose support was least settled beforehand tell most. Its sign is that of the Qini coefficient
    with the same weights. Without rows or differences it is 0.
    """
    exposure, weight = effects.exposure, effects.sample.weight
    mass = weight * exposure**2
    if not len(effects) or np.ptp(ranking) == 0:
        return Measured(0.0, 0.0, 0.0)
    place = _rank(ranking, mass)
    level = float((weight * exposure * effects.residual).sum() / mass.sum())
    left = effects.residual - level * exposure
    spread = float((mass * place**2).sum())
    slope = float((weight * exposure * place * left).sum()) / spread
    sums = sum_by_person(
        effects.sample.person, weight * exposure * place * (left - slope * place * exposure)
    )
    half = NINETY_PERCENT * float(np.sqrt((sums**2).sum())) / spread
    return Measured(slope, slope - half, slope + half)


def _rank(values: Floats, weight: Floats) -> Floats:
    """Return the place of each value, from -0.5 for the lowest to 0.5; equals share theirs."""
    _, place = np.unique(values, return_inverse=True)
    mass = np.bincount(place, weights=weight)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    centred: Floats = middle[place] - np.average(middle[place], weights=weight)
    return centred


def _find_starts(trial: Trial) -> NDArray[np.int64]:
    """Return the day on which each row began, in days since 1970."""
    began = trial.screened_on + trial.day.astype("timedelta64[D]")
    days: NDArray[np.int64] = began.astype("datetime64[D]").astype(np.int64)
    return days
