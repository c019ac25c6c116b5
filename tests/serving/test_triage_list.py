from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.assessment import rank_suggestion
from serving.store.engine import EVERY_FUND
from serving.store.tables import audit
from serving.triage import build_cursor
from tests.running_service import (
    FUND,
    OTHER_FUND,
    PASSWORD,
    Service,
    get_gain_bundle,
    make_own_case,
)

START = date(2026, 1, 5)


def fill(service: Service, count: int, **changes: Any) -> None:
    """Assess cases that differ in age, work ability and first day of absence."""
    cases = [
        make_own_case(
            n,
            age_years=18 + n % 49,
            work_ability=n % 11,
            absence_started_on=(START + timedelta(days=n % 7)).isoformat(),
            **changes,
        )
        for n in range(1, count + 1)
    ]
    answer = service.client.post("/api/v1/assessments/batch", json=cases, auth=("arts", PASSWORD))
    assert answer.json()["refused"] == 0


def read_all(service: Service, address: str) -> list[dict[str, Any]]:
    """Follow `next` to the end."""
    rows: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        page = service.get(following).json()
        rows += page["cases"]
        following = page["next"]
    return rows


def test_the_most_urgent_suggestion_comes_first_then_who_is_absent_longest(
    either_service: Service,
) -> None:
    fill(either_service, 60)

    rows = read_all(either_service, "/api/v1/cases?limit=200")

    keys = [
        (rank_suggestion(Suggestion(r["suggestion"])), r["absence_started_on"], r["case_id"])
        for r in rows
    ]
    assert len(rows) == 60
    assert all(one < other for one, other in pairwise(keys))
    assert [r["rank"] for r in rows] == list(range(1, 61))


def test_pages_together_are_the_whole_list(either_service: Service) -> None:
    fill(either_service, 23)

    paged = read_all(either_service, "/api/v1/cases?limit=5")

    assert paged == read_all(either_service, "/api/v1/cases?limit=200")


def test_a_case_that_comes_in_while_one_pages_shows_no_row_twice_and_hides_none(
    either_service: Service,
) -> None:
    fill(either_service, 20)
    before = [r["case_id"] for r in read_all(either_service, "/api/v1/cases?limit=200")]
    first = either_service.get("/api/v1/cases?limit=8").json()

    for number in (101, 102, 103):
        either_service.post(make_own_case(number, absence_started_on="2025-12-01"))
    rest = read_all(either_service, first["next"])

    seen = [r["case_id"] for r in [*first["cases"], *rest]]
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


def test_a_row_tells_its_day_of_absence_and_its_next_clock(service: Service) -> None:
    service.post(make_own_case(absence_started_on="2026-01-05", screened_on="2026-03-31"))

    row = service.get("/api/v1/cases").json()["cases"][0]

    assert row["absent_day"] == 101
    assert (row["next_clock"], row["next_clock_on"]) == ("category", "2026-05-05")
    assert row["next_clock_days_left"] == 20


FILTERS = [
    ("region=limburg", 4),
    ("region=brussel", 0),
    ("answered=true", 9),
    ("answered=false", 3),
    ("search=C-000", 9),
    ("search=c-0012", 1),
    ("search=%25", None),
    ("screened_from=2026-04-01", 0),
    ("screened_until=2026-03-31&region=limburg", 4),
]


@pytest.mark.parametrize(("query", "count"), FILTERS)
def test_filters_narrow_the_list(either_service: Service, query: str, count: int | None) -> None:
    fill(either_service, 8)
    answers = {"work_ability": 3}
    for n in range(9, 13):
        either_service.post(make_own_case(n, region="limburg", **answers))
    blank = dict.fromkeys(_list_answers())
    for n in (1, 2, 3):
        started_on = (START + timedelta(days=n)).isoformat()
        again = make_own_case(n, absence_started_on=started_on, **blank)
        assert either_service.post(again).status_code == 201

    answer = either_service.get(f"/api/v1/cases?{query}")

    if count is None:
        assert answer.status_code == 422
    else:
        assert answer.json()["count"] == len(answer.json()["cases"]) == count


def _list_answers() -> list[str]:
    from features.contract import default_contract

    return [f.name for f in default_contract().fields if f.kind == "answer"]


def test_every_suggestion_can_be_asked_for(either_service: Service) -> None:
    fill(either_service, 60)

    found = {s: read_all(either_service, f"/api/v1/cases?suggestion={s.value}") for s in Suggestion}

    assert sum(len(rows) for rows in found.values()) == 60
    assert all(r["suggestion"] == s for s, rows in found.items() for r in rows)


def test_a_filter_stays_in_the_address_of_the_next_page(service: Service) -> None:
    fill(service, 6, region="limburg")

    page = service.get("/api/v1/cases?limit=2&region=limburg").json()

    assert "region=limburg" in page["next"]
    assert "limit=2" in page["next"]


