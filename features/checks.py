"""What a table must fulfil: each value by a pandera schema, each row by the order of its dates."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from numpy.typing import NDArray

from features.contract import Contract
from features.layout import Column
from features.pseudonyms import (
    FIRST_DAY,
    ID_PATTERN,
    LAST_DAY,
    NUMBER_PATTERN,
    TEXT_PATTERN,
    USE_A_PSEUDONYM,
)

Mask = NDArray[np.bool_]
Fault = tuple[Mask, str, str]  # where it is, the field, the reason
DTYPES = {"number": "float64", "flag": "float64", "date": "datetime64[s]"}
# bounds the memory that pandera needs to list every failing cell of a table that is all wrong
_CHUNK_ROWS = 50_000


def build_schema(layout: list[Column]) -> pandera.DataFrameSchema:
    """Return the check of a typed table with these columns; its errors name no value."""
    return pandera.DataFrameSchema(
        {
            column.name: pandera.Column(
                DTYPES.get(column.kind, "str"), list(_build_checks(column)), nullable=column.missing
            )
            for column in layout
        },
        strict=True,
    )


def _build_checks(column: Column) -> Iterator[pandera.Check]:
    wrong = column.expected
    if column.kind in ("id", "text"):
        pattern = ID_PATTERN if column.kind == "id" else TEXT_PATTERN
        yield pandera.Check(_matches(pattern), error=wrong)
        yield pandera.Check(_is_no_person_number, error=USE_A_PSEUDONYM)
    elif column.levels:
        yield pandera.Check.isin(column.levels, error=f"unknown level: {wrong}")
    elif column.kind == "date":
        first, last = pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY)
        yield pandera.Check.in_range(first, last, error=f"out of bounds: {wrong}")
    elif column.kind == "number":
        yield pandera.Check.in_range(column.low, column.high, error=f"out of bounds: {wrong}")
        if column.integer:
            yield pandera.Check(_is_whole, error=f"not a whole number: {wrong}")


def _matches(pattern: str) -> Callable[[pd.Series], pd.Series]:
    return lambda texts: texts.str.fullmatch(pattern)


def _is_no_person_number(texts: pd.Series) -> pd.Series:
    return ~texts.str.fullmatch(NUMBER_PATTERN.pattern)


def _is_whole(numbers: pd.Series) -> pd.Series:
    return numbers == np.floor(numbers)


def find_value_faults(frame: pd.DataFrame, layout: list[Column]) -> pd.DataFrame:
    """Return place, field and reason of every value of a typed table that its layout refuses."""
    schema = build_schema(layout)
    found = [
        _find_failures(schema, frame.iloc[start : start + _CHUNK_ROWS])
        for start in range(0, len(frame), _CHUNK_ROWS)
    ]
    faults = pd.concat([pd.DataFrame(columns=["place", "field", "reason"]), *found])
    expected = {column.name: f"missing: {column.expected}" for column in layout}
    is_null = faults["reason"] == "not_nullable"
    faults.loc[is_null, "reason"] = faults.loc[is_null, "field"].map(expected)
    sources = {column.name: column.source for column in layout}
    return faults.assign(field=faults["field"].map(sources))


def _find_failures(schema: pandera.DataFrameSchema, chunk: pd.DataFrame) -> pd.DataFrame | None:
    try:
        schema.validate(chunk, lazy=True)
    except pandera.errors.SchemaErrors as error:
        # not chained to anything of ours: its text holds the failing values
        cases = error.failure_cases
        return pd.DataFrame(
            {"place": cases["index"], "field": cases["column"], "reason": cases["check"]}
        )
    return None


def find_row_faults(table: str, frame: pd.DataFrame, contract: Contract) -> Iterator[Fault]:
    """Give every rule that holds between the fields of one row, with the rows that break it."""
    rules = {
        "cases": _check_cases,
        "pathways": _check_pathways,
        "work_periods": _check_periods,
        "follow_up": _check_follow_up,
    }
    if table in rules:
        for where, field, reason in rules[table](frame, contract):
            yield where.to_numpy(dtype=bool, na_value=False), field, reason


Rule = Iterator[tuple[pd.Series, str, str]]


def _check_cases(cases: pd.DataFrame, contract: Contract) -> Rule:
    days = (cases["screened_on"] - cases["absence_started_on"]).dt.days
    yield days < 0, "screened_on", "before absence_started_on: a case is screened later"
    for f in contract.fields:
        if f.derived == "absent_days":
            outside = (days >= 0) & ((days < f.low) | (days > f.high))
            reason = f"out of bounds: expected {f.expected()} since absence_started_on"
            yield outside, "screened_on", reason


def _check_pathways(pathways: pd.DataFrame, _: Contract) -> Rule:
    began = pathways["started_on"].fillna(pathways["referred_on"])
    early = pathways["started_on"] < pathways["referred_on"]
    yield early, "started_on", "before referred_on: a pathway starts after its referral"
    yield pathways["ended_on"] < began, "ended_on", "before the pathway started"


def _check_periods(periods: pd.DataFrame, _: Contract) -> Rule:
    yield periods["ended_on"] < periods["started_on"], "ended_on", "before started_on"


def _check_follow_up(follow_up: pd.DataFrame, _: Contract) -> Rule:
    has_exit = follow_up["exit"].fillna("") != ""
    has_day = follow_up["exited_on"].notna()
    late = follow_up["exited_on"] > follow_up["observed_until"]
    yield has_exit & ~has_day, "exited_on", "missing: an exit needs its day"
    yield has_day & ~has_exit, "exit", "missing: exited_on is given, so say which exit"
    yield late, "exited_on", "after observed_until: we cannot know that yet"
