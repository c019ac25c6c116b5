from datetime import date, timedelta

import pytest

from features.deadlines import Clock, clocks
from serving.pages.clock_view import ClockView, find_met, tell_late
from serving.states import CaseState
from tests.running_service import PASSWORD, Service
from tests.web.test_pages import read

TODAY = date(2026, 4, 15)


def start_so_that(key: str, due_ago: int) -> list[Clock]:
    """Return the clocks of an absence of which this one was due so many days ago."""
    due_on = TODAY - timedelta(days=due_ago)
    starts = (due_on - timedelta(days=n) for n in range(400))
    found = (clocks(day, TODAY) for day in starts)
    return next(f for f in found if any(c.key == key and c.due_on == due_on for c in f))


@pytest.mark.parametrize(
    ("due_ago", "told"),
    [
        (1, "Twee vragen 1 dag te laat"),
        (19, "Twee vragen 19 dagen te laat"),
        (0, ""),
        (-3, ""),
    ],
)
def test_the_two_questions_are_late_from_the_day_after_they_were_due(
    due_ago: int, told: str
) -> None:
    found = tell_late(start_so_that("two_questions", due_ago))

    assert found == told


def show(key: str, due_ago: int, *, answered: bool = False, state: CaseState) -> ClockView:
    met = find_met(answered=answered, is_decided=state is not CaseState.OPEN, state=state)
    clock = next(c for c in start_so_that(key, due_ago) if c.key == key)
    return ClockView.of(clock, met)


@pytest.mark.parametrize(
    ("key", "answered", "state"),
    [
        ("answers", True, CaseState.OPEN),
        ("two_questions", False, CaseState.TO_REFER),
        ("pathway", False, CaseState.STARTED),
        ("pathway", False, CaseState.ENDED),
    ],
)
def test_a_clock_whose_step_was_taken_has_nothing_left(
    key: str, answered: bool, state: CaseState
) -> None:
    shown = show(key, -3, answered=answered, state=state)

    assert (shown.state, shown.left_nl) == ("past", "al gedaan")


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("answers", CaseState.OPEN),
        ("two_questions", CaseState.OPEN),
        ("pathway", CaseState.ACCEPTED),
        ("category", CaseState.TO_REFER),
    ],
)
def test_a_clock_whose_step_nobody_noted_counts_on(key: str, state: CaseState) -> None:
    shown = show(key, -3, state=state)

    assert (shown.state, shown.left_nl) == ("soon", "nog 3 dagen")


def test_the_list_and_the_case_call_nothing_late_once_it_was_decided(pages: Service) -> None:
    late = read(pages, "/?volgorde=afwezig").text
    case_id = "C-0010"
    before = read(pages, f"/dossiers/{case_id}").text

    shown = pages.get(f"/api/v1/cases/{case_id}").json()
    body = {
        "kind": "not_opportune",
        "assessment_id": shown["latest"]["assessment_id"],
        "state_version": shown["state_version"],
    }
    decided = pages.client.post(
        f"/api/v1/cases/{case_id}/decisions", json=body, auth=("arts", PASSWORD)
    )

    after = read(pages, f"/dossiers/{case_id}").text
    assert decided.status_code == 201
    assert "Twee vragen" in late
    assert "dagen te laat" in before
    assert "te laat" not in after
    assert "Twee vragen beantwoord al gedaan" in after
