"""What the store tells planning, as arrays: regions by whole months, up to the last whole one.

Months are counted from January of year 0, as the database counts them. Whoever was screened before
month 3 of the absence is counted as in that month, where the road from entry to pathway has them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from features.deadlines import add_months
from models.intake.flow import CASE_STEPS, REACHED
from serving.store.engine import Connection
from serving.store.planning_counts import Course, Journey, stream_courses, stream_journeys

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MONTHS = 60  # of history: chances of longer ago say little of today
DELAYS = 13  # who passes later than a year after coming counts as passing then
LONGEST = 37  # months that a pathway is followed


@dataclass(frozen=True)
class Calendar:
    """Whole months up to `as_of`, the last day of the last one."""

    as_of: date

    @property
    def last(self) -> int:
        """The number of the last month."""
        return number_of(self.as_of)

    @property
    def first(self) -> int:
        """The number of the first month."""
        return self.last - MONTHS + 1

    @property
    def names(self) -> list[str]:
        """The months as 2026-03, oldest first."""
        return [name_of(self.first + place) for place in range(MONTHS)]

    def first_of(self, months: int) -> date:
        """Return the first day of the last so many months."""
        return add_months(self.as_of.replace(day=1), 1 - months)

    @classmethod
    def before(cls, day: date) -> "Calendar":
        """Return the calendar of the last month that is over on a day."""
        after = day + timedelta(days=1)
        return cls(after.replace(day=1) - timedelta(days=1))


def number_of(day: date) -> int:
    """Return the number of the month of a day."""
    return day.year * 12 + day.month - 1


def name_of(number: int) -> str:
    """Return a month by its number as 2026-03."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


@dataclass(frozen=True)
class Tries:
    """Who came to a step per month, (regions, months), and who passed it, with months of delay.

    `stopped` counts who is known not to pass any more, in the shape of `passed`.
    """

    tried: Floats
    passed: Floats
    stopped: Floats

    @classmethod
    def empty(cls, regions: int) -> "Tries":
        """Return a step that nobody came to."""
        shape = (regions, MONTHS, DELAYS)
        return cls(np.zeros(shape[:2]), np.zeros(shape), np.zeros(shape))

    def add(
        self, region: int, came: int, passed: int | None, people: int, closed: int | None = None
    ) -> None:
        """Count people who came to the step in a month, and passed it in another if they did.

        Months are places from the first one on; what lies before or after is not counted. Who is
        `closed` without having passed never will.
        """
        if not 0 <= came < MONTHS:
            return
        self.tried[region, came] += people
        counts, month = (self.stopped, closed) if passed is None else (self.passed, passed)
        if month is not None and came <= month < MONTHS:
            counts[region, came, min(month - came, DELAYS - 1)] += people

    def passed_by_month(self) -> Floats:
        """Return who passed in each month, whenever they came, (regions, months)."""
        found = np.zeros((len(self.passed), MONTHS))
        for delay in range(DELAYS):
            found[:, delay:] += self.passed[:, : MONTHS - delay, delay]
        return found

    def list_waiting(self) -> Ints:
        """Return who came and did not pass yet, (regions, whole months waited)."""
        left = self.tried - (self.passed + self.stopped).sum(axis=2)
        return np.asarray(left[:, ::-1][:, :DELAYS].round(), np.int64)


AFTER_SCREENING = CASE_STEPS[1:]


@dataclass(frozen=True)
class Roads:
    """How cases went: screened per month of absence and of screening, and each step after that.

    `screened` has shape (regions, months, months of delay): by the month in which the absence
    began, and how long after the kantelpunt the screening was.
    """

    calendar: Calendar
    regions: tuple[str, ...]
    screened: Floats
    screenings: Floats
    steps: dict[str, Tries]
    started: Floats


def read_roads(
    connection: Connection,
    calendar: Calendar,
    regions: tuple[str, ...],
    *,
    from_entries: bool = True,
) -> Roads:
    """Return how the cases in reach went, in the regions that are named."""
    return build_roads(stream_journeys(connection), calendar, regions, from_entries=from_entries)


