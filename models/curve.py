"""The return curve: the estimate at the horizon, carried to earlier and to later days.

Before the horizon p is multiplied by the share that was back sooner; after it, who is not back yet
has a chance to return still. Both are shares, so the curve never falls and passes through the
estimate itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.estimate import Estimate, Estimates, Sum, Sums, bound
from models.heads import NINETY_PERCENT, AdditiveHead

Floats = NDArray[np.float64]
# of a value and both its bounds
_ERRORS = np.array([[0.0], [-NINETY_PERCENT], [NINETY_PERCENT]])
_NOT_KNOWN = (np.nan, np.nan, np.nan)


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

    @cached_property
    def leeway(self) -> tuple[Floats, Floats]:
        """The shift and the error without and with support, of the value and both its bounds."""
        shift = np.array([0.0, self.shift])
        error = np.array([self.error, np.hypot(self.error, self.shift_error)])
        return shift[:, None, None], error[:, None, None] * _ERRORS


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


def trace_curve(curve: CurveHead, estimate: Estimate, row: Matrix) -> tuple[CurvePoint, ...]:
    """Return the curve of one case, in order of days."""
    shares = _find_shares(curve, row[None, :], 1)
    return next(list_curves(_carry(curve, estimate.usual, estimate.support, shares)))


def trace_curves(
    curve: CurveHead, estimates: Estimates, matrix: Matrix, threads: int = 1
) -> Curves:
    """Return the curves of all rows of a matrix, from their estimates."""
    shares = _find_shares(curve, matrix, threads)
    return _carry(curve, estimates.usual, estimates.support, shares)


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
    curve: CurveHead, usual: Sum | Sums, support: Sum | Sums | None, shares: Sequence[Floats]
) -> Curves:
    """Return the curves through the estimates at the horizon.

    Their bounds are carried with bounds of the shares: they rise as surely as the curve itself.
    """
    # without support and with, value, low and high of each: all at once
    ends = (*usual.bounded, *(support.bounded if support else _NOT_KNOWN))
    at_horizon = np.array([np.atleast_1d(one) for one in ends]).reshape(2, 3, -1)
    early, late = [], [at_horizon]
    for step, share in zip(curve.steps, shares, strict=True):
        shift, error = step.leeway
        part = bound(bound(share, 0.0, 1.0) + shift + error, 0.0, 1.0)
        if step.days < curve.horizon_days:
            early.append(late[0] * part)
        else:
            late.append(late[-1] + (1.0 - late[-1]) * part)
    without, with_support = np.stack(early + late, axis=-1)
    return Curves(curve.days, Band(*without), Band(*with_support))
