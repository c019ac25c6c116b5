"""The return curve: the estimate at the horizon, carried to earlier and to later days.

Before the horizon p is multiplied by the share that was back sooner; after it, who is not back yet
has a chance to return still. Both are shares, so the curve never falls and passes through the
estimate itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.estimate import Estimate, Estimates, Sum, Sums
from models.heads import NINETY_PERCENT, AdditiveHead

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CurveStep:
    """A day of the curve, and the share that leads to it.

    Before the horizon `head` gives the share of those back at the horizon who were back by `days`.
    After it, the share of those not back at the day before it in the curve who are by `days`.
    Support adds `shift` to that share. Both errors are standard errors.
    """

    days: int
    head: AdditiveHead
    error: float
    shift: float
    shift_error: float


@dataclass(frozen=True)
class CurveHead:
    """Steps in order of days, at most one of them before the horizon of the contract."""

    horizon_days: int
    steps: tuple[CurveStep, ...]

    @property
    def days(self) -> tuple[int, ...]:
        """The days of the curve, the horizon among them."""
        return tuple(sorted([self.horizon_days, *(step.days for step in self.steps)]))


@dataclass(frozen=True)
class CurvePoint:
    """The chance to be back by a day, with 90 % intervals; support is None where not known."""

    days: int
    usual: float
    usual_low: float
    usual_high: float
    support: float | None
    support_low: float | None
    support_high: float | None


@dataclass(frozen=True)
class Band:
    """Chances and the 90 % intervals around them: one row per case, one column per day."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Curves:
    """The curves of many cases; `support` is NaN where the gain is not known."""

    days: tuple[int, ...]
    usual: Band
    support: Band


def trace_curve(curve: CurveHead, estimate: Estimate, row: Matrix) -> list[CurvePoint]:
    """Return the curve of one case, in order of days."""
    shares = _find_shares(curve, row[None, :], 1)
    usual = _list_points(_carry(curve, estimate.usual, shares, with_support=False))
    if estimate.support is None:
        support: list[tuple[float | None, ...]] = [(None, None, None)] * len(usual)
    else:
        support = [*_list_points(_carry(curve, estimate.support, shares, with_support=True))]
    return [
        CurvePoint(day, *without, *with_support)
        for day, without, with_support in zip(curve.days, usual, support, strict=True)
    ]


def trace_curves(
    curve: CurveHead, estimates: Estimates, matrix: Matrix, threads: int = 1
) -> Curves:
    """Return the curves of all rows of a matrix, from their estimates."""
    shares = _find_shares(curve, matrix, threads)
    return Curves(
        curve.days,
        _carry(curve, estimates.usual, shares, with_support=False),
        _carry(curve, estimates.support, shares, with_support=True),
    )


def list_curves(curves: Curves) -> Iterator[tuple[CurvePoint, ...]]:
    """Yield the curve of each case, in order of days."""
    bands = [
        np.asarray(part).tolist()
        for band in (curves.usual, curves.support)
        for part in (band.value, band.low, band.high)
    ]
    for parts in zip(*bands, strict=True):
        yield tuple(
            CurvePoint(day, *numbers[:3], *(None if isnan(n) else n for n in numbers[3:]))
            for day, *numbers in zip(curves.days, *parts, strict=True)
        )


def _find_shares(curve: CurveHead, matrix: Matrix, threads: int) -> list[Floats]:
    return [step.head.predict(matrix, threads) for step in curve.steps]


def _carry(
    curve: CurveHead, end: Sum | Sums, shares: Sequence[Floats], *, with_support: bool
) -> Band:
    """Return the band through `end`, the estimate at the horizon.

    Its bounds are carried with bounds of the shares: they rise as surely as the curve itself.
    """
    # value, low and high at once: one row each
    at_horizon = np.array([np.atleast_1d(one) for one in (end.value, end.low, end.high)])
    early, late = [], [at_horizon]
    for step, share in zip(curve.steps, shares, strict=True):
        shift = step.shift if with_support else 0.0
        error = np.hypot(step.error, step.shift_error) if with_support else step.error
        part = _limit(_limit(share) + shift + _ERRORS * error)
        if step.days < curve.horizon_days:
            early.append(late[0] * part)
        else:
            late.append(late[-1] + (1.0 - late[-1]) * part)
    return Band(*np.stack(early + late, axis=-1))


_ERRORS = np.array([[0.0], [-NINETY_PERCENT], [NINETY_PERCENT]])


def _limit(share: Floats) -> Floats:
    limited: Floats = np.minimum(np.maximum(share, 0.0), 1.0)  # much quicker than np.clip on a row
    return limited


def _list_points(band: Band) -> list[tuple[float, float, float]]:
    """Return value, low and high of each day of a band with one case."""
    return [
        (float(value), float(low), float(high))
        for value, low, high in zip(band.value[0], band.low[0], band.high[0], strict=True)
    ]
