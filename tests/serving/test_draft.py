from collections.abc import Callable

import pytest

from tests.pdf_reading import read_text
from tests.running_service import FUND, TODAY, Service
from tests.serving.referred_cases import (
    CASE,
    agree,
    get_state,
    list_audit,
    make_case_to_refer,
    make_sent_case,
    post,
    send,
    step,
)


def test_a_preview_shows_the_form_and_keeps_nothing_but_an_audit_line(
    either_service: Service,
) -> None:
    make_case_to_refer(either_service)
    agree(either_service)
    body = {"state_version": 1, "capacities": ["seated"], "needs_text": "Liefst dicht bij huis."}

    shown = post(either_service, f"{CASE}/referral/preview", body)
    letter = post(either_service, f"{CASE}/referral/preview.pdf", body)

    assert (shown.status_code, letter.status_code) == (200, 200)
    sent = post(either_service, f"{CASE}/referral", body).json()["form"]
    assert shown.json() == sent | {"reference": "ONTWERP"}
    assert "ONTWERP" in read_text(letter.content)
    events = [d["event"] for action, d in list_audit(either_service) if action == "refer"]
    assert events == ["preview", "preview_pdf", "send"]


@pytest.mark.parametrize("address", ["referral", "referral/preview", "referral/preview.pdf"])
def test_what_cannot_be_sent_cannot_be_previewed_and_both_say_why(
    service: Service, address: str
) -> None:
    make_case_to_refer(service)
    body = {"state_version": 1, "capacities": ["seated"]}
    without_consent = post(service, f"{CASE}/{address}", body)
    agree(service)

    empty = post(service, f"{CASE}/{address}", {"state_version": 1})
    unknown = post(service, f"{CASE}/{address}", body | {"needs": ["quiet", "moon"]})
    stale = post(service, f"{CASE}/{address}", body | {"state_version": 0})

    assert without_consent.json()["type"] == "urn:kantelpunt:problem:no-consent"
    assert "minstens één keuze" in empty.json()["errors"][0]["expected"]
    assert "plaats 2" in unknown.json()["errors"][0]["expected"]
    assert stale.json()["type"] == "urn:kantelpunt:problem:stale"
    assert get_state(service) == ("to_refer", 1)


def test_a_form_sent_by_mistake_is_taken_back_kept_and_sent_anew(either_service: Service) -> None:
    make_sent_case(either_service)
    body = {"state_version": 2, "why": "mistake"}

    recalled = post(either_service, f"{CASE}/referral/recall", body).json()
    shown = either_service.get(f"{CASE}/referral").json()
    again = send(either_service, state_version=3)

    assert (recalled["state"], recalled["tell_vdab"]) == ("to_refer", True)
    assert "Verwittig VDAB" in recalled["message_nl"]
    assert (shown["stopped_why"], shown["stopped_nl"]) == ("mistake", "per vergissing verstuurd")
    assert shown["stopped_on"] == TODAY.isoformat()
    assert shown["form"] == recalled["form"]
    assert again.status_code == 201
    assert again.json()["referral_id"] != shown["referral_id"]
    assert again.json()["stopped_on"] is None


def test_a_form_that_vdab_accepted_is_not_taken_back(service: Service) -> None:
    make_sent_case(service)
    step(service, "accept")

    late = post(service, f"{CASE}/referral/recall", {"state_version": 3, "why": "mistake"})
    other = post(service, f"{CASE}/referral/recall", {"state_version": 3, "why": "zomaar"})

    assert late.json()["type"] == "urn:kantelpunt:problem:wrong-state"
    assert other.json()["errors"][0]["field"] == "why"


def test_a_partner_whom_the_consent_does_not_cover_is_noted_with_a_warning(
    either_service: Service,
) -> None:
    make_sent_case(either_service)

    started = step(either_service, "start", partner="GTB").json()
    agree(either_service, purpose="share_with_vdab_and_partner")
    covered = either_service.get(f"{CASE}/referral").json()

    assert started["partner"] == "GTB"
    assert "geldt niet voor een partner" in started["warnings_nl"][0]
    assert covered["warnings_nl"] == []


def test_a_case_without_a_referral_says_that_there_is_none_yet(service: Service) -> None:
    make_case_to_refer(service)

    answers = [service.get(f"{CASE}/{address}") for address in ("referral", "referral.pdf")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["type"] for answer in answers} == {"urn:kantelpunt:problem:no-referral"}
    assert "nog geen" in answers[0].json()["title"]


def test_the_form_calls_the_fund_by_its_name(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    made = start_service(sqlite_url, fund_names={FUND: "Ziekenfonds De Brug"})
    make_sent_case(made)

    form = made.get(f"{CASE}/referral").json()["form"]

    assert (form["sickness_fund"], form["fund_nl"]) == (FUND, "Ziekenfonds De Brug")
    assert form["sent_by"] == "rtw_coordinator"
    assert "Ziekenfonds De Brug" in read_text(made.get(f"{CASE}/referral.pdf").content)


def test_a_text_with_a_diagnosis_is_refused_and_not_repeated(service: Service) -> None:
    make_case_to_refer(service)
    agree(service)

    answer = send(service, needs_text="Herstelt van een burn-out")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "needs_text"
    assert "burn-out" not in answer.text
    assert get_state(service) == ("to_refer", 1)
