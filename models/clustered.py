"""Means and shares of cases of which several may be of one person.

The variance adds up what each person brings together (Liang and Zeger 1986, for a mean), with their
correction for few persons, so that somebody who was assessed ten times is no ten people.
"""

from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np
from numpy.typing import NDArray

from models.heads import NINETY_PERCENT
from models.shares import bound_share

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A mean or a share among so many cases of so many persons, with an interval.

    The bounds are NaN where fewer than two persons tell how they vary.
    """

    value: float
    low: float
    high: float
    cases: int
    persons: int


def mean_of(values: Floats, persons: NDArray[np.intp], errors: float = NINETY_PERCENT) -> Measured:
    """Return the mean with bounds of so many standard errors; `persons` numbers them from 0.

    Raises ValueError where there is no case.
    """
    if not len(values):
        raise ValueError("expected at least one case")
    value = float(values.mean())
    error, count = _measure_error(values, value, persons)
    return Measured(value, value - errors * error, value + errors * error, len(values), count)


def share_of(holds: NDArray[np.bool_], persons: NDArray[np.intp]) -> Measured:
    """Return the share of cases for which something holds, with Wilson's 90 % interval.

    It counts as many cases as there would be if all were of other people, and never more than there
    are; where all agree, one per person. Raises ValueError where there is no case.
    """
    found = mean_of(holds.astype(float), persons)
    error = (found.high - found.value) / NINETY_PERCENT
    alone = found.value * (1 - found.value)
    count = float(found.persons)
    if not isnan(error) and error > 0:
        count = min(max(alone / error**2, 1.0), float(found.cases))
    low, high = bound_share(found.value, count)
    return Measured(found.value, low, high, found.cases, found.persons)


def _measure_error(values: Floats, mean: float, persons: NDArray[np.intp]) -> tuple[float, int]:
    """Return the standard error of a mean, and how many persons there are."""
    _, places = np.unique(persons, return_inverse=True)
    together = np.bincount(places, weights=values - mean)
    count = len(together)
    if count < 2:
        return float("nan"), count
    spread = float((together**2).sum()) * count / (count - 1)
    return sqrt(spread) / len(values), count
