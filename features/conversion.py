"""One column of a file to its type: what cannot be read becomes missing, and is pointed out."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.fields import MISSING_TEXTS
from features.layout import Column

Mask = NDArray[np.bool_]
FLAGS = {
    **dict.fromkeys(("true", "1", "1.0", "1,0", "yes", "ja", "waar"), 1.0),
    **dict.fromkeys(("false", "0", "0.0", "0,0", "no", "nee", "onwaar"), 0.0),
}
FAULTS = {
    "number": "not a number",
    "flag": "not true or false",
    "date": "not a readable date",
    "level": "unknown code",
}
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?", re.ASCII)
_LOCAL_DAY = re.compile(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})", re.ASCII)
_WHOLE = re.compile(r"(-?\d+)\.0+", re.ASCII)
# zones that are no place on earth: whose midnight began a day, they do not tell
_NO_PLACE = re.compile(r"(Etc/.*)?(UTC|GMT|UCT|Z|Zulu)?([+-]\d\d?(:?\d\d)?)?", re.IGNORECASE)


class UnclearCellsError(ValueError):
    """Cells of a column that nobody can tell the meaning of: what they hold, and what to write."""


def convert(raw: pa.ChunkedArray, column: Column) -> tuple[pd.Series, Mask]:
    """Return the typed values of a column, and where a value is that cannot be read.

    Raises UnclearCellsError, or an error of Arrow for a column of no cells.
    """
    plain = _to_plain(raw)
    if column.kind == "date" and _is_day(plain.type):
        return _read_days(plain)
    if column.kind in ("number", "flag") and _is_numeric(plain.type):
        return _read_numbers(plain, column)
    return _read_texts(plain, column)


def _to_plain(raw: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(raw.type):
        return raw.cast(raw.type.value_type)
    if pa.types.is_nested(raw.type) or pa.types.is_binary(raw.type):
        raise pa.ArrowNotImplementedError("no type of a cell")
    return raw


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _is_day(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _read_days(raw: pa.ChunkedArray) -> tuple[pd.Series, Mask]:
    if pa.types.is_timestamp(raw.type) and raw.type.tz is not None:
        zone, raw = raw.type.tz, pc.local_timestamp(raw)  # the day on the calendar of the place
        moments = raw.to_numpy()
        # midnight in Brussels is 22:00 or 23:00 of the day before in UTC
        if _NO_PLACE.fullmatch(zone) and (moments > moments.astype("datetime64[D]")).any():
            raise UnclearCellsError(
                f"moments in {zone} that begin no day there", "write days without a time"
            )
    days = raw.to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    return pd.Series(days), np.zeros(len(days), dtype=bool)


def _read_numbers(raw: pa.ChunkedArray, column: Column) -> tuple[pd.Series, Mask]:
    values = raw.cast(pa.float64(), safe=False).to_numpy().copy()
    bad = np.isinf(values)
    if column.kind == "flag":
        bad |= ~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)
    values[bad] = np.nan
    return pd.Series(values), bad


def _read_texts(raw: pa.ChunkedArray, column: Column) -> tuple[pd.Series, Mask]:
    """Read each different text once: half a million rows hold few of them."""
    encoded = raw.cast(pa.string()).combine_chunks().dictionary_encode()
    try:
        texts = encoded.dictionary.to_pylist()
    except UnicodeDecodeError:  # it holds what it could not read
        raise UnclearCellsError("letters that are no UTF-8", "write UTF-8") from None
    read, unread = _read_all(texts, _get_reader(column))
    places = encoded.indices.fill_null(len(read)).to_numpy(zero_copy_only=False)
    bad = np.append(unread, False)[places]
    if column.kind == "number" or column.kind == "flag":
        values = np.array([*read, None], dtype=float)[places]
        return pd.Series(values), bad
    if column.kind == "date":
        return pd.Series(np.array([*read, None], dtype="datetime64[s]")[places]), bad
    taken = pa.array([*read, None], type=pa.string()).take(pa.array(places))
    return pd.Series(taken.to_pandas(), dtype="str"), bad


def _read_all(texts: list[str], read: Callable[[str], Any]) -> tuple[list[Any], Mask]:
    values: list[Any] = [None] * len(texts)
    bad = np.zeros(len(texts), dtype=bool)
    for place, text in enumerate(texts):
        plain = text.strip()
        if plain.lower() in MISSING_TEXTS:
            continue
        try:
            values[place] = read(plain)
        except ValueError:
            bad[place] = True
    return values, bad


def _get_reader(column: Column) -> Callable[[str], Any]:
    if column.translate is not None:
        return column.translate
    if column.levels:
        return lambda text: _read_level(text, column.levels)
    return {"number": read_number, "flag": read_flag, "date": read_day}.get(column.kind, str)


def read_number(text: str) -> float:
    """Return a number with a decimal point or comma; raises ValueError, also for infinity."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    value = float(text.replace(",", "."))
    if not np.isfinite(value):
        raise ValueError("not a finite number")
    return value


def read_flag(text: str) -> float:
    """Return 1 for yes, 0 for no; raises ValueError for anything else."""
    if text.lower() not in FLAGS:
        raise ValueError("not true or false")
    return FLAGS[text.lower()]


def read_day(text: str) -> date:
    """Return the day of YYYY-MM-DD or DD/MM/YYYY; raises ValueError for anything else."""
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = found.groups()
    elif found := _LOCAL_DAY.fullmatch(text):
        day, month, year = found.groups()
    else:
        raise ValueError("not a day")
    return date(int(year), int(month), int(day))


def _read_level(text: str, levels: tuple[str, ...]) -> str:
    whole = _WHOLE.fullmatch(text)  # 1.0 for level 1, where a gap made the column decimal
    if whole and text not in levels and whole[1] in levels:
        return whole[1]
    return text
