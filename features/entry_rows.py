"""From the file of entries to typed rows: columns matched, values read, faults noted."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.checks import find_value_faults
from features.drafts import convert_columns, read_raw
from features.entry_table import OFF, OTHER, PART
from features.layout import Column
from features.pseudonyms import FIRST_DAY, LAST_DAY, TEXT_EXPECTED, is_person_number_name
from features.raw_table import RawTable
from features.rejects import Draft
from features.table_errors import (
    EmptyTableError,
    MissingColumnError,
    NoKnownColumnError,
    PersonNumberColumnError,
    TableError,
    UnreadableTableError,
)

TABLE = "entries"
PERIOD = ("period_started_on", "period_ended_on")
KNOWN = ("month", *PERIOD, "region", "group", "entered", *OFF)
MOST = 10_000_000  # more than a country: a count beyond it is a typing error
LONGEST_DAYS = 92
_MONTH = re.compile(r"(\d{4})[-/.]?(\d\d)(?:\.0)?", re.ASCII)
_LOCAL_MONTH = re.compile(r"(\d\d?)[-/.](\d{4})", re.ASCII)
_THOUSANDS = r"^\s*\d{1,3}([.,]\d{3})+\s*$"
_WHOLE_DECIMALS = r"^\s*\d{1,3}[.,]0{3}\s*$"


class EntryColumnsError(TableError):
    """A table of entries with columns that mean nothing here."""


def read_rows(path: Path) -> Draft:
    """Return the rows of a file of entries, typed; those with a fault in what they count are bad.

    Its frame has region, started_on, ended_on, group where there is one, entered and the other
    counts: of these a fault is noted and makes the cell missing, and the row stays. Raises a
    TableError.
    """
    raw = read_raw(path)
    columns = raw.by_header()
    _check_headers(path, columns)
    _refuse_thousands(path, columns)
    columns = columns | {n: to_first_days(columns[n]) for n in ("month",) if n in columns}
    draft = _convert(raw, columns, _build_layout(columns))
    if not draft.total:
        raise EmptyTableError(f"{path} has no rows below its header: add them")
    extras = _convert(raw, columns, _list_extras(columns))
    draft.faults += extras.faults  # their cells are missing; the rows stay
    draft.frame = pd.concat([draft.frame, extras.frame], axis=1)
    _name_periods(draft)
    _blank_growing(draft)
    return draft


def _convert(raw: RawTable, columns: Mapping[str, pa.ChunkedArray], layout: list[Column]) -> Draft:
    """Return the columns of a layout; what it refuses is missing, and its row is bad."""
    draft = convert_columns(raw, columns, layout, TABLE)
    faults = find_value_faults(draft.frame, layout)
    places = faults["place"].to_numpy(dtype=int)
    draft.bad[places] = True
    draft.add_faults(draft.rows[places], faults["field"], faults["reason"])
    for column in layout:
        wrong = faults["field"].to_numpy() == column.source
        if column.kind == "number":
            draft.frame.loc[places[wrong], column.name] = np.nan
    return draft


def _check_headers(path: Path, found: Mapping[str, object]) -> None:
    numbers = [name for name in found if is_person_number_name(name)]
    if numbers:
        raise PersonNumberColumnError(path, numbers)
    if not set(found) & set(KNOWN):
        raise NoKnownColumnError(path, "column names: month, region, entered")
    when = ("month",) if not set(found) & set(PERIOD) else PERIOD
    missing = [name for name in (*when, "region", "entered") if name not in found]
    if missing:
        raise MissingColumnError(path, missing, list(found))
    unknown = [n for n in found if n not in KNOWN and not n.startswith((PART, OTHER))]
    if unknown:
        count = "a column" if len(unknown) == 1 else f"{len(unknown)} columns"
        raise EntryColumnsError(
            f"{path} has {count} beside those of entries ({', '.join(KNOWN)}): remove them, or "
            "begin their names with part_ (parts that add up to entered) or other_ (other counts)"
        )


def _refuse_thousands(path: Path, columns: Mapping[str, pa.ChunkedArray]) -> None:
    """Refuse 1.234 for 1,234: read as it stands, it would be one person and a bit."""
    for name, column in columns.items():
        if not _is_count(name) or not pa.types.is_string(column.type):
            continue
        grouped = pc.match_substring_regex(column, _THOUSANDS)
        filled = pc.not_equal(pc.utf8_trim_whitespace(column), "")
        decimals = pc.match_substring_regex(column, _WHOLE_DECIMALS)
        is_decimal = pc.sum(decimals).as_py() == pc.sum(filled).as_py()
        if pc.any(grouped).as_py() and not is_decimal:
            fault = f"{name} has numbers with a point or comma for thousands"
            raise UnreadableTableError(path, fault, "write whole numbers without them")


def _is_count(name: str) -> bool:
    return name == "entered" or name in OFF or name.startswith((PART, OTHER))


def to_first_days(months: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return 2026-03, 03/2026 and 202603 as the first day of that month; all else as it is."""
    if pa.types.is_date(months.type) or pa.types.is_timestamp(months.type):
        return months
    texts = pa.array(months.to_pylist(), type=months.type).cast(pa.string()).to_pylist()
    return pa.chunked_array([[text and _write_day(text.strip()) for text in texts]], pa.string())


