from collections.abc import Callable
from typing import Any

import pytest

from features.contract import default_contract
from features.matrix import build_row
from features.requests import check_case
from models.curve import trace_curve
from models.estimate import GainStatus
from tests.running_service import PASSWORD, Service, get_gain_bundle, make_own_case

ESTIMATED, SAME, UNKNOWN = GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN
BLANK = {f.name: None for f in default_contract().fields if f.kind == "answer"}
SETS = (("", "p_usual"), ("gain_", "gain"), ("support_", "p_support"))
NEVER_YET = """
[[limits]]
valid_from = 2020-01-01
not_yet_below = 0.98
own_way_from = 0.99
gain_from = 0.10
author = "commissie"
reason = "voor de proef"
"""


@pytest.fixture
def start(start_service: Callable[..., Service], sqlite_url: str) -> Callable[..., Service]:
    """Return what starts a service with a model whose gain has a status."""
    return lambda status, **changes: start_service(sqlite_url, get_gain_bundle(status), **changes)


@pytest.fixture
def start_on_either(
    start_service: Callable[..., Service], store_url: str
) -> Callable[..., Service]:
    """Return the same on either store."""
    return lambda status: start_service(store_url, get_gain_bundle(status))


def add_up(body: dict[str, Any], prefix: str) -> float:
    parts = sum(one["points"] for one in body[f"{prefix}contributions"])
    total: float = body[f"{prefix}base_points"] + parts + body[f"{prefix}limit_points"]
    return total


@pytest.mark.parametrize("status", [ESTIMATED, SAME])
@pytest.mark.parametrize(
    "changes", [{"age_years": 45}, {"age_years": 64, "work_ability": 0}, BLANK]
)
def test_all_three_sets_of_reasons_add_up(
    start: Callable[..., Service], status: GainStatus, changes: dict[str, Any]
) -> None:
    body = start(status).post(make_own_case(**changes)).json()

    for prefix, value in SETS:
        assert add_up(body, prefix) == pytest.approx(100 * body[value], abs=1e-9)
    assert body["p_usual"] + body["gain"] == pytest.approx(body["p_support"], abs=1e-12)
    assert body["gain_low"] <= body["gain"] <= body["gain_high"]
    assert body["support_low"] <= body["p_support"] <= body["support_high"]


@pytest.mark.parametrize("status", [ESTIMATED, SAME, UNKNOWN])
def test_what_was_answered_once_is_answered_the_same_from_the_store(
    start_on_either: Callable[..., Service], status: GainStatus
) -> None:
    service = start_on_either(status)

    body = service.post(make_own_case(**BLANK)).json()

    assert body["gain_status"] == status
    assert [point["days"] for point in body["curve"]] == [182, 365, 547, 730]
    assert service.get("/api/v1/cases/C-0001").json()["latest"] == body
    assert service.get("/api/v1/model").json()["gain_status"] == status


def test_the_curve_goes_through_the_estimate_and_is_that_of_the_model(
    start: Callable[..., Service],
) -> None:
    case = make_own_case(age_years=45)

    body = start(ESTIMATED).post(case).json()

    bundle = get_gain_bundle(ESTIMATED)
    row = build_row(check_case(case, bundle.contract), bundle.contract)
    assert bundle.model.curve is not None
    traced = trace_curve(bundle.model.curve, bundle.estimate(row), row)
    assert body["curve"] == [vars(point) for point in traced]
    assert (body["curve"][1]["usual"], body["curve"][1]["support"]) == (
        body["p_usual"],
        body["p_support"],
    )


def test_a_gain_that_is_the_same_for_all_has_no_reasons_of_its_own(
    start: Callable[..., Service],
) -> None:
    body = start(SAME).post(make_own_case()).json()

    assert body["gain_contributions"] == []
    assert body["gain_base_points"] == pytest.approx(100 * body["gain"])


def test_a_reason_of_the_gain_names_the_value_and_claims_nothing_of_return(
    start: Callable[..., Service],
) -> None:
    body = start(ESTIMATED).post(make_own_case(age_years=31)).json()

    texts = {one["field"]: one["text_nl"] for one in body["gain_contributions"]}
    assert texts["age_years"] == "Leeftijd: 31 jaar"


def test_a_case_that_nobody_supported_resembles_has_an_unknown_gain(
    start: Callable[..., Service],
) -> None:
    service = start(ESTIMATED)

    body = service.post(make_own_case(age_years=18)).json()

    unknown = ["gain", "gain_low", "gain_high", "p_support", "support_low", "support_high"]
    unknown += ["gain_hidden"]
    unknown += [
        f"{prefix}{part}"
        for prefix in ("gain_", "support_")
        for part in ("base_points", "contributions", "limit_points")
    ]
    assert body["gain_status"] == "unknown"
    assert {body[name] for name in unknown} == {None}
    assert {point["support"] for point in body["curve"]} == {None}
    assert service.get("/api/v1/cases/C-0001").json()["latest"] == body


