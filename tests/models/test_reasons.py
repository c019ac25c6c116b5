import numpy as np
import pytest

from models.reasons import phrase_nl, reasons_nl, reasons_of_many, value_nl
from models.screening import ScreeningModel
from tests.models.worlds import make_contract, make_matrix

CONTRACT = make_contract()
ROW = np.array([57.0, 0.0, 1.0, 3.0, 2.0])


def test_reasons_come_strongest_first() -> None:
    contributions = np.array([-0.06, 0.01, 0.04, -0.09, 0.02])

    found = reasons_nl(contributions, ROW, CONTRACT, most=3)

    assert [(r.field, round(r.points, 6)) for r in found] == [
        ("work_ability", -9.0),
        ("age_years", -6.0),
        ("permitted_work", 4.0),
    ]


def test_all_reasons_add_up_to_the_estimate_less_the_base(model: ScreeningModel) -> None:
    matrix = make_matrix(200, seed=4)
    found = model.estimate_many(matrix).usual

    for place, reasons in enumerate(
        reasons_of_many(found.contributions, matrix, CONTRACT, most=None)
    ):
        total = found.base * 100 + sum(r.points for r in reasons) + found.limit[place] * 100
        assert total == pytest.approx(found.value[place] * 100, abs=1e-9)


def test_one_case_and_many_cases_get_the_same_reasons(model: ScreeningModel) -> None:
    matrix = make_matrix(60, seed=5)
    parts = model.estimate_many(matrix).usual.contributions

    many = list(reasons_of_many(parts, matrix, CONTRACT))

    assert many == [reasons_nl(parts[i], matrix[i], CONTRACT) for i in range(60)]


def test_a_questionnaire_that_did_not_come_back_is_one_reason() -> None:
    row = np.array([57.0, 0.0, 1.0, np.nan, np.nan])

    found = reasons_nl(np.array([0.01, 0.0, 0.02, -0.05, -0.03]), row, CONTRACT, most=None)

    blank = found[0]
    assert (blank.field, blank.text_nl) == ("questionnaire", "Vragenlijst niet ingevuld")
    assert blank.points == pytest.approx(-8.0)
    assert len(found) == 4


def test_one_missing_answer_is_said_on_its_own() -> None:
    row = np.array([57.0, 0.0, 1.0, np.nan, 2.0])

    found = reasons_nl(np.array([0.0, 0.0, 0.0, -0.05, 0.0]), row, CONTRACT, most=1)

    assert found[0].text_nl == "Werkvermogen: niet beantwoord"


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("age_years", 57.0, "57 jaar"),
        ("age_years", 57.25, "57,2 jaar"),
        ("age_years", np.nan, "niet bekend"),
        ("sector", 1.0, "bouw"),
        ("permitted_work", 1.0, "ja"),
        ("permitted_work", 0.0, "nee"),
        ("work_ability", 3.0, "3"),
        ("work_ability", np.nan, "niet beantwoord"),
        ("expectation", 2.0, "binnenkort"),
    ],
)
def test_values_read_as_a_person_writes_them(field: str, value: float, text: str) -> None:
    assert value_nl(CONTRACT.get_field(field), value) == text


def test_the_phrase_follows_the_direction() -> None:
    field = CONTRACT.get_field("permitted_work")

    assert phrase_nl(field, 1.0, 3.0) == "Werkt al met toelating: ja"
    assert phrase_nl(field, 1.0, -3.0) == "Toegelaten arbeid: ja"
