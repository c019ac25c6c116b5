"""Simulated futures of counts: whole numbers per region, whose sums are the groups and the total.

Imports numpy only: the web process simulates with these too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)  # the ends of the intervals of 95 and 80 %, and the median


@dataclass(frozen=True)
class Paths:
    """Counts that may come: (draws, regions, horizon), never below nought.

    One draw is one future of all regions together, so any sum over regions or periods is a draw
    of that sum: groups and totals add up, and their intervals follow from the same draws.
    """

    regions: tuple[str, ...]
    starts: NDArray[np.datetime64]
    days: Floats
    counts: Ints

    def total(self) -> Ints:
        """Return the draws of the sum over regions: (draws, horizon)."""
        summed: Ints = self.counts.sum(axis=1)
        return summed

    def grouped(self, groups: tuple[str, ...]) -> "Paths":
        """Return the same futures per group; `groups` names one for each region."""
        names = tuple(dict.fromkeys(groups))
        member = np.array([[one == name for one in groups] for name in names], dtype=np.int64)
        summed = np.einsum("gr,drh->dgh", member, self.counts)
        return Paths(names, self.starts, self.days, summed)

    def quantiles(self, levels: tuple[float, ...] = LEVELS) -> Floats:
        """Return quantiles per region: (levels, regions, horizon)."""
        return np.asarray(np.quantile(self.counts, levels, axis=0))

    def total_quantiles(self, levels: tuple[float, ...] = LEVELS) -> Floats:
        """Return quantiles of the total: (levels, horizon)."""
        return np.asarray(np.quantile(self.total(), levels, axis=0))
