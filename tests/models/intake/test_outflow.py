import numpy as np
import pytest

from models.intake.faults import IntakeError
from models.intake.outflow import FEWEST, OPEN, OTHER, WORK, Ints, count_exits, outflow

MONTHLY_WORK, MONTHLY_OTHER = 0.02, 0.004


def draw_people(count: int, rng: np.random.Generator, seen: int = 30) -> tuple[Ints, Ints]:
    """Return whole months and kinds of people of whom many are still followed."""
    work = rng.geometric(MONTHLY_WORK, count) - 1
    other = rng.geometric(MONTHLY_OTHER, count) - 1
    until = rng.integers(3, seen, count)
    months = np.minimum(np.minimum(work, other), until)
    kinds = np.where(until <= np.minimum(work, other), OPEN, np.where(other < work, OTHER, WORK))
    return months, kinds


def find_truth(month: int) -> float:
    stay = (1 - MONTHLY_WORK) * (1 - MONTHLY_OTHER)
    return MONTHLY_WORK * (1 - stay**month) / (1 - stay)


def test_outflow_is_right_though_most_are_still_followed_and_intervals_hold_it() -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        months, kinds = draw_people(300, rng)
        row = outflow(count_exits(["2025"], ["2025"] * 300, months, kinds))[0]["months"]
        found.append([row[str(month)] for month in (6, 12, 18, 24)])

    for place, month in enumerate((6, 12, 18, 24)):
        own = [row[place] for row in found]
        truth = find_truth(month)
        assert np.mean([one["value"] for one in own]) == pytest.approx(truth, rel=0.03)
        assert 0.92 < np.mean([one["low"] <= truth <= one["high"] for one in own]) < 0.985


def test_pension_and_death_are_no_outflow_to_work_and_no_open_end() -> None:
    months = np.array([1] * 50 + [2] * 50)
    kinds = np.array([OTHER] * 50 + [WORK] * 50)

    row = outflow(count_exits(["a"], ["a"] * 100, months, kinds), (2, 3))[0]

    assert row["months"]["2"]["value"] == 0
    assert row["months"]["3"]["value"] == pytest.approx(0.5)


def test_a_cohort_that_began_last_year_has_no_figure_after_two_years() -> None:
    months, kinds = np.full(40, 11), np.zeros(40, np.int64)

    row = outflow(count_exits(["2025"], ["2025"] * 40, months, kinds))[0]["months"]

    assert row["6"] is not None
    assert row["12"] is None
    assert row["24"] is None


def test_a_share_over_fewer_than_five_is_not_told() -> None:
    few = FEWEST - 1

    row = outflow(count_exits(["a"], ["a"] * few, np.full(few, 20), np.zeros(few, np.int64)))[0]

    assert row["months"]["6"] is None


def test_a_cohort_without_people_has_no_figure() -> None:
    rows = outflow(count_exits(["a", "b"], ["a"] * 9, np.full(9, 20), np.zeros(9, np.int64)))

    assert rows[1]["started"] == 0
    assert set(rows[1]["months"].values()) == {None}


@pytest.mark.parametrize(
    ("label", "month", "kind", "told"),
    [("a", -1, WORK, "months from 0"), ("a", 1, 7, "kinds 0, 1 or 2"), ("b", 1, WORK, "cohort")],
)
def test_people_who_cannot_be_are_refused(label: str, month: int, kind: int, told: str) -> None:
    with pytest.raises(IntakeError, match=told):
        count_exits(["a"], [label], np.array([month]), np.array([kind]))
