"""Periods of sick leave set by law or by policy, as dated data with their source."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from features.errors import KantelpuntError


class DeadlineError(KantelpuntError):
    """A date that no clock can be counted from."""


@dataclass(frozen=True)
class Deadline:
    """One period, counted from the first day of absence unless it says otherwise.

    `valid_from` is the first day of absence from which the period holds; a change of law adds a row
    with the same key and a later day.
    """

    key: str
    label_nl: str
    source: str
    valid_from: date
    weeks: int = 0
    months: int = 0

    def due_on(self, absence_started_on: date) -> date:
        """Return the day on which the period has passed."""
        return add_months(absence_started_on, self.months) + timedelta(weeks=self.weeks)

    def to_clock(self, started_on: date, as_of: date) -> "Clock":
        """Return the clock that began to run on a day, as it stands on another."""
        due_on = self.due_on(started_on)
        return Clock(self.key, self.label_nl, self.source, due_on, (due_on - as_of).days)


@dataclass(frozen=True)
class Clock:
    """One deadline of one case: `days_left` is negative once the day has passed."""

    key: str
    label_nl: str
    source: str
    due_on: date
    days_left: int


_CODEX = "Codex over het welzijn op het werk, art. I.4-71/1"
_QUICK_SCAN = (
    "KB van 3 juli 1996, titel III, hoofdstuk III, afdeling VIquater (art. 215octies e.v.)"
)
_PLAN = "Vlaams beleid voor terugkeer naar werk (VDAB en ziekenfondsen), geen wettelijke termijn"
_FOLLOW_UP = "Opvolging door de adviserend arts in het eerste jaar (RIZIV)"
_LAW = "Wet van 14 juli 1994 (ZIV-wet), art. 87 en 93"
_RIGHTS = "AVG (Verordening (EU) 2016/679), art. 12, lid 3"

DEADLINES = (
    Deadline(
        "occupational_physician", "Arbeidsarts informeert", _CODEX, date(2022, 10, 1), weeks=4
    ),
    Deadline("questionnaire", "Vragenlijst vertrekt", _QUICK_SCAN, date(2022, 1, 1), weeks=10),
    Deadline("answers", "Vragenlijst terug", _QUICK_SCAN, date(2022, 1, 1), weeks=12),
    Deadline("two_questions", "Twee vragen beantwoord", _PLAN, date(2022, 1, 1), months=3),
    Deadline("category", "Categorie 1 tot 4 bepaald", _QUICK_SCAN, date(2022, 1, 1), months=4),
    Deadline("pathway", "Traject gestart", _PLAN, date(2022, 1, 1), months=5),
    Deadline("look_again_7", "Opnieuw bekijken (maand 7)", _FOLLOW_UP, date(2022, 1, 1), months=7),
    Deadline(
        "look_again_11", "Opnieuw bekijken (maand 11)", _FOLLOW_UP, date(2022, 1, 1), months=11
    ),
    Deadline("invalidity", "Invaliditeit begint", _LAW, date(1994, 10, 9), months=12),
)
# not of the absence: counted from the day on which what a person asks reached the fund. A last day
# in a weekend is not moved to the Monday after it, which Regulation 1182/71 would allow
ANSWER = Deadline("answer", "Antwoord aan de persoon", _RIGHTS, date(2018, 5, 25), months=1)


def clocks(absence_started_on: date, as_of: date) -> list[Clock]:
    """Return every clock of an absence, first due first.

    An absence from before a rule existed gets the oldest row of that rule: the clock then shows the
    present practice rather than nothing.
    """
    found = [d.to_clock(absence_started_on, as_of) for d in _deadlines_for(absence_started_on)]
    return sorted(found, key=lambda c: c.due_on)


@lru_cache(maxsize=10_000)
def find_next_clock(absence_started_on: date, as_of: date) -> Clock | None:
    """Return the first clock that has not passed: one that is due today has not."""
    return next((c for c in clocks(absence_started_on, as_of) if c.days_left >= 0), None)


def _deadlines_for(absence_started_on: date) -> list[Deadline]:
    chosen: dict[str, Deadline] = {}
    for deadline in sorted(DEADLINES, key=lambda d: d.valid_from):
        if deadline.key not in chosen or deadline.valid_from <= absence_started_on:
            chosen[deadline.key] = deadline
    return list(chosen.values())


def absent_day(absence_started_on: date, as_of: date) -> int:
    """Return which day of absence `as_of` is: the first day is day 1."""
    if as_of < absence_started_on:
        raise DeadlineError("as_of: expected a day on or after absence_started_on")
    return (as_of - absence_started_on).days + 1


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a month that is too short."""
    years, place = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, place + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
