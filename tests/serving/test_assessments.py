import numpy as np
import pytest

from features.contract import default_contract
from features.matrix import build_row
from features.requests import check_case
from models.suggestion import SUGGESTION_NL
from tests.running_service import OTHER_FUND, PASSWORD, Service, get_bundle, make_own_case


def test_a_case_is_estimated_explained_and_kept(either_service: Service) -> None:
    answer = either_service.post(make_own_case())

    body = answer.json()
    assert answer.status_code == 201
    assert body["case_id"] == "C-0001"
    assert body["model_version"] == "3"
    assert body["low"] <= body["p_usual"] <= body["high"]
    assert (body["gain"], body["gain_status"], body["p_support"]) == (None, "unknown", None)
    assert body["suggestion_nl"] == SUGGESTION_NL[body["suggestion"]]
    assert either_service.get("/api/v1/cases/C-0001").json()["latest"] == body


def test_the_reasons_add_up_to_the_estimate(service: Service) -> None:
    for changes in ({}, {f.name: None for f in default_contract().fields if f.kind == "answer"}):
        body = service.post(make_own_case(**changes)).json()

        total = sum(c["points"] for c in body["contributions"])
        assert body["base_points"] + total + body["limit_points"] == pytest.approx(
            100 * body["p_usual"], abs=1e-9
        )


def test_the_api_says_exactly_what_the_bundle_says(service: Service) -> None:
    case = make_own_case(age_years=31)

    body = service.post(case).json()

    row = build_row(check_case(case, default_contract()), default_contract())
    estimate = get_bundle().estimate(row)
    assert body["p_usual"] == estimate.usual.value
    assert [body["low"], body["high"]] == [estimate.usual.low, estimate.usual.high]
    assert body["base"] == estimate.usual.base


def test_every_reason_has_its_label_value_and_sentence(service: Service) -> None:
    body = service.post(make_own_case(age_years=31)).json()

    by_field = {c["field"]: c for c in body["contributions"]}
    assert set(by_field) == set(default_contract().names)
    assert by_field["age_years"]["label_nl"] == "Leeftijd"
    assert by_field["age_years"]["value_nl"] == "31 jaar"
    assert body["top_reasons"] == [c["text_nl"] for c in body["contributions"][:5]]


def test_without_saving_nothing_is_kept(either_service: Service) -> None:
    answer = either_service.post(make_own_case(), query="?save=false")

    assert answer.status_code == 200
    assert answer.json()["assessment_id"] is None
    assert either_service.get("/api/v1/cases/C-0001").status_code == 404


def test_a_case_without_any_answer_is_a_normal_case(service: Service) -> None:
    answers = {f.name: ... for f in default_contract().fields if f.kind == "answer"}

    answer = service.post(make_own_case(**answers))

    assert answer.status_code == 201
    assert "Vragenlijst" in {c["label_nl"] for c in answer.json()["contributions"]}
    assert service.get("/api/v1/cases").json()["cases"][0]["answered"] is False


def test_a_case_of_another_fund_or_region_is_not_assessed(service: Service) -> None:
    other = service.post(make_own_case(sickness_fund=OTHER_FUND))
    region = service.post(make_own_case(region="limburg"), user="arts.antwerpen")
    own = service.post(make_own_case(region="antwerpen"), user="arts.antwerpen")

    assert [other.status_code, region.status_code, own.status_code] == [403, 403, 201]


def test_a_screening_day_in_the_future_is_refused(service: Service) -> None:
    case = make_own_case(absence_started_on="2026-02-01", screened_on="2026-04-16")

    answer = service.post(case)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "screened_on", "expected": "een dag die niet na vandaag ligt"}
    ]


def test_a_batch_scores_the_good_cases_and_names_the_faults_of_the_others(
    either_service: Service,
) -> None:
    bad = make_own_case(2, age_years=120)
    foreign = make_own_case(3, sickness_fund=OTHER_FUND)
    items = [make_own_case(1), bad, foreign, "geen object", make_own_case(5)]

    answer = either_service.client.post(
        "/api/v1/assessments/batch", json={"cases": items}, auth=("arts", PASSWORD)
    )

    body = answer.json()
    assert (answer.status_code, body["assessed"], body["refused"]) == (200, 2, 3)
    assert [item["ok"] for item in body["items"]] == [True, False, False, False, True]
    assert [item["index"] for item in body["items"]] == [0, 1, 2, 3, 4]
    assert body["items"][1]["problem"]["errors"][0]["field"] == "age_years"
    assert body["items"][2]["problem"]["status"] == 403
    assert len(either_service.get("/api/v1/cases").json()["cases"]) == 2


def test_a_batch_gives_what_single_cases_give(service: Service) -> None:
    cases = [make_own_case(n, age_years=20 + 5 * n) for n in range(1, 6)]

    batch = service.client.post(
        "/api/v1/assessments/batch?save=false", json=cases, auth=("arts", PASSWORD)
    ).json()
    single = [service.post(case, query="?save=false").json() for case in cases]

    found = [item["assessment"]["p_usual"] for item in batch["items"]]
    assert np.allclose(found, [one["p_usual"] for one in single], atol=1e-12)


def test_a_batch_of_a_thousand_is_taken_and_one_more_is_not(service: Service) -> None:
    cases = [make_own_case(n) for n in range(1001)]

    full = service.client.post(
        "/api/v1/assessments/batch?save=false", json=cases[:1000], auth=("arts", PASSWORD)
    )
    over = service.client.post("/api/v1/assessments/batch", json=cases, auth=("arts", PASSWORD))

    assert (full.status_code, full.json()["assessed"]) == (200, 1000)
    assert (over.status_code, over.json()["title"]) == (413, "De aanvraag is te groot")


def test_an_empty_batch_is_no_error(service: Service) -> None:
    answer = service.client.post("/api/v1/assessments/batch", json=[], auth=("arts", PASSWORD))

    assert answer.json() == {"assessed": 0, "refused": 0, "items": []}


def test_screening_a_case_again_keeps_both_and_shows_the_latest(either_service: Service) -> None:
    first = make_own_case(screened_on="2026-03-31", work_ability=8)
    second = make_own_case(screened_on="2026-04-14", work_ability=2)

    for case in (second, first):
        either_service.post(case)

    body = either_service.get("/api/v1/cases/C-0001").json()
    assert body["latest"]["screened_on"] == "2026-04-14"
    assert [e["screened_on"] for e in body["earlier"]] == ["2026-03-31"]
    assert body["inputs"]["work_ability"] == 2
    assert either_service.get("/api/v1/cases").json()["cases"][0]["screened_on"] == "2026-04-14"


def test_a_coordinator_sees_reasons_without_the_inside_of_the_model(service: Service) -> None:
    service.post(make_own_case())

    case = service.get("/api/v1/cases/C-0001", user="coordinator").json()
    listed = service.get("/api/v1/cases", user="coordinator").json()["cases"][0]

    assert case["latest"]["contributions"] is None
    assert case["latest"]["base_points"] is None
    assert len(case["latest"]["top_reasons"]) == 5
    assert {reason["points"] for reason in listed["reasons"]} == {None}


def test_the_model_tells_what_it_is_made_of(service: Service) -> None:
    body = service.get("/api/v1/model").json()

    assert (body["version"], body["trained_on"]) == ("3", "2026-03-31")
    assert body["gain_status"] == "unknown"
    assert [f["name"] for f in body["fields"]] == list(default_contract().names)
    assert body["card"].startswith("# Model card")
