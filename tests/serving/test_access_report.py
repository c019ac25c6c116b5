"""What a person reads in an access report: who did what, from where, for how long, in Dutch."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from serving.access_texts import name_action
from serving.permissions import ROLE_NL, Action
from serving.states import CaseEvent
from serving.store.requests import RequestKind, RequestOutcome
from serving.store.shadow import save_scores
from serving.store.work_tables import fairness_groups
from tests.running_service import FUND, TODAY, Service, make_own_case
from tests.serving.referred_cases import CASE, agree, make_case_to_refer, make_sent_case, post, step
from tests.serving.shadows import make_score


def read_report(service: Service) -> dict[str, Any]:
    answer = service.get(f"{CASE}/access-report")
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def list_seen(report: dict[str, Any]) -> list[str]:
    return [one["action_nl"] for one in report["seen"]]


def test_each_step_of_a_referral_and_a_consent_is_told_for_what_it_is(
    either_service: Service,
) -> None:
    make_sent_case(either_service)
    step(either_service, "accept")
    step(either_service, "start", partner="GTB")
    post(either_service, f"{CASE}/consent/withdraw")

    seen = list_seen(read_report(either_service))

    assert seen == [
        "dit overzicht gemaakt",
        "toestemming ingetrokken",
        "traject gestart",
        "aanvaard door VDAB",
        "aanmeldingsformulier verstuurd naar VDAB",
        "toestemming genoteerd",
        "ingeschat",
    ]


def test_what_was_asked_and_answered_is_told(either_service: Service) -> None:
    either_service.post(make_own_case())
    for kind, given in (
        ("correction", {"outcome": "done", "corrected": {"age_years": 50}}),
        ("objection", {"outcome": "rejected", "outcome_text": "Besproken."}),
    ):
        asked = post(either_service, f"{CASE}/requests", {"kind": kind}).json()["request"]
        post(either_service, f"{CASE}/requests/{asked['request_id']}/handle", given, "arts")

    report = read_report(either_service)

    assert list_seen(report)[1:-1] == [
        "bezwaar niet aanvaard",
        "bezwaar genoteerd",
        "opnieuw ingeschat na een verbetering",
        "verbetering uitgevoerd",
        "vraag om verbetering genoteerd",
    ]
    assert {one["kind_nl"] for one in report["requests"]} == {"bezwaar", "verbetering"}


CODES = {
    *(item.value for kind in (Action, CaseEvent, RequestKind, RequestOutcome) for item in kind),
    *(role.value for role in ROLE_NL),
    *("yes", "no", "unsure", "pension", "share_with_vdab", "questionnaire week 10"),
}
# what the service of VDAB and the contract call these; no text for a person
NAMES = {"key", "field", "form_schema", "reference", "model_version"}


def list_values(node: Any, name: str = "") -> list[Any]:
    if isinstance(node, dict):
        return [v for k, part in node.items() for v in list_values(part, k)]
    if isinstance(node, list):
        return [v for part in node for v in list_values(part, name)]
    return [] if name in NAMES else [node]


def test_no_code_and_no_long_number_is_left_for_a_person_to_read(either_service: Service) -> None:
    make_sent_case(either_service)
    shown = either_service.get(CASE).json()["latest"]["assessment_id"]
    answers = {"assessment_id": shown, "is_possible": "yes", "is_needed": "unsure"}
    post(either_service, f"{CASE}/own-estimate", answers, "arts")
    post(either_service, f"{CASE}/consent/withdraw")
    day = TODAY.isoformat()
    exited = {"case_id": "C-0001", "observed_until": day, "exit": "pension", "exited_on": day}
    post(either_service, "/api/v1/outcomes", {"follow_up": [exited]}, "systeem")

    report = read_report(either_service)

    values = list_values(report)
    assert [v for v in values if isinstance(v, str) and v in CODES] == []
    assert [v for v in values if isinstance(v, float) and len(str(v)) > 7] == []
    assert report["own_estimates"][0]["is_possible"] == "ja"
    assert report["referrals"][0]["stopped_nl"] == "toestemming ingetrokken"
    assert report["referrals"][0]["form"]["consent"]["recorded_by"] == "terug-naar-werk-coördinator"
    assert report["outcomes"]["follow_up"][0]["exit"] == "pensioen"
    assert re.search(r"\d+,\d op 100 \(van \d+,\d tot \d+,\d\)", report["estimates"][0]["told_nl"])


def test_what_a_trial_version_estimated_is_told_with_its_numbers_and_that_nobody_used_it(
    either_service: Service,
) -> None:
    named = either_service.post(make_own_case()).json()["assessment_id"]
    with either_service.store.writing(FUND) as connection:
        save_scores(
            connection, [make_score(named), make_score(named, bundle_digest="c", gain=None)]
        )

    first, _ = read_report(either_service)["trials"]

    assert first["told_nl"].startswith("Zonder extra steun 43,2 op 100 (van 30,0 tot 50,0); met")
    assert "Niemand gebruikte dit" in first["not_used_nl"]
    either_service.log_on()
    page = either_service.client.get("/dossiers/C-0001/inzage").text
    assert "Wat een proefversie van het model uitrekende" in page
    assert "Niemand gebruikte dit" in page


def test_groups_for_the_audit_of_fairness_are_told_in_dutch(service: Service) -> None:
    service.post(make_own_case())
    groups = {"sex": "female", "dutch_level": "basic", "eigen_groep": "a"}
    row = {"case_id": "C-0001", "sickness_fund": FUND, "groups": groups}
    with service.store.writing(FUND) as connection:
        connection.execute(insert(fairness_groups), row)

    [told] = read_report(service)["outcomes"]["groups"]
    service.log_on()
    page = service.client.get("/dossiers/C-0001/inzage").text

    assert told == {
        "Geslacht": "vrouw",
        "Kennis van het Nederlands": "beperkt",
        "eigen_groep": "a",
    }
    assert "Kennis van het Nederlands" in page
    assert "dutch_level" not in page


def test_times_are_those_of_brussels(either_service: Service) -> None:
    either_service.post(make_own_case())

    report = read_report(either_service)

    for told in (report["made_at"], report["seen"][0]["at"], report["estimates"][0]["made_at"]):
        assert told.endswith("+02:00")


def test_it_tells_where_each_value_came_from_and_who_received_what(
    either_service: Service,
) -> None:
    make_case_to_refer(either_service)
    before = read_report(either_service)
    agree(either_service)
    sent = {"state_version": 1, "needs_text": "Liefst dicht bij huis."}
    form = post(either_service, f"{CASE}/referral", sent).json()["form"]

    after = read_report(either_service)

    sources = {one["field"]: one["source_nl"] for one in after["estimates"][0]["inputs"]}
    assert sources["age_years"] == "uw ziekenfonds"
    assert sources["work_ability"] == "uw antwoorden op de vragenlijst van week 10"
    assert "kreeg niets" in before["received_nl"][0]
    assert form["reference"] in after["received_nl"][0]
    assert "VDAB kreeg op 15 april 2026" in after["received_nl"][0]


def test_it_tells_who_decided_what_is_erased_and_where_to_complain(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, dpo_contact="dpo van fonds A", retention_months=24)
    service.post(make_own_case())
    make_case_to_refer(service, 2)

    report = read_report(service)
    decided = service.get("/api/v1/cases/C-0002/access-report").json()["decided_nl"]

    assert "een mens. Het voorstel" in decided
    assert "nog niets beslist" in report["decided_nl"]
    assert report["dpo_contact"] == "dpo van fonds A"
    assert any("Gegevensbeschermingsautoriteit" in one for one in report["rights_nl"])
    assert report["retention_nl"].startswith(
        "24 maanden na de laatste inschatting wordt dit dossier"
    )
    assert "hoe minder zeker" in report["margin_nl"]


@pytest.mark.parametrize(
    ("action", "detail", "said"),
    [
        ("refer", {"event": "recall"}, "aanmeldingsformulier teruggenomen"),
        ("refer", {"event": "draft"}, "ontwerp van het aanmeldingsformulier bekeken"),
        ("take_case", {"change": "release"}, "dossier vrijgegeven"),
        ("view_case", {}, "dossier bekeken"),
        ("wake", {}, "opnieuw op de lijst gezet: de dag om opnieuw te kijken was er"),
        ("iets_nieuws", {}, "andere handeling"),
    ],
)
def test_every_line_of_the_log_has_its_words(
    action: str, detail: dict[str, Any], said: str
) -> None:
    assert name_action(action, detail) == said
