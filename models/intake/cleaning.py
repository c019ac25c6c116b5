"""Outliers of a series cut out before anything is learnt from it.

A period is an outlier when it stands more than `CUT` times the usual distance from the middle of
the periods around it, season apart (Hampel's filter: Hampel 1974, JASA 69, 383-393, with the
median absolute deviation). What stays away is followed: after `NEAR` periods the middle itself
has moved, so a shift of the level is no outlier.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.intake.panel import Floats, Ints

CUT = 4.0
NEAR = 3  # periods to either side that tell what is usual
ROUNDS = 2  # the season is found anew without the outliers of the first round
LEAST_SPREAD = 1e-3


def cut_outliers(values: Floats, phases: Ints, per_year: int) -> Floats:
    """Return series (series, periods) with outliers replaced by what is usual around them.

    NaN stays NaN. Series of log rates; seasons come from the same phases of other years.
    """
    cleaned = values
    for _ in range(ROUNDS):
        season = _find_season(cleaned, phases, per_year)
        usual = season + _run_median(cleaned - season, NEAR)
        off = values - usual
        spread = np.maximum(1.4826 * _median(np.abs(off), axis=1), LEAST_SPREAD)
        cleaned = np.where(np.abs(off) > CUT * spread[:, None], usual, values)
    return cleaned


def _find_season(values: Floats, phases: Ints, per_year: int) -> Floats:
    """Return the middle distance of each phase from the level of its year: as `values`."""
    off = values - _run_median(values, per_year)
    season = np.zeros_like(values)
    for phase in range(per_year):
        at = phases == phase
        if at.any():
            middle = _median(off[:, at], axis=1)
            season[:, at] = np.where(np.isfinite(middle), middle, 0.0)[:, None]
    return season


def _run_median(values: Floats, reach: int) -> Floats:
    """Return the median of each period and `reach` periods to either side of it."""
    padded = np.pad(values, ((0, 0), (reach, reach)), constant_values=np.nan)
    return _median(sliding_window_view(padded, 2 * reach + 1, axis=1), axis=2)


def _median(values: Floats, axis: int) -> Floats:
    """Return medians of what is known along an axis; NaN where nothing is."""
    ordered = np.sort(values, axis=axis)  # NaN last
    count = np.isfinite(ordered).sum(axis=axis, keepdims=True)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, ordered.shape[axis] - 1)
    both = np.take_along_axis(ordered, low, axis) + np.take_along_axis(ordered, high, axis)
    return np.asarray(np.where(count > 0, both / 2, np.nan).squeeze(axis))
