"""From counts to the road that planning simulates: steps, who waits before each, pathways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.intake.flow import COHORT_STEPS, REACHED, Durations, Flow, Waiting
from models.intake.known import RECENT, learn_cohorts
from models.intake.mix import Mix
from models.intake.paths import Paths
from models.intake.steps import Step, learn_step
from models.shares import FEWEST_SHOWN
from models.suggestion import Limits
from serving.planning_counts import (
    AFTER_SCREENING,
    DELAYS,
    MONTHS,
    Calendar,
    Courses,
    Roads,
    Tries,
)
from serving.planning_entries import Entries
from serving.planning_mix import as_if_held
from serving.store.planning import Capacity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NO_LIMIT = -1


@dataclass(frozen=True)
class Counted:
    """All that a plan counts: entries where there are any, cases, pathways, places and limits.

    Places and `limits` are those that hold on `coming`, the first day of next month; `held` are the
    limits on the gain of each month that was, (regions, months).
    """

    calendar: Calendar
    regions: tuple[str, ...]
    entries: Entries | None
    roads: Roads
    courses: Courses
    capacities: Sequence[Capacity]
    mix: Mix
    limits: Mapping[str, Limits]
    held: Floats
    coming: date


def build_flow(counted: Counted, paths: Paths) -> Flow:
    """Return the road from entry to pathway, with the entries to come.

    Without entries the screenings are what comes in: the steps before them are left out.
    """
    learnt = [] if counted.entries is None else _learn_entry(counted, counted.entries, paths)
    steps = dict(counted.roads.steps)
    steps["suggested"] = _suggest_again(steps["suggested"], counted)
    learnt += [_learn(name, steps[name]) for name in AFTER_SCREENING]
    return Flow(
        as_of=counted.calendar.as_of,
        regions=counted.regions,
        steps=tuple(step for step, _ in learnt),
        waiting=tuple(waiting for _, waiting in learnt),
        entries=_after(paths, counted.calendar),
        open_pathways=round_few(counted.courses.open),
        durations=Durations(counted.courses.at_risk, counted.courses.ended),
        mix=counted.mix,
        capacity=find_places(counted.capacities, counted.regions, counted.coming),
        started_so_far=_count_this_year(counted.roads.started, counted.calendar),
        kinds=tuple(counted.courses.kinds),
        kind_counts=_lay_out_kinds(counted.courses),
    )


def _suggest_again(tries: Tries, counted: Counted) -> Tries:
    """Return who was suggested as if the limit of the months to come had held all along."""
    return replace(tries, passed=as_if_held(tries.passed, tries.tried, counted.mix, counted.held))


def round_few(counts: Ints) -> Ints:
    """Return open pathways, (regions, ages), with those of a region under five as none or as five.

    A question of what-if without places lets nobody start, so that it tells those that are open.
    """
    found = counts.copy()
    for row in found:
        few = int(row.sum())
        if 0 < few < FEWEST_SHOWN:
            oldest = int(np.flatnonzero(row)[-1])
            row[oldest] += FEWEST_SHOWN - few
            row *= few > FEWEST_SHOWN // 2
    return found


def _learn(name: str, one: Tries) -> tuple[Step, Waiting]:
    """Return a step from the last years, and who waits before it."""
    tried, passed = one.tried[:, -RECENT:], one.passed[:, -RECENT:]
    stopped = one.stopped[:, -RECENT:] if one.stopped.any() else None
    # a suggestion comes with the screening: nobody waits for one
    waiting = one.list_waiting() * (name != "suggested")
    return learn_step(name, tried, passed, stopped), Waiting(name, waiting)


def _learn_entry(counted: Counted, entries: Entries, paths: Paths) -> list[tuple[Step, Waiting]]:
    """Return the steps from entry to screening.

    Where nobody reports who is still off, the screening follows on the entry at once.
    """
    entered = _fill_late(counted, entries, paths)
    counts = [entries.counts[name] for name in COHORT_STEPS]
    if any(np.isnan(count).all() for count in counts):
        return [_learn("screened", _list_screened(counted, entered, 0))]
    off, before = [], entered
    for count in counts:
        # funds that correct each other's months could make more be off than entered
        before = np.fmin(count, np.where(np.isnan(before), count, before))
        off.append(np.where(np.isnan(count), np.nan, before))
    steps, waiting = learn_cohorts(entered, (off[0], off[1], off[2]))
    screened = _learn("screened", _list_screened(counted, off[2], REACHED))
    return [*zip(steps, waiting, strict=True), screened]


def _list_screened(counted: Counted, before: Floats, age: int) -> Tries:
    """Return who was off after `age` months of absence, and who of them was screened when."""
    early = REACHED - age
    whole, tries = counted.roads.screened, Tries.empty(len(before))
    screened = np.zeros_like(whole)
    screened[:, : MONTHS - early, early:] = whole[:, early:, : DELAYS - early]
    # screened without being counted among who is off: the count of the fund lags behind
    came = np.maximum(_shift(before, age), screened.sum(axis=2))
    known = ~np.isnan(came)
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
    """Return who started in the year of the first month to come: nobody yet after December."""
    months = calendar.as_of.month % 12
    return np.asarray(started[:, MONTHS - months :].sum(axis=1), np.int64)


def _lay_out_kinds(courses: Courses) -> Ints | None:
    return np.stack(list(courses.kinds.values()), axis=1) if courses.kinds else None
