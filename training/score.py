"""Scoring a file or an extract: estimates, suggestions and reasons, streamed to a table."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from features.contract import Contract
from features.matrix import Matrix, build_matrix
from features.whole_file import written_whole
from models.bundle import Bundle
from models.estimate import Estimates, GainStatus, Sums
from models.reason_columns import NONE, ReasonColumns, build_columns
from models.reasons import Say, name_nl, phrase_nl
from models.suggestion import Limits, Suggestion, find_look_again
from models.suggestion_many import SUGGESTIONS, Places, suggest_places
from training.score_parts import OutputError

ROWS_AT_A_TIME = 20_000
REASONS = 5
GAIN_REASONS = 3
MOST_DAYS = 1_000_000  # more than any day counted from 1970, to name a pair of days in one number
_EPOCH = date(1970, 1, 1).toordinal()


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
        yield to_plain(score_part(part, bundle, limits, threads))
        report(len(part))


def score_part(
    cases: pd.DataFrame, bundle: Bundle, limits: tuple[Limits, ...], threads: int = 1
) -> pa.Table:
    """Return the columns of `score_cases`, texts that come back often as dictionaries."""
    matrix = build_matrix(cases, bundle.contract)
    found = bundle.estimate_many(matrix, threads)
    screened_on = cases["screened_on"].to_numpy("datetime64[D]")
    suggested = suggest_places(found, screened_on, limits)
    hidden = np.where(found.is_known, found.hidden, np.nan)
    usual, gain = (one.contributions for one in (found.usual, found.gain))
    columns = {
        "case_id": pa.array(cases["case_id"], pa.string()),
        "screened_on": pa.array(screened_on, pa.date32()),
        **_list_sum("p_usual", found.usual),
        **_list_sum("gain", found.gain),
        **_list_sum("p_support", found.support),
        "gain_status": _encode(found.is_known.astype(np.int8), _list_statuses(found)),
        "gain_hidden": pa.array(hidden, pa.float64(), from_pandas=True),
        "suggestion": _encode(suggested, [one.value for one in SUGGESTIONS]),
        "look_again_on": _list_look_again(cases, suggested),
        **_list_reasons("reason", REASONS, usual, matrix, bundle.contract),
        **_list_reasons("gain_reason", GAIN_REASONS, gain, matrix, bundle.contract, name_nl),
        "model_version": _encode(np.zeros(len(found), np.int8), [bundle.version]),
    }
    return pa.table(columns)


def to_plain(table: pa.Table) -> pa.Table:
    """Return a table whose dictionaries are written out as texts."""
    kinds = [
        field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(kinds))


def _encode(places: NDArray[Any], texts: Sequence[str]) -> pa.DictionaryArray:
    """Return a column of texts from their places; -1 is none."""
    codes = pa.array(places.astype(np.int32), mask=places < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()))


def _list_sum(name: str, sums: Sums) -> dict[str, pa.Array]:
    bounds = {name: sums.value, f"{name}_low": sums.low, f"{name}_high": sums.high}
    return {key: pa.array(values, pa.float64(), from_pandas=True) for key, values in bounds.items()}


def _list_statuses(found: Estimates) -> list[str]:
    """Return the status of a case whose gain is not known, and of one whose gain is."""
    return [GainStatus.UNKNOWN.value, found.gain_status.value]


def _list_look_again(cases: pd.DataFrame, suggested: Places) -> pa.Array:
    """Return the day of each case that is not ready yet, worked out once per pair of days."""
    days = np.full(len(cases), np.datetime64("NaT"), "datetime64[D]")
    waits = np.flatnonzero(suggested == SUGGESTIONS.index(Suggestion.NOT_YET))
    began, screened = (
        cases[name].to_numpy("datetime64[D]")[waits].astype(np.int64)
        for name in ("absence_started_on", "screened_on")
    )
    pairs, place = np.unique(began * MOST_DAYS + screened, return_inverse=True)
    again = [_look_again(*divmod(pair, MOST_DAYS)) for pair in pairs.tolist()]
    days[waits] = np.array(again, "datetime64[D]")[place]
    return pa.array(days, pa.date32())


@lru_cache(maxsize=100_000)
def _look_again(began: int, screened: int) -> date:
    return find_look_again(_to_day(began), _to_day(screened))


def _to_day(days: int) -> date:
    return date.fromordinal(_EPOCH + days)


def _list_reasons(
    name: str,
    most: int,
    contributions: Matrix,
    matrix: Matrix,
    contract: Contract,
    say: Say = phrase_nl,
) -> dict[str, pa.Array]:
    """Return the columns of reasons; all empty where nothing contributes."""
    if np.nan_to_num(contributions, nan=0.0).any():
        found = build_columns(contributions, matrix, contract, most, say)
    else:
        nothing = np.full((len(matrix), most), NONE)
        found = ReasonColumns(nothing, np.full(nothing.shape, np.nan), nothing, (), ())
    columns = {}
    for place in range(most):
        key = f"{name}_{place + 1}"
        columns[f"{key}_field"] = _encode(found.field[:, place], found.fields)
        columns[f"{key}_points"] = pa.array(found.points[:, place], from_pandas=True)
        columns[f"{key}_nl"] = _encode(found.text[:, place], found.texts)
    return columns


# the schema of Arrow stays out of the file: it would make readers give dictionaries for texts
WRITERS = {".parquet": partial(parquet.ParquetWriter, store_schema=False), ".csv": csv.CSVWriter}


def check_output(path: Path) -> None:
    """Raise OutputError for a file that could not be written, before any work is done."""
    if path.suffix not in WRITERS:
        raise OutputError(f"{path.name}: expected a name that ends in .parquet or .csv")
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the name of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made ({error.strerror})") from error


def write_tables(tables: Iterator[pa.Table], path: Path) -> int:
    """Write the tables to one .parquet or .csv file and return the number of rows.

    Writes beside the file first, so that a failure leaves an earlier result as it was.
    """
    rows = 0
    with written_whole(path) as beside:
        first = next(tables)
        with WRITERS[path.suffix](beside, first.schema) as writer:
            for table in chain([first], tables):
                writer.write_table(table)
                rows += table.num_rows
    return rows


def say_disk_fault(error: OSError) -> str:
    """Return what the system says of an error of the disk."""
    return os.strerror(error.errno) if error.errno else type(error).__name__
