from typing import Any

import pytest
from sqlalchemy import select

from serving.states import DecisionKind
from serving.store.columns import metadata
from serving.store.engine import EVERY_FUND
from serving.store.tables import assessments
from tests.running_service import FUND, PASSWORD, TODAY, Service, make_own_case
from tests.serving.case_work import build_decision, open_case
from tests.serving.referred_cases import (
    CASE,
    PERSON_NUMBER,
    agree,
    get_state,
    list_audit,
    make_case_to_refer,
    make_sent_case,
    post,
)


def ask(service: Service, kind: str, text: str | None = None, user: str = "coordinator") -> str:
    answer = post(service, f"{CASE}/requests", {"kind": kind, "text": text}, user)
    assert answer.status_code == 201, answer.text
    request_id: str = answer.json()["request"]["request_id"]
    return request_id


def handle(service: Service, request_id: str, user: str = "arts", **given: Any) -> Any:
    return post(service, f"{CASE}/requests/{request_id}/handle", given, user)


def list_inputs(service: Service) -> list[dict[str, Any]]:
    query = select(assessments.c.inputs).order_by(assessments.c.made_at)
    with service.store.reading(EVERY_FUND) as connection:
        return list(connection.execute(query).scalars())


def test_an_objection_stops_every_estimate_of_the_case_and_of_no_other(
    either_service: Service,
) -> None:
    either_service.post(make_own_case())

    ask(either_service, "objection", "Ik wil dit niet.")

    for query in ("", "?save=false"):
        refused = either_service.post(make_own_case(age_years=44), query=query)
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:kantelpunt:problem:objection-open"
    batch = {"cases": [make_own_case(age_years=44), make_own_case(2)]}
    items = post(either_service, "/api/v1/assessments/batch", batch, "arts").json()
    assert (items["assessed"], items["refused"]) == (1, 1)
    assert items["items"][0]["problem"]["type"] == "urn:kantelpunt:problem:objection-open"
    assert len(list_inputs(either_service)) == 2


def test_while_somebody_objects_nobody_reads_what_was_estimated(either_service: Service) -> None:
    case = make_own_case()
    suggestion = either_service.post(case).json()["suggestion"]
    either_service.post(make_own_case(2))

    ask(either_service, "objection")

    found = either_service.get("/api/v1/cases").json()["cases"]
    rows = {row["case_id"]: row for row in found}
    assert (rows["C-0001"]["blocked_nl"], rows["C-0001"]["p_usual"]) == (
        "bezwaar in behandeling",
        None,
    )
    assert rows["C-0001"]["reasons"] == []
    assert rows["C-0002"]["blocked_nl"] is None
    assert rows["C-0002"]["p_usual"] is not None
    opened = either_service.get(CASE).json()
    assert (opened["is_blocked"], opened["withheld"]) == (True, True)
    assert "p_usual" not in opened["latest"]
    filtered = either_service.get(f"/api/v1/cases?suggestion={suggestion}").json()["cases"]
    assert "C-0001" not in [row["case_id"] for row in filtered]


def test_the_pages_say_that_an_objection_is_open(service: Service) -> None:
    service.post(make_own_case())
    ask(service, "objection")
    service.log_on()

    listed, opened = service.client.get("/"), service.client.get("/dossiers/C-0001")

    assert "Bezwaar in behandeling" in listed.text
    assert opened.status_code == 200
    assert "Er loopt een bezwaar" in opened.text


def test_a_rejected_objection_lets_estimates_go_on(either_service: Service) -> None:
    either_service.post(make_own_case())
    request_id = ask(either_service, "objection")

    answer = handle(either_service, request_id, outcome="rejected", outcome_text="Besproken.")

    assert answer.json()["is_blocked"] is False
    assert answer.json()["request"]["outcome_nl"] == "niet aanvaard"
    assert either_service.post(make_own_case(age_years=44)).status_code == 201
    assert get_state(either_service)[0] == "open"


