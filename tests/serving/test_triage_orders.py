from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from features.deadlines import find_next_clock
from serving.store import case_orders
from serving.triage import build_cursor
from serving.triage_query import order_starts
from tests.running_service import TODAY, Service, make_own_case
from tests.serving.test_triage_list import read_all

# the longest absent has its first year behind it; C-0003 and C-0004 began on one day
STARTS = ("2026-01-02", "2025-12-18", "2025-10-29", "2025-10-29", "2026-02-25", "2025-03-01")
ABSENT = ["C-0006", "C-0003", "C-0004", "C-0002", "C-0001", "C-0005"]


def fill(service: Service) -> None:
    for number, started_on in enumerate(STARTS, 1):
        case = make_own_case(number, absence_started_on=started_on, screened_on="2026-03-30")
        assert service.post(case).status_code == 201


def list_ids(service: Service, query: str) -> list[str]:
    return [row["case_id"] for row in read_all(service, f"/api/v1/cases?window=all&{query}")]


@pytest.fixture(params=["few", "many"])
def sized(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few cases sorted, and many read in the order of an index."""
    if request.param == "many":
        monkeypatch.setattr(case_orders, "FEW", 0)
        monkeypatch.setattr(case_orders, "ONE_BY_ONE", 2)


@pytest.mark.usefixtures("sized")
def test_cases_stand_by_their_next_clock_and_who_has_none_comes_last(
    either_service: Service,
) -> None:
    fill(either_service)

    rows = read_all(either_service, "/api/v1/cases?window=all&order=next_clock&limit=200")

    due = [row["next_clock_days_left"] for row in rows]
    assert due == [*sorted(left for left in due if left is not None), None]
    assert rows[-1]["case_id"] == "C-0006"
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5, 6]


@pytest.mark.usefixtures("sized")
def test_the_longest_absent_can_come_first(either_service: Service) -> None:
    fill(either_service)

    assert list_ids(either_service, "order=longest_absent") == ABSENT


@pytest.mark.usefixtures("sized")
@pytest.mark.parametrize("order", ["next_clock", "longest_absent"])
def test_pages_of_an_order_together_are_the_whole_list(either_service: Service, order: str) -> None:
    fill(either_service)

    whole = list_ids(either_service, f"order={order}&limit=200")

    assert all(list_ids(either_service, f"order={order}&limit={n}") == whole for n in (1, 2, 3))
    assert len(whole) == len(set(whole)) == 6


@pytest.mark.usefixtures("sized")
@pytest.mark.parametrize("order", ["next_clock", "longest_absent"])
def test_filters_narrow_every_order(service: Service, order: str) -> None:
    fill(service)

    around = read_all(service, f"/api/v1/cases?order={order}&limit=1")
    soon = list_ids(service, f"order={order}&within_days=20")
    known = find_soon(20)

    assert len(around) == 5
    assert sorted(soon) == known
    assert list_ids(service, f"order={order}&region=nergens") == []


def find_soon(days: int) -> list[str]:
    clocks = [find_next_clock(date.fromisoformat(start), TODAY) for start in STARTS]
    return [f"C-{n:04d}" for n, c in enumerate(clocks, 1) if c is not None and c.days_left <= days]


def test_every_first_day_with_a_clock_to_come_has_one_place() -> None:
    starts = order_starts(TODAY)

    due = [find_next_clock(start, TODAY) for start in starts]
    assert len(set(starts)) == len(starts)
    assert all(clock is not None for clock in due)
    assert [c.due_on for c in due if c] == sorted(c.due_on for c in due if c)


def test_an_order_that_is_not_there_is_refused(service: Service) -> None:
    answer = service.get("/api/v1/cases?order=meeste_winst")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "order")


def test_who_estimates_first_gets_no_order_that_tells_of_estimates(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    made = start_service(sqlite_url, own_estimate="required")
    fill(made)
    told: Any = build_cursor((0, -0.1, date(2025, 3, 1), "C-0006"), 1)

    by_clock = read_all(made, "/api/v1/cases?window=all&order=next_clock&limit=4")

    assert list_ids(made, "order=urgency") == list_ids(made, "order=longest_absent") == ABSENT
    assert by_clock[-1]["case_id"] == "C-0006"
    assert made.get(f"/api/v1/cases?order=next_clock&cursor={told}").status_code == 422
