"""Targets of a plan: the year against its goal, work afterwards, regions, lead times and clocks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.layout import FINAL_EXITS
from models.intake.flow import Flow
from models.intake.hiding import hide_table
from models.intake.outflow import OPEN, OTHER, WORK, count_exits, outflow
from models.intake.outlook import Outlook
from models.intake.targets import Targets, funnel, keep_clock, lead_times, year_end
from models.shares import FEWEST_SHOWN
from serving.planning_counts import Roads
from serving.planning_history import History
from serving.store.engine import Connection
from serving.store.planning_counts import (
    After,
    Begun,
    Decided,
    stream_after,
    stream_decisions,
    stream_starts,
)

Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]
FUNNEL_MONTHS = 12
ROUNDED = 10


def tell_targets(
    connection: Connection, roads: Roads, history: History, outlook: Outlook, table: Targets
) -> dict[str, Any]:
    """Return the targets as a plan keeps them, without any small count."""
    calendar = roads.calendar
    since, until = calendar.first_of(FUNNEL_MONTHS), calendar.as_of
    return {
        "year_end": tell_year_end(outlook, history.started_so_far, table),
        "outflow": tell_outflow(
            (one for one in stream_after(connection, until) if one.region in roads.regions), history
        ),
        "funnel": _tell_funnel(roads),
        "lead_times": _tell_lead_times(stream_starts(connection, since, until), until),
        "clocks": _tell_clocks(stream_decisions(connection, since, until), until),
    }


def tell_year_end(
    outlook: Outlook,
    so_far: Sequence[int | None],
    table: Targets,
    target: int | None = None,
) -> list[dict[str, Any]]:
    """Return the years that the outlook sees to their end, with what may be told of this one.

    `so_far` are the starts of this year per region and of all, None where they are hidden. Where
    they are, the end of the year is not told either: less what is expected they would follow.
    """
    flow: Flow = outlook.flow
    begun = np.zeros(len(flow.regions), np.int64)
    begun = begun if flow.started_so_far is None else flow.started_so_far
    # nobody starts without a place: who waits for one counts when it comes free
    started = outlook.draws.get("placed", outlook.draws["started"])
    rows = year_end(started, flow.months, begun, flow.regions, target=target, table=table)
    told = []
    for row in rows:
        if row["year"] == flow.as_of.year:
            if so_far[-1] is None:
                continue
            seen = {
                r for r, count in zip(flow.regions, so_far[:-1], strict=True) if count is not None
            }
            row = row | {"regions": {r: one for r, one in row["regions"].items() if r in seen}}
        told.append(row)
    return told


def tell_outflow(rows: Iterable[After], history: History) -> list[dict[str, Any]]:
    """Return the outflow to work per year of start; years that began before all was known too.

    A year whose starts the history hides is left out. A share is None where it would tell, itself
    or beside the one before, of fewer than five people.
    """
    years, months, kinds, people = [], [], [], []
    for one in rows:
        kind, month = _end(one)
        years.append(f"{one.started // 12:04d}")
        months.append(month)
        kinds.append(kind)
        people.append(one.people)
    cohorts = sorted(set(years))
    labels = np.repeat(np.array(years, dtype=object), people).tolist() if years else []
    exits = count_exits(
        cohorts,
        labels,
        np.repeat(np.array(months, np.int64), people),
        np.repeat(np.array(kinds, np.int64), people),
    )
    return [
        row | {"months": _hide_shares(row["months"], row["started"], work)}
        for row, work in zip(outflow(exits), exits.work.cumsum(axis=1), strict=True)
        if row["started"] >= FEWEST_SHOWN
        and history.started_by_year.get(row["cohort"], 0) is not None
    ]


def _hide_shares(told: Mapping[str, Any], started: int, work: Ints) -> dict[str, Any]:
    """Return shares of who works, without those that tell of so few that went to work or did not.

    `work` counts who went to work by each month.
    """
    found: dict[str, Any] = {}
    before = 0
    for month, share in told.items():
        now = int(work[int(month) - 1])
        is_safe = share is not None and _is_safe(now, started) and _is_safe(now - before, started)
        found[month] = share if is_safe else None
        before = now if is_safe else before
    return found


def _end(one: After) -> tuple[int, int]:
    """Return how the follow-up of somebody ends, and after how many whole months.

    Who is not recognised any more may still work, as long as anything is known of them.
    """
    left = one.left if one.exit in FINAL_EXITS else None
    if one.worked is not None and (left is None or one.worked <= left):
        return WORK, one.worked
    if left is not None:
        return OTHER, left
    return OPEN, max(one.observed, 0)


def _tell_funnel(roads: Roads) -> dict[str, Any]:
    """Return the share referred per region of a year's screenings; hidden ones take no part.

    Screenings of the last three months may still be decided on, so they are left out. Counts are
    told to the nearest ten, and shares are those of such counts: less the months that history
    tells, an exact one would give a month that it hides.
    """
    steps = [roads.steps[name] for name in ("referred", "referred_other")]
    span = slice(-FUNNEL_MONTHS - 3, -3)
    tried = np.asarray(sum(step.tried[:, span].sum(axis=1) for step in steps), np.int64)
    passed = np.asarray(sum(step.passed[:, span].sum(axis=(1, 2)) for step in steps), np.int64)
    table = hide_table(np.stack([passed, tried - passed], axis=1))
    seen = [
        place
        for place, row in enumerate(table.rows)
        if None not in row and table.row_totals[place][0] is not None
    ]
    whole = np.maximum(np.rint(tried / ROUNDED), 1) * ROUNDED
    part = np.rint(passed / np.maximum(tried, 1) * whole)
    found = funnel(tuple(roads.regions[place] for place in seen), whole[seen], part[seen])
    nothing = dict.fromkeys(("tried", "passed", "share", "z", "beyond"))
    hidden = [r for place, r in enumerate(roads.regions) if place not in seen]
    found["regions"] += [{"region": region, **nothing} for region in hidden]
    return found


def _tell_lead_times(rows: Iterable[Begun], until: date) -> dict[str, Any]:
    sent, started, people = _unpack((one.sent_on, one.started_on, one.people) for one in rows)
    today = np.datetime64(until, "D")
    happened = ~np.isnat(started)
    days = np.maximum(_count_days(np.where(happened, started, today), sent), 0)
    seen = np.maximum(_count_days(np.full(len(sent), today), sent), days)
    parts = (np.repeat(part, people) for part in (days, happened, seen))
    return _hide_times(lead_times(*parts))


def _tell_clocks(rows: Iterable[Decided], until: date) -> dict[str, Any]:
    kept = [one for one in rows if one.absent_on <= one.screened_on]
    screened, decided, people = _unpack(
        (one.screened_on, one.decided_on, one.people) for one in kept
    )
    absent = np.array([one.absent_on for one in kept], "datetime64[D]")
    decided = np.where(decided < screened, screened, decided)  # noted later than it was made
    found = keep_clock(
        np.repeat(absent, people), np.repeat(screened, people), np.repeat(decided, people), until
    )
    return {
        "decision": _hide_times(found["decision"]),
        "clocks": [_hide_clock(one) for one in found["clocks"]],
    }


def _unpack(rows: Iterable[tuple[date, date | None, int]]) -> tuple[Days, Days, Ints]:
    kept = list(rows)
    first, second, people = zip(*kept, strict=True) if kept else ((), (), ())
    days = (np.array(part, "datetime64[D]") for part in (first, second))
    return (*days, np.array(people, np.int64))  # type: ignore[return-value]  # two and one


def _count_days(later: Days, earlier: Days) -> Ints:
    return np.asarray((later - earlier).astype("timedelta64[D]").astype(np.int64))


def _hide_times(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return lead times without counts under five, and without shares that tell of so few."""
    within = {
        limit: one if one is None or _is_safe(one["share"] * one["count"], one["count"]) else None
        for limit, one in found["within"].items()
    }
    counts = {name: _hide(found[name]) for name in ("count", "open")}
    return {**found, **counts, "within": within}


def _hide_clock(one: Mapping[str, Any]) -> dict[str, Any]:
    late = one["judged"] - one["in_time"]
    is_safe = one["judged"] == 0 or (
        one["judged"] >= FEWEST_SHOWN and _is_safe(one["in_time"], one["judged"])
    )
    is_safe = is_safe and _is_safe(late - one["open_late"], late)
    if is_safe:
        return dict(one)
    nothing = dict.fromkeys(("judged", "in_time", "open_late", "share"))
    return {**one, **nothing}


def _is_safe(part: float, whole: float) -> bool:
    """Tell whether neither a part nor what is left of the whole is of fewer than five."""
    return not any(0 < round(number) < FEWEST_SHOWN for number in (part, whole - part))


def _hide(count: int) -> int | None:
    return None if 0 < count < FEWEST_SHOWN else count
