"""The limit on the gain of one region: it follows that region's capacity, and is dated."""

from collections.abc import Sequence
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


def get_limits_of(
    day: date, region: str, limits: tuple[Limits, ...], regional: Sequence[GainLimit]
) -> Limits:
    """Return the limits that hold on a day in a region; raises LimitsError when all begin later.

    `regional` is in the order in which it was set: of two from the same day the last one counts.
    The policy on whether steps to work are possible stays that of everybody.
    """
    held = get_limits(day, limits)
    found = find_gain_limit(day, region, regional)
    if found is None or found.gain_from is None:
        return held
    return replace(
        held,
        valid_from=max(held.valid_from, found.valid_from),
        gain_from=found.gain_from,
        author=f"{held.author}; {found.author} ({region})",
        reason=f"{held.reason}; {found.reason}",
    )


def find_gain_limit(day: date, region: str, regional: Sequence[GainLimit]) -> GainLimit | None:
    """Return the row of a region that counts on a day, or None."""
    own = [one for one in regional if one.region == region and one.valid_from <= day]
    newest = max((one.valid_from for one in own), default=None)
    return next((one for one in reversed(own) if one.valid_from == newest), None)
