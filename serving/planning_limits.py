"""Limits on the gain that follow from free places: what a plan proposes, and what is then set.

A proposal is not a limit: somebody confirms it with a reason, or the command that was told to. It
holds for screenings from its first day on. Cases that were assessed keep their suggestion until
they are assessed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.deadlines import add_months
from models.capacity import CapacityError, Places, count_share, fit_limits
from models.capacity import Flow as CaseFlow
from models.estimate import Estimate
from models.intake.change import find_shares
from models.intake.flow import Flow
from models.intake.outlook import Outlook
from models.regional_limits import ByRegion, GainLimit, get_limits_of
from models.suggestion import Limits, Suggestion
from serving.planning_counts import MONTHS, Calendar

Floats = NDArray[np.float64]
FEWEST = 50  # cases: a limit from fewer would follow the luck of a month
DIGITS = 3
MIDDLE_DAY = 15
# why there is no proposal for a region
NO_CAPACITY, FULL, FEW, SAME, OTHERS, NO_INTAKE = (
    *("no_capacity", "full", "few_cases", "gain_same", "others_fill", "no_intake"),
)


@dataclass(frozen=True)
class Room:
    """What a region can take in a month: free places, and screenings that may lead to one.

    `places` is None where no capacity was set. `started` is the chance that who is suggested for
    support takes a place, `beside` how many are expected to take one without being suggested.
    """

    places: int | None
    free: float
    screened: float
    started: float
    beside: float


def find_next_month(day: date) -> date:
    """Return the first day of the month after a day: a limit never holds for what is past."""
    return add_months(day.replace(day=1), 1)


def list_held(
    region: str, calendar: Calendar, limits: tuple[Limits, ...], regional: ByRegion
) -> list[float]:
    """Return the limit on the gain that held in a region in the middle of each month that was.

    Before the first limit that is known, that one is taken to have held.
    """
    first = limits[0].valid_from
    months = (number + calendar.first for number in range(MONTHS))
    days = (max(date(month // 12, month % 12 + 1, MIDDLE_DAY), first) for month in months)
    return [get_limits_of(day, region, limits, regional).gain_from for day in days]


def propose_limits(
    flow: Flow,
    outlook: Outlook,
    samples: Mapping[str, Sequence[Estimate]],
    limits: Mapping[str, Limits],
    valid_from: date,
) -> dict[str, Any]:
    """Return, per region, the limit on the gain that next month's free places allow, or why none.

    `gain_differs` tells whether a limit on the gain can choose between people at all. Each region
    tells `now` and `proposed`, the expected `free` places, the share of screenings that
    they suffice for, and which share is suggested now and would be then.
    """
    rooms = find_rooms(flow, outlook, valid_from)
    return {
        "valid_from": valid_from.isoformat(),
        "gain_differs": bool(flow.mix.limits),
        "regions": {
            region: _propose(room, tuple(samples.get(region, ())), limits[region])
            for region, room in zip(flow.regions, rooms, strict=True)
        },
    }


def find_rooms(flow: Flow, outlook: Outlook, month: date) -> list[Room]:
    """Return what each region can take in a month to come; the first one to come if it is past."""
    place = int((np.datetime64(month, "M") - flow.months[0]).astype(int))
    place = min(max(place, 0), len(flow.months) - 1)
    free = find_free(outlook, place)
    screened = outlook.draws["screened"][..., place : place + 3].mean(axis=(0, 2))
    onward = _chance(flow, "consented") * _chance(flow, "started")
    suggested = _chance(flow, "suggested")
    other = flow.find_step("referred_other")
    aside = np.zeros(len(flow.regions)) if other is None else find_shares(other)
    capacity = [-1] * len(flow.regions) if outlook.capacity is None else outlook.capacity.tolist()
    return [
        Room(
            places=None if capacity[r] < 0 else capacity[r],
            free=float(free[r]),
            screened=float(screened[r]),
            started=float(_chance(flow, "referred")[r] * onward[r]),
            beside=float(screened[r] * (1 - suggested[r]) * aside[r] * onward[r]),
        )
        for r in range(len(flow.regions))
    ]


def find_free(outlook: Outlook, month: int) -> Floats:
    """Return the places that come free for new people in a month, on average, per region.

    Where people wait for a place they go first. Places of a region without limit are infinite.
    """
    draws = outlook.draws
    if outlook.capacity is None:
        return np.full(len(outlook.regions), np.inf)
    places = np.where(outlook.capacity < 0, np.inf, outlook.capacity)[None]
    open_before = draws["caseload"][..., month] - draws["started"][..., month]
    waits = draws["queue"][..., month] > 0
    free = np.where(waits, draws["placed"][..., month], places - open_before)
    queue = draws["queue"][..., month - 1] if month else np.zeros_like(free)
    return np.asarray(np.maximum(free - queue, 0).mean(axis=0))


def _chance(flow: Flow, name: str) -> Floats:
    step = flow.find_step(name)
    return np.ones(len(flow.regions)) if step is None else find_shares(step)


def _propose(room: Room, cases: tuple[Estimate, ...], held: Limits) -> dict[str, Any]:
    told = {
        "now": held.gain_from,
        "proposed": None,
        "free": None if room.places is None else round(room.free),
        "share": None,
        "suggested_now": None,
        "suggested_then": None,
        "why": _find_bar(room, cases),
    }
    if told["why"] is not None:
        return told
    flow = CaseFlow(cases, cases)
    share = (room.free - room.beside) / (room.screened * room.started)
    try:
        found = fit_limits(flow, Places(min(share, 1.0)), held)
    except CapacityError:
        return told | {"share": round(min(share, 1.0), DIGITS), "why": OTHERS}
    then = replace(held, gain_from=round(found.gain_from, DIGITS))
    return told | {
        "proposed": then.gain_from,
        "share": round(min(share, 1.0), DIGITS),
        "suggested_now": round(count_share(cases, held, Suggestion.REFER), 2),
        "suggested_then": round(count_share(cases, then, Suggestion.REFER), 2),
    }


def _find_bar(room: Room, cases: tuple[Estimate, ...]) -> str | None:
    """Return why no limit can be proposed, or None."""
    if room.places is None:
        return NO_CAPACITY
    if len(cases) < FEWEST:
        return FEW
    if not CaseFlow(cases, cases).differs:
        return SAME
    if room.screened * room.started <= 0:
        return NO_INTAKE
    if round(room.free) <= 0:
        return FULL
    return OTHERS if room.free <= room.beside else None


def choose_limits(
    proposed: Mapping[str, Any], held: Sequence[GainLimit], author: str
) -> list[GainLimit]:
    """Return the limits to set from what a plan proposes, for who was told to set them.

    What somebody else set from that day on stays, and what would change nothing is left out.
    """
    day = date.fromisoformat(proposed["valid_from"])
    chosen = []
    for region, one in proposed["regions"].items():
        own = [row for row in held if row.region == region and row.valid_from >= day]
        others = [row for row in own if row.author != author]
        known = own[-1].gain_from if own else one["now"]
        if one["proposed"] is None or others or one["proposed"] == known:
            continue
        reason = f"{one['free']} vrije plaatsen verwacht in {proposed['valid_from'][:7]}"
        chosen.append(GainLimit(region, day, one["proposed"], author, reason))
    return chosen
