"""The suggestions of many cases at once, by the rule of `models.suggestion`.

The answers are taken from that rule itself; how a value with its bounds meets a limit is written
here once more, over arrays, and a property test holds both forms to each other.
"""

from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.estimate import WHOLE, Estimates, GainStatus, Sums
from models.suggestion import Limits, Suggestion, answer, get_limits

Floats = NDArray[np.float64]
Places = NDArray[np.int8]
Days = NDArray[np.datetime64]

SUGGESTIONS = tuple(Suggestion)
_NO, _CROSSED, _YES = 0, 1, 2
_SAID = (False, None, True)
# of both answers, the place of what follows in SUGGESTIONS
_ANSWERS: Places = np.array(
    [[SUGGESTIONS.index(answer(a, b)) for b in _SAID] for a in _SAID], dtype=np.int8
)


def suggest_many(
    estimates: Estimates, days: Days | Iterable[date], limits: tuple[Limits, ...]
) -> list[Suggestion]:
    """Return the suggestion of each estimate, by the limits that held on its day."""
    return [SUGGESTIONS[place] for place in suggest_places(estimates, days, limits).tolist()]


def suggest_places(
    estimates: Estimates, days: Days | Iterable[date], limits: tuple[Limits, ...]
) -> Places:
    """Return for each estimate the place of its suggestion in `SUGGESTIONS`.

    Raises LimitsError for a day on which no limits hold yet.
    """
    on_day = _find_limits(days, limits)
    if len(on_day) != len(estimates):
        raise ValueError("expected one day per estimate")
    is_known, usual = estimates.is_known, estimates.usual
    not_yet_below, own_way_from, gain_from = (
        np.array([getattr(one, name) for one in limits], dtype=float)[on_day]
        for name in ("not_yet_below", "own_way_from", "gain_from")
    )
    possible = np.where(
        is_known,
        _compare(estimates.support, not_yet_below),
        _compare(usual, not_yet_below),
    )
    needed = _YES - _compare(usual, own_way_from)  # high enough without support: none is needed
    if estimates.gain_status is GainStatus.ESTIMATED:
        by_chance = _bound_by_chance(estimates.gain, estimates.hidden)
        needed = np.where(is_known, _compare(by_chance, gain_from), needed)
    return _ANSWERS[possible, needed]


def _find_limits(days: Days | Iterable[date], limits: tuple[Limits, ...]) -> NDArray[np.intp]:
    """Return the place of the limits that hold on each day; raises LimitsError without any."""
    found = days if isinstance(days, np.ndarray) else list(days)
    each = np.asarray(found, dtype="datetime64[D]")
    begun = np.array([one.valid_from for one in limits], dtype="datetime64[D]")
    places = np.searchsorted(begun, each, side="right") - 1
    if (places < 0).any():
        get_limits(each.min().item(), limits)  # tells which day
    return places


def _compare(found: Sums | tuple[Floats, Floats, Floats], limit: Floats) -> Places:
    """Tell of each value with its bounds what `compare` tells of one."""
    value, low, high = found if isinstance(found, tuple) else (found.value, found.low, found.high)
    crossed = (low < limit) & (limit <= high)
    return np.where(crossed, _CROSSED, np.where(value >= limit, _YES, _NO)).astype(np.int8)


def _bound_by_chance(gain: Sums, hidden: float) -> tuple[Floats, Floats, Floats]:
    """Return gains with the bounds that `bound_by_chance` gives to one."""
    value, low, high = gain.value, gain.low, gain.high
    half = np.maximum(value - low, high - value) - hidden
    tells = ~(high - low > WHOLE)
    return (
        value,
        np.where(tells, np.maximum(value - half, low), low),
        np.where(tells, np.minimum(value + half, high), high),
    )
