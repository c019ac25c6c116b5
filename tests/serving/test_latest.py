from datetime import timedelta
from typing import Any

import pytest

from serving.states import DecisionKind
from tests.running_service import NOW, PASSWORD, Service, make_own_case
from tests.serving.case_work import build_decision, open_case, post

CASE = "/api/v1/cases/C-0001"


def at(service: Service, seconds: int) -> None:
    service.set_clock(NOW + timedelta(seconds=seconds))


def read_latest(service: Service) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the latest assessment as the list and as the file of the only case shows it."""
    [listed] = service.get("/api/v1/cases?window=all").json()["cases"]
    return listed, service.get(CASE).json()


def check_same(service: Service) -> None:
    listed, shown = read_latest(service)
    names = ("assessment_id", "p_usual", "screened_on")
    assert [listed[name] for name in names] == [shown["latest"][name] for name in names]
    decision = build_decision(shown, DecisionKind.NOT_OPPORTUNE)
    assert post(service, "C-0001/decisions", decision).status_code == 201


@pytest.mark.parametrize("ability", [(2, 9), (9, 2)])
def test_of_a_case_that_is_twice_in_a_batch_the_last_is_the_latest(
    either_service: Service, ability: tuple[int, int]
) -> None:
    batch = [make_own_case(work_ability=one) for one in ability]

    made = either_service.client.post(
        "/api/v1/assessments/batch", json=batch, auth=("arts", PASSWORD)
    ).json()["items"]

    listed, shown = read_latest(either_service)
    assert listed["assessment_id"] == made[-1]["assessment"]["assessment_id"]
    assert shown["inputs"]["work_ability"] == ability[-1]
    check_same(either_service)


def test_of_a_day_the_assessment_that_was_saved_last_is_the_latest(either_service: Service) -> None:
    at(either_service, 2)
    open_case(either_service, work_ability=9)

    at(either_service, 0)  # began earlier, and is saved later
    open_case(either_service, work_ability=2)

    assert either_service.get(CASE).json()["inputs"]["work_ability"] == 2
    check_same(either_service)


def test_an_older_screening_day_joins_the_history_only(either_service: Service) -> None:
    open_case(either_service, screened_on="2026-04-10")

    open_case(either_service, screened_on="2026-04-01")

    shown = either_service.get(CASE).json()
    assert shown["latest"]["screened_on"] == "2026-04-10"
    assert [one["screened_on"] for one in shown["earlier"]] == ["2026-04-01"]
    check_same(either_service)
