"""What a model says of a case, on the scale from 0 to 1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """The estimate of one case.

    `base + contributions.sum() + limit == p_usual`; `contributions` has one value per contract
    field and `limit` is what keeping the sum between 0 and 1 took away or added, nearly always 0.
    `low` and `high` bound the score with 90 % confidence. `gain` and `p_support` are None where
    the gain of support is not known.
    """

    p_usual: float
    low: float
    high: float
    gain: float | None
    p_support: float | None
    base: float
    contributions: Floats
    limit: float


@dataclass(frozen=True)
class Estimates:
    """The estimates of many cases: `Estimate`, with one value or one row per case."""

    p_usual: Floats
    low: Floats
    high: Floats
    gain: Floats | None
    p_support: Floats | None
    base: float
    contributions: Floats
    limit: Floats

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.p_usual)

    def one(self, place: int) -> Estimate:
        """Return the estimate of the case at `place`."""
        return Estimate(
            p_usual=float(self.p_usual[place]),
            low=float(self.low[place]),
            high=float(self.high[place]),
            gain=None if self.gain is None else float(self.gain[place]),
            p_support=None if self.p_support is None else float(self.p_support[place]),
            base=self.base,
            contributions=self.contributions[place],
            limit=float(self.limit[place]),
        )
