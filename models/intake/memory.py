"""How far back a chance is learnt from: less far where it is seen to change."""

import numpy as np
from numpy.typing import NDArray

from models.intake.wobble import MIDDLE, Wobble, measure_wobble

Floats = NDArray[np.float64]
KEPT = (
    1.0,
    0.97,
    0.93,
    0.85,
    0.7,
)  # weight that a month loses to the next: never, to within a season
CLEAR = 3.0  # units of log-likelihood by which forgetting has to foresee months better
FEWEST_MONTHS = 8
MANY = 10.0  # that none of as many passes by lot is as good as impossible
TOLD_BY = 12  # last months by which it is told what months differ by, where a chance has changed


def choose_memory(tried: Floats, passed: Floats) -> float:
    """Return the weight that a month keeps a month later, 1 where nothing is seen to change.

    `tried` (regions, months) are tries as far as they can have passed. Each way to forget foretells
    every month from those before it (Dawid 1984, the prequential principle), all regions together;
    the best is taken where it is clearly better than forgetting nothing. What months differ by
    beyond lot makes it harder to be clear: log-likelihoods are divided by it.
    """
    whole, gone = tried.sum(axis=0), passed.sum(axis=0)
    whole = np.maximum(whole, gone)
    if np.count_nonzero(whole) < FEWEST_MONTHS:
        return KEPT[0]
    ways = [kept for kept in KEPT if kept == 1 or _leaves_enough(whole, gone, kept)]
    scores, apart = zip(*(_foretell(whole, gone, kept) for kept in ways), strict=True)
    best = int(np.argmax(scores))
    gain = (scores[best] - scores[0]) / max(apart[best], 1.0)
    return ways[best] if gain > CLEAR else ways[0]


def _leaves_enough(tried: Floats, passed: Floats, kept: float) -> bool:
    """Tell whether enough who passed, and who did not, are left to learn a chance from."""
    weight = weigh_months(len(tried), kept)
    return bool(min(weight @ passed, weight @ (tried - passed)) >= MANY)


def _foretell(tried: Floats, passed: Floats, kept: float) -> tuple[float, float]:
    """Return the log-likelihood of months given those before, and how far off a month mostly is.

    By the median, so that the one month in which a chance breaks does not hide that it does.
    """
    expected = follow(tried, passed, kept)
    use = (tried > 0) & (np.cumsum(tried) > tried)
    n, x, p = tried[use], passed[use], expected[use]
    score = float((x * np.log(p) + (n - x) * np.log(1 - p)).sum())
    apart = (x - n * p) ** 2 / (n * p * (1 - p))
    return score, float(np.median(apart)) / MIDDLE if len(n) else 1.0


def follow(tried: Floats, passed: Floats, kept: float) -> Floats:
    """Return the chance of each month as the months before it tell."""
    found = np.empty(len(tried))
    counted = went = 0.0
    for month, (n, x) in enumerate(zip(tried, passed, strict=True)):
        found[month] = (went + 0.5) / (counted + 1)
        counted, went = kept * counted + n, kept * went + x
    return found


def find_first(tried: Floats, passed: Floats) -> int:
    """Return the first month that counts: from when on passes were written down, 0 where always.

    Months at the front in which nobody passed are left out, with the one in which it began, where
    many would have by the chance of the months after them.
    """
    whole, gone = tried.sum(axis=0), passed.sum(axis=0)
    went = np.flatnonzero(gone)
    if not len(went) or not went[0]:
        return 0
    first = int(went[0])
    chance = gone[first:].sum() / max(whole[first:].sum(), 1.0)
    return first + 1 if whole[:first].sum() * chance > MANY else 0


def weigh_months(months: int, kept: float) -> Floats:
    """Return the weight of each month, oldest first; the last counts in full."""
    return np.asarray(kept ** np.arange(months)[::-1].astype(float))


def measure_recent(
    tried: Floats, passed: Floats, chance: Floats, within: Floats, kept: float
) -> Wobble:
    """Return what months differ by beyond lot, of late where the chance has changed.

    `chance` is that of now per region, `within` the share that can have passed, per month. Where
    nothing changed it is the chance of every month; else each month is held against those before
    it, all regions moving alike on the scale of log-odds.
    """
    level = np.repeat(chance[:, None], tried.shape[1], axis=1)
    if kept == 1:
        return measure_wobble(tried, passed, level * within)
    whole, gone = (tried * within).sum(axis=0), passed.sum(axis=0)
    path = follow(np.append(whole, 0), np.append(gone, 0), kept)
    shift = np.log(path[:-1] / (1 - path[:-1])) - np.log(path[-1] / (1 - path[-1]))
    level = level.clip(1e-9, 1 - 1e-9)
    moved = 1 / (1 + (1 - level) / level * np.exp(-shift))
    late = slice(-TOLD_BY, None)
    return measure_wobble(tried[:, late], passed[:, late], (moved * within)[:, late])
