"""What part of the whole each region takes, from period to period.

A region's level is a discounted ratio: its counts over what the whole would give it for each unit
of share, older periods weighing less by a fixed factor (the local-level Poisson filter of Harvey
and Fernandes 1989, JBES 7, 407-417, conditional on the whole). So noughts need no logarithm, gaps
only add no weight, and growth and season are those of the whole. A season of its own is a ratio
too, held to 1 by some years of pretended agreement. Both constants are chosen for all regions
together by past errors: short series borrow them, and the season, from the others.
"""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Flags, Floats, Ints

KEEPS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97)  # weight of a period beside the one after it
PRETENDED = (1.0, 3.0, 10.0, 1000.0)  # years that hold a season to 1
SEASON_KEEP = 0.85  # weight of a year beside the one after it
RELATIVE = 0.1  # relative error beyond chance, where errors of large and small are compared
CLIP = 3.0
RUN = 3
LOOK_BACKS = (1, 3, 6, 12)  # periods ahead over which past errors choose the constants
LEAST = 1e-9


@dataclass
class Ratios:
    """Sums behind levels and seasons: (parameters, regions[, phases]); changes with time."""

    keep: Floats
    pretended: Floats
    got: Floats
    due: Floats
    season_got: Floats
    season_due: Floats
    run: Floats
    spread: Floats
    lost: Floats
    levels: list[Floats]
    guess: Floats


@dataclass(frozen=True)
class Split:
    """Shares that sum to 1 over the regions, and the whole with its gaps filled.

    `shares` (origins, regions, horizon); `whole` (periods,), NaN where no region is known;
    `filled` (regions, periods): each unknown count as the others would have it.
    """

    shares: Floats
    whole: Floats
    filled: Floats


def split(
    counts: Floats, days: Floats, phases: Ints, per_year: int, origins: Ints, horizon: int
) -> Split:
    """Return the shares from every origin; origin t knows the periods before t.

    `counts` has shape (regions, periods), NaN where unknown; `phases` has periods + horizon.
    """
    wanted = {int(origin): place for place, origin in enumerate(origins)}
    shares = np.empty((len(origins), len(counts), horizon))
    whole, filled = np.full(counts.shape[1], np.nan), counts.copy()
    ratios = begin(counts, days, per_year)
    for t in range(counts.shape[1] + 1):
        if t in wanted:
            shares[wanted[t]] = _look(ratios, phases[t : t + horizon])
        if t < counts.shape[1]:
            whole[t] = _step(ratios, counts[:, t], int(phases[t]))
            filled[:, t] = np.where(np.isnan(filled[:, t]), ratios.guess, filled[:, t])
    return Split(shares, whole, filled)


def begin(counts: Floats, days: Floats, per_year: int) -> Ratios:
    """Return the first shares: rates of the first half year known of each, else of the others."""
    rate, half = np.full(len(counts), np.nan), max(per_year // 2, 3)
    for place, row in enumerate(counts):
        known = np.flatnonzero(np.isfinite(row))[:half]
        if known.size:
            rate[place] = row[known].sum() / days[known].sum()
    usual = np.nanmean(rate) if np.isfinite(rate).any() else 1.0
    rate = np.where(np.isfinite(rate), rate, usual)
    level = (rate + LEAST) / (rate + LEAST).sum()
    grid = np.array([(keep, years) for keep in KEEPS for years in PRETENDED])
    wide = np.repeat(level[None], len(grid), axis=0)
    unit = max(float(np.nansum(counts[:, :half])) / half, 1.0)
    season = np.zeros((*wide.shape, per_year))
    nought = np.zeros_like(wide)
    return Ratios(
        grid[:, 0],
        grid[:, 1],
        wide * unit,
        np.full_like(wide, unit),
        season,
        season.copy(),
        nought,
        np.full_like(wide, 2 * RELATIVE),
        np.full(len(grid), LEAST),
        [],
        np.full(len(counts), np.nan),
    )


def _find_season(ratios: Ratios, phase: int) -> Floats:
    """Return what each region has in a phase beside its level: (parameters, regions)."""
    level = ratios.got / np.maximum(ratios.due, LEAST)
    years = ratios.pretended[:, None] * ratios.due * (1 - ratios.keep[:, None]) * level
    got, due = ratios.season_got[:, :, phase], ratios.season_due[:, :, phase]
    found: Floats = (got + years + LEAST) / (due + years + LEAST)
    return found


def _find_shares(level: Floats, season: Floats) -> Floats:
    found: Floats = level * season
    return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), LEAST))


def _step(ratios: Ratios, count: Floats, phase: int) -> float:
    """Move on by one period; return the whole of it, NaN where no region is known."""
    level, season = ratios.got / np.maximum(ratios.due, LEAST), _find_season(ratios, phase)
    shares, known = _find_shares(level, season), np.isfinite(count)
    best = shares[int(np.argmin(ratios.lost))]
    ratios.levels.append(level)
    ratios.guess = np.full(len(count), np.nan)
    if not known.any():
        return float("nan")
    whole = float(count[known].sum() / max(best[known].sum(), LEAST))
    ratios.guess = whole * best
    got, expected = np.where(known, count, 0.0), whole * shares
    _weigh(ratios, got, whole, season, known)
    cut = _cut(ratios, got, expected, known)
    keep = np.where(known, ratios.keep[:, None], 1.0)
    ratios.got = keep * ratios.got + np.where(known, cut / season, 0.0)
    ratios.due = keep * ratios.due + np.where(known, whole, 0.0)
    aged = np.where(known, SEASON_KEEP, 1.0)
    for sums, part in ((ratios.season_got, cut), (ratios.season_due, whole * level)):
        sums[:, :, phase] = aged * sums[:, :, phase] + np.where(known, part, 0.0)
    return whole


def _size(expected: Floats) -> Floats:
    """Return the usual size of an error: chance and a relative part."""
    return np.sqrt(expected + 1 + (RELATIVE * expected) ** 2)


def _weigh(ratios: Ratios, got: Floats, whole: float, season: Floats, known: Flags) -> None:
    """Add the errors of what was expected some periods before."""
    for back in LOOK_BACKS:
        if back <= len(ratios.levels):
            expected = whole * _find_shares(ratios.levels[-back], season)
            off = np.clip((got - expected) / _size(expected), -CLIP, CLIP)
            ratios.lost += np.where(known, off**2, 0.0).sum(axis=1)


def _cut(ratios: Ratios, got: Floats, expected: Floats, known: Flags) -> Floats:
    """Return counts cut back to what is usual, unless a shift of the level shows."""
    most = CLIP * ratios.spread * _size(expected)
    off = got - expected
    beyond = np.where(known & (np.abs(off) > most), np.sign(off), 0.0)
    ratios.run = np.where(beyond == 0, 0.0, np.where(ratios.run * beyond < 0, 0.0, ratios.run))
    ratios.run = ratios.run + beyond
    return np.where(np.abs(ratios.run) >= RUN, got, expected + np.clip(off, -most, most))


def _look(ratios: Ratios, ahead: Ints) -> Floats:
    best = int(np.argmin(ratios.lost))
    level = ratios.got / np.maximum(ratios.due, LEAST)
    found = [_find_shares(level, _find_season(ratios, int(phase)))[best] for phase in ahead]
    return np.stack(found, axis=1)
