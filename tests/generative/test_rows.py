"""What is always true of rows: one road or the other, any order, any contract."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.contract import Contract, Field, default_contract
from features.matrix import build_matrix, build_row
from features.requests import CaseRefusedError, build_example, check_case
from features.tables import read_cases, write_tables
from tests.factories import make_contract, make_extract_tables

CONTRACTS = [default_contract(), make_contract(), make_contract(3)]
TWELVE = make_extract_tables(12)["cases"]


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Return plausible values of a field, the bounds among them."""
    known: st.SearchStrategy[Any]
    if field.levels:
        known = st.sampled_from(list(field.levels))
    elif field.kind == "flag":
        known = st.booleans()
    elif field.integer:
        known = st.integers(int(field.low or 0), int(field.high or 0))
    else:
        known = st.floats(field.low, field.high)
    return st.none() | known if field.missing else known


@st.composite
def cases_of(draw: st.DrawFn, contract: Contract) -> dict[str, Any]:
    """Return a case as JSON carries it."""
    started_on = draw(
        st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2026-06-01").date())
    )
    screened_on = started_on + pd.Timedelta(days=draw(st.integers(0, 1500)))
    drawn = {f.name: draw(values_of(f)) for f in contract.columns}
    days = {"absence_started_on": str(started_on), "screened_on": str(screened_on)}
    return build_example(contract) | days | drawn


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@given(data=st.data(), fmt=st.sampled_from(["csv", "parquet"]))
def test_one_case_makes_the_same_row_alone_and_in_a_table(
    data: st.DataObject, contract: Contract, fmt: Literal["csv", "parquet"]
) -> None:
    sent = data.draw(cases_of(contract))
    table = pd.DataFrame([{name: value for name, value in sent.items() if value is not None}])

    row = build_row(check_case(json.loads(json.dumps(sent)), contract), contract)

    with TemporaryDirectory() as folder:
        columns = [*list(sent)[:6], *(f.name for f in contract.columns)]
        write_tables({"cases": table.reindex(columns=columns)}, Path(folder), fmt)
        read = read_cases(Path(folder), contract).cases
    np.testing.assert_array_equal(build_matrix(read, contract)[0], row)
    assert row.shape == (len(contract.fields),)


@given(sent=cases_of(default_contract()))
def test_a_case_survives_the_way_to_json_and_back(sent: dict[str, Any]) -> None:
    contract = default_contract()

    first = check_case(sent, contract)
    again = check_case(json.loads(json.dumps(first, default=str)), contract)

    assert again == first


@given(order=st.permutations(range(12)))
def test_shuffling_cases_shuffles_their_rows_and_nothing_else(order: list[int]) -> None:
    contract = default_contract()

    shuffled = build_matrix(TWELVE.iloc[order].reset_index(drop=True), contract)

    np.testing.assert_array_equal(shuffled, build_matrix(TWELVE, contract)[order])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(changes=st.dictionaries(st.sampled_from(list(build_example(CONTRACTS[0]))), JSON))
def test_any_json_is_either_a_full_row_or_a_refusal_that_names_the_field(
    changes: dict[str, Any],
) -> None:
    contract = CONTRACTS[0]

    try:
        row = build_row(check_case(build_example(contract) | changes, contract), contract)
    except CaseRefusedError as refusal:
        assert set(refusal.fields) <= {*changes, "screened_on", "absent_days"}  # noqa: PT017
    else:
        assert len(row) == len(contract.fields)
        assert not np.isinf(row).any()
