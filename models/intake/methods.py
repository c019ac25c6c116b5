"""Ways to say what comes: each gives the counts to expect from every origin that it is asked for.

A method reads nothing at or after an origin, so that its errors in the past are honest. The order
of `METHODS` is from simple to complex: `Choice` takes the first that is as good as the best.
"""

from collections.abc import Callable

import numpy as np

from models.intake.layers import expect_layered
from models.intake.library import expect_ets, expect_theta
from models.intake.panel import Floats
from models.intake.task import Task

Method = Callable[[Task], Floats]


def expect_naive(task: Task) -> Floats:
    """Return the count of the same period a year before, as it was, whatever its length.

    Where that is not known: of the last year in which it is, then the mean rate of the past.
    """
    step, found = task.per_year, np.empty(task.shape)
    for place, origin in enumerate(task.origins):
        known = task.panel.counts[:, :origin]
        usual = _mean_rate(known, task.panel.days[:origin])
        for ahead in range(task.horizon):
            at = origin + ahead
            found[place, :, ahead] = usual * task.days[at]
            for back in range(at - step, -1, -step)[::-1]:
                if back < origin:
                    found[place, :, ahead] = _prefer(known[:, back], found[place, :, ahead])
    return found


def expect_mean(task: Task) -> Floats:
    """Return the mean rate per day of the last year, times the days of each period to come."""
    found = np.empty(task.shape)
    for place, origin in enumerate(task.origins):
        begin = max(0, origin - task.per_year)
        known, days = task.panel.counts[:, :origin], task.panel.days[:origin]
        recent = _mean_rate(known[:, begin:], days[begin:])
        rate = np.where(np.isfinite(recent), recent, _mean_rate(known, days))
        found[place] = rate[:, None] * task.days[origin : origin + task.horizon]
    return found


def _prefer(value: Floats, other: Floats) -> Floats:
    return np.where(np.isfinite(value), value, other)


def _mean_rate(counts: Floats, days: Floats) -> Floats:
    """Return counts per day where known; the mean of the other regions where nothing is."""
    known = np.isfinite(counts)
    spent = (known * days).sum(axis=1)
    rate = np.where(spent > 0, np.nansum(counts, axis=1) / np.maximum(spent, 1.0), np.nan)
    usual = float(np.nanmean(rate)) if np.isfinite(rate).any() else 0.0
    return np.where(np.isfinite(rate), rate, usual)


METHODS: dict[str, Method] = {
    "seasonal_naive": expect_naive,
    "mean_12": expect_mean,
    "layered": expect_layered,
    "auto_theta": expect_theta,
    "auto_ets": expect_ets,
}
OURS = "layered"
