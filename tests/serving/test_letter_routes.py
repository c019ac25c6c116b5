import re
from collections.abc import Callable
from typing import Any

import pytest

from features.contract import default_contract
from serving.openapi import build_openapi
from tests.pdf_reading import read_text
from tests.running_service import TODAY, Service, make_own_case
from tests.serving.referred_cases import list_audit, make_sent_case, post

API, PAGE = "/api/v1/cases/C-0001/letter.pdf", "/dossiers/C-0001/brief.pdf"
FORM = "/dossiers/C-0001/aanmelding.pdf"


@pytest.fixture
def assessed(service: Service) -> Service:
    assert service.post(make_own_case()).status_code == 201
    return service


def open_page(service: Service, address: str, user: str = "arts") -> Any:
    service.client.cookies.clear()
    service.log_on(user)
    return service.client.get(address)


@pytest.mark.parametrize("user", ["arts", "coordinator"])
def test_the_letter_comes_as_a_file_over_the_api_and_from_the_page(
    assessed: Service, user: str
) -> None:
    answers = [assessed.get(API, user), open_page(assessed, PAGE, user)]

    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == 'attachment; filename="brief-C-0001.pdf"'
        assert answer.headers["cache-control"] == "no-store"
        assert "Over uw terugkeer naar werk" in read_text(answer.content)
    assert answers[0].content == answers[1].content


def test_every_letter_leaves_an_audit_line_that_the_person_can_read(assessed: Service) -> None:
    assessed.get(API)
    open_page(assessed, PAGE, "coordinator")

    lines = [detail for action, detail in list_audit(assessed) if action == "send_letter"]
    seen = assessed.get("/api/v1/cases/C-0001/access-report").json()["seen"]

    assert [set(detail) for detail in lines] == [{"event", "assessment_id"}] * 2
    told = [one["role_nl"] for one in seen if "brief over de inschatting" in one["action_nl"]]
    assert sorted(told) == ["adviserend arts", "terug-naar-werk-coördinator"]


def test_who_to_contact_is_what_the_deployment_says(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(
        sqlite_url,
        fund_names={"fonds-a": "Ziekenfonds Alfa"},
        fund_contact="Team terug naar werk",
        dpo_contact="dpo@alfa.example",
    )
    service.post(make_own_case())

    text = read_text(service.get(API).content)

    for expected in ("Ziekenfonds Alfa", "Team terug naar werk", "dpo@alfa.example"):
        assert expected in text


def test_no_letter_goes_out_before_the_own_estimate_of_the_physician(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, own_estimate="required")
    made = service.post(make_own_case()).json()

    before = service.get(API)
    page = open_page(service, PAGE)
    answers = {"assessment_id": made["assessment_id"], "is_possible": "yes", "is_needed": "no"}
    post(service, "/api/v1/cases/C-0001/own-estimate", answers, user="arts")

    assert before.status_code == page.status_code == 409
    assert "Geef eerst uw eigen inschatting" in before.json()["title"]
    assert "Geef eerst uw eigen inschatting" in page.text
    assert not re.search(r"\d+ van de 100", page.text + before.text)
    assert service.get(API).status_code == 200
    lines = [action for action, _ in list_audit(service) if action == "send_letter"]
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("outcome", "title"),
    [
        (None, "Voor dit dossier loopt een bezwaar"),
        ("upheld", "Voor dit dossier is een bezwaar aanvaard"),
    ],
)
def test_no_letter_tells_what_was_estimated_of_who_objects(
    assessed: Service, outcome: str | None, title: str
) -> None:
    made = post(assessed, "/api/v1/cases/C-0001/requests", {"kind": "objection"}).json()
    if outcome:
        address = f"/api/v1/cases/C-0001/requests/{made['request']['request_id']}/handle"
        answer = {"outcome": outcome, "outcome_text": "Na overleg."}
        assert post(assessed, address, answer, user="arts").status_code == 200

    refused = [assessed.get(API, user) for user in ("arts", "coordinator")]
    page = open_page(assessed, PAGE)

    assert [answer.status_code for answer in refused] == [409, 409]
    assert {answer.json()["title"] for answer in refused} == {title}
    assert page.status_code == 409
    assert title in page.text


def test_a_case_that_is_not_there_has_no_letter_and_no_form(assessed: Service) -> None:
    for address in ("/dossiers/C-9999/brief.pdf", "/dossiers/C-9999/aanmelding.pdf"):
        assert open_page(assessed, address).status_code == 404
    assert assessed.get("/api/v1/cases/C-0001/letter.pdf", "arts.b").status_code == 404


def test_the_form_that_was_sent_can_be_had_from_the_page(service: Service) -> None:
    make_sent_case(service)

    answer = open_page(service, FORM, "coordinator")

    assert answer.content == service.get("/api/v1/cases/C-0001/referral.pdf").content
    assert re.search(r'filename="KP-[0-9A-F]{12}\.pdf"', answer.headers["content-disposition"])
    assert ("view_case", {"event": "referral_pdf"}) in list_audit(service)


def test_without_a_form_the_page_says_so(assessed: Service) -> None:
    answer = open_page(assessed, FORM)

    assert answer.status_code == 404
    assert "Er is nog geen doorverwijzing" in answer.text


def test_the_api_describes_the_letter_in_dutch(service: Service) -> None:
    described = build_openapi(service.app, default_contract(), today=TODAY)

    operation = described["paths"]["/api/v1/cases/{case_id}/letter.pdf"]["get"]

    assert operation["summary"] == "De brief voor de persoon"
    assert "application/pdf" in operation["responses"]["200"]["content"]
    assert "409" in operation["responses"]