def test_an_upheld_objection_closes_the_case_and_stops_its_estimates_for_good(
    either_service: Service,
) -> None:
    either_service.post(make_own_case())
    first, second = ask(either_service, "objection"), ask(either_service, "objection")

    handle(either_service, first, outcome="upheld")
    answer = handle(either_service, second, outcome="rejected", outcome_text="Al aanvaard.")

    assert answer.json()["is_blocked"] is True
    assert get_state(either_service)[0] == "closed"
    refused = either_service.post(make_own_case(age_years=44))
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:kantelpunt:problem:objection-upheld"


def test_everywhere_a_case_tells_an_objection_that_waits_from_one_that_was_upheld(
    either_service: Service,
) -> None:
    either_service.post(make_own_case())
    either_service.post(make_own_case(2))
    handle(either_service, ask(either_service, "objection"), outcome="upheld")
    post(either_service, "/api/v1/cases/C-0002/requests", {"kind": "objection"})
    either_service.log_on()

    rows = either_service.get("/api/v1/cases?window=all&state=closed").json()["cases"]
    rows += either_service.get("/api/v1/cases?window=all").json()["cases"]

    upheld, waits = "bezwaar aanvaard: er wordt niets meer ingeschat", "bezwaar in behandeling"
    assert [(row["case_id"], row["blocked_nl"]) for row in rows] == [
        ("C-0001", upheld),
        ("C-0002", waits),
    ]
    assert either_service.get(CASE).json()["blocked_nl"] == upheld
    pages = [either_service.client.get(f"/dossiers/C-000{n}").text for n in (1, 2)]
    assert "dat bezwaar is aanvaard" in pages[0]
    assert "loopt een bezwaar" in pages[1]
    correction = handle(
        either_service,
        ask(either_service, "correction"),
        outcome="done",
        corrected={"age_years": 50},
    )
    assert correction.json()["type"].endswith(":objection-upheld")


def test_nobody_looks_again_at_a_case_that_an_upheld_objection_closed(
    either_service: Service,
) -> None:
    shown = open_case(either_service)
    decision = build_decision(shown, DecisionKind.LOOK_AGAIN)
    assert post(either_service, f"{CASE}/decisions", decision, "arts").status_code == 201

    handle(either_service, ask(either_service, "objection"), outcome="upheld")

    found = either_service.get(CASE).json()
    assert (found["state"], found["look_again_on"]) == ("closed", None)


def test_a_pathway_that_runs_goes_on_after_an_upheld_objection(service: Service) -> None:
    make_sent_case(service)

    handle(service, ask(service, "objection"), outcome="upheld")

    assert get_state(service)[0] == "referred"


