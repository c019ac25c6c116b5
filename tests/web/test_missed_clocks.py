from datetime import date, timedelta

import pytest

from features.deadlines import clocks
from serving.pages.clock_view import tell_missed
from serving.states import CaseState

TODAY = date(2026, 4, 15)


@pytest.mark.parametrize(
    ("due_ago", "state", "told"),
    [
        (1, CaseState.OPEN, "Twee vragen 1 dag te laat"),
        (19, CaseState.OPEN, "Twee vragen 19 dagen te laat"),
        (0, CaseState.OPEN, ""),
        (-3, CaseState.OPEN, ""),
        (19, CaseState.TO_REFER, ""),
        (19, CaseState.WAITING, ""),
    ],
)
def test_the_two_questions_are_late_until_the_first_decision(
    due_ago: int, state: CaseState, told: str
) -> None:
    due_on = TODAY - timedelta(days=due_ago)
    start = next(
        day
        for day in (due_on - timedelta(days=n) for n in range(85, 100))
        if any(c.key == "two_questions" and c.due_on == due_on for c in clocks(day, TODAY))
    )

    found = tell_missed(clocks(start, TODAY), state)

    assert found == told
