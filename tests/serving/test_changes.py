import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.estimate import GainStatus
from serving.changes import Changes, find_changes
from serving.store.engine import EVERY_FUND
from tests.running_service import PASSWORD, Service, make_assessment, make_own_case
from tests.serving.case_work import open_case

BEFORE: dict[str, Any] = {"screened_on": "2026-03-31", "work_ability": 2, "age_years": 44}
AFTER: dict[str, Any] = {"screened_on": "2026-04-10", "work_ability": 9, "age_years": 45}


def compare(status: GainStatus | None = None, **changes: Any) -> Changes:
    """Return what changed between two assessments of one case by one model."""
    before = make_assessment(1, status=status, **BEFORE)
    found = find_changes([make_assessment(1, status=status, **AFTER | changes), before])
    assert found is not None
    return found


@pytest.mark.parametrize("status", [None, *GainStatus])
@pytest.mark.parametrize("changes", [{}, {"work_ability": None}, {"age_years": 18}])
def test_what_each_field_moved_adds_up_to_the_difference(
    status: GainStatus | None, changes: dict[str, Any]
) -> None:
    found = compare(status, **changes)

    numbers = [n for n in (found.usual, found.gain, found.support) if n is not None]
    for number in numbers:
        assert number.moves is not None
        assert number.limit_points is not None
        total = math.fsum([*(m.points for m in number.moves), number.limit_points])
        assert total == pytest.approx(number.points, abs=1e-9)
        strengths = [abs(m.points) for m in number.moves]
        assert strengths == sorted(strengths, reverse=True)
    assert len(numbers) == (3 if found.gain else 1)


def test_the_moves_of_gain_and_usual_add_up_to_those_of_support() -> None:
    found = compare(GainStatus.ESTIMATED)

    assert found.gain is not None
    assert found.support is not None
    assert found.support.points == pytest.approx(found.usual.points + found.gain.points, abs=1e-9)


def test_changed_values_are_told_as_a_person_reads_them() -> None:
    found = {f.field: (f.label_nl, f.before_nl, f.after_nl) for f in compare().fields}

    assert found["age_years"] == ("Leeftijd", "44 jaar", "45 jaar")
    assert found["work_ability"][1:] == ("2", "9")
    assert found["absent_days"][1] != found["absent_days"][2]
    assert "weekly_hours" not in found


def test_an_answer_that_came_is_a_change() -> None:
    before = make_assessment(1, **BEFORE | {"work_ability": None})

    found = find_changes([make_assessment(1, **AFTER), before])

    assert found is not None
    [change] = [f for f in found.fields if f.field == "work_ability"]
    assert (change.before_nl, change.after_nl) == ("niet beantwoord", "9")


def test_another_model_moves_no_reasons() -> None:
    before = replace(make_assessment(1, **BEFORE), model_version="2")

    found = find_changes([make_assessment(1, **AFTER), before])

    assert found is not None
    assert found.is_other_model
    assert (found.usual.moves, found.usual.limit_points) == (None, None)
    assert found.fields


def test_one_assessment_has_no_changes() -> None:
    assert find_changes([make_assessment()]) is None


def test_a_case_tells_what_changed_and_how_much_only_to_a_physician(service: Service) -> None:
    open_case(service, **BEFORE)
    shown = open_case(service, **AFTER)
    coordinator = service.get("/api/v1/cases/C-0001", user="coordinator").json()["changes"]

    changes, now, earlier = shown["changes"], shown["latest"], shown["earlier"][0]
    assert changes["since_id"] == earlier["assessment_id"]
    difference = (now["p_usual"] - earlier["p_usual"]) * 100
    assert changes["p_usual"]["points"] == pytest.approx(difference, abs=1e-9)
    moved = math.fsum(m["points"] for m in changes["p_usual"]["moves"])
    assert moved + changes["p_usual"]["limit_points"] == pytest.approx(difference, abs=1e-9)
    assert coordinator["p_usual"]["points"] == changes["p_usual"]["points"]
    assert coordinator["p_usual"]["moves"] is None
    assert coordinator["fields"] == changes["fields"]


# month 4 of an absence from 10 December is 10 April; today is 15 April
DUE = [("2026-04-09", True), ("2026-04-10", False), ("2026-04-12", False)]


@pytest.mark.parametrize(("screened_on", "due"), DUE)
def test_a_case_is_due_once_month_4_passed_since_its_screening(
    service: Service, screened_on: str, due: bool
) -> None:
    shown = open_case(service, absence_started_on="2025-12-10", screened_on=screened_on)

    listed = service.get("/api/v1/cases").json()["cases"][0]
    asked = service.get("/api/v1/cases?due=reassess").json()["count"]

    assert shown["reassess_due"] == listed["reassess_due"] == due
    assert asked == int(due)


def test_a_case_that_waits_is_due_too_and_a_closed_one_is_not(either_service: Service) -> None:
    day = (make_assessment().screened_on - timedelta(days=120)).isoformat()
    for number, state in enumerate(("open", "waiting", "closed", "started"), 1):
        open_case(either_service, number, absence_started_on=day, screened_on="2026-03-01")
        with either_service.store.writing(EVERY_FUND) as connection:
            connection.exec_driver_sql(
                f"update cases set state = '{state}' where case_id = 'C-{number:04d}'"  # noqa: S608
            )

    found = either_service.get("/api/v1/cases?due=reassess&window=all").json()["cases"]

    assert sorted(c["state"] for c in found) == ["open", "waiting"]
    either_service.post(
        make_own_case(1, absence_started_on=day, screened_on="2026-04-15"), "systeem"
    )
    again = either_service.get("/api/v1/cases?due=reassess&window=all").json()["cases"]
    assert [c["state"] for c in again] == ["waiting"]


def test_nothing_is_due_of_who_objects(service: Service) -> None:
    open_case(service, absence_started_on="2025-12-10", screened_on="2026-04-09")
    service.client.post(
        "/api/v1/cases/C-0001/requests", json={"kind": "objection"}, auth=("arts", PASSWORD)
    )

    shown = service.get("/api/v1/cases/C-0001").json()["reassess_due"]
    listed = service.get("/api/v1/cases").json()["cases"][0]["reassess_due"]
    asked = service.get("/api/v1/cases?due=reassess").json()["count"]

    assert (shown, listed, asked) == (False, False, 0)
