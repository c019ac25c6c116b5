"""What happened after a screening: sustained return, other ends, and what we cannot know yet."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.contract import Outcome
from features.tables import Extract
from features.timeline import NEVER, Days, Timeline

SMALLEST_CHANCE = 0.05  # of being observed; a weight above 20 would let one case speak for a crowd


@dataclass(frozen=True)
class Outcomes:
    """One value per screening, in the order of the cases table.

    `returned`: 1 sustained return begun within the horizon, 0 none, NaN not known. `known_days`:
    days from the screening to the day that settled it, or that ended our knowledge. `open_days`:
    days during which support could still begin; `by_support`: support ended our knowledge.
    """

    returned: Days
    known_days: Days
    open_days: Days
    by_support: NDArray[np.bool_]


def find_outcomes(extract: Extract, outcome: Outcome, *, as_of: date | None = None) -> Outcomes:
    """Return the outcome of every screening, as far as it was known on `as_of` (default: all).

    A return is a work period begun on or after the screening; periods that touch count as one.
    Pension and death settle the outcome as no return. The start of support ends what we know of
    the usual course, also where it was before the screening.
    """
    line = extract.timeline
    last = line.count_until(as_of, unknown=0.0)
    exits = np.where(line.exits > last, NEVER, line.exits)
    supported = line.supported  # of what comes after it nothing of the usual course is seen
    success, settled = _settle_returns(line, outcome, last)
    failure = np.minimum(exits, settled)
    known = np.minimum(success, failure)
    end = np.minimum(last, supported)
    is_known = known <= end
    returned = np.where(is_known, (success <= failure).astype(float), np.nan)
    known_days = np.maximum(np.where(is_known, known, end), 0.0)
    open_days = np.clip(line.ends, 0.0, known_days)
    return Outcomes(returned, known_days, open_days, ~is_known & (supported <= last))


def _settle_returns(line: Timeline, outcome: Outcome, last: Days) -> tuple[Days, Days]:
    """Return per screening the day that proves a sustained return, and that rules it out."""
    place, begun = line.place, line.begun
    ended = np.where(np.isnan(line.ended) | (line.ended > last[place]), NEVER, line.ended)
    counts = (begun >= 0) & (begun <= outcome.horizon_days) & (begun <= last[place])
    proven = begun + outcome.sustained_days - 1  # the first and the last day both count
    lasted = counts & (ended >= proven)
    success = np.full(len(last), NEVER)
    np.minimum.at(success, place[lasted], proven[lasted])
    settled = np.full(len(last), float(outcome.horizon_days))
    short = counts & ~lasted
    np.maximum.at(settled, place[short], ended[short])
    settled[success < NEVER] = NEVER  # begun in time, proven later: only an exit can come before
    return success, settled


def weigh(
    returned: Days,
    known_days: Days,
    open_days: Days | None = None,
    by_support: NDArray[np.bool_] | None = None,
) -> Days:
    """Return inverse-probability-of-censoring weights; 0 where the outcome is not known.

    One over the chance that a screening is still followed on the day that settled it, and was not
    supported while it could be: who is back at work can't start support during the months that
    prove the return to last. Weigh only screenings that belong together: those of one window, made
    by one day.
    """
    is_known = ~np.isnan(returned)
    if by_support is None or open_days is None:
        chance = _stay(known_days, ~is_known)
    else:
        chance = _stay(known_days, ~is_known & ~by_support) * _stay(open_days, by_support)
    return np.where(is_known, 1 / np.maximum(chance, SMALLEST_CHANCE), 0.0)


def _stay(days: Days, is_lost: NDArray[np.bool_]) -> Days:
    """Return for each row the Kaplan-Meier chance of not being lost before its own day."""
    if not len(days):
        return np.empty(0)
    times, place = np.unique(days, return_inverse=True)
    leaving = np.bincount(place, minlength=len(times))
    lost = np.bincount(place, weights=is_lost, minlength=len(times))
    at_risk = leaving[::-1].cumsum()[::-1] - (leaving - lost)  # settled that day: left before
    stay = np.where(at_risk > 0, 1 - lost / np.maximum(at_risk, 1), 1.0)
    chance_before: Days = np.concatenate([[1.0], np.cumprod(stay)[:-1]])
    return chance_before[place]
