"""What the tables of an extract hold, as counts: gaps, levels, bounds, doubles. No values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from features.contract import Field
from features.matrix import Matrix
from features.tables import TABLES, Extract
from models.shares import FEWEST_SHOWN

# the day by which a table is dated; a pathway that never started has the day of its referral
DATED_BY = {
    "cases": ("screened_on",),
    "pathways": ("started_on", "referred_on"),
    "work_periods": ("started_on",),
    "follow_up": ("observed_until",),
}


@dataclass(frozen=True)
class TableProfile:
    """One table: rows that stay, faulty rows that do not, the days it covers, rows that repeat.

    `repeats` counts rows that say the same as another one; of cases, those with all inputs alike
    under another case_id. `without` counts cases of which the table says nothing.
    """

    name: str
    rows: int
    aside: int
    first: date | None
    last: date | None
    repeats: int
    without: int


@dataclass(frozen=True)
class FieldProfile:
    """One input: how many rows miss it, and what of it is never, hardly or strikingly often seen.

    `rare` are levels of fewer than five rows, `at_low` and `at_high` how many numbers stand exactly
    at a bound of the contract: many at one may be a code for "not known", or a clipped value.
    """

    name: str
    kind: str
    rows: int
    missing: int
    unseen: tuple[str, ...]
    rare: tuple[str, ...]
    at_low: int
    at_high: int
    is_constant: bool


def profile_tables(extract: Extract) -> list[TableProfile]:
    """Return one profile per table, empty ones included."""
    return [_profile_table(extract, name) for name in TABLES]


def _profile_table(extract: Extract, name: str) -> TableProfile:
    table: pd.DataFrame = getattr(extract, name)
    faults = extract.rejected[extract.rejected["table"] == name]
    first, last = _find_days(table, name)
    spoken = set(table["case_id"])
    return TableProfile(
        name,
        len(table),
        int(faults["row"].nunique()),
        first,
        last,
        _count_repeats(table, name),
        int((~extract.cases["case_id"].drop_duplicates().isin(spoken)).sum()),
    )


def _find_days(table: pd.DataFrame, name: str) -> tuple[date | None, date | None]:
    if name not in DATED_BY or len(table) < FEWEST_SHOWN:
        return None, None
    first, *others = DATED_BY[name]
    days = table[first]
    for other in others:
        days = days.fillna(table[other])
    return days.min().date(), days.max().date()


def _count_repeats(table: pd.DataFrame, name: str) -> int:
    if name != "cases":
        return int(table.duplicated().sum())
    inputs = table.drop(columns=["case_id", "person_key"])
    return int(inputs.duplicated().sum())


def profile_fields(extract: Extract) -> list[FieldProfile]:
    """Return one profile per input, in the contract's order."""
    matrix = extract.matrix
    columns = zip(extract.contract.fields, matrix.T, strict=True)
    return [_profile_field(field, column) for field, column in columns]


def _profile_field(field: Field, column: Matrix) -> FieldProfile:
    known = column[~np.isnan(column)]
    counts = _count_levels(field, known)
    is_number = field.kind == "number"
    return FieldProfile(
        name=field.name,
        kind=field.kind,
        rows=len(column),
        missing=len(column) - len(known),
        unseen=tuple(level for level, count in counts.items() if not count),
        rare=tuple(level for level, count in counts.items() if 0 < count < FEWEST_SHOWN),
        at_low=int((known == field.low).sum()) if is_number else 0,
        at_high=int((known == field.high).sum()) if is_number else 0,
        is_constant=len(known) >= FEWEST_SHOWN and bool((known == known[0]).all()),
    )


def _count_levels(field: Field, known: Matrix) -> dict[str, int]:
    codes = field.codes or ({"false": 0.0, "true": 1.0} if field.kind == "flag" else {})
    return {level: int((known == code).sum()) for level, code in codes.items()}


def list_reasons(extract: Extract) -> Iterator[tuple[str, str, str, int]]:
    """Yield table, field, reason and number of faults, most frequent first."""
    faults: Any = extract.rejected.groupby(["table", "field", "reason"]).size()
    for (table, field, reason), count in faults.sort_values(ascending=False).items():
        yield str(table), str(field), str(reason), int(count)
