"""How much chances of months differ beyond lot: in each region by itself, and in all together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST = 0.05  # months that differ by a tenth of their tries, where half pass
FEWEST_MONTHS = 6
MIDDLE = 0.455  # median of a chi-square with one degree of freedom
FURTHEST = 16.0  # times the usual: what is further off is one month gone wrong, not what months do
SURE = 1.0  # standard errors over what lot brings, from which on months are taken to differ


@dataclass(frozen=True)
class Wobble:
    """Correlations within a month, 0 or more: in one region, and what all regions share."""

    own: float = 0.0
    shared: float = 0.0

    def discount(self, tried: Floats) -> Floats:
        """Return for how many independent tries those of each region and month count."""
        whole = tried.sum(axis=0)
        more = np.maximum(tried - 1, 0) * self.own + np.maximum(whole - 1, 0) * self.shared
        return np.asarray(tried / (1 + more))


def measure_wobble(tried: Floats, passed: Floats, chance: Floats) -> Wobble:
    """Return what months differ by, given the chance expected per region and month.

    The moment estimator of Williams (1982): Pearson's statistic over n cells is expected to be the
    sum of 1 + (size - 1) rho; once over regions and months, once over months with the regions
    together, which tells the two parts apart. Less than one standard error over lot counts as none.
    """
    variance = tried * chance * (1 - chance)
    use = variance > 1
    regions, months = len(tried), int(use.any(axis=0).sum())
    cells = int(use.sum())
    if months < FEWEST_MONTHS or cells <= 2 * regions:
        return Wobble()
    gap = np.where(use, passed - tried * chance, 0.0)
    off = _add_up(gap[use] ** 2 / variance[use]) * cells / (cells - regions) - cells
    both = max(off, 0.0) / float((tried[use] - 1).sum()) if off > SURE * _lot(cells) else 0.0
    if regions == 1 or both == 0:
        return Wobble(min(both, MOST), 0.0)
    size, lot = np.where(use, tried, 0.0), np.where(use, variance, 0.0).sum(axis=0)
    known = lot > 0
    whole = size.sum(axis=0)[known]
    together = _add_up(gap.sum(axis=0)[known] ** 2 / lot[known]) * months / (months - 1)
    alone = float(((size**2).sum(axis=0)[known] / whole).sum())
    over = together - months - alone * both
    shared = over / max(float(whole.sum()) - alone, 1.0) if over > SURE * _lot(months) else 0.0
    shared = min(shared, both)
    return Wobble(min(both - shared, MOST), min(shared, MOST))


def _add_up(apart: Floats) -> float:
    """Return the sum of squared distances, the furthest drawn in."""
    usual = max(float(np.median(apart)) / MIDDLE, 1.0)
    return float(np.minimum(apart, FURTHEST * usual).sum())


def _lot(cells: int) -> float:
    """Return the standard error of a chi-square statistic."""
    return float(np.sqrt(2 * cells))
