"""Scoring a file or an extract: estimates, suggestions and reasons, streamed to a table."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from features.contract import Field
from features.errors import KantelpuntError
from features.matrix import Matrix, build_matrix
from models.bundle import Bundle
from models.estimate import Estimates, GainStatus, Sums
from models.reasons import name_nl, phrase_nl, reasons_of_many
from models.suggestion import Limits, Suggestion, find_look_again, suggest_many

ROWS_AT_A_TIME = 20_000
REASONS = 5
GAIN_REASONS = 3


class OutputError(KantelpuntError):
    """A result that cannot be written where it was asked for."""


def score_cases(
    cases: pd.DataFrame,
    bundle: Bundle,
    limits: tuple[Limits, ...],
    threads: int = 2,
    report: Callable[[int], None] = lambda _: None,
) -> Iterator[pa.Table]:
    """Yield one table per 20,000 cases, in their order; `report` is told how many were done.

    Columns: case_id, screened_on, p_usual, gain and p_support, each with its _low and _high,
    gain_status, gain_hidden (what a hidden confounder may do to the gain of all, part of the
    intervals of gain and p_support), suggestion, look_again_on (of not_yet), reason_1_field,
    reason_1_points, reason_1_nl to reason_5_nl, gain_reason_1_field to gain_reason_3_nl,
    model_version. Chances are from 0 to 1, points are percentage points; gain and p_support are
    empty where the gain is not known, and the gain has no reasons where it is the same for all.
    """
    for start in range(0, len(cases), ROWS_AT_A_TIME):
        part = cases.iloc[start : start + ROWS_AT_A_TIME]
        yield _score_part(part, bundle, limits, threads)
        report(len(part))


def _score_part(
    cases: pd.DataFrame, bundle: Bundle, limits: tuple[Limits, ...], threads: int
) -> pa.Table:
    matrix = build_matrix(cases, bundle.contract)
    found = bundle.estimate_many(matrix, threads)
    suggested = suggest_many(found, _days(cases, "screened_on"), limits)
    hidden = np.where(found.is_known, found.hidden, np.nan)
    columns = {
        "case_id": pa.array(cases["case_id"].to_numpy(dtype=object), pa.string()),
        "screened_on": pa.array(cases["screened_on"].to_numpy("datetime64[D]"), pa.date32()),
        **_list_sum("p_usual", found.usual),
        **_list_sum("gain", found.gain),
        **_list_sum("p_support", found.support),
        "gain_status": pa.array(_list_statuses(found), pa.string()),
        "gain_hidden": pa.array(hidden, pa.float64(), from_pandas=True),
        "suggestion": pa.array(suggested, pa.string()),
        "look_again_on": pa.array(_list_look_again(cases, suggested), pa.date32()),
        **_list_reasons("reason", REASONS, found.usual.contributions, matrix, bundle),
        **_list_reasons(
            "gain_reason", GAIN_REASONS, found.gain.contributions, matrix, bundle, name_nl
        ),
        "model_version": pa.array(np.full(len(found), bundle.version), pa.string()),
    }
    return pa.table(columns)


def _list_sum(name: str, sums: Sums) -> dict[str, pa.Array]:
    bounds = {name: sums.value, f"{name}_low": sums.low, f"{name}_high": sums.high}
    return {key: pa.array(values, pa.float64(), from_pandas=True) for key, values in bounds.items()}


def _list_statuses(found: Estimates) -> list[str]:
    known, unknown = found.gain_status.value, GainStatus.UNKNOWN.value
    return [known if is_known else unknown for is_known in found.is_known.tolist()]


def _list_look_again(cases: pd.DataFrame, suggested: list[Suggestion]) -> list[date | None]:
    days = zip(_days(cases, "absence_started_on"), _days(cases, "screened_on"), strict=True)
    return [
        find_look_again(*both) if one == Suggestion.NOT_YET else None
        for one, both in zip(suggested, days, strict=True)
    ]


def _days(cases: pd.DataFrame, column: str) -> Iterable[date]:
    days: Iterable[date] = cases[column].dt.date
    return days


def _list_reasons(
    name: str,
    most: int,
    contributions: Matrix,
    matrix: Matrix,
    bundle: Bundle,
    say: Callable[[Field, float, float], str] = phrase_nl,
) -> dict[str, pa.Array]:
    """Return the columns of reasons; a contribution of 0 or not known is no reason."""
    parts: tuple[list[list[Any]], ...] = ([], [], [])
    points = np.nan_to_num(contributions, nan=0.0)
    if not points.any():
        points, matrix = points[:0], matrix[:0]
    for reasons in reasons_of_many(points, matrix, bundle.contract, most, say):
        counting = [reason for reason in reasons if reason.points]
        parts[0].append([reason.field for reason in counting])
        parts[1].append([reason.points for reason in counting])
        parts[2].append([reason.text_nl for reason in counting])
    columns = {}
    for number in range(most):
        for key, rows in zip(("field", "points", "nl"), parts, strict=True):
            values = [row[number] if number < len(row) else None for row in rows]
            values = values or [None] * len(contributions)
            kind = pa.float64() if key == "points" else pa.string()
            columns[f"{name}_{number + 1}_{key}"] = pa.array(values, kind)
    return columns


WRITERS = {".parquet": parquet.ParquetWriter, ".csv": csv.CSVWriter}


def check_output(path: Path) -> None:
    """Raise OutputError for a file that could not be written, before any work is done."""
    if path.suffix not in WRITERS:
        raise OutputError(f"{path.name}: expected a name that ends in .parquet or .csv")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made ({error.strerror})") from error


def write_scores(tables: Iterator[pa.Table], path: Path) -> int:
    """Write the tables to one .parquet or .csv file and return the number of rows.

    Writes beside the file first, so that a failure leaves an earlier result as it was.
    """
    check_output(path)
    beside = path.with_name(path.name + ".part")
    rows = 0
    try:
        first = next(tables)
        with WRITERS[path.suffix](beside, first.schema) as writer:
            for table in chain([first], tables):
                writer.write_table(table)
                rows += table.num_rows
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        beside.unlink(missing_ok=True)
    return rows
