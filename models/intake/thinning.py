"""Who of so many goes on, drawn so that the same luck gives the same number, and more gives more.

A what-if needs the same draws before and after: each number here is a quantile, at luck that is
drawn once, of a binomial distribution. A larger chance or count then never takes anybody away
beyond rounding.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Reals = NDArray[np.float64] | NDArray[np.float32]
EXACT_BELOW = 3.0  # variance under which the quantile is found by adding up chances
MOST_STEPS = 200


def thin(z: Reals, n: Reals, p: Reals) -> Floats:
    """Return whole numbers from 0 to `n`: binomial(n, p) where `z` is standard normal.

    All three broadcast; n need not be whole. From a variance of 3 on the Cornish-Fisher expansion
    with its first term for skewness stands in for the quantile (Johnson, Kemp and Kotz, Univariate
    Discrete Distributions, 2005, section 3.6); below that it is exact.
    """
    z, n, p = np.broadcast_arrays(z, n, p)
    mean = n * p
    variance = mean * (1 - p)
    found = mean + np.sqrt(variance) * z + (1 - 2 * p) * (z * z - 1) / 6
    np.rint(found, out=found)
    np.clip(found, 0, np.floor(n), out=found)
    few = variance < EXACT_BELOW
    if few.any():
        found[few] = _find_few(z[few], n[few], p[few], mean[few], variance[few])
    return np.asarray(found)


def _find_few(z: Reals, n: Reals, p: Reals, mean: Reals, variance: Reals) -> Floats:
    found = np.rint(mean)
    open_to = np.flatnonzero(variance > 0)
    found[open_to] = _find_exactly(*(part[open_to].astype(float) for part in (z, n, p)))
    return np.asarray(found)


def _find_exactly(z: Floats, n: Floats, p: Floats) -> Floats:
    """Return quantiles by adding up chances from 0, or from `n` where most go on."""
    most = p > 0.5
    found = _add_up(to_share(np.where(most, -z, z)), n, np.where(most, 1 - p, p))
    return np.where(most, np.floor(n) - found, found)


def _add_up(u: Floats, n: Floats, p: Floats) -> Floats:
    found = np.zeros(len(u))
    chance = np.exp(n * np.log1p(-p))
    odds = p / (1 - p)
    left = u - chance
    at = np.flatnonzero(left > 0)
    n, chance, odds, left = n[at], chance[at], odds[at], left[at]
    for count in range(1, MOST_STEPS):
        if not len(at):
            break
        chance = chance * odds * np.maximum(n - count + 1, 0) / count
        left = left - chance
        found[at] = count
        goes_on = (left > 0) & (count < np.floor(n))
        at, n, chance = at[goes_on], n[goes_on], chance[goes_on]
        odds, left = odds[goes_on], left[goes_on]
    return found


def to_share(z: Floats) -> Floats:
    """Return the standard normal distribution function, right to 1e-7.

    Abramowitz and Stegun (1964), formula 26.2.17.
    """
    t = 1 / (1 + 0.2316419 * np.abs(z))
    series = 0.319381530 + t * (
        -0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))
    )
    upper = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * t * series
    return np.asarray(np.where(z > 0, 1 - upper, upper))
