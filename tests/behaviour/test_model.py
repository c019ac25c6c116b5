"""What must not matter does not, what must push one way does, and textbook cases come out right."""

from typing import Any

import pytest

from features.matrix import build_row
from features.requests import check_case
from models.estimate import Sum
from models.screening import ScreeningModel
from tests.factories import make_case

DIRECTIONS = [
    ("own_expectation", "never", "soon"),
    ("own_expectation", "later", "soon"),
    ("work_ability", 1, 9),
    ("self_efficacy", 1, 6),
    ("accommodation_offered", "no", "yes"),
    ("permitted_work", False, True),
    ("has_contract", False, True),
    ("age_years", 60, 35),
    ("diagnosis_group", "cancer", "injury"),
    ("diagnosis_group", "depression_anxiety", "infection"),
    ("long_spells_5y", 3, 0),
    ("increased_reimbursement", True, False),
]


def estimate(model: ScreeningModel, **changes: Any) -> Sum:
    case = check_case(make_case(model.contract, **changes), model.contract)
    return model.estimate(build_row(case, model.contract)).usual


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("case_id", "ANDER-1"),
        ("person_key", "ANDER-2"),
        ("sickness_fund", "ander_fonds"),
        ("region", "limburg"),
    ],
)
def test_who_and_where_does_not_matter(learnt: ScreeningModel, column: str, value: str) -> None:
    assert estimate(learnt, **{column: value}).value == estimate(learnt).value


def test_the_same_absence_in_another_year_does_not_matter(learnt: ScreeningModel) -> None:
    first = estimate(learnt, absence_started_on="2024-02-01", screened_on="2024-04-26")
    second = estimate(learnt, absence_started_on="2026-03-02", screened_on="2026-05-26")

    assert first.value == second.value


@pytest.mark.parametrize(("field", "less", "more"), DIRECTIONS)
def test_what_helps_a_return_raises_the_estimate(
    learnt: ScreeningModel, field: str, less: Any, more: Any
) -> None:
    low, high = (estimate(learnt, **{field: value}) for value in (less, more))

    assert high.value > low.value


def test_textbook_cases_come_out_in_the_order_of_the_textbook(learnt: ScreeningModel) -> None:
    near = estimate(
        learnt,
        age_years=31,
        diagnosis_group="injury",
        own_expectation="soon",
        work_ability=8,
        permitted_work=True,
        accommodation_offered="yes",
        long_spells_5y=0,
    )
    middle = estimate(
        learnt, age_years=44, diagnosis_group="burn_out", own_expectation="later", work_ability=5
    )
    far = estimate(
        learnt,
        age_years=61,
        diagnosis_group="cancer",
        has_contract=False,
        own_expectation="never",
        work_ability=1,
        long_spells_5y=3,
    )

    assert near.value > middle.value + 0.1
    assert middle.value > far.value + 0.1
    assert far.high < near.low


def test_a_case_about_which_nothing_is_known_gets_a_wide_interval(learnt: ScreeningModel) -> None:
    unknown = {f.name: ... for f in learnt.contract.columns if f.missing}

    bare, full = estimate(learnt, **unknown), estimate(learnt)

    assert 0.2 < bare.value < 0.8
    assert bare.high - bare.low > full.high - full.low
