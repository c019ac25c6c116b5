"""The past that the demo makes up holds together, as if people had worked in the service."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Table, select

from models.estimate import GainStatus
from models.suggestion import Suggestion, read_limits
from serving.audit_trail import verify_audit
from serving.demo_history import DEMO, FILLED, Fill, Practice, fill_store, make_history
from serving.demo_practice import (
    CONSENT,
    Intent,
    Route,
    Screened,
    draw_intent,
    list_deeds,
)
from serving.referral_lists import read_lists
from serving.states import FOLLOWS, OPEN_STATES, CaseEvent, DecisionKind
from serving.store.engine import EVERY_FUND, Store
from serving.store.tables import assessments, audit, cases
from serving.store.upgrade import upgrade_store
from serving.store.work_tables import (
    consents,
    decisions,
    own_estimates,
    pathways,
    referrals,
)
from tests.running_service import NOW, get_gain_bundle, make_settings

Rows = Sequence[dict[str, Any]]
TODAY = NOW.date()
SCREENED_ON = date(2026, 1, 12)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Give the rows of every table that a small past fills, and whether its log is whole."""
    folder = tmp_path_factory.mktemp("demo")
    bundle = get_gain_bundle(GainStatus.ESTIMATED)
    url = f"sqlite:///{folder / 'store.db'}"
    store = Store(url)
    upgrade_store(store)
    practice = Practice(Fill(store, bundle, read_limits(), NOW))
    extract = make_history(folder / "history", 3000, practice)
    fill_store(extract, practice, read_lists(make_settings(url), bundle.contract))
    kept = (assessments, audit, cases, consents, decisions, own_estimates, pathways, referrals)
    assert verify_audit(store).is_whole
    with store.reading(EVERY_FUND) as connection:
        return {table.name: _read(connection, table) for table in kept}


def _read(connection: Any, table: Table) -> Rows:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_few_cases_are_left_on_the_lists_and_those_were_screened_lately(
    past: dict[str, Rows],
) -> None:
    open_ones = [one for one in past["cases"] if one["is_open"]]

    assert 0 < len(open_ones) < 0.05 * len(past["cases"])
    assert {one["state"] for one in open_ones} <= {state.value for state in OPEN_STATES}
    assert min(one["screened_on"] for one in open_ones) > TODAY - timedelta(days=200)


def test_a_form_rests_on_a_decision_to_refer_and_on_consent_given_before(
    past: dict[str, Rows],
) -> None:
    decided = {one["decision_id"]: one for one in past["decisions"]}
    agreed = {one["consent_id"]: one for one in past["consents"]}

    assert len(past["referrals"]) > 20
    for one in past["referrals"]:
        decision, consent = decided[one["decision_id"]], agreed[one["consent_id"]]
        assert decision["kind"] == DecisionKind.REFER
        assert decision["made_at"] < consent["recorded_at"] < one["sent_at"]
        assert one["form"]["made_on"] == one["sent_at"].date().isoformat()


def test_what_vdab_reports_is_what_became_of_the_form(past: dict[str, Rows]) -> None:
    reported = {
        (one["case_id"], one["referred_on"]): (one["started_on"], one["ended_on"])
        for one in past["pathways"]
    }
    state = {one["case_id"]: one["state"] for one in past["cases"]}
    sent = {
        (one["case_id"], one["sent_at"].date()): (one["started_on"], one["ended_on"])
        for one in past["referrals"]
    }

    assert sent == reported
    for (case_id, _), (started_on, ended_on) in sent.items():
        if started_on is not None:
            assert state[case_id] in (("ended",) if ended_on else ("started",))


def test_a_decision_stands_next_to_what_was_suggested_on_that_screening(
    past: dict[str, Rows],
) -> None:
    suggested = {one["assessment_id"]: one for one in past["assessments"]}

    for one in past["decisions"]:
        estimate = suggested[one["assessment_id"]]
        suggestion = Suggestion(estimate["suggestion"])
        assert one["suggestion"] == suggestion
        assert one["deviates"] == (DecisionKind(one["kind"]) not in FOLLOWS[suggestion])
        assert estimate["screened_on"] <= one["made_at"].date() <= TODAY


