"""Which cases someone asks the list for, and what that comes down to in the store."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from features.deadlines import DEADLINES, absent_day, clocks, find_next_clock
from models.suggestion import Suggestion
from serving.permissions import User
from serving.states import OPEN_STATES, CaseState
from serving.store.cases import EVERY_STATE, CaseFilter, Days

# guaranteed pay and most short absences end within a month: before it, few cases have enough in
# their file to estimate anything from
FIRST_DAY = 30
# with invalidity the first year ends, and with it the days on which a case is looked at again
LAST_CLOCK = "invalidity"
REASSESSED = OPEN_STATES | {CaseState.WAITING}
CLOCK_KEYS = tuple(dict.fromkeys(deadline.key for deadline in DEADLINES))


class Window(StrEnum):
    """Which part of an absence to show."""

    TIPPING_POINT = "tipping_point"  # day 30 until the end of the first year
    ALL = "all"


class Due(StrEnum):
    """What a case is due for."""

    REASSESS = "reassess"  # months 4, 7 and 11


class Order(StrEnum):
    """In which order the cases stand."""

    URGENCY = "urgency"  # the most urgent suggestion, then who gains most, then longest absent
    NEXT_CLOCK = "next_clock"
    LONGEST_ABSENT = "longest_absent"


@dataclass(frozen=True)
class Wanted:
    """What someone asks of the list; without anything, open cases around the kantelpunt.

    Who searches for a number, or for persons who wait for an answer (`asking`), looks in every
    state and window, unless one is named.
    """

    suggestion: Suggestion | None = None
    region: str | None = None
    screened_from: date | None = None
    screened_until: date | None = None
    answered: bool | None = None
    search: str | None = None
    state: CaseState | None = None
    labour_status: str | None = None
    clock: str | None = None
    within_days: int | None = None
    mine: bool = False
    due: Due | None = None
    asking: bool = False
    window: Window | None = None
    order: Order = Order.URGENCY

    @property
    def is_wide(self) -> bool:
        """Whether every state and window is looked in, where none is named."""
        return self.search is not None or self.asking

    @property
    def by_request(self) -> bool:
        """Whether who waits longest for an answer comes first: unless another order is asked."""
        return self.asking and self.order is Order.URGENCY

    def to_filter(self, user: User, today: date, *, blind: bool = False) -> CaseFilter:
        """Return this as the store knows it.

        For who is `blind` to the estimates of a case, no suggestion may be found by asking for it.
        """
        return CaseFilter(
            suggestion=self.suggestion,
            region=self.region,
            screened_from=self.screened_from,
            screened_until=self.screened_until,
            answered=self.answered,
            search=self.search,
            states=self._list_states(),
            labour_status=self.labour_status,
            assigned_to=user.key if self.mine else None,
            started=self._list_starts(today),
            reassess_by=today if self.due is Due.REASSESS else None,
            asking=self.asking,
            estimated_by=user.key if blind and self.suggestion is not None else None,
        )

    def _list_states(self) -> tuple[CaseState, ...]:
        if self.state is not None:
            return (self.state,)
        if self.due is Due.REASSESS:
            return tuple(REASSESSED)
        return EVERY_STATE if self.is_wide else tuple(OPEN_STATES)

    def _list_starts(self, today: date) -> tuple[Days, ...] | None:
        unnamed = Window.ALL if self.is_wide else Window.TIPPING_POINT
        window = self.window or unnamed
        if window is Window.ALL and self.clock is None and self.within_days is None:
            return None
        return find_starts(window, self.clock, self.within_days, today)


@lru_cache(maxsize=256)
def find_starts(
    window: Window, clock: str | None, within_days: int | None, today: date
) -> tuple[Days, ...]:
    """Return the first days of absence that lie in a window and whose next clock is as asked."""
    found = [day for day in _list_days(today) if _fits(day, window, clock, within_days, today)]
    return _join(found)


@lru_cache(maxsize=8)
def order_starts(today: date) -> tuple[date, ...]:
    """Return the first days of absence that have a clock to come, those due first in front."""
    found = ((find_next_clock(day, today), day) for day in _list_days(today))
    return tuple(day for _, day in sorted((c.due_on, day) for c, day in found if c is not None))


def _list_days(today: date) -> Iterator[date]:
    """Give every first day of absence that can have a clock to come, the oldest first."""
    longest = max(deadline.due_on(today) for deadline in DEADLINES) - today + timedelta(days=31)
    return (today - timedelta(days=n) for n in range(longest.days, -1, -1))


def _fits(
    start: date, window: Window, clock: str | None, within_days: int | None, today: date
) -> bool:
    found = {c.key: c for c in clocks(start, today)}
    is_around = absent_day(start, today) >= FIRST_DAY and found[LAST_CLOCK].days_left > 0
    if window is Window.TIPPING_POINT and not is_around:
        return False
    if clock is None and within_days is None:
        return True
    following = next((c for c in found.values() if c.days_left >= 0), None)
    if following is None or clock not in (None, following.key):
        return False
    return within_days is None or following.days_left <= within_days


def _join(days: list[date]) -> tuple[Days, ...]:
    """Return days in order as ranges without holes."""
    if not days:
        return ()
    holes = [(a, b) for a, b in pairwise(days) if (b - a).days > 1]
    begins, ends = [days[0], *(b for _, b in holes)], [*(a for a, _ in holes), days[-1]]
    return tuple(zip(begins, ends, strict=True))
