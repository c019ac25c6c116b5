"""What a page shows of a legal clock: how far off it is, or that its step was taken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from features.deadlines import Clock
from serving.refer import PATHWAY_CLOCK
from serving.states import CaseState
from serving.wording import days_left_nl

SOON_DAYS = 7
TWO_QUESTIONS = "two_questions"
_QUESTIONNAIRE = ("questionnaire", "answers")
_STARTED = (CaseState.STARTED, CaseState.ENDED)


@dataclass(frozen=True)
class ClockView:
    """One legal clock: `state` is past, soon or later. Of one that was met nothing is left."""

    label: str
    due_on: date
    left_nl: str
    state: str
    source: str

    @classmethod
    def of(cls, clock: Clock, met: Collection[str] = ()) -> "ClockView":
        """Return what a page shows of a clock; `met` are the keys of those whose step was taken."""
        is_met = clock.key in met
        soon = "soon" if clock.days_left <= SOON_DAYS else "later"
        state = "past" if clock.days_left < 0 or is_met else soon
        left_nl = "al gedaan" if is_met else days_left_nl(clock.days_left)
        return cls(clock.label_nl, clock.due_on, left_nl, state, clock.source)


def find_met(*, answered: bool, is_decided: bool, state: CaseState) -> frozenset[str]:
    """Return the keys of the clocks whose step was taken, as far as that is noted here.

    The first decision answers the two questions.
    """
    met = set(_QUESTIONNAIRE) if answered else set()
    if is_decided:
        met.add(TWO_QUESTIONS)
    if state in _STARTED:
        met.add(PATHWAY_CLOCK)
    return frozenset(met)


def tell_late(clocks: Sequence[Clock]) -> str:
    """Return by how much the two questions are late, in words; empty where they are not.

    For a case about which nothing was decided. Of the other clocks nobody notes here that they were
    met, so none of them is called late.
    """
    late = next((-c.days_left for c in clocks if c.key == TWO_QUESTIONS), 0)
    if late <= 0:
        return ""
    return f"Twee vragen {late} {'dag' if late == 1 else 'dagen'} te laat"