def test_a_correction_gives_a_new_estimate_of_the_same_day_and_keeps_the_earlier(
    either_service: Service,
) -> None:
    either_service.post(make_own_case(age_years=40))
    request_id = ask(either_service, "correction", "Mijn leeftijd klopt niet.")

    answer = handle(either_service, request_id, outcome="done", corrected={"age_years": 50})

    inputs = list_inputs(either_service)
    assert sorted(one["age_years"] for one in inputs) == [40, 50]
    assert len({one["screened_on"] for one in inputs}) == 1
    marked = [d for action, d in list_audit(either_service) if action == "assess"]
    assert marked[-1]["because"] == "correction"
    assert marked[-1]["assessment_id"] == answer.json()["assessment_id"]
    assert all("50" not in str(d.get("age_years", "")) for d in marked)


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("correction", {"outcome": "done", "corrected": {"age_years": 900}}, "age_years"),
        ("correction", {"outcome": "done", "corrected": {"case_id": "C-0002"}}, "corrected"),
        ("correction", {"outcome": "done", "corrected": {"person_key": "P-9"}}, "corrected"),
        (
            "correction",
            {"outcome": "done", "corrected": {"absence_started_on": "2026-01-01"}},
            "corrected",
        ),
        ("correction", {"outcome": "done"}, "corrected"),
        ("correction", {"outcome": "done", "corrected": {}}, "corrected"),
        ("correction", {"outcome": "rejected"}, "outcome_text"),
        ("objection", {"outcome": "rejected", "outcome_text": ""}, "outcome_text"),
        ("access", {"outcome": "rejected", "outcome_text": "  \n"}, "outcome_text"),
        ("correction", {"outcome": "upheld"}, "outcome"),
        ("objection", {"outcome": "done"}, "outcome"),
        ("access", {"outcome": "done", "corrected": {"age_years": 30}}, "corrected"),
        ("access", {"outcome": "done", "outcome_text": PERSON_NUMBER}, "outcome_text"),
        ("access", {"outcome": "done", "outcome_text": "a\u0000b"}, "outcome_text"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_nothing_is_kept(
    service: Service, kind: str, given: dict[str, Any], field: str
) -> None:
    service.post(make_own_case())
    request_id = ask(service, kind)
    before = list_audit(service)

    answer = handle(service, request_id, **given)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert PERSON_NUMBER not in answer.text
    assert list_audit(service) == before


def test_a_case_under_an_objection_is_not_corrected_into_a_new_estimate(service: Service) -> None:
    service.post(make_own_case())
    ask(service, "objection")
    request_id = ask(service, "correction")

    answer = handle(service, request_id, outcome="done", corrected={"age_years": 50})

    assert answer.status_code == 409
    assert len(list_inputs(service)) == 1


def test_a_request_is_handled_once_by_a_physician_of_the_fund(either_service: Service) -> None:
    either_service.post(make_own_case())
    request_id = ask(either_service, "access")

    by_coordinator = handle(either_service, request_id, "coordinator", outcome="done")
    by_other_fund = handle(either_service, request_id, "arts.b", outcome="done")
    first = handle(either_service, request_id, outcome="done")
    again = handle(either_service, request_id, outcome="rejected")
    unknown = handle(either_service, "0" * 32, outcome="done")

    statuses = [a.status_code for a in (by_coordinator, by_other_fund, first, again, unknown)]
    assert statuses == [403, 404, 200, 409, 404]


def test_the_access_report_tells_everything_and_is_noted(either_service: Service) -> None:
    make_case_to_refer(either_service, age_years=41)
    agree(either_service)
    ask(either_service, "access", "Wat weet u van mij?")
    work = {"case_id": "C-0001", "started_on": TODAY.isoformat()}
    post(either_service, "/api/v1/outcomes", {"work_periods": [work]}, "systeem")

    report = either_service.get(f"{CASE}/access-report").json()

    estimate = report["estimates"][0]
    age = next(one for one in estimate["inputs"] if one["field"] == "age_years")
    assert (age["label_nl"], age["value_nl"]) == ("Leeftijd", "41 jaar")
    assert estimate["low"] <= estimate["p_usual"] <= estimate["high"]
    assert "op 100" in estimate["told_nl"]
    assert estimate["reasons_usual"][0]["text_nl"]
    assert report["decisions"][0]["kind_nl"] == "doorverwijzen naar VDAB"
    assert "aan VDAB door" in report["consents"][0]["purpose_nl"]
    assert report["requests"][0]["text"] == "Wat weet u van mij?"
    assert report["outcomes"]["work_periods"][0]["started_on"] == TODAY.isoformat()
    assert "controle" in report["not_used_for_nl"][0]
    assert report["retention_nl"].startswith("120 maanden")
    roles = {one["role_nl"] for one in report["seen"]}
    assert roles == {"adviserend arts", "terug-naar-werk-coördinator"}
    assert "Dr. Arts" not in str(report)
    assert list_audit(either_service)[-1] == ("view_case", {"event": "access_report"})


def test_the_access_report_leaves_out_no_table_with_rows_of_a_case() -> None:
    told = {
        *("cases", "assessments", "own_estimates", "decisions", "consents", "referrals"),
        *("requests", "pathways", "work_periods", "follow_up", "fairness_groups", "audit"),
        *("shadow_scores", "contacts"),
    }

    assert {t.name for t in metadata.sorted_tables if "case_id" in t.c} == told


@pytest.mark.parametrize("user", ["coordinator", "planner", "arts.b"])
def test_only_a_physician_of_the_fund_gets_the_access_report(service: Service, user: str) -> None:
    service.post(make_own_case())

    answer = service.client.get(f"{CASE}/access-report", auth=(user, PASSWORD))

    assert answer.status_code == (404 if user == "arts.b" else 403)
    assert FUND not in answer.text
