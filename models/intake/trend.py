"""A level with a damped trend and a season, smoothed exponentially and robustly.

Additive ETS(A,Ad,A) on the scale that it is given (here log rates per day): Hyndman, Koehler, Ord
and Snyder (2008), Forecasting with exponential smoothing, chapter 2. Errors beyond `CLIP` times
their usual size are cut back before they move a state (Gelper, Fried and Croux 2010, Robust
forecasting with exponential and Holt-Winters smoothing); the third in a row to the same side is
taken for a shift of the level and followed at once. A grid of smoothing parameters runs side by
side, and their forecasts are averaged by likelihood, so that nothing has to be searched for and
one pass gives the forecasts from every origin.
"""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Floats, Ints

CLIP = 2.0  # times the usual size of an error: beyond it, it counts as this large
RUN = 3  # so many in a row, to the same side and all beyond: the level has shifted
MEMORY = 0.95  # of the size of errors, per period
LEVELS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
SEASONS = (0.0, 0.05, 0.1, 0.2, 0.3)
SLOPES = (0.02, 0.05, 0.1, 0.2)
DAMPING = (0.9, 0.95)
TEMPER = 0.25  # power of the likelihood: no model of the grid is true, so none may take it all
LEAST_SPREAD = 1e-3


@dataclass(frozen=True)
class Grid:
    """Smoothing parameters that run side by side, each of shape (parameters,)."""

    level: Floats
    slope: Floats
    season: Floats
    damping: Floats


@dataclass
class States:
    """Level, slope, season and size of error per series and parameter; changes with time."""

    level: Floats
    slope: Floats
    season: Floats  # (series, parameters, phases)
    spread: Floats
    run: Floats
    lost: Floats


def build_grid(*, seasonal: bool = True, trend: bool = True) -> Grid:
    """Return all combinations, without season or trend where a series is too short for it."""
    rows = []
    for level in LEVELS:
        for season in SEASONS if seasonal else (0.0,):
            rows.append((level, 0.0, season * (1 - level), 0.0))
            if trend:
                slopes = [(slope, damping) for slope in SLOPES for damping in DAMPING]
                rows += [(level, level * s, season * (1 - level), d) for s, d in slopes]
    level, slope, season, damping = np.array(rows).T
    return Grid(level, slope, season, damping)


def smooth(
    values: Floats, phases: Ints, per_year: int, origins: Ints, horizon: int, grid: Grid
) -> Floats:
    """Return forecasts (origins, series, horizon); origin t knows the periods before t.

    `values` has shape (series, periods), NaN where unknown; `phases` has periods + horizon.
    """
    wanted = {int(origin): place for place, origin in enumerate(origins)}
    found = np.empty((len(origins), len(values), horizon))
    states = begin(values, phases, per_year, grid)
    for t in range(values.shape[1] + 1):
        if t in wanted:
            ahead = phases[t : t + horizon]
            found[wanted[t]] = _look(states, grid, ahead, max(t - per_year, 1))
        if t < values.shape[1]:
            _step(states, grid, values[:, t], int(phases[t]), counts=t >= per_year)
    return found


def begin(values: Floats, phases: Ints, per_year: int, grid: Grid) -> States:
    """Return states at the start: from two years with a season, from half a year without one."""
    seasonal = bool(grid.season.any())
    first = values[:, : 2 * per_year if seasonal else max(per_year // 2, 3)]
    season = np.zeros((len(values), per_year))
    if seasonal:
        season = _find_season(first, phases[: first.shape[1]], per_year)
    level = _middle(first)
    rest = first - level[:, None] - season[:, phases[: first.shape[1]]]
    step = np.abs(np.diff(rest, axis=1)) if first.shape[1] > 1 else np.abs(rest)
    spread = np.maximum(1.4826 * _middle(step), LEAST_SPREAD)
    level = level + _middle(rest[:, : max(per_year // 2, 1)])
    width = len(grid.level)

    def wide(one: Floats) -> Floats:
        return np.repeat(one[:, None], width, axis=1)

    nought = np.zeros((len(values), width))
    lost = np.full_like(nought, 1e-9)
    return States(wide(level), nought, wide(season), wide(spread), nought.copy(), lost)


def _middle(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=1)
    found = np.zeros(len(values))
    if known.any():
        found[known] = np.nanmedian(values[known], axis=1)
    return found


def _find_season(first: Floats, phases: Ints, per_year: int) -> Floats:
    """Return the middle of what each phase stands above the mean of its own year."""
    apart = np.full_like(first, np.nan)
    for begin_at in range(0, first.shape[1] - per_year + 1, per_year):
        year = slice(begin_at, begin_at + per_year)
        apart[:, year] = first[:, year] - _middle(first[:, year])[:, None]
    season = np.stack([_middle(apart[:, phases == one]) for one in range(per_year)], axis=1)
    return np.asarray(season - season.mean(axis=1, keepdims=True))


def _step(states: States, grid: Grid, value: Floats, phase: int, *, counts: bool) -> None:
    base = states.level + grid.damping * states.slope
    error = value[:, None] - base - states.season[:, :, phase]
    error = np.where(np.isfinite(error), error, 0.0)
    most = CLIP * states.spread
    beyond = np.where(np.abs(error) > most, np.sign(error), 0.0)
    states.run = np.where(beyond == 0, 0.0, np.where(states.run * beyond < 0, 0, states.run)) + (
        beyond
    )
    shifted = np.abs(states.run) >= RUN
    cut = np.clip(error, -most, most)
    states.level = base + np.where(shifted, error, grid.level * cut)
    states.slope = grid.damping * states.slope + grid.slope * cut
    states.season[:, :, phase] += np.where(shifted, 0.0, grid.season * cut)
    states.run = np.where(shifted, 0.0, states.run)
    known = np.isfinite(value)[:, None]
    # a cut normal error has about 0.98 of its variance: the size of errors stays near unbiased
    fresh = MEMORY * states.spread**2 + (1 - MEMORY) * cut**2
    states.spread = np.where(known, np.maximum(np.sqrt(fresh), LEAST_SPREAD), states.spread)
    if counts:
        states.lost += cut**2


def _look(states: States, grid: Grid, ahead: Ints, seen: int) -> Floats:
    """Return the forecasts of all parameters, averaged by likelihood."""
    lost = states.lost
    weight = np.exp(-0.5 * TEMPER * seen * np.log(lost / lost.min(axis=1, keepdims=True)))
    weight /= weight.sum(axis=1, keepdims=True)
    found = np.empty((len(lost), len(ahead)))
    reach, sunk = np.zeros_like(grid.damping), np.ones_like(grid.damping)
    for step, phase in enumerate(ahead):
        sunk = sunk * grid.damping
        reach = reach + sunk
        at = states.level + reach * states.slope + states.season[:, :, phase]
        found[:, step] = (weight * at).sum(axis=1)
    return found
