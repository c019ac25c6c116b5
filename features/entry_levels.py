"""How each count compares with its own neighbours in time, what all regions share taken out."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.entry_table import Floats

HALF = 0.5  # added before a logarithm, so that zero has one
MAD = 1.4826  # a median of absolute deviations to the standard deviation of a normal distribution
# the median of four neighbours varies too: 1 + pi/2/4, of the variance of one count
NEIGHBOURS = 1.4
FEWEST_REGIONS = 4
FEWEST_YEARS = 4


@dataclass(frozen=True)
class Levels:
    """Logs of counts per day, each array (regions, periods).

    `seen` are the counts without what all regions share, `level` the median of the neighbours,
    `error` the standard deviation of one around the other: as the region has it over all periods,
    and never less than what counting people gives (Poisson).
    """

    seen: Floats
    level: Floats
    error: Floats

    @property
    def away(self) -> Floats:
        """How many standard deviations each count is away from its neighbours."""
        return (self.seen - self.level) / self.error

    @property
    def ratio(self) -> Floats:
        """Each count as a multiple of what its neighbours let expect."""
        return np.exp(self.seen - self.level)


def find_levels(
    counts: Floats, days: Floats, reach: int = 2, season: NDArray[np.int64] | None = None
) -> Levels:
    """Compare counts with the median of those up to `reach` periods before and after.

    With four regions or more, what they share in a period is taken out. With `season`, the month of
    each period, what recurs in that month is expected, given four years or more.
    """
    with ignoring_blanks():
        logs = np.log((counts + HALF) / days)
        shared = np.zeros(counts.shape[1])
        if len(counts) >= FEWEST_REGIONS:
            shared = np.nanmedian(logs - np.nanmedian(logs, axis=1, keepdims=True), axis=0)
        seen = logs - np.nan_to_num(shared)
        level = take_median(seen, reach)
        if season is not None:
            level = level + _find_season(seen - level, season)
        spread = MAD * np.nanmedian(np.abs(seen - level), axis=1, keepdims=True)
        expected = np.exp(level + np.nan_to_num(shared)) * days
        return Levels(seen, level, np.maximum(spread, np.sqrt(NEIGHBOURS / (expected + HALF))))


def take_median(values: Floats, reach: int) -> Floats:
    """Return the median of the neighbours of each value in its row, without the value itself."""
    blank = np.full((len(values), reach), np.nan)
    wide = np.concatenate([blank, values, blank], axis=1)
    length = values.shape[1]
    around = [wide[:, at : at + length] for at in range(2 * reach + 1) if at != reach]
    with ignoring_blanks():
        median: Floats = np.nanmedian(np.stack(around), axis=0)
    return median


def _find_season(away: Floats, season: NDArray[np.int64]) -> Floats:
    found = np.zeros_like(away)
    months, times = np.unique(season, return_counts=True)
    for month in months if times.min() >= FEWEST_YEARS else ():
        same = season == month
        found[:, same] = np.nan_to_num(np.nanmedian(away[:, same], axis=1, keepdims=True))
    return found


@contextmanager
def ignoring_blanks() -> Iterator[None]:
    """Take no offence at rows of nothing but NaN: their median is NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
