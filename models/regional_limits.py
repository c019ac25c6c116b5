"""The limit on the gain of one region: it follows that region's capacity, and is dated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from models.suggestion import Limits, get_limits


@dataclass(frozen=True)
class GainLimit:
    """From which day which limit on the gain holds in a region, who set it and why.

    `gain_from` is None from the day on which the limits of everybody hold again.
    """

    region: str
    valid_from: date
    gain_from: float | None
    author: str
    reason: str


ByRegion = Mapping[str, tuple[GainLimit, ...]]  # in order: of two from the same day the last counts


def group_limits(limits: Iterable[GainLimit]) -> ByRegion:
    """Return limits by region, by the day from which they hold and then as they were set."""
    found: dict[str, list[GainLimit]] = {}
    for one in limits:
        found.setdefault(one.region, []).append(one)
    return {
        region: tuple(sorted(rows, key=lambda one: one.valid_from))
        for region, rows in found.items()
    }


def get_limits_of(day: date, region: str, limits: tuple[Limits, ...], regional: ByRegion) -> Limits:
    """Return the limits that hold on a day in a region; raises LimitsError when all begin later.

    The policy on whether steps to work are possible stays that of everybody.
    """
    held = get_limits(day, limits)
    rows = regional.get(region, ())
    found = next((one for one in reversed(rows) if one.valid_from <= day), None)
    if found is None or found.gain_from is None:
        return held
    return replace(
        held,
        valid_from=max(held.valid_from, found.valid_from),
        gain_from=found.gain_from,
        author=f"{held.author}; {found.author} ({region})",
        reason=f"{held.reason}; {found.reason}",
    )
