"""What a coordinator reports of calling the person."""

from datetime import timedelta
from typing import Any

import pytest

from serving.states import DecisionKind
from tests.running_service import TODAY, Service
from tests.serving.case_work import build_decision, open_case, post, read_rows
from tests.serving.referred_cases import PERSON_NUMBER, list_audit

TOMORROW = (TODAY + timedelta(days=1)).isoformat()


def give_to_coordinator(service: Service) -> None:
    body = build_decision(open_case(service), DecisionKind.COORDINATOR_FIRST)
    assert post(service, "C-0001/decisions", body).status_code == 201


def report(service: Service, user: str = "coordinator", **given: Any) -> Any:
    return post(service, "C-0001/contacts", given, user)


GIVEN = [
    {"result": "reached", "note": "Ziet een aangepast rooster zitten."},
    {"result": "not_reached"},
    {"result": "does_not_want"},
    {"result": "call_again", "call_again_on": TOMORROW},
]


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: given["result"])
def test_a_contact_is_kept_with_the_case_which_stays_where_it_is(
    either_service: Service, given: dict[str, Any]
) -> None:
    give_to_coordinator(either_service)

    answer = report(either_service, **given)

    shown = either_service.get("/api/v1/cases/C-0001").json()
    empty = {"note": None, "call_again_on": None}
    assert answer.status_code == 201
    assert (answer.json()["state"], shown["state"]) == ("with_coordinator", "with_coordinator")
    [kept] = shown["contacts"]
    assert {name: kept[name] for name in ("result", *empty)} == empty | given
    assert list_audit(either_service)[-2] == (
        "record_contact",
        {"contact_id": answer.json()["contact"]["contact_id"]},
    )


REFUSED = [
    ({"result": "call_again"}, "call_again_on"),
    ({"result": "call_again", "call_again_on": TODAY.isoformat()}, "call_again_on"),
    ({"result": "call_again", "call_again_on": "2027-04-15"}, "call_again_on"),
    ({"result": "reached", "call_again_on": TOMORROW}, "call_again_on"),
    ({"result": "reached", "note": f"Nummer {PERSON_NUMBER}"}, "note"),
    ({"result": "reached", "note": "x" * 501}, "note"),
    ({"result": "angry"}, "result"),
    ({}, "result"),
]


@pytest.mark.parametrize(("given", "field"), REFUSED)
def test_a_report_that_says_too_little_or_too_much_is_refused_at_its_field(
    service: Service, given: dict[str, Any], field: str
) -> None:
    give_to_coordinator(service)

    answer = report(service, **given)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert read_rows(service, "select count(*) from contacts") == [(0,)]


def test_only_a_case_with_the_coordinator_awaits_a_report(service: Service) -> None:
    open_case(service)

    answer = report(service, result="reached")

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("wrong-state")
    assert read_rows(service, "select count(*) from contacts") == [(0,)]


def test_a_decision_made_without_reading_the_report_is_refused(either_service: Service) -> None:
    give_to_coordinator(either_service)
    before = either_service.get("/api/v1/cases/C-0001").json()
    report(either_service, result="does_not_want")

    unread = build_decision(before, DecisionKind.REFER, reason="knows_more_of_work")
    answers = [post(either_service, "C-0001/decisions", unread)]
    answers.append(
        post(
            either_service,
            "C-0001/decisions",
            unread | {"state_version": before["state_version"] + 1},
        )
    )

    assert [answer.status_code for answer in answers] == [409, 201]
    assert answers[0].json()["type"].endswith("stale")


def test_the_person_reads_what_was_noted_of_a_call(service: Service) -> None:
    give_to_coordinator(service)
    report(service, result="does_not_want", note="Wil eerst rusten.")

    told = service.get("/api/v1/cases/C-0001/access-report").json()
    service.log_on()
    page = service.client.get("/dossiers/C-0001/inzage").text

    assert [(one["result_nl"], one["note"]) for one in told["contacts"]] == [
        ("wil niet, en dat mag", "Wil eerst rusten.")
    ]
    assert "contact met u genoteerd" in [one["action_nl"] for one in told["seen"]]
    assert "Wanneer wij u belden" in page
    assert "Wil eerst rusten." in page


def test_the_physician_reads_the_report_and_decides(service: Service) -> None:
    give_to_coordinator(service)
    service.log_on()
    before = service.client.get("/dossiers/C-0001").text
    report(service, result="call_again", call_again_on=TOMORROW, note="Na de consultatie.")

    page = service.client.get("/dossiers/C-0001").text

    assert "De coördinator belt de persoon." in before
    assert "De persoon vraagt om terug te bellen op 16 april 2026." in page
    assert page.count("Na de consultatie.") == 2  # in the panel and in the timeline
    assert "Contact met de persoon: vraagt om later terug te bellen" in page
