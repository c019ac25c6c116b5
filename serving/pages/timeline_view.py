"""The timeline of a case: spells as bars, clocks and events as marks, and the same as a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from features.deadlines import add_months
from serving.case_file import CaseFile
from serving.pages.clock_view import ClockView
from serving.pages.timeline import Event

MOST_SHOWN = 10
MOST_HIDDEN = 50
EVERY_MONTHS = (3, 6, 12, 24)  # apart: few enough ticks to read on a small screen
MOST_TICKS = 6
THINNEST = 0.6  # percent of the width: a single day still shows


@dataclass(frozen=True)
class Span:
    """A period in percent of the width; `kind` is absent, work or pathway."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class Lane:
    """One row of the picture: its name and the periods on it."""

    name_nl: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class TimelineView:
    """The picture, in percent of its width, and the lists beside it.

    `coming` holds the clocks that did not pass and were not met; `passed` the others. Of the events
    `shown` are the last, `hidden` those before, and `left_out` counts what is not on the page.
    """

    lanes: Sequence[Lane]
    clock_marks: Sequence[tuple[float, str]]
    event_marks: Sequence[tuple[float, str]]
    ticks: Sequence[tuple[float, int]]
    today: float
    coming: Sequence[ClockView]
    passed: Sequence[ClockView]
    shown: Sequence[Event]
    hidden: Sequence[Event]
    left_out: int


@dataclass(frozen=True)
class _Axis:
    first: date
    last: date

    def of(self, day: date) -> float:
        """Return the place of a day, within the picture."""
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    def span(self, kind: str, start: date, end: date) -> Span:
        """Return a period in the picture."""
        left = min(self.of(start), 100 - THINNEST)
        return Span(kind, left, max(round(self.of(end) - left, 2), THINNEST))


def build_timeline(
    file: CaseFile, events: Sequence[Event], clocks: Sequence[ClockView], today: date
) -> TimelineView:
    """Return the timeline of a case on a day; `events` come last first."""
    start = file.latest.absence_started_on
    days = [today, *(clock.due_on for clock in clocks), *(event.day for event in events)]
    axis = _Axis(min(start, *days), max(days))
    kept = events[: MOST_SHOWN + MOST_HIDDEN]
    return TimelineView(
        lanes=_build_lanes(file, axis, today),
        clock_marks=[(axis.of(clock.due_on), clock.state) for clock in clocks],
        event_marks=[(axis.of(event.day), event.kind.value) for event in reversed(kept)],
        ticks=list(_list_ticks(start, axis)),
        today=axis.of(today),
        coming=[clock for clock in clocks if clock.state != "past"],
        passed=[clock for clock in reversed(clocks) if clock.state == "past"],
        shown=kept[:MOST_SHOWN],
        hidden=kept[MOST_SHOWN:],
        left_out=len(events) - len(kept),
    )


def _list_ticks(start: date, axis: _Axis) -> Iterator[tuple[float, int]]:
    """Return the months of the absence to name, few enough to read."""
    months = round((axis.last - start).days / 30.4)
    apart = next((n for n in EVERY_MONTHS if months / n <= MOST_TICKS), 12 * (months // 60 + 1))
    for month in range(0, months + 1, apart):
        day = add_months(start, month)
        if day <= axis.last:
            yield axis.of(day), month


def _build_lanes(file: CaseFile, axis: _Axis, today: date) -> list[Lane]:
    work = _list_work(file, today)
    pathways = _list_pathways(file, today)
    lanes = [Lane("Afwezig", [axis.span("absent", *p) for p in _list_absent(file, work, today)])]
    if work:
        lanes.append(Lane("Werk", [axis.span("work", *period) for period in work]))
    if pathways:
        lanes.append(Lane("Traject", [axis.span("pathway", *period) for period in pathways]))
    return lanes


def _list_work(file: CaseFile, today: date) -> list[tuple[date, date]]:
    """Return the periods of work, in order; one that goes on lasts until today."""
    rows = sorted(file.trail.work_periods, key=lambda row: row["started_on"])
    return [(row["started_on"], row["ended_on"] or today) for row in rows]


def _list_absent(
    file: CaseFile, work: Sequence[tuple[date, date]], today: date
) -> list[tuple[date, date]]:
    """Return the spells: from the first day until work began, and between periods of work."""
    exits = [row["exited_on"] for row in file.trail.follow_up if row["exited_on"] is not None]
    end, at = min([today, *exits]), file.latest.absence_started_on
    spells = []
    for started, ended in work:
        if at < started:
            spells.append((at, started))
        at = max(at, ended + timedelta(days=1))
    return [*spells, (at, end)] if at <= end else spells


def _list_pathways(file: CaseFile, today: date) -> list[tuple[date, date]]:
    """Return the pathways: what VDAB reports of one that we sent is the same pathway."""
    found = {
        one.started_on: one.ended_on or one.stopped_on
        for one in file.trail.referrals
        if one.started_on is not None
    }
    for row in file.trail.pathways:
        if row["started_on"] is not None:
            found[row["started_on"]] = row["ended_on"] or found.get(row["started_on"])
    return [(start, end or today) for start, end in sorted(found.items())]
