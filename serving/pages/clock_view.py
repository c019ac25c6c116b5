"""What a page shows of a legal clock."""

from dataclasses import dataclass
from datetime import date

from features.deadlines import Clock

SOON_DAYS = 7


@dataclass(frozen=True)
class ClockView:
    """One legal clock: `state` is past, soon or later."""

    label: str
    due_on: date
    days_left: int
    state: str
    source: str

    @classmethod
    def of(cls, clock: Clock) -> "ClockView":
        """Return what a page shows of a clock."""
        soon = "soon" if clock.days_left <= SOON_DAYS else "later"
        state = "past" if clock.days_left < 0 else soon
        return cls(clock.label_nl, clock.due_on, clock.days_left, state, clock.source)