def test_cases_of_another_fund_or_region_are_not_in_the_list(either_service: Service) -> None:
    either_service.post(make_own_case(1, region="antwerpen"))
    either_service.post(make_own_case(2, region="limburg"))
    either_service.post(make_own_case(3, sickness_fund=OTHER_FUND), user="arts.b")

    listed = {
        user: [r["case_id"] for r in either_service.get("/api/v1/cases", user).json()["cases"]]
        for user in ("arts", "arts.antwerpen", "arts.b", "coordinator")
    }

    assert sorted(listed["arts"]) == sorted(listed["coordinator"]) == ["C-0001", "C-0002"]
    assert listed["arts.antwerpen"] == ["C-0001"]
    assert listed["arts.b"] == ["C-0003"]
    for user, case_id in (("arts", "C-0003"), ("arts.b", "C-0001"), ("arts.antwerpen", "C-0002")):
        assert either_service.get(f"/api/v1/cases/{case_id}", user).status_code == 404


def test_two_funds_may_use_the_same_number(either_service: Service) -> None:
    either_service.post(make_own_case(1, age_years=30))
    either_service.post(make_own_case(1, age_years=60, sickness_fund=OTHER_FUND), user="arts.b")

    own = either_service.get("/api/v1/cases/C-0001").json()
    other = either_service.get("/api/v1/cases/C-0001", user="arts.b").json()

    assert (own["inputs"]["age_years"], own["earlier"]) == (30, [])
    assert (other["inputs"]["age_years"], other["earlier"]) == (60, [])


def test_a_page_of_the_list_that_was_seen_is_noted_with_its_count_alone(
    either_service: Service,
) -> None:
    either_service.post(make_own_case(1))
    either_service.post(make_own_case(2))

    either_service.get("/api/v1/cases?limit=1")
    either_service.get("/api/v1/cases", user="coordinator")
    with either_service.store.reading() as connection:
        query = select(audit.c.user_key, audit.c.detail).where(audit.c.action == "list_cases")
        seen = connection.execute(query.order_by(audit.c.audit_id)).all()

    assert [tuple(line) for line in seen] == [("arts", {"rows": 1}), ("coordinator", {"rows": 2})]


FOREIGN_CURSORS = [
    "x",
    "####",
    "é",
    "bnVsbA",
    "WzEsMl0",
    build_cursor((99, 0.0, START, "C\x00"), 3),
    build_cursor((10**9, 0.0, START, "C-1"), 3),
    build_cursor((1, 0.0, START, "C-1"), -3),
    "A" * 300,
]


@pytest.mark.parametrize("cursor", FOREIGN_CURSORS)
def test_a_cursor_that_we_did_not_make_is_refused(service: Service, cursor: str) -> None:
    answer = service.client.get("/api/v1/cases", params={"cursor": cursor}, auth=("arts", PASSWORD))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"


def test_a_long_list_is_not_counted_to_the_end(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.store.cases.MOST_COUNTED", 5)
    monkeypatch.setattr("serving.triage.MOST_COUNTED", 5)
    fill(service, 8)

    page = service.get("/api/v1/cases?limit=1").json()

    assert (page["count"], page["count_is_exact"]) == (5, False)


def test_a_view_of_a_case_is_noted_and_a_list_is_one_line_not_one_per_case(
    either_service: Service,
) -> None:
    either_service.post(make_own_case())
    either_service.get("/api/v1/cases")
    either_service.get("/api/v1/cases/C-0001", user="coordinator")
    either_service.get("/api/v1/cases/C-0001", user="arts.b")

    with either_service.store.reading(EVERY_FUND) as connection:
        rows = connection.exec_driver_sql(
            "select user_key, action, sickness_fund, case_id from audit where action <> 'add_user'"
        ).fetchall()

    assert [tuple(r) for r in rows] == [
        ("arts", "assess", FUND, "C-0001"),
        ("arts", "list_cases", FUND, None),
        ("coordinator", "view_case", FUND, "C-0001"),
    ]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (GainStatus.ESTIMATED, "wie naar schatting het meest wint bij steun."),
        (GainStatus.SAME_FOR_ALL, "wie het langst afwezig is."),
    ],
)
def test_the_list_says_in_which_order_it_stands(
    start_service: Callable[..., Service], sqlite_url: str, status: GainStatus, says: str
) -> None:
    made = start_service(sqlite_url, get_gain_bundle(status))
    made.post(make_own_case(1))
    made.log_on()

    page = unescape(made.client.get("/").text)
    assert f'Bovenaan: voorstel "Ondersteuning bespreken", en daarin eerst {says}' in page


def test_who_estimates_first_sees_the_longest_absent_first(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    made = start_service(sqlite_url, own_estimate="required")
    made.post(make_own_case(1))
    made.log_on()

    page = made.client.get("/").text

    assert "Bovenaan: wie het langst afwezig is." in page
    assert "Bovenaan: voorstel" not in page
