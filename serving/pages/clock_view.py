"""What a page shows of a legal clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from features.deadlines import Clock
from serving.states import CaseState

SOON_DAYS = 7
_TWO_QUESTIONS = "two_questions"


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


def tell_missed(clocks: Sequence[Clock], state: CaseState) -> str:
    """Return by how much the two questions are late, in words; empty where they are not.

    They are answered by the first decision. Of other clocks nobody notes here that they were met.
    """
    late = next((-c.days_left for c in clocks if c.key == _TWO_QUESTIONS), 0)
    if late <= 0 or state is not CaseState.OPEN:
        return ""
    return f"Twee vragen {late} {'dag' if late == 1 else 'dagen'} te laat"
