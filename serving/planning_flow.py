"""From counts to the road that planning simulates: steps, who waits before each, pathways."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.intake.flow import Durations, Flow, Waiting
from models.intake.mix import Mix
from models.intake.paths import Paths
from models.intake.steps import learn_step
from serving.planning_counts import (
    CASE_STEPS,
    DELAYS,
    MONTHS,
    REACHED,
    Calendar,
    Courses,
    Roads,
    Tries,
)
from serving.planning_entries import Entries
from serving.store.planning import Capacity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NO_LIMIT = -1
# what is known of a month of entry after so many months
COHORTS = (("off_1m", 1), ("off_2m", 2), ("off_3m", 3))


@dataclass(frozen=True)
class Counted:
    """All that a plan counts: entries where there are any, cases, pathways and places."""

    calendar: Calendar
    regions: tuple[str, ...]
    entries: Entries | None
    roads: Roads
    courses: Courses
    capacities: Sequence[Capacity]
    mix: Mix


def build_flow(counted: Counted, paths: Paths) -> Flow:
    """Return the road from entry to pathway, with the entries to come.

    Without entries the screenings are what comes in: the steps before them are left out.
    """
    tries = list_tries(counted, paths)
    return Flow(
        as_of=counted.calendar.as_of,
        regions=counted.regions,
        steps=tuple(learn_step(name, one.tried, one.passed) for name, one in tries),
        waiting=tuple(Waiting(name, one.list_waiting()) for name, one in tries),
        entries=_after(paths, counted.calendar),
        open_pathways=counted.courses.open,
        durations=Durations(counted.courses.at_risk, counted.courses.ended),
        mix=counted.mix,
        capacity=find_places(counted.capacities, counted.regions, counted.calendar.as_of),
        started_so_far=_count_this_year(counted.roads.started, counted.calendar),
        kinds=tuple(counted.courses.kinds),
        kind_counts=_lay_out_kinds(counted.courses),
    )


def list_tries(counted: Counted, paths: Paths) -> list[tuple[str, Tries]]:
    """Return who came to each step and passed it, in the order of the road."""
    found = [] if counted.entries is None else _list_cohorts(counted, counted.entries, paths)
    return found + [(name, counted.roads.steps[name]) for name in CASE_STEPS]


def _list_cohorts(counted: Counted, entries: Entries, paths: Paths) -> list[tuple[str, Tries]]:
    """Return the steps that are counted by month of entry, and the screening after them.

    A count that nobody reports is left out, and who came goes on to the next.
    """
    before, age = _fill_late(counted, entries, paths), 0
    found = []
    for name, months in COHORTS:
        if not np.isnan(entries.counts[name]).all():
            found.append((name, _list_lasting(before, entries.counts[name], age, months)))
            before, age = entries.counts[name], months
    return [*found, ("screened", _list_screened(counted, before, age))]


def _list_lasting(before: Floats, after: Floats, age: int, months: int) -> Tries:
    """Return who was off after `age` months of absence, and who still was after more of them.

    Where the second count is not known though it could be, nothing is learnt: its people wait.
    """
    came, passed = _shift(before, age), _shift(after, age)
    left = np.where(np.isnan(passed), came, 0.0)
    due = np.arange(MONTHS) + months - age < MONTHS
    known = ~np.isnan(came) & ~(due & np.isnan(passed))
    tries = Tries.empty(len(before), left=np.nan_to_num(left))
    tries.tried[known] = came[known]
    done = known & ~np.isnan(passed)
    tries.passed[..., months - age][done] = np.minimum(passed, came)[done]
    return tries


def _list_screened(counted: Counted, before: Floats, age: int) -> Tries:
    """Return who was off after `age` months of absence, and who of them was screened when."""
    early = REACHED - age
    screened = np.zeros_like(counted.roads.screened)
    whole = counted.roads.screened
    screened[:, : MONTHS - early, early:] = whole[:, early:, : DELAYS - early]
    came = _shift(before, age)
    # screened without being counted among who is off: the count of the fund lags behind
    came = np.maximum(came, screened.sum(axis=2))
    known = ~np.isnan(came)
    tries = Tries.empty(len(before))
    tries.tried[known], tries.passed[known] = came[known], screened[known]
    return tries


def _shift(counts: Floats, months: int) -> Floats:
    """Return counts by the month in which they are known, so many months after the entry."""
    if not months:
        return counts.copy()
    moved = np.full_like(counts, np.nan)
    moved[:, months:] = counts[:, :-months]
    return moved


def _fill_late(counted: Counted, entries: Entries, paths: Paths) -> Floats:
    """Return the entries with what is expected in last months that nobody reported yet."""
    entered = np.array(entries.counts["entered"])
    expected = paths.counts.mean(axis=0)
    first = counted.calendar.first
    for place, start in enumerate(paths.starts.astype("datetime64[M]").astype(int)):
        month = int(start) + 1970 * 12 - first
        if 0 <= month < MONTHS:
            late = np.isnan(entered[:, month])
            entered[late, month] = np.rint(expected[late, place])
    return entered


def _after(paths: Paths, calendar: Calendar) -> Paths:
    """Return the months of the paths after the last whole one."""
    months = paths.starts.astype("datetime64[M]").astype(int) + 1970 * 12
    kept = months > calendar.last
    return Paths(paths.regions, paths.starts[kept], paths.days[kept], paths.counts[..., kept])


def find_places(capacities: Sequence[Capacity], regions: Sequence[str], on: date) -> Ints | None:
    """Return the places of each region on a day, without limit where nobody set any.

    None where nobody set any at all. The places of kinds add up where the whole was not set.
    """
    found = [_find_places(capacities, region, on) for region in regions]
    return None if set(found) == {NO_LIMIT} else np.array(found, np.int64)


def _find_places(capacities: Sequence[Capacity], region: str, on: date) -> int:
    held: dict[str | None, Capacity] = {}
    for one in sorted(capacities, key=lambda one: one.valid_from):
        if one.region == region and one.valid_from <= on:
            held[one.kind] = one
    if None in held:
        return held[None].places
    return sum(one.places for one in held.values()) if held else NO_LIMIT


def _count_this_year(started: Floats, calendar: Calendar) -> Ints:
    months = calendar.as_of.month
    return np.asarray(started[:, -months:].sum(axis=1), np.int64)


def _lay_out_kinds(courses: Courses) -> Ints | None:
    return np.stack(list(courses.kinds.values()), axis=1) if courses.kinds else None
