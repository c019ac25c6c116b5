"""Our forecast: the whole as one series, and what part of it each group and region takes.

Growth, season and calendar are those of the whole, where they show best; groups and regions keep
a share of it, with a season of their own as far as the past supports one. So a short series
borrows from the others by construction, and regions add up.
"""

from dataclasses import dataclass, replace

import numpy as np

from models.intake.cleaning import cut_outliers
from models.intake.panel import Floats, Ints
from models.intake.shares import Split, split
from models.intake.task import Task
from models.intake.trend import build_grid, smooth

MOST_TIMES = 3.0  # the highest rate seen so far: the whole is never expected beyond
LEAST_COUNT = 0.5  # a period of nought entries, before its logarithm is taken


@dataclass(frozen=True)
class Layers:
    """Forecasts of the whole and of the regions, and the counts with their gaps filled.

    `whole` (origins, horizon), `regions` (origins, regions, horizon), `filled` (regions, periods).
    """

    whole: Floats
    regions: Floats
    filled: Floats


def expect_layered(task: Task) -> Floats:
    """Return the counts to expect from every origin: (origins, regions, horizon)."""
    return forecast_layers(task).regions


def forecast_layers(task: Task) -> Layers:
    """Return the forecasts of every layer."""
    shares, filled, total = _split_all(task)
    whole = np.exp(_smooth_whole(task, total)) * task.days_ahead()
    return Layers(whole, whole[:, None] * shares, filled)


def fill_gaps(task: Task) -> Task:
    """Return the task with the gaps in its counts filled, each as the others would have it."""
    if np.isfinite(task.panel.counts).all():
        return task
    return replace(task, panel=replace(task.panel, counts=_split_all(task)[1]))


def _smooth_whole(task: Task, total: Floats) -> Floats:
    """Return log rates per day of the whole: (origins, horizon); seasonal from two years on.

    The whole as each origin knew it is a series of its own: what is an outlier shows only later.
    """
    rates = np.log(np.maximum(total, LEAST_COUNT) / task.panel.days)
    before = np.arange(len(rates))[None] < task.origins[:, None]
    known = np.where(before, rates[None], np.nan)
    found = np.empty((len(task.origins), task.horizon))
    seasonal = task.origins >= 2 * task.per_year
    for which, grid in (
        (seasonal, build_grid()),
        (~seasonal, build_grid(seasonal=False, trend=False)),
    ):
        if which.any():
            series = cut_outliers(known[which], task.phases[: len(rates)], task.per_year)
            origins = task.origins[which]
            found[which] = smooth(series, task.phases, task.per_year, origins, task.horizon, grid)
    highest = np.fmax.accumulate(rates)[np.maximum(task.origins - 1, 0)]
    return np.asarray(np.fmin(found, highest[:, None] + np.log(MOST_TIMES)))


def _split(counts: Floats, task: Task) -> Split:
    return split(counts, task.panel.days, task.phases, task.per_year, task.origins, task.horizon)


def _split_all(task: Task) -> tuple[Floats, Floats, Floats]:
    """Return shares of the whole per region, counts without gaps, and the whole."""
    members = list_members(task.panel.groups, len(task.panel.regions))
    parts = [_split(task.panel.counts[member], task) for member in members]
    top = _split(np.stack([part.whole for part in parts]), task)
    shares = np.empty(task.shape)
    filled = np.empty(task.panel.counts.shape)
    for place, (member, part) in enumerate(zip(members, parts, strict=True)):
        shares[:, member] = top.shares[:, [place]] * part.shares
        # a group of which nothing is known in a period takes its part from the whole
        rest = np.where(np.isfinite(part.whole), np.nan, top.filled[place])
        spread = part.filled
        if np.isfinite(rest).any():
            mean = np.full(len(member), 1 / len(member))
            if len(part.shares):
                mean = part.shares.mean(axis=(0, 2))
            spread = np.where(np.isfinite(spread), spread, mean[:, None] * rest)
        filled[member] = spread
    return shares, filled, top.whole


def list_members(groups: tuple[str, ...] | None, regions: int) -> list[Ints]:
    """Return the places of the regions of each group; all in one where there are no groups."""
    if groups is None:
        return [np.arange(regions, dtype=np.int64)]
    names = np.array(groups)
    return [np.flatnonzero(names == name).astype(np.int64) for name in dict.fromkeys(groups)]
