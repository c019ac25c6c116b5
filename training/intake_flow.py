"""The road from entry to pathway as an extract tells it: steps, who waits, open pathways."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.entries import EntryTable
from features.errors import KantelpuntError
from features.tables import Extract
from models.intake.caseload import LONGEST as LONGEST_PATHWAY
from models.intake.caseload import count_durations
from models.intake.flow import COHORT_STEPS, REACHED, Durations, Flow, Waiting
from models.intake.known import LONGEST, RECENT, Cases, learn_cases, learn_cohorts
from models.intake.paths import Paths
from models.intake.steps import Step, learn_step

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Months = NDArray[np.datetime64]
RECENT_KINDS = 12  # months of pathways that tell which kinds begin


class NoRoadError(KantelpuntError):
    """An extract from which the road to a pathway cannot be learnt."""


@dataclass(frozen=True)
class _Road:
    """The months of each case and pathway; `place` numbers the region of a case."""

    place: Ints
    entry: Months
    screened: Months
    referred: Months
    started: Months
    ended: Months
    kind: NDArray[np.object_]


def build_flow(extract: Extract, table: EntryTable, entries: Paths) -> tuple[Flow, tuple[str, ...]]:
    """Return the flow at the end of the last month of a table, and what has to be said of it.

    Raises NoRoadError where the table has no calendar months or lacks columns, and IntakeError for
    counts that contradict each other.
    """
    _check(extract, table)
    last = table.starts[-1].astype("datetime64[M]")
    regions = entries.regions
    road, notes = _read_road(extract, regions)
    kept = [table.regions.index(region) for region in regions]
    entered, *off = (table.get_counts(name)[kept] for name in ("entered", *COHORT_STEPS))
    if np.isnan(entered[:, -1]).any():
        raise NoRoadError(
            "a region has no count in the last month: give --as-of a month that all have"
        )
    steps, waiting = learn_cohorts(entered, (off[0], off[1], off[2]))
    screened, told = _learn_screened(road, off[2], last)
    waiting = (*waiting[:-1], _leave_screened(waiting[-1], steps[-1], road, last))
    referred, later = _learn_pathways(road, len(regions), last)
    open_now, durations = _count_open(road, len(regions), last)
    kinds, kind_counts = _count_kinds(road, len(regions), last)
    flow = Flow(
        as_of=(table.starts[-1] + np.timedelta64(int(table.days[-1]), "D")).item()
        - timedelta(days=1),
        regions=regions,
        steps=(*steps, *screened[:1], referred[0], later[0]),
        waiting=(*waiting, *screened[1:], referred[1], later[1]),
        entries=entries,
        open_pathways=open_now,
        durations=durations,
        started_so_far=_count_year(road, len(regions), last),
        kinds=kinds,
        kind_counts=kind_counts,
    )
    return flow, (*notes, *told)


def _check(extract: Extract, table: EntryTable) -> None:
    missing = [name for name in COHORT_STEPS if name not in table.frame]
    if missing:
        raise NoRoadError(f"the table entries has no {', '.join(missing)}")
    first = table.starts == table.starts.astype("datetime64[M]").astype("datetime64[D]")
    if not first.all() or table.days.min() < 28 or table.days.max() > 31:
        raise NoRoadError("the table entries counts other periods than months of the calendar")
    if extract.cases.empty or extract.pathways.empty:
        raise NoRoadError("the extract has no pathways")


def _read_road(extract: Extract, regions: tuple[str, ...]) -> tuple[_Road, list[str]]:
    cases = extract.cases.sort_values("screened_on").drop_duplicates("case_id")
    ways = extract.pathways.sort_values("referred_on").drop_duplicates("case_id")
    rows = cases[["case_id", "region", "absence_started_on", "screened_on"]].merge(
        ways[["case_id", "referred_on", "started_on", "ended_on", "kind"]], "left", "case_id"
    )
    place = pd.Index(regions).get_indexer(pd.Index(rows["region"]))
    notes = []
    if (strange := int((place < 0).sum())) > 0:
        count = "fewer than 5" if strange < 5 else f"{strange:,}"
        notes.append(f"{count} cases are of a region that the entries do not have: left out")
    rows, place = rows[place >= 0], place[place >= 0]
    screened, referred, started, ended = (
        rows[name].to_numpy().astype("datetime64[M]")
        for name in ("screened_on", "referred_on", "started_on", "ended_on")
    )
    entry = rows["absence_started_on"].to_numpy().astype("datetime64[M]")
    # who is screened days before the third month is over counts with the others of that entry
    screened = np.fmax(screened, entry + REACHED)
    referred = np.fmax(referred, np.where(np.isnat(referred), referred, screened))
    started = np.fmax(started, np.where(np.isnat(started), started, referred))
    kind = rows["kind"].fillna("other").to_numpy(dtype=object)
    return _Road(place, entry, screened, referred, started, ended, kind), notes


def _learn_screened(
    road: _Road, off_3m: Floats, last: np.datetime64
) -> tuple[tuple[Step, Waiting] | tuple[()], list[str]]:
    """Return the step from the kantelpunt to a screening; nothing where more are than reach it."""
    regions, months = off_3m.shape
    recent = min(RECENT, months - REACHED)
    entries = last - REACHED - np.arange(recent)[::-1]  # the months of entry, oldest first
    tried = off_3m[:, months - REACHED - recent : months - REACHED]
    covered = entries >= min([*road.entry, last])
    known = ~np.isnan(tried) & covered
    tried = np.where(known, tried, 0.0)
    passed = np.zeros((regions, recent, LONGEST + 1))
    month = (road.entry - last).astype(np.int64) + REACHED + recent - 1
    delay = (road.screened - road.entry).astype(np.int64) - REACHED
    use = (month >= 0) & (month < recent) & (road.screened <= last)
    np.add.at(passed, (road.place[use], month[use], np.clip(delay[use], 0, LONGEST)), 1)
    passed *= known[..., None]
    if (passed.sum(axis=2) > tried).any():
        text = (
            "in some months more are screened than the entries say reach month 3: everybody who "
            "reaches it is taken to be screened"
        )
        return (), [text]
    step = learn_step("screened", tried, passed)
    left = (tried - passed.sum(axis=2))[:, ::-1][:, : LONGEST + 1]
    return (step, Waiting("screened", np.rint(left).astype(np.int64))), []


def _leave_screened(waiting: Waiting, step: Step, road: _Road, last: np.datetime64) -> Waiting:
    """Return who waits for month 3, without those of whom a screening is known already.

    A cohort is counted once all of it could be screened; till then some of it stand among the
    cases. Those took with them the share of who waited that ends before month 3 beside them.
    """
    counts = waiting.counts.astype(float)
    age = (last - road.entry).astype(np.int64) - (REACHED - 1)
    use = (age >= 0) & (age < counts.shape[1]) & (road.screened <= last)
    gone = np.zeros_like(counts)
    np.add.at(gone, (road.place[use], age[use]), 1 / max(step.pooled, 0.01))
    return Waiting(waiting.step, np.rint(np.maximum(counts - gone, 0)).astype(np.int64))


def _learn_pathways(
    road: _Road, regions: int, last: np.datetime64
) -> tuple[tuple[Step, Waiting], tuple[Step, Waiting]]:
    """Return the steps from screening to referral, and from referral to start."""
    never = np.where(np.isnat(road.started), road.ended, np.datetime64("NaT"))
    never = np.fmax(never, np.where(np.isnat(never), never, road.referred))
    return (
        learn_cases("referred", Cases(road.place, road.screened, road.referred), regions, last),
        learn_cases(
            "started", Cases(road.place, road.referred, road.started, never), regions, last
        ),
    )


def _count_open(road: _Road, regions: int, last: np.datetime64) -> tuple[Ints, Durations]:
    """Return open pathways by age in months, and how long all of them last."""
    began = ~np.isnat(road.started) & (road.started <= last)
    place, started = road.place[began], road.started[began]
    has_ended = ~np.isnat(road.ended[began]) & (road.ended[began] <= last)
    ended = np.where(has_ended, road.ended[began], last)
    months = np.maximum((ended - started).astype(np.int64), 0)
    open_now = np.zeros((regions, LONGEST_PATHWAY), np.int64)
    ages = np.minimum(months[~has_ended], LONGEST_PATHWAY - 1)
    np.add.at(open_now, (place[~has_ended], ages), 1)
    return open_now, count_durations(months, has_ended)


def _count_kinds(road: _Road, regions: int, last: np.datetime64) -> tuple[tuple[str, ...], Ints]:
    began = (road.started <= last) & (road.started > last - RECENT_KINDS)
    kinds = tuple(sorted(set(road.kind[began])))
    counts = np.zeros((regions, len(kinds)), np.int64)
    column = pd.Index(kinds).get_indexer(pd.Index(road.kind[began]))
    np.add.at(counts, (road.place[began], column), 1)
    return kinds, counts


def _count_year(road: _Road, regions: int, last: np.datetime64) -> Ints:
    year = last.astype("datetime64[Y]").astype("datetime64[M]")
    began = (road.started <= last) & (road.started >= year)
    return np.bincount(road.place[began], minlength=regions).astype(np.int64)
