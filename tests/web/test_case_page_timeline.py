from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from features.deadlines import clocks
from serving.case_file import Allowed, CaseFile
from serving.pages.clock_view import ClockView
from serving.pages.timeline import Event, Kind, list_events
from serving.pages.timeline_view import MOST_HIDDEN, MOST_SHOWN, TimelineView, build_timeline
from serving.permissions import Role
from serving.store.case_trail import Trail
from serving.store.consents import KeptConsent
from serving.store.decisions import Answer, OwnEstimate
from serving.store.referrals import Referral
from serving.store.requests import PersonRequest, RequestKind, RequestOutcome
from serving.store.standing import Standing
from tests.running_service import NOW, TODAY, make_assessment

LATE = datetime(2026, 4, 10, 23, 30, tzinfo=UTC)  # the day after, in Brussels


def make_file(start: date = TODAY - timedelta(days=90), **changes: Any) -> CaseFile:
    """Return a case that was assessed once, with what else became of it."""
    screened_on = min(max(start, TODAY - timedelta(days=5)), start + timedelta(days=1500))
    made = make_assessment(
        absence_started_on=start.isoformat(), screened_on=screened_on.isoformat()
    )
    file = CaseFile(
        history=[made],
        sharpeners=None,
        absent_day=1,
        clocks=clocks(start, TODAY),
        standing=cast("Standing", None),
        decisions=[],
        own_estimates=[],
        changes=None,
        allowed=Allowed([], []),
        reassess_due=False,
        is_withheld=False,
        is_upheld=False,
        trail=Trail(),
    )
    return replace(file, **changes)


def draw(file: CaseFile, events: Sequence[Event] = ()) -> TimelineView:
    shown = [ClockView.of(clock) for clock in file.clocks]
    return build_timeline(file, events, shown, TODAY)


def tell(file: CaseFile) -> list[tuple[date, str, str]]:
    return [(e.day, e.text_nl, e.more_nl) for e in list_events(file, "arts", NOW.tzinfo)]


def test_a_moment_counts_on_its_day_in_brussels_and_the_own_is_told_apart() -> None:
    own = [
        OwnEstimate("A", user, LATE, Answer.YES, Answer.NO) for user in ("arts", "arts.antwerpen")
    ]

    told = tell(make_file(own_estimates=own))

    assert {day for day, text, _ in told if "inschatting" in text} == {date(2026, 4, 11)}
    assert {"Uw eigen inschatting", "Een arts schatte zelf in"} <= {text for _, text, _ in told}


def test_a_referral_that_stopped_and_a_consent_that_was_withdrawn_are_told() -> None:
    day = TODAY - timedelta(days=3)
    consent = KeptConsent("T", day, "contact_employer", NOW, "arts", Role.RTW_COORDINATOR, NOW)
    sent = Referral("R", "C", "D", "T", {}, NOW, "arts", stopped_on=TODAY, stopped_why="withdraw")

    told = tell(make_file(trail=Trail(consents=[consent], referrals=[sent])))

    assert (TODAY, "Doorverwijzing gestopt", "Toestemming ingetrokken") in told
    assert (TODAY, "Toestemming ingetrokken") in [one[:2] for one in told]
    assert (day, "Toestemming gegeven") in [one[:2] for one in told]


def test_a_request_is_told_with_its_answer() -> None:
    asked = PersonRequest(
        *("V", RequestKind.OBJECTION, NOW, "arts", TODAY),
        handled_at=NOW,
        handled_by="arts",
        outcome=RequestOutcome.REJECTED,
    )

    told = [text for _, text, _ in tell(make_file(trail=Trail(requests=[asked])))]

    assert told[:2] == [
        "Bezwaar tegen inschattingen: niet aanvaard",
        "Bezwaar tegen inschattingen",
    ]


def test_what_vdab_reports_of_a_pathway_that_we_sent_is_one_pathway() -> None:
    day, end = TODAY - timedelta(days=30), TODAY - timedelta(days=2)
    sent = Referral("R", "C", "D", "T", {}, NOW, "arts", started_on=day)
    row = {"referred_on": day, "started_on": day, "ended_on": end, "kind": None, "partner": None}

    file = make_file(trail=Trail(referrals=[sent], pathways=[row]))

    [spans] = [lane.spans for lane in draw(file).lanes if lane.name_nl == "Traject"]
    assert len(spans) == 1
    assert [text for _, text, _ in tell(file)].count("Traject gestart") == 1


@pytest.mark.parametrize("days", [-40, 0, 30, 400, 4000, 13000])
def test_an_absence_of_any_length_fits_with_few_months_named(days: int) -> None:
    file = make_file(TODAY - timedelta(days=days))

    line = draw(file)

    assert 1 <= len(line.ticks) <= 8
    assert all(0 <= place <= 100 for place, _ in (*line.ticks, *line.clock_marks))
    [absent] = line.lanes
    assert len(absent.spans) == (days >= 0)
    assert all(0 <= span.start <= span.start + span.width <= 100.01 for span in absent.spans)


def test_what_happened_long_ago_is_counted_and_not_listed() -> None:
    most = MOST_SHOWN + MOST_HIDDEN
    events = [Event(TODAY - timedelta(days=n), Kind.WORK, str(n)) for n in range(most + 5)]

    line = draw(make_file(), events)

    assert (len(line.shown), len(line.hidden), line.left_out) == (MOST_SHOWN, MOST_HIDDEN, 5)
    assert line.shown[0].text_nl == "0"