def _write_day(text: str) -> str:
    if found := _MONTH.fullmatch(text):
        return f"{found[1]}-{found[2]}-01"
    if found := _LOCAL_MONTH.fullmatch(text):
        return f"{found[2]}-{found[1]:>02}-01"
    return text


def _build_layout(found: Mapping[str, object]) -> list[Column]:
    """Return the columns without which a row says nothing."""
    days = f"expected YYYY-MM-DD or DD/MM/YYYY, from {FIRST_DAY} to {LAST_DAY}"
    month = f"expected YYYY-MM or a day of it, from {FIRST_DAY} to {LAST_DAY}"
    names = [("started_on", "month", month)]
    if PERIOD[0] in found:
        names = [("started_on", PERIOD[0], days), ("ended_on", PERIOD[1], days)]
    return [
        Column("region", "text", f"expected {TEXT_EXPECTED}"),
        *(Column(name, "date", expected, header=header) for name, header, expected in names),
        _count("entered", missing=False),
    ]


def _list_extras(found: Mapping[str, object]) -> list[Column]:
    """Return the columns that a row can do without."""
    group = Column("group", "text", f"expected {TEXT_EXPECTED}", missing=True)
    more = [name for name in found if name.startswith((PART, OTHER))]
    return [group] * ("group" in found) + [
        _count(name, missing=True) for name in (*OFF, *more) if name in found
    ]


def _count(name: str, *, missing: bool) -> Column:
    whole = f"expected a whole number from 0 to {MOST}"
    return Column(name, "number", whole, missing, 0, MOST, integer=True)


def _name_periods(draft: Draft) -> None:
    """Give a month of the calendar its first and last day, and refuse periods of no good length."""
    frame = draft.frame
    if "ended_on" not in frame:
        month = frame["started_on"].to_numpy().astype("datetime64[M]")
        frame["started_on"] = month.astype("datetime64[s]")
        last = (month + 1).astype("datetime64[D]") - 1
        frame.insert(2, "ended_on", last.astype("datetime64[s]"))
        return
    days = (frame["ended_on"] - frame["started_on"]).dt.days + 1
    draft.set_aside((days < 1).to_numpy(), PERIOD[1], f"before {PERIOD[0]}")
    long = f"more than {LONGEST_DAYS} days after {PERIOD[0]}: give weeks, months or quarters"
    draft.set_aside((days > LONGEST_DAYS).to_numpy(), PERIOD[1], long)


def _blank_growing(draft: Draft) -> None:
    """Make counts missing that grow with time: fewer are off after two months than after one."""
    before = "entered"
    for name in (name for name in OFF if name in draft.frame):
        frame = draft.frame
        grows = (frame[name] > frame[before]).to_numpy() & ~draft.bad
        reason = f"above {before}: a count of who is still off can only fall"
        draft.add_faults(draft.rows[grows], name, reason)
        frame.loc[grows, [name] if before == "entered" else [name, before]] = np.nan
        before = name