@pytest.mark.parametrize(("status", "hidden"), [(ESTIMATED, 0.012), (SAME, 0.02)])
def test_the_answer_says_how_much_of_the_interval_is_for_what_nobody_measured(
    start: Callable[..., Service], status: GainStatus, hidden: float
) -> None:
    body = start(status).post(make_own_case(age_years=45)).json()

    half = {ESTIMATED: 0.02, SAME: 0.01}[status]
    assert body["gain_hidden"] == hidden
    assert body["gain_high"] - body["gain"] == pytest.approx(half + hidden)


def test_the_list_carries_the_gain(start_on_either: Callable[..., Service]) -> None:
    service = start_on_either(ESTIMATED)
    made = [service.post(make_own_case(n, age_years=a)).json() for n, a in ((1, 45), (2, 18))]

    listed = service.get("/api/v1/cases").json()["cases"]

    names = ["p_usual", "low", "high", "gain_status", "gain", "gain_low", "gain_high"]
    names += ["gain_hidden", "p_support", "support_low", "support_high"]
    by_case = {row["case_id"]: [row[name] for name in names] for row in listed}
    assert by_case == {one["case_id"]: [one[name] for name in names] for one in made}


def test_who_may_not_see_the_inside_of_the_model_sees_none_of_the_sets(
    start: Callable[..., Service],
) -> None:
    service = start(ESTIMATED)
    service.post(make_own_case(age_years=45, **BLANK))

    body = service.get("/api/v1/cases/C-0001", user="coordinator").json()["latest"]

    hidden = [
        f"{prefix}{part}"
        for prefix, _ in SETS
        for part in ("base_points", "contributions", "limit_points")
    ]
    assert {body[name] for name in hidden} == {None}
    assert body["gain"] is not None
    assert {one["points"] for one in body["sharpen"]} == {None}


def test_a_day_to_look_again_comes_with_not_yet_alone(
    start: Callable[..., Service], tmp_path: Any
) -> None:
    (tmp_path / "limits.toml").write_text(NEVER_YET)
    case = make_own_case(absence_started_on="2026-01-05", screened_on="2026-03-31")

    usual = start(ESTIMATED).post(case).json()
    later = start(ESTIMATED, limits=tmp_path / "limits.toml").post(case).json()

    assert (usual["suggestion"] == "not_yet", usual["look_again_on"]) == (False, None)
    assert (later["suggestion"], later["look_again_on"]) == ("not_yet", "2026-05-05")
    assert later["limits"]["gain_from"] == 0.10


def test_the_open_questions_are_named_strongest_first_until_they_are_answered(
    start: Callable[..., Service],
) -> None:
    service = start(ESTIMATED)

    blank = service.post(make_own_case(1, **BLANK)).json()["sharpen"]
    answered = service.post(make_own_case(2)).json()["sharpen"]

    points = [one["points"] for one in blank]
    assert 0 < len(points) <= 3
    assert points == sorted(points, reverse=True)
    assert {one["field"] for one in blank} <= set(BLANK)
    assert answered == []


def test_another_model_asks_nothing_about_an_estimate_that_it_did_not_make(
    start: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    service = start(ESTIMATED)
    service.post(make_own_case(**BLANK))
    served = service.app.state.service
    newer = replace(served, bundle=replace(served.bundle, version="4"))
    monkeypatch.setitem(service.app.state._state, "service", newer)

    body = service.get("/api/v1/cases/C-0001").json()["latest"]

    assert (body["model_version"], body["sharpen"]) == ("3", None)


def test_a_batch_gives_the_gain_that_single_cases_give(start: Callable[..., Service]) -> None:
    service = start(ESTIMATED)
    cases = [make_own_case(n, age_years=10 + 8 * n) for n in range(1, 7)]

    answer = service.client.post(
        "/api/v1/assessments/batch?save=false", json=cases, auth=("arts", PASSWORD)
    ).json()
    single = [service.post(case, query="?save=false").json() for case in cases]

    found = [item["assessment"]["gain"] for item in answer["items"]]
    assert [one is None for one in found] == [True] + [False] * 5
    assert found[1:] == pytest.approx([one["gain"] for one in single[1:]], abs=1e-12)
    assert single[0]["gain"] is None
