"""The only road from cases to model input: whole tables, and one row fast.

A matrix has one float64 column per contract field, in the contract's order: numbers and answers as
they are, a level as its place among the levels, a flag as 0 or 1, and NaN where nothing is known.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field

if TYPE_CHECKING:
    import pandas as pd

Matrix = NDArray[np.float64]


def build_matrix(cases: "pd.DataFrame", contract: Contract) -> Matrix:
    """Return one row per case, one column per contract field.

    `cases` must have been checked by `features.tables`: nothing looks here for values that the
    contract refuses.
    """
    columns = [_read_column(cases, f) for f in contract.fields]
    return np.column_stack(columns) if columns else np.empty((len(cases), 0))


def _read_column(cases: "pd.DataFrame", field: Field) -> Matrix:
    if field.derived == "absent_days":
        values = (cases["screened_on"] - cases["absence_started_on"]).dt.days
    elif field.levels:
        values = cases[field.name].map(field.codes)
    else:
        values = cases[field.name].astype("Float64")
    return np.asarray(values.to_numpy(dtype=float, na_value=np.nan))


def build_row(case: Mapping[str, Any], contract: Contract) -> Matrix:
    """Return the row of one checked case, as `build_matrix` would make it, without pandas."""
    return np.array([_read_value(case, f) for f in contract.fields], dtype=float)


def _read_value(case: Mapping[str, Any], field: Field) -> float:
    if field.derived == "absent_days":
        return float(count_days(case["absence_started_on"], case["screened_on"]))
    value = case.get(field.name)
    if value is None:
        return np.nan
    return field.codes[value] if field.levels else float(value)


def count_days(start: date, end: date) -> int:
    """Return whole days from start to end, the first day not counted."""
    return (end - start).days