def test_who_was_suggested_for_support_got_it_more_often(past: dict[str, Rows]) -> None:
    started = {one["case_id"] for one in past["pathways"] if one["started_on"]}
    refer = [one for one in past["cases"] if one["suggestion"] == Suggestion.REFER]
    others = [one for one in past["cases"] if one["suggestion"] != Suggestion.REFER]

    share = [sum(o["case_id"] in started for o in part) / len(part) for part in (refer, others)]

    assert share[0] > 3 * share[1] > 0


def test_own_answers_were_given_before_the_decision(past: dict[str, Rows]) -> None:
    decided = {(one["assessment_id"], one["made_by"]): one for one in past["decisions"][::-1]}

    assert past["own_estimates"]
    for one in past["own_estimates"]:
        assert one["made_at"] < decided[one["assessment_id"], one["user_key"]]["made_at"]


def test_the_log_says_of_every_case_that_the_demo_filled_it_and_when(
    past: dict[str, Rows],
) -> None:
    lines = [one for one in past["audit"] if one["action"] == FILLED]

    assert {one["user_key"] for one in past["audit"]} == {DEMO.key}
    assert {one["case_id"] for one in lines} >= {one["case_id"] for one in past["cases"]}
    assert {one["at"].date() for one in past["audit"]} == {TODAY}


def make_lot() -> Random:
    return Random(1)  # noqa: S311 - made-up people


def make_screened(
    first: DecisionKind, *, until: date = TODAY, route: Route | None = None, agrees: bool = True
) -> Screened:
    intent = Intent(Suggestion.REFER, first, None, agrees, estimates=False, pace=0.5)
    return Screened(SCREENED_ON, intent, until, route, None)


def test_nothing_is_done_about_a_screening_from_the_next_one_on() -> None:
    whole = make_screened(DecisionKind.LOOK_AGAIN, until=date(2026, 12, 1))
    cut = make_screened(DecisionKind.LOOK_AGAIN, until=date(2026, 2, 1))

    done, left = list_deeds(whole, make_lot()), list_deeds(cut, make_lot())

    assert [deed.what for deed in left] == [DecisionKind.LOOK_AGAIN]
    assert [deed.what for deed in done[1:]] == [CaseEvent.WAKE, DecisionKind.NOT_OPPORTUNE]
    assert done[0].look_again_on == done[1].at.date()


def test_who_does_not_agree_is_not_referred() -> None:
    screened = make_screened(DecisionKind.REFER, agrees=False)

    done = [deed.what for deed in list_deeds(screened, make_lot())]

    assert done == [DecisionKind.REFER, DecisionKind.OWN_RETURN]


def test_a_pathway_that_never_began_is_declined_and_decided_on_again() -> None:
    route = Route(SCREENED_ON + timedelta(days=20), None, None, "vdab")
    screened = make_screened(DecisionKind.REFER, until=date(2026, 12, 1), route=route)

    done = [deed.what for deed in list_deeds(screened, make_lot())]

    steps = [DecisionKind.REFER, CONSENT, CaseEvent.SEND, CaseEvent.ACCEPT, CaseEvent.DECLINE]
    assert done == [*steps, DecisionKind.OWN_RETURN]


def test_physicians_of_the_demo_follow_most_suggestions_and_not_all() -> None:
    rng = make_lot()

    made = [draw_intent(one, rng) for one in Suggestion for _ in range(500)]
    sure = [one for one in made if one.suggestion is not Suggestion.UNSURE]
    followed = sum(one.first in FOLLOWS[one.suggestion] for one in sure) / len(sure)

    assert 0.75 < followed < 0.95
