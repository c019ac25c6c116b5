"""What an extract can tell of the gain, before anything is trained: counts, overlap, precision."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.stats import norm

from features.tables import Extract
from features.trial import Trial, build_trial
from models.effects import Effects, average_gain, find_short_arm, find_shortfall, measure_effects
from training.config import Config
from training.evaluate import NINETY_FIVE_PERCENT
from training.gain import check_lot
from training.refute import draw_rows

HALVES_DIFFER = 2.0  # standard errors of the mean, between the means of two halves


@dataclass(frozen=True)
class GainOutlook:
    """What the target trial of an extract holds.

    `starts` and `others` are people with a known outcome, `comparable` and `comparable_others` how
    many of them have a counterpart, by the propensity model of training; without a fit they are
    None. `wide` is the half-width of the 95 % interval of the mean gain by chance alone; `apart`
    is by how much the gain of two halves of the people must differ to be seen four times in five.
    """

    why_not: str
    starts: int
    others: int
    comparable: int | None = None
    comparable_others: int | None = None
    wide: float = 0.0
    apart: float = 0.0
    is_sampled: bool = False
    by_lot: bool = False

    @property
    def overlap(self) -> float | None:
        """The share of the supported with a counterpart, None where that was not measured."""
        return None if self.comparable is None else self.comparable / max(self.starts, 1)


def look_at_gain(
    extract: Extract, config: Config, seed: int, *, as_of: date, by_lot: bool = False
) -> GainOutlook:
    """Return what training would find to learn the gain from; of a large trial on a part."""
    trial = build_trial(extract, seed=seed, as_of=as_of)
    if by_lot:
        check_lot(trial)
    starts, others = _count_known(trial)
    if short := find_shortfall(trial, config.gain):
        return GainOutlook(short, starts, others)
    rows = draw_rows(trial, config, seed)
    part = trial.select(rows)
    effects = measure_effects(part, config.usual, config.gain, seed, by_lot=by_lot)
    known, known_others = _count_known(part)
    some = [int((effects.supported == arm).sum()) for arm in (1.0, 0.0)]
    comparable = round(some[0] * starts / max(known, 1))
    comparable_others = round(some[1] * others / max(known_others, 1))
    why_not = find_short_arm(comparable, comparable_others, config.gain, "comparable ")
    wide = 0.0 if why_not else _measure_error(effects) * float(np.sqrt(rows.mean()))
    return GainOutlook(
        why_not,
        starts,
        others,
        comparable,
        comparable_others,
        NINETY_FIVE_PERCENT * wide,
        HALVES_DIFFER * (NINETY_FIVE_PERCENT + float(norm.ppf(config.check.power))) * wide,
        is_sampled=not rows.all(),
        by_lot=by_lot,
    )


def _count_known(trial: Trial) -> tuple[int, int]:
    known = ~np.isnan(trial.returned)
    supported = trial.supported[known]
    return int((supported == 1).sum()), int((supported == 0).sum())


def _measure_error(effects: Effects) -> float:
    """Return the standard error of the mean gain; the mean itself waits for the training."""
    return average_gain(effects, 0.0)[1]
