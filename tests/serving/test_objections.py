"""What an objection stops besides estimates, and what stays possible after it was upheld."""

from collections.abc import Callable
from typing import Any

import pytest

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.states import DecisionKind
from tests.running_service import TODAY, Service, get_gain_bundle, make_own_case
from tests.serving.case_work import LATER, open_case, post, read_rows, suggest
from tests.serving.referred_cases import CASE, agree, get_state, make_case_to_refer, send

OPEN = "urn:kantelpunt:problem:objection-open"


def object_to(service: Service) -> str:
    answer = post(service, "C-0001/requests", {"kind": "objection"})
    request_id: str = answer.json()["request"]["request_id"]
    return request_id


def answer(service: Service, request_id: str, outcome: str) -> Any:
    given = {"outcome": outcome, "outcome_text": "Besproken."}
    return post(service, f"C-0001/requests/{request_id}/handle", given)


def decide(service: Service, kind: DecisionKind, **more: str) -> Any:
    shown = service.get(CASE).json()
    body = {
        "kind": kind.value,
        "assessment_id": shown["latest"]["assessment_id"],
        "state_version": shown["state_version"],
    }
    return post(service, "C-0001/decisions", body | more)


def test_while_an_objection_is_open_nothing_is_decided_estimated_or_sent(
    either_service: Service,
) -> None:
    make_case_to_refer(either_service)
    agree(either_service)
    object_to(either_service)
    shown = either_service.get(CASE).json()
    own = {"assessment_id": shown["latest"]["assessment_id"]}

    refused = [
        decide(either_service, DecisionKind.NOT_OPPORTUNE),
        decide(either_service, DecisionKind.REFER, reason="knows_more_of_work"),
        post(either_service, "C-0001/own-estimate", own | {"is_possible": "no", "is_needed": "no"}),
        send(either_service, state_version=shown["state_version"]),
    ]

    assert [(one.status_code, one.json()["type"]) for one in refused] == [(409, OPEN)] * 4
    assert shown["allowed"]["decisions"] == []
    assert not {"send", "reassess"} & set(shown["allowed"]["events"])
    assert get_state(either_service)[0] == "to_refer"
    assert read_rows(either_service, "select count(*) from own_estimates") == [(0,)]


@pytest.mark.parametrize("kind", list(DecisionKind))
def test_after_one_that_was_upheld_one_decides_without_any_suggestion(
    either_service: Service, kind: DecisionKind
) -> None:
    open_case(either_service)
    suggest(either_service, Suggestion.NOT_YET)
    answer(either_service, object_to(either_service), "upheld")
    day = {"look_again_on": LATER} if kind is DecisionKind.LOOK_AGAIN else {}

    made = decide(either_service, kind, **day)

    assert made.status_code == 201
    kept = made.json()["decision"]
    assert [kept[name] for name in ("suggestion", "suggestion_nl", "deviates")] == [None] * 3
    assert read_rows(either_service, "select suggestion, deviates from decisions") == [(None, None)]
    shown = either_service.get(CASE).json()
    assert (shown["withheld"], shown["decisions"]) == (True, [kept])
    assert {one["follows"] for one in shown["allowed"]["decisions"]} == {None}
    [told] = either_service.get(f"{CASE}/access-report").json()["decisions"]
    assert (told["suggestion_nl"], told["deviates"]) == (None, None)


def test_there_is_no_reason_to_deviate_from_what_was_not_suggested(service: Service) -> None:
    open_case(service)
    answer(service, object_to(service), "upheld")

    refused = decide(service, DecisionKind.REFER, reason="knows_more_of_work")

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "reason"


def test_who_objected_with_success_can_still_be_referred(either_service: Service) -> None:
    make_case_to_refer(either_service)
    answer(either_service, object_to(either_service), "upheld")
    agree(either_service, given_on=TODAY.isoformat())

    version = decide(either_service, DecisionKind.REFER).json()["state_version"]
    sent = send(either_service, state_version=version)

    assert sent.status_code == 201
    assert get_state(either_service)[0] == "referred"


def test_another_objection_after_one_that_was_upheld_waits_for_its_answer(service: Service) -> None:
    open_case(service)
    answer(service, object_to(service), "upheld")
    again = object_to(service)

    waiting = decide(service, DecisionKind.NOT_OPPORTUNE)
    answer(service, again, "rejected")
    decided = decide(service, DecisionKind.NOT_OPPORTUNE)

    assert (waiting.status_code, decided.status_code) == (409, 201)


def test_where_the_own_estimate_comes_first_it_is_not_asked_after_an_objection(
    start_service: Any, store_url: str
) -> None:
    service = start_service(store_url, own_estimate="required")
    open_case(service)
    answer(service, object_to(service), "upheld")

    assert decide(service, DecisionKind.REFER).status_code == 201


def test_what_is_decided_without_a_suggestion_counts_for_no_agreement(service: Service) -> None:
    open_case(service)
    answer(service, object_to(service), "upheld")
    decide(service, DecisionKind.REFER)

    told = service.get("/api/v1/agreement", user="auditor")

    assert told.status_code == 200
    assert told.json()["groups"] == []


@pytest.mark.parametrize("status", [GainStatus.ESTIMATED, GainStatus.UNKNOWN])
def test_where_a_case_stands_tells_nothing_while_the_person_objects_and_all_after_it(
    start_service: Callable[..., Service], store_url: str, status: GainStatus
) -> None:
    made = start_service(store_url, get_gain_bundle(status))
    for number in range(1, 5):
        made.post(make_own_case(number, age_years=15 + 10 * number, work_ability=2 * number))
    order = "select case_id, urgency, gain_order from cases order by case_id"
    before = read_rows(made, order)

    asked = {f"C-{n:04d}": post(made, f"C-{n:04d}/requests", {"kind": "objection"}) for n in (2, 4)}
    blocked = read_rows(made, order)
    for case_id, one in asked.items():
        handled = f"{case_id}/requests/{one.json()['request']['request_id']}/handle"
        post(made, handled, {"outcome": "rejected", "outcome_text": "Besproken."})

    assert (0, -1) not in {row[1:] for row in before}
    assert [row[1:] for row in blocked] == [before[0][1:], (0, -1), before[2][1:], (0, -1)]
    assert read_rows(made, order) == before
