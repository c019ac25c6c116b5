"""Limits from capacity: from which gain on those suggested for support fit the places there are.

Only `refer` takes a place. An `unsure` case takes none until somebody knows more of it; how many
would be referred if each were as its best estimate is told beside it, and can be made to count.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from features.errors import KantelpuntError
from models.estimate import Estimate, Estimates, GainStatus, Sum
from models.suggestion import Limits, Suggestion, suggest

STEPS = 1000  # limits are sought in tenths of a percentage point: nobody reads finer ones


class CapacityError(KantelpuntError):
    """A capacity that is no share, or that no limit on the gain can keep to."""


@dataclass(frozen=True)
class Flow:
    """The cases among whom places are shared out, and the same as if each estimate were certain."""

    cases: tuple[Estimate, ...]
    settled: tuple[Estimate, ...]

    @classmethod
    def of(cls, estimates: Estimates) -> "Flow":
        """Return the flow of estimated cases; raises CapacityError where there are none."""
        if not len(estimates):
            raise CapacityError("there is no case to share places among: bring an extract with one")
        cases = tuple(estimates.one(place) for place in range(len(estimates)))
        return cls(cases, tuple(_settle(one) for one in cases))

    @property
    def differs(self) -> bool:
        """Tell whether any case has a gain that differs from that of others."""
        return any(one.gain_status is GainStatus.ESTIMATED for one in self.cases)


def _settle(estimate: Estimate) -> Estimate:
    gain, support = estimate.gain, estimate.support
    return replace(
        estimate,
        usual=_close(estimate.usual),
        gain=gain and _close(gain),
        support=support and _close(support),
        hidden=0.0,
    )


def _close(found: Sum) -> Sum:
    return replace(found, low=found.value, high=found.value)


@dataclass(frozen=True)
class Places:
    """How many places there are as a share of the flow, and whether unsure cases may take one."""

    capacity: float
    unsure_too: bool = False

    def __post_init__(self) -> None:
        """Raise CapacityError for what is no share."""
        if not 0 < self.capacity <= 1:
            raise CapacityError("capacity: expected a share of the flow, above 0 and at most 1")

    def count_taken(self, flow: Flow, limits: Limits) -> float:
        """Return the share of the flow that takes a place by the limits."""
        cases = flow.settled if self.unsure_too else flow.cases
        return count_share(cases, limits, Suggestion.REFER)


def count_share(cases: tuple[Estimate, ...], limits: Limits, kind: Suggestion) -> float:
    """Return the share of the cases that get one suggestion, from 0 to 1."""
    return sum(suggest(one, limits) is kind for one in cases) / len(cases)


def fit_limits(flow: Flow, places: Places, limits: Limits) -> Limits:
    """Return the limits with the lowest `gain_from`, from 0 on, that the places suffice for.

    Of limits that refer the same cases it is the highest: it leaves the fewest unsure. A gain that
    is the same for all or not known chooses nobody. Where no case has another, the limits come back
    as they are if the places suffice; who would make them suffice by `own_way_from` has to set it:
    CapacityError tells how low.
    """
    if flow.differs:
        found = _find_gain_from(flow, places, limits)
        if found is not None:
            return replace(limits, gain_from=found)
        why = "cases whose gain is not known take more places than there are"
    elif places.count_taken(flow, limits) <= places.capacity:
        return limits
    else:
        why = "the gain is the same for all, or not known: no limit on it chooses who gets a place"
    raise CapacityError(f"{why}. {_tell_own_way(flow, places, limits)}")


def _find_gain_from(flow: Flow, places: Places, limits: Limits) -> float | None:
    def take(step: int) -> float:
        return places.count_taken(flow, replace(limits, gain_from=step / STEPS))

    without = take(STEPS)
    if without > places.capacity:
        return None
    first = _find_first(lambda step: take(step) <= places.capacity)
    taken = take(first)
    if not first or taken == without:
        return first / STEPS
    return (_find_first(lambda step: take(step) < taken) - 1) / STEPS


def _tell_own_way(flow: Flow, places: Places, limits: Limits) -> str:
    """Say how low `own_way_from` would have to be, and what that does."""

    def suffice(step: int) -> bool:
        tried = replace(limits, gain_from=1.0, own_way_from=1 - step / STEPS)
        return places.count_taken(flow, tried) <= places.capacity

    highest = 1 - _find_first(suffice) / STEPS
    if highest <= limits.not_yet_below:
        told = "own_way_from cannot do it either, as it has to stay above not_yet_below"
    else:
        told = f"own_way_from = {highest:.3f} would keep within {places.capacity:.1%}"
    return (
        f"{told}. Such a limit gives the places to who is least likely to return, not to who is "
        "helped: set it only if that is meant, or let the places go by turn or by lot"
    )


def _find_first(holds: Callable[[int], bool]) -> int:
    """Return the first step for which it holds, where it does for all after it too."""
    low, high = 0, STEPS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
