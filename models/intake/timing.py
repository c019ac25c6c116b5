"""When those who go on do so: spread over months of delay, whole people, no one twice.

Drawing each cohort over each delay by itself would take seconds. Instead the number that has gone
on by the end of each month is drawn: its mean is the cohorts that came, each by the share of delays
that has passed; its variance that of the same sum. From month to month the luck is correlated by
as much as makes the variance of a single month right too. So months add up to who goes on in all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Small = NDArray[np.float32]  # half the time of doubles; whole numbers are exact up to 16 million
TINY = 1e-9


@dataclass(frozen=True)
class Going:
    """Who will go on: of who comes in each month, and of known cases by the month they came.

    `coming` has shape (draws, regions, months); the first `past` months lie before the horizon.
    `known`, (draws, regions, past), are cases that waited up to the horizon, so none went before.
    """

    coming: Small
    known: Small
    delay: Small  # (draws, months of delay)

    @property
    def past(self) -> int:
        """How many months lie before the horizon."""
        return int(self.known.shape[2])


def find_remaining(delay: Floats | Small, past: int) -> Floats:
    """Return the share of delays longer than each known case waited, (draws, past)."""
    longer = np.append(1 - np.cumsum(delay, axis=1), np.zeros((len(delay), past)), axis=1)
    return np.asarray(longer[:, :past][:, ::-1].clip(0, 1))


def expect(going: Going) -> Small:
    """Return the mean of who goes on in each month, (draws, regions, months)."""
    shares = _lay_out(going.delay, going.coming.shape[2])
    mean = np.matmul(going.coming, shares)
    if going.known.any():
        left = np.maximum(find_remaining(going.delay, going.past), TINY)[:, None, :]
        later = shares[:, : going.past, going.past :]
        mean[..., going.past :] += np.matmul((going.known / left).astype(np.float32), later)
    return np.asarray(mean, np.float32)


def _lay_out(delay: Small, months: int) -> Small:
    """Return the share that goes on in each month of who came in each: (draws, came, goes on)."""
    wide = np.zeros((len(delay), 2 * months - 1), delay.dtype)
    known = min(months, delay.shape[1])
    wide[:, months - 1 : months - 1 + known] = delay[:, :known]
    # one row of shares, seen from one place further on for each month that somebody came later
    rows = np.lib.stride_tricks.sliding_window_view(wide, months, axis=1)[:, ::-1]
    return np.ascontiguousarray(rows)


def spread(going: Going, luck: np.random.Generator) -> Small:
    """Return who goes on in each month, (draws, regions, months), whole and from 0."""
    mean = expect(going)
    delay = going.delay.mean(axis=0)
    if np.count_nonzero(delay) < 2:
        return np.rint(mean)
    shape = mean.shape
    noise = luck.standard_normal(shape, dtype=np.float32)
    kept = np.float32(_find_memory(delay))
    fresh = np.float32(np.sqrt(1 - kept**2))
    for month in range(1, shape[2]):
        noise[..., month] = kept * noise[..., month - 1] + fresh * noise[..., month]
    whole = np.cumsum(mean, axis=2)
    whole += noise * np.sqrt(_find_variance(going, delay)).astype(np.float32)
    most = np.cumsum(going.coming, axis=2)
    most[..., going.past :] += going.known.sum(axis=2, keepdims=True)
    np.rint(whole, out=whole)
    np.clip(whole, 0, most, out=whole)
    np.maximum.accumulate(whole, axis=2, out=whole)
    whole[..., 1:] -= whole[..., :-1].copy()
    return whole


def _find_memory(delay: Small) -> float:
    """Return how much of the luck of a month is left in the next, for steady numbers."""
    passed = np.cumsum(delay)
    lot = float((passed * (1 - passed)).sum())
    month = 1 - float((delay**2).sum())
    return float(np.clip(1 - month / (2 * max(lot, TINY)), 0, 0.99))


def _find_variance(going: Going, delay: Small) -> Floats:
    """Return the variance of who has gone on by each month, (regions, months), by mean counts."""
    coming, known = going.coming.mean(axis=0), going.known.mean(axis=0)
    passed = np.cumsum(delay).clip(0, 1)
    regions, months = coming.shape
    found = np.zeros((regions, months))
    for later, share in enumerate(passed[: min(len(passed), months)]):
        found[:, later:] += coming[:, : months - later] * share * (1 - share)
    for age in range(min(going.past, len(passed) - 1)):
        left = max(float(1 - passed[age]), TINY)
        for later in range(age + 1, min(len(passed), age + 1 + months - going.past)):
            share = float((passed[later] - passed[age]) / left)
            place = going.past - 1 - age
            found[:, place + later] += known[:, place] * share * (1 - share)
    return found
