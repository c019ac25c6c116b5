from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from features.contract import default_contract
from serving.offers import DEFAULT_PATH as OFFERS
from serving.offers import OffersError
from tests.pdf_reading import read_text
from tests.running_service import TODAY, Service
from tests.serving.referred_cases import (
    CASE,
    PERSON_NUMBER,
    STARTED,
    agree,
    get_state,
    list_audit,
    make_case_to_refer,
    make_sent_case,
    post,
    send,
    step,
)

DAY = timedelta(days=1)
TRAINING = "Opleiding bij VDAB of een partner"


def test_a_consent_is_kept_once_with_who_when_and_what_for(either_service: Service) -> None:
    make_case_to_refer(either_service)

    answers = [agree(either_service).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["given_on"] == TODAY.isoformat()
    assert "VDAB" in answers[0]["purpose_nl"]
    given = [d for action, d in list_audit(either_service) if action == "record_consent"]
    assert given == [{"event": "given", "consent_id": answers[0]["consent_id"]}]


@pytest.mark.parametrize("given_on", [STARTED - DAY, TODAY + DAY])
def test_a_consent_is_given_during_the_absence_and_not_in_the_future(
    service: Service, given_on: object
) -> None:
    make_case_to_refer(service)

    answer = agree(service, given_on=str(given_on))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "given_on"


def test_no_form_goes_out_without_a_consent_to_share_with_vdab(either_service: Service) -> None:
    make_case_to_refer(either_service)
    agree(either_service, purpose="contact_employer")

    answer = send(either_service)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:kantelpunt:problem:no-consent"
    assert get_state(either_service) == ("to_refer", 1)


def test_the_form_is_kept_as_it_was_sent_without_a_diagnosis(either_service: Service) -> None:
    make_sent_case(either_service, diagnosis_group="burn_out")

    answer = either_service.get(f"{CASE}/referral", "coordinator")

    sent = answer.json()
    assert sent["state"] == "referred"
    assert sent["form"]["needs_text"] == "Liefst dicht bij huis."
    labels = default_contract().get_field("diagnosis_group").levels.values()
    assert not any(label.lower() in answer.text.lower() for label in labels)
    assert "C-0001" not in str(sent["form"])
    assert get_state(either_service) == ("referred", 2)
    events = [d.get("event") for a, d in list_audit(either_service) if a in ("refer", "view_case")]
    assert events == ["send", "referral"]


def test_the_letter_says_what_the_form_says(service: Service) -> None:
    make_sent_case(service)

    answer = service.get(f"{CASE}/referral.pdf", "coordinator")

    assert answer.headers["content-type"] == "application/pdf"
    assert "Liefst dicht bij huis." in read_text(answer.content)
    assert list_audit(service)[-1] == ("view_case", {"event": "referral_pdf"})


def test_a_deployment_has_its_own_contact_offers_and_choices_on_the_form(
    start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    own = tmp_path / "offers.toml"
    own.write_text(OFFERS.read_text("utf-8").replace(TRAINING, "Coach"))
    made = start_service(sqlite_url, fund_contact="Dienst terugkeer, 02 000 00 00", offers=own)
    make_case_to_refer(made)
    agree(made)

    offered = made.get(f"{CASE}/offers").json()
    sent = send(made)
    text = read_text(made.get(f"{CASE}/referral.pdf").content)

    assert "Coach" in {offer["name_nl"] for offer in offered["offers"]}
    assert sent.json()["form"]["contact_nl"] == "Dienst terugkeer, 02 000 00 00"
    assert "02 000 00 00" in text


def test_a_list_that_cannot_be_used_is_told_at_the_start(
    start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    own = tmp_path / "offers.toml"
    own.write_text("offers = 3")

    with pytest.raises(OffersError, match=r"offers\.toml"):
        start_service(sqlite_url, offers=own)


def test_of_two_who_send_at_once_the_second_is_told_and_nothing_is_lost(
    either_service: Service,
) -> None:
    make_case_to_refer(either_service)
    agree(either_service)

    answers = [send(either_service) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["type"] == "urn:kantelpunt:problem:stale"
    assert "doorverwezen" in answers[1].json()["detail"]


def test_a_case_that_nobody_decided_to_refer_is_not_referred(service: Service) -> None:
    make_sent_case(service)
    step(service, "decline")
    version = get_state(service)[1]

    answer = send(service, state_version=version)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:kantelpunt:problem:wrong-state"


def test_a_referral_is_accepted_started_and_ended_in_order(either_service: Service) -> None:
    make_sent_case(either_service)

    accepted = step(either_service, "accept", partner="GTB").json()
    started = step(either_service, "start").json()
    ended = step(either_service, "end").json()

    assert [a["state"] for a in (accepted, started, ended)] == ["accepted", "started", "ended"]
    assert ended["partner"] == "GTB"
    assert accepted["clock"]["days_left"] == 61
    assert accepted["clock"]["is_met"] is None
    assert started["clock"]["is_met"] is True
    assert started["clock"]["days_left"] is None
    assert get_state(either_service) == ("ended", 5)


def test_a_pathway_that_starts_after_month_five_misses_its_clock(service: Service) -> None:
    early = TODAY - timedelta(days=170)
    make_sent_case(service, absence_started_on=early, screened_on=early + timedelta(days=85))

    before = service.get(f"{CASE}/referral").json()["clock"]
    after = step(service, "start").json()["clock"]

    assert before["days_left"] < 0
    assert before["is_met"] is False
    assert after["is_met"] is False


@pytest.mark.parametrize("on", [TODAY - DAY, TODAY + DAY])
def test_a_step_lies_between_the_step_before_it_and_today(service: Service, on: object) -> None:
    make_sent_case(service)

    answer = step(service, "start", on)  # type: ignore[arg-type]  # days, as parametrize gives them

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "on"
    assert get_state(service) == ("referred", 2)


def test_a_step_of_another_state_or_an_old_version_is_refused(service: Service) -> None:
    make_sent_case(service)

    wrong, stale = step(service, "end"), step(service, "accept", state_version=1)

    assert (wrong.status_code, stale.status_code) == (409, 409)
    assert wrong.json()["type"] == "urn:kantelpunt:problem:wrong-state"
    assert stale.json()["type"] == "urn:kantelpunt:problem:stale"


@pytest.mark.parametrize("name", ["accept", "start"])
def test_why_something_stopped_is_told_only_where_it_stops(service: Service, name: str) -> None:
    make_sent_case(service)

    refused = step(service, name, why="Geen plaats")
    done = step(service, name).json()

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["why"]
    assert done["stopped_why"] is None


def test_a_declined_referral_is_to_be_decided_again(service: Service) -> None:
    make_sent_case(service)

    named = step(service, "decline", why=f"nummer {PERSON_NUMBER}")
    medical = step(service, "decline", why="Eerst een operatie")
    declined = step(service, "decline", why="Geen plaats voor eind mei").json()

    assert "zonder diagnose" in medical.json()["errors"][0]["expected"]
    assert declined["state"] == "open"
    assert declined["stopped_why"] == "Geen plaats voor eind mei"
    assert named.status_code == 422
    assert PERSON_NUMBER not in named.text


@pytest.mark.parametrize(
    ("steps", "state", "told"),
    [((), "open", True), (("accept",), "open", True), (("start",), "ended", True)],
)
def test_withdrawing_the_consent_stops_a_referral_and_says_to_tell_vdab(
    either_service: Service, steps: tuple[str, ...], state: str, told: bool
) -> None:
    make_sent_case(either_service)
    for name in steps:
        step(either_service, name)

    answer = post(either_service, f"{CASE}/consent/withdraw").json()

    assert (answer["state"], answer["tell_vdab"]) == (state, told)
    assert "Verwittig VDAB" in answer["message_nl"]
    stopped = either_service.get(f"{CASE}/referral").json()
    assert (stopped["stopped_on"], stopped["stopped_why"]) == (TODAY.isoformat(), "withdraw")
    assert post(either_service, f"{CASE}/consent/withdraw").status_code == 409


def test_a_consent_can_be_withdrawn_before_anything_was_sent(service: Service) -> None:
    make_case_to_refer(service)
    agree(service)

    answer = post(service, f"{CASE}/consent/withdraw").json()

    assert answer["tell_vdab"] is False
    assert get_state(service)[0] == "to_refer"
    assert send(service, state_version=answer["state_version"]).status_code == 409


def test_offers_come_with_the_conditions_they_met_and_what_to_ask(either_service: Service) -> None:
    make_case_to_refer(either_service, has_contract=True, tenure_years=None)

    found = either_service.get(f"{CASE}/offers", "coordinator").json()

    coaching = next(offer for offer in found["offers"] if offer["key"] == "job_coaching")
    assert coaching["fit"] == "ask"
    assert len(coaching["met"]) == 1
    assert [question["field"] for question in coaching["to_ask"]] == ["tenure_years"]
    assert found["has_consent"] is False
    assert found["capacities"]
    assert list_audit(either_service)[-1] == ("view_case", {"event": "offers"})


@pytest.mark.parametrize("address", ["referral", "referral.pdf", "offers"])
def test_a_case_of_another_fund_or_without_a_referral_is_not_there(
    service: Service, address: str
) -> None:
    make_sent_case(service)
    make_case_to_refer(service, 2)

    elsewhere = service.get(f"{CASE}/{address}", "arts.b")
    nothing = service.get(f"/api/v1/cases/C-0002/{address}")

    assert elsewhere.status_code == 404
    assert nothing.status_code == (200 if address == "offers" else 404)
