"""A level with a damped trend and a season, smoothed exponentially.

Additive ETS(A,Ad,A) on the scale that it is given (here log rates per day): Hyndman, Koehler, Ord
and Snyder (2008), Forecasting with exponential smoothing, chapter 2. A grid of smoothing
parameters runs side by side, and their forecasts are averaged by tempered likelihood, so that
nothing has to be searched for and no single fit decides.
"""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Floats, Ints

LEVELS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
SEASONS = (0.0, 0.05, 0.1, 0.2, 0.3)
SLOPES = (0.02, 0.05, 0.1, 0.2)
DAMPING = (0.9, 0.95)
TEMPER = 0.25  # power of the likelihood: no model of the grid is true, so none may take it all
LEAST_LOSS = 1e-9


@dataclass(frozen=True)
class Grid:
    """Smoothing parameters that run side by side, each of shape (parameters,)."""

    level: Floats
    slope: Floats
    season: Floats
    damping: Floats


@dataclass
class States:
    """Level, slope, season and loss per series and parameter; changes with time."""

    level: Floats
    slope: Floats
    season: Floats  # (series, parameters, phases)
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
    """Return what each series does from its own origin on: (series, horizon).

    `values` has shape (series, periods), NaN where unknown; origin t knows the periods before t.
    `phases` has periods + horizon. No series may start later than the others.
    """
    found = np.empty((len(values), horizon))
    states = _begin(values, phases, per_year, grid)
    for t in range(int(origins.max()) + 1):
        here = np.flatnonzero(origins == t)
        if here.size:
            seen = max(t - per_year, 1)
            found[here] = _look(states, here, grid, phases[t : t + horizon], seen)
        if t < values.shape[1]:
            _step(states, grid, values[:, t], int(phases[t]), counts=t >= per_year)
    return found


def _begin(values: Floats, phases: Ints, per_year: int, grid: Grid) -> States:
    """Return states at the start: from two years with a season, from half a year without one."""
    seasonal = bool(grid.season.any())
    first = values[:, : 2 * per_year if seasonal else max(per_year // 2, 3)]
    season = np.zeros((len(values), per_year))
    if seasonal:
        season = _find_season(first, phases[: first.shape[1]], per_year)
    rest = first - season[:, phases[: first.shape[1]]]
    level = _middle(rest[:, : max(per_year // 2, 1)], _middle(rest, 0.0))
    shape = (len(values), len(grid.level))

    def wide(one: Floats) -> Floats:
        return np.repeat(one[:, None], shape[1], axis=1)

    return States(wide(level), np.zeros(shape), wide(season), np.full(shape, LEAST_LOSS))


def _middle(values: Floats, other: Floats | float) -> Floats:
    """Return the median of each series, `other` where nothing of it is known."""
    known = np.isfinite(values).any(axis=1)
    found = np.where(known, 0.0, other)
    if known.any():
        found[known] = np.nanmedian(values[known], axis=1)
    return np.asarray(found)


def _find_season(first: Floats, phases: Ints, per_year: int) -> Floats:
    """Return the middle of what each phase stands above the middle of its own year."""
    apart = np.full_like(first, np.nan)
    for begin in range(0, first.shape[1] - per_year + 1, per_year):
        year = first[:, begin : begin + per_year]
        apart[:, begin : begin + per_year] = year - _middle(year, 0.0)[:, None]
    found = [_middle(apart[:, phases == one], 0.0) for one in range(per_year)]
    season = np.stack(found, axis=1)
    return np.asarray(season - season.mean(axis=1, keepdims=True))


def _step(states: States, grid: Grid, value: Floats, phase: int, *, counts: bool) -> None:
    base = states.level + grid.damping * states.slope
    error = value[:, None] - base - states.season[:, :, phase]
    error = np.where(np.isfinite(error), error, 0.0)
    states.level = base + grid.level * error
    states.slope = grid.damping * states.slope + grid.slope * error
    states.season[:, :, phase] += grid.season * error
    if counts:
        states.lost += error**2


def _look(states: States, here: Ints, grid: Grid, ahead: Ints, seen: int) -> Floats:
    """Return the forecasts of some series, all parameters averaged by likelihood."""
    lost = states.lost[here]
    weight = np.exp(-0.5 * TEMPER * seen * np.log(lost / lost.min(axis=1, keepdims=True)))
    weight /= weight.sum(axis=1, keepdims=True)
    found = np.empty((len(here), len(ahead)))
    reach, sunk = np.zeros_like(grid.damping), np.ones_like(grid.damping)
    for step, phase in enumerate(ahead):
        sunk = sunk * grid.damping
        reach = reach + sunk
        at = states.level[here] + reach * states.slope[here] + states.season[here, :, phase]
        found[:, step] = (weight * at).sum(axis=1)
    return found
