"""Whether people today are spread otherwise than those of the release.

The size is the total variation: how many in a hundred would need another value. Of that, what
chance alone makes of samples of these sizes is taken off first. Chance is judged by Pearson's test
of homogeneity; how many cases it takes to find a difference of a given size follows from the
noncentral chi-square, as in the population resemblance statistic of Potgieter, Van Zyl, Schutte
and Lombard (2023, arXiv:2307.11878), which replaces fixed limits on the population stability index.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from models.shares import FEWEST_SHOWN
from models.spreads import Codes, Spread
from models.watching import CHANCE, POWER, SMALLEST, Check, Limits

Floats = NDArray[np.float64]
# one in ten people with another value changes what a limit lets through by a noticeable part
INPUT = Limits(watch=0.05, alarm=0.10)
# of missing values: five points more is a delivery that went wrong, or a form that changed
MISSING = Limits(watch=0.03, alarm=0.05)
# a level that three quarters more people have, or that many fewer: it may mean something else now
LEVEL = Limits(watch=0.33, alarm=0.75)
RARE = 0.02  # of people: a level that fewer have, before and after, says too little
TOO_FEW = "too_few"


@dataclass(frozen=True)
class Difference:
    """How far two spreads lie apart: total variation with chance taken off, and its 90 % bounds.

    `psi` is the population stability index, for who knows it; `needed` how many cases it takes.
    """

    variation: float
    low: float
    high: float
    chance: float
    psi: float
    bins: int


def compare(before: Floats, after: Floats) -> Difference:
    """Return how far counts lie apart; bins that nobody has on either side do not count."""
    used = before + after > 0
    before, after = before[used], after[used]
    m, n = before.sum(), after.sum()
    p, q = before / m, after / n
    pooled = (before + after) / (m + n)
    share = pooled * (1 / m + 1 / n)
    statistic = float(((p - q) ** 2 / share).sum())
    by_chance = 0.5 * np.sqrt(2 / np.pi * share * (1 - pooled)).sum()
    found = float(np.abs(p - q).sum() / 2)
    sign = np.sign(q - p)
    error = 0.5 * np.sqrt((1 - (sign @ p) ** 2) / m + (1 - (sign @ q) ** 2) / n)
    variation = max(found - float(by_chance), 0.0)
    odds = np.log((after + 0.5) / (n + 0.5) / ((before + 0.5) / (m + 0.5)))
    return Difference(
        variation,
        max(variation - 1.645 * float(error), 0.0),
        min(variation + 1.645 * float(error), 1.0),
        float(chi2.sf(statistic, max(len(p) - 1, 1))) if len(p) > 1 else 1.0,
        float(((q - p) * odds).sum()),
        len(p),
    )


@cache
def find_needed(bins: int, tests: int, variation: float, reference: int) -> int:
    """Return how many cases it takes to find a total variation among so many tests.

    Pearson's statistic is then at least 4 times its square, per case of either side together.
    """
    degrees = max(bins - 1, 1)
    critical = chi2.isf(CHANCE / max(tests, 1), degrees)
    apart = brentq(lambda x: ncx2.sf(critical, degrees, x) - POWER, 1e-6, 1e5)
    both = apart / (4 * variation**2)
    return int(np.ceil(both / (1 - both / reference))) if reference > both else 10**9


def check_spread(
    kind: str, name: str, spread: Spread, codes: Codes, tests: int, limits: Limits = INPUT
) -> Check:
    """Return how far what is known of one quantity lies from the release; still to be judged."""
    counts, _ = spread.count(codes)
    before = np.array(spread.counts, dtype=float)
    n, m = int(counts.sum()), int(before.sum())
    if n < SMALLEST or m < SMALLEST:
        return Check(kind, name, why=TOO_FEW, count=n)
    found = compare(before, counts)
    return Check(
        kind,
        name,
        size=found.variation,
        chance=found.chance,
        limits=limits,
        count=n,
        needed=find_needed(found.bins, tests, limits.alarm, m),
        figures={"low": found.low, "high": found.high, "psi": found.psi},
    )


def check_missing(name: str, spread: Spread, codes: Codes, tests: int) -> Check:
    """Return how many more, or fewer, lack a value than at the release; still to be judged."""
    counts, missing = spread.count(codes)
    n, m = len(codes), spread.total
    if n < SMALLEST or m < SMALLEST:
        return Check("missing", name, why=TOO_FEW, count=n)
    before = np.array([m - spread.missing, spread.missing], dtype=float)
    found = compare(before, np.array([counts.sum(), missing], dtype=float))
    return Check(
        "missing",
        name,
        size=abs(missing / n - spread.missing / m),
        chance=found.chance,
        limits=MISSING,
        count=n,
        needed=find_needed(2, tests, MISSING.alarm, m),
        figures={"before": spread.missing / m, "after": _show(missing, n)},
    )


def check_levels(name: str, spread: Spread, codes: Codes, tests: int) -> Check | None:
    """Return the level of which the share changed most, as a factor; None for numbers.

    The size is how many times as many people have it, or as few, less one. Rare levels are left
    out, and the one that stands out most is named.
    """
    counts, _ = spread.count(codes)
    before = np.array(spread.counts, dtype=float)
    n, m = counts.sum(), before.sum()
    if not spread.levels or n < SMALLEST or m < SMALLEST:
        return None
    p, q = before / m, counts / n
    common = (np.maximum(p, q) >= RARE) & (np.maximum(before, counts) >= SMALLEST)
    if common.sum() < 1 or len(p) < 2:
        return None
    chances = [
        compare(np.array([a, m - a]), np.array([b, n - b])).chance if is_common else 1.0
        for a, b, is_common in zip(before, counts, common, strict=True)
    ]
    place = int(np.argmin(chances))
    a, b = max(before[place], 0.5) / m, max(counts[place], 0.5) / n
    return Check(
        "level",
        name,
        spread.levels[place],
        size=float(max(a / b, b / a) - 1),
        chance=min(min(chances) * int(common.sum()), 1.0),
        limits=LEVEL,
        count=int(n),
        figures={"before": float(p[place]), "after": _show(float(counts[place]), float(n))},
        needed=_find_needed_for_level(float(a), tests * int(common.sum())),
    )


def _show(count: float, of: float) -> float:
    """Return a share; that of fewer than five reads as none."""
    return count / of if count >= FEWEST_SHOWN else 0.0


def _find_needed_for_level(share: float, tests: int) -> int:
    """Return how many cases it takes to see a level of some share grow as much as the limit."""
    more = LEVEL.alarm * share
    spare = share * (1 - min(share, 0.99))
    apart = chi2.isf(CHANCE / max(tests, 1), 1) ** 0.5 + 0.84
    return int(np.ceil(spare * (apart / more) ** 2))