def build_roads(
    journeys: Iterable[Journey],
    calendar: Calendar,
    regions: tuple[str, ...],
    *,
    from_entries: bool = True,
) -> Roads:
    """Return how cases went, from their journeys.

    With entries, who is screened before month 3 comes when their absence has its kantelpunt, as it
    is then that the entries bring them. Without, nothing else brings them: they come when screened.
    """
    count = len(regions)
    roads = Roads(
        calendar,
        regions,
        np.zeros((count, MONTHS, DELAYS)),
        np.zeros((count, MONTHS)),
        {name: Tries.empty(count) for name in AFTER_SCREENING},
        np.zeros((count, MONTHS)),
    )
    places = {region: place for place, region in enumerate(regions)}
    for journey in journeys:
        if journey.region in places:
            _add(roads, places[journey.region], journey, REACHED if from_entries else 0)
    return roads


# places of months: screened, and referred, consented, started and closed if they were
Went = tuple[int, int | None, int | None, int | None, int | None]


def _add(roads: Roads, region: int, one: Journey, age: int) -> None:
    first, people = roads.calendar.first, one.people
    due = one.absent + age - first
    screened = max(one.screened - first, due)
    if one.screened - first < MONTHS and one.screened >= first:
        roads.screenings[region, one.screened - first] += people
    if screened >= MONTHS:
        return  # it comes to be counted where the absence has its kantelpunt
    if 0 <= due < MONTHS and screened - due < DELAYS:
        roads.screened[region, due, screened - due] += people
    referred = _later(one.referred, first, screened)
    consented = _later(one.consented, first, referred)
    started = _later(one.started, first, consented)
    closed = _later(one.closed, first, screened)
    _add_steps(roads, region, one, (screened, referred, consented, started, closed))


def _later(month: int | None, first: int, after: int | None) -> int | None:
    """Return the place of a month, not before the step that goes before; None where not yet."""
    if month is None or after is None or month - first >= MONTHS:
        return None
    return max(month - first, after)


def _add_steps(roads: Roads, region: int, one: Journey, went: Went) -> None:
    screened, referred, consented, started, closed = went
    people, steps = one.people, roads.steps
    steps["suggested"].add(region, screened, screened if one.suggested else None, people)
    name = "referred" if one.suggested else "referred_other"
    steps[name].add(region, screened, referred, people, closed)
    if referred is not None:
        steps["consented"].add(region, referred, consented, people)
    if consented is not None:
        steps["started"].add(region, consented, started, people)
    if started is not None and 0 <= started < MONTHS:
        roads.started[region, started] += people


@dataclass(frozen=True)
class Courses:
    """Pathways: open ones per region and age in months, and by age how many ran and ended.

    `kinds` counts those that began in the last year.
    """

    open: Ints
    at_risk: Ints
    ended: Ints
    kinds: dict[str, Ints]


def read_courses(connection: Connection, calendar: Calendar, regions: tuple[str, ...]) -> Courses:
    """Return the pathways in reach, in the regions that are named."""
    return build_courses(stream_courses(connection, calendar.as_of), calendar, regions)


def build_courses(
    courses: Iterable[Course], calendar: Calendar, regions: tuple[str, ...]
) -> Courses:
    """Return pathways by age, from when they began and ended."""
    places = {region: place for place, region in enumerate(regions)}
    found = Courses(
        np.zeros((len(regions), LONGEST), np.int64),
        np.zeros(LONGEST, np.int64),
        np.zeros(LONGEST, np.int64),
        {},
    )
    for one in courses:
        if one.region not in places:
            continue
        _add_course(found, places[one.region], one, calendar.last)
        if one.started > calendar.last - 12:
            kind = found.kinds.setdefault(one.kind or "other", np.zeros(len(regions), np.int64))
            kind[places[one.region]] += one.people
    return found


def _add_course(found: Courses, region: int, one: Course, last: int) -> None:
    """Count pathways by age: one that began this month is of age 0 and cannot have ended yet."""
    if one.ended is None:
        age = min(last - one.started, LONGEST - 1)
        found.open[region, age] += one.people
        found.at_risk[:age] += one.people
        return
    age = min(max(one.ended - one.started - 1, 0), LONGEST - 1)
    found.at_risk[: age + 1] += one.people
    found.ended[age] += one.people
