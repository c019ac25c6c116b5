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

from features.errors import KantelpuntError
from features.matrix import Matrix, build_matrix
from models.bundle import Bundle
from models.reasons import reasons_of_many
from models.suggestion import Limits, read_limits, suggest_many

ROWS_AT_A_TIME = 20_000
REASONS = 5


class OutputError(KantelpuntError):
    """A result that cannot be written where it was asked for."""


def score_cases(
    cases: pd.DataFrame,
    bundle: Bundle,
    threads: int = 2,
    report: Callable[[int], None] = lambda _: None,
) -> Iterator[pa.Table]:
    """Yield one table per 20,000 cases, in their order; `report` is told how many were done.

    Columns: case_id, screened_on, p_usual, gain, p_support, low, high, suggestion, reason_1_field,
    reason_1_points, reason_1_nl to reason_5_nl, model_version. Chances are from 0 to 1, points are
    percentage points; gain and p_support are empty while the gain of support is not known.
    """
    limits = read_limits()
    for start in range(0, len(cases), ROWS_AT_A_TIME):
        part = cases.iloc[start : start + ROWS_AT_A_TIME]
        yield _score_part(part, bundle, limits, threads)
        report(len(part))


def _score_part(
    cases: pd.DataFrame, bundle: Bundle, limits: tuple[Limits, ...], threads: int
) -> pa.Table:
    matrix = build_matrix(cases, bundle.contract)
    found = bundle.estimate_many(matrix, threads)
    unknown = pa.nulls(len(found), pa.float64())
    columns = {
        "case_id": pa.array(cases["case_id"].to_numpy(dtype=object), pa.string()),
        "screened_on": pa.array(cases["screened_on"].to_numpy("datetime64[D]"), pa.date32()),
        "p_usual": found.p_usual,
        "gain": unknown if found.gain is None else found.gain,
        "p_support": unknown if found.p_support is None else found.p_support,
        "low": found.low,
        "high": found.high,
        "suggestion": pa.array(suggest_many(found, _days(cases), limits), pa.string()),
        **_list_reasons(found.contributions, matrix, bundle),
        "model_version": pa.array(np.full(len(found), bundle.version), pa.string()),
    }
    return pa.table(columns)


def _days(cases: pd.DataFrame) -> Iterable[date]:
    days: Iterable[date] = cases["screened_on"].dt.date
    return days


def _list_reasons(contributions: Matrix, matrix: Matrix, bundle: Bundle) -> dict[str, pa.Array]:
    parts: tuple[list[list[Any]], ...] = ([], [], [])
    for reasons in reasons_of_many(contributions, matrix, bundle.contract, REASONS):
        parts[0].append([reason.field for reason in reasons])
        parts[1].append([reason.points for reason in reasons])
        parts[2].append([reason.text_nl for reason in reasons])
    columns = {}
    for number in range(REASONS):
        for name, rows in zip(("field", "points", "nl"), parts, strict=True):
            values = [row[number] if number < len(row) else None for row in rows]
            kind = pa.float64() if name == "points" else pa.string()
            columns[f"reason_{number + 1}_{name}"] = pa.array(values, kind)
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
