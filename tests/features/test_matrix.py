from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract import default_contract
from features.matrix import build_matrix, build_row, count_days
from features.requests import check_case
from features.tables import read_extract
from tests.factories import make_case, make_contract, make_extract_tables, write_extract


def test_a_matrix_has_the_fields_of_the_contract_in_order() -> None:
    contract = make_contract()
    cases = make_extract_tables(3, contract, load_kg=[1.5, 2.0, 3.0], shift=["1", "3", "2"])[
        "cases"
    ]

    matrix = build_matrix(cases, contract)

    assert matrix.shape == (3, 5)
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix[:, 0], [1.5, 2.0, 3.0])
    np.testing.assert_array_equal(matrix[:, 2], [0, 2, 1])


def test_what_is_not_known_is_not_a_number() -> None:
    contract = make_contract()
    nothing = make_case(contract, visits=None, insured=None, mood=None)

    row = build_row(check_case(nothing, contract), contract)

    np.testing.assert_array_equal(np.isnan(row), [False, True, False, True, True])


def test_a_column_without_any_value_becomes_a_column_of_gaps() -> None:
    contract = make_contract()
    cases = make_extract_tables(3, contract)["cases"]
    cases["mood"] = pd.Series([None] * 3, dtype="str")

    matrix = build_matrix(cases, contract)

    assert np.isnan(matrix[:, 4]).all()


def test_no_cases_make_a_matrix_without_rows() -> None:
    contract = make_contract()
    cases = make_extract_tables(3, contract)["cases"].head(0)

    matrix = build_matrix(cases, contract)

    assert matrix.shape == (0, 5)


@pytest.mark.parametrize(("end", "days"), [("2026-01-05", 0), ("2026-03-31", 85)])
def test_days_are_counted_from_the_first_day(end: str, days: int) -> None:
    contract = default_contract()
    case = check_case(make_case(absence_started_on="2026-01-05", screened_on=end), contract)

    counted = count_days(case["absence_started_on"], case["screened_on"])

    assert counted == days
    assert build_row(case, contract)[contract.names.index("absent_days")] == days


def test_what_happens_after_the_screening_changes_no_row(tmp_path: Path) -> None:
    tables = make_extract_tables(30)
    before = read_extract(write_extract(tmp_path / "before", {"cases": tables["cases"]}))
    later = {name: table for name, table in tables.items() if name != "groups"}
    later["follow_up"] = later["follow_up"].assign(
        exit="death", exited_on=later["follow_up"]["observed_until"]
    )

    after = read_extract(write_extract(tmp_path / "after", later))

    assert len(after.pathways) > 0
    assert len(after.work_periods) > 0
    np.testing.assert_array_equal(
        build_matrix(before.cases, before.contract), build_matrix(after.cases, after.contract)
    )
