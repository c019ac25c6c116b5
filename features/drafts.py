"""From a file to a table under check: columns matched, values typed, faults and links noted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from features.checks import find_row_faults, find_value_faults
from features.contract import Contract
from features.conversion import FAULTS, Mask, UnclearCellsError, convert
from features.csv_files import stream_csv
from features.layout import FINAL_EXITS, KEYS, Column, build_layout
from features.pseudonyms import is_person_number_name
from features.raw_table import RawTable, join_tables, stream_parquet
from features.rejects import Draft
from features.table_errors import (
    MissingColumnError,
    NoKnownColumnError,
    PersonNumberColumnError,
    UnknownColumnError,
    UnreadableTableError,
)


def read_draft(path: Path, table: str, contract: Contract) -> Draft:
    """Return a table with every fault that shows in the table itself."""
    draft = check_rows(read_raw(path), table, contract)
    _check_keys(draft)
    if table == "follow_up":
        draft.frame["exit"] = draft.frame["exit"].fillna("")
    return draft


def read_raw(path: Path) -> RawTable:
    """Return a file as it is; raises UnreadableTableError or EmptyTableError."""
    return join_tables(list(stream_table(path)))


def stream_table(path: Path) -> Iterator[RawTable]:
    """Yield a table of a file in parts of about 20,000 rows; at least one."""
    try:
        yield from (stream_parquet if path.suffix.lower() == ".parquet" else stream_csv)(path)
    except OSError as error:
        raise UnreadableTableError(
            path, type(error).__name__, "check that the file may be read"
        ) from error


def check_rows(raw: RawTable, table: str, contract: Contract) -> Draft:
    """Return rows with every fault that shows in a row by itself."""
    columns, layout = match_columns(raw, table, contract)
    draft = convert_columns(raw, columns, layout, table)
    faults = find_value_faults(draft.frame, layout)
    places = faults["place"].to_numpy(dtype=int)
    draft.bad[places] = True
    draft.add_faults(draft.rows[places], faults["field"], faults["reason"])
    _check_days(draft, layout, contract)
    return draft


def match_columns(
    raw: RawTable, table: str, contract: Contract
) -> tuple[dict[str, pa.ChunkedArray], list[Column]]:
    """Return the columns of a file by name, and what each must hold; raises a TableError."""
    columns = raw.by_header()
    layout = build_layout(table, contract, list(columns))
    _check_headers(raw.path, columns, layout)
    return columns, layout


def _check_headers(path: Path, found: Mapping[str, object], layout: list[Column]) -> None:
    numbers = [name for name in found if is_person_number_name(name)]
    if numbers:
        raise PersonNumberColumnError(path, numbers)
    known = [column.source for column in layout]
    if found and not set(found) & set(known):
        raise NoKnownColumnError(path)
    unknown = [name for name in found if name not in known]
    if unknown:
        raise UnknownColumnError(path, unknown, [name for name in known if name not in found])
    missing = [name for name in known if name not in found]
    if missing:
        raise MissingColumnError(path, missing, list(found))


def convert_columns(
    raw: RawTable, columns: Mapping[str, pa.ChunkedArray], layout: list[Column], table: str
) -> Draft:
    """Return the typed columns of a layout; a row with a value that cannot be read is bad."""
    typed: dict[str, pd.Series] = {}
    unread = []
    for column in layout:
        try:
            typed[column.name], bad = convert(columns[column.source], column)
        except pa.ArrowException:
            fault = f"column {column.source} holds {columns[column.source].type} instead of values"
            raise UnreadableTableError(raw.path, fault, "write one plain value per cell") from None
        except UnclearCellsError as error:
            held, remedy = error.args
            fault = f"column {column.source} holds {held}"
            raise UnreadableTableError(raw.path, fault, remedy) from None
        unread.append((bad, column))
    frame = pd.DataFrame(typed, index=pd.RangeIndex(len(raw.rows)))
    bad = np.zeros(len(raw.rows), dtype=bool)
    draft = Draft(table, frame, raw.rows, bad, uneven=len(raw.uneven))
    for where, column in unread:
        kind = "level" if column.translate else column.kind
        draft.set_aside(where, column.source, f"{FAULTS.get(kind, '')}: {column.expected}")
    reason = f"the row must have {len(raw.headers)} cells, as many as the header"
    draft.add_faults(raw.uneven, "", reason)
    return draft


def _check_days(draft: Draft, layout: list[Column], contract: Contract) -> None:
    """Set aside rows whose dates contradict each other, where each date by itself is fine."""
    compared = {column.name for column in layout if column.kind == "date"} | {"exit"}
    wrong = [noted.loc[noted["field"].isin(compared), "row"] for noted in draft.faults]
    doubtful = np.isin(draft.rows, np.concatenate([[], *wrong]))
    for where, field, reason in find_row_faults(draft.name, draft.frame, contract):
        draft.set_aside(where & ~doubtful, field, reason)


def _check_keys(draft: Draft) -> None:
    """Set aside each good row whose key an earlier good row has, however alike they are."""
    key = KEYS.get(draft.name)
    if key is None:
        return
    good = draft.frame.loc[~draft.bad]
    if draft.name == "cases":
        for places, field, reason in find_repeats(*(good[name] for name in REPEATED)):
            draft.set_aside(good.index[places].to_numpy(), field, reason)
        return
    places = good.index[good.duplicated(list(key))].to_numpy()
    draft.set_aside(places, key[0], _twice(key))


REPEATED = ("case_id", "screened_on", "person_key")


def find_repeats(
    case_id: Any, screened_on: ArrayLike, person_key: Any
) -> list[tuple[Mask, str, str]]:
    """Return which good rows of cases contradict an earlier one, in which field, and the reason.

    Both texts as a column of pandas or of Arrow.
    First those whose case was screened on the same day in an earlier row; then those, of the rest,
    whose person differs from the first row of the case.
    """
    case, days = _number_texts(case_id), np.asarray(screened_on, "datetime64[D]").astype(np.int64)
    person = _number_texts(person_key)
    # days lie between 1990 and 2100: both in one number
    again = pd.Series(case * _MOST_DAYS + days).duplicated().to_numpy()
    left = np.flatnonzero(~again)
    first = np.full(int(case.max(initial=-1)) + 1, -1)
    first[case[left][::-1]] = person[left][::-1]  # the first of each case is written last
    other = ~again & (first[case] != person)
    return [
        (again, "case_id", _twice(KEYS["cases"])),
        (other, "person_key", "differs from an earlier row of the same case"),
    ]


_MOST_DAYS = 1_000_000


def _number_texts(texts: Any) -> NDArray[np.int64]:
    """Return the place of each text among the different ones."""
    plain = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else pa.array(texts)
    places: NDArray[np.int64] = plain.dictionary_encode().indices.to_numpy().astype(np.int64)
    return places


def _twice(key: tuple[str, ...]) -> str:
    return f"duplicate key: {' and '.join(key)} occur in an earlier row"


def check_links(drafts: Mapping[str, Draft]) -> None:
    """Set aside rows whose case is unknown or set aside, and labels that contradict each other."""
    cases = drafts["cases"]
    ids = pa.array(cases.frame["case_id"])
    kept, lost = ids.filter(pa.array(~cases.bad)), ids.filter(pa.array(cases.bad))
    for name, draft in drafts.items():
        if name == "cases":
            continue
        own = pa.array(draft.frame["case_id"])
        is_kept, is_lost = (
            pc.is_in(own, one).to_numpy(zero_copy_only=False) for one in (kept, lost)
        )
        spoilt = is_lost & ~is_kept & ~draft.bad
        foreign = ~is_lost & ~is_kept & ~draft.bad
        draft.spoilt = spoilt
        draft.set_aside(foreign, "case_id", "not in cases")
        draft.set_aside(spoilt, "case_id", "its case was set aside")
        if name == "follow_up":
            _check_follow_up(draft, cases.get_good())
    if {"work_periods", "follow_up"} <= drafts.keys():
        _check_returns(drafts["work_periods"], drafts["follow_up"].get_good())


def _check_follow_up(draft: Draft, cases: pd.DataFrame) -> None:
    screened_on = cases.groupby("case_id")["screened_on"].min()
    first = screened_on.reindex(draft.frame["case_id"]).to_numpy()
    early = (draft.frame["observed_until"] < first).to_numpy() & ~draft.bad
    draft.set_aside(early, "observed_until", "before the first screening of the case")
    last = cases.groupby("case_id")["screened_on"].max().reindex(draft.frame["case_id"]).to_numpy()
    gone = (draft.frame["exit"].isin(FINAL_EXITS) & (draft.frame["exited_on"] < last)).to_numpy()
    reason = "before a screening of the case: who died or is pensioned is not screened"
    draft.set_aside(gone & ~draft.bad, "exited_on", reason)


def _check_returns(periods: Draft, follow_up: pd.DataFrame) -> None:
    """Set aside work that contradicts follow-up: after death, or later than anybody looked."""
    known = follow_up.set_index("case_id").reindex(periods.frame["case_id"])
    died_on = known["exited_on"].where(known["exit"] == "death").to_numpy()
    begun, ended = (periods.frame[name].to_numpy() for name in ("started_on", "ended_on"))
    for where, name, reason in (
        (begun > known["observed_until"].to_numpy(), "started_on", "after observed_until"),
        (begun > died_on, "started_on", "after the day of death in follow_up"),
        (ended > died_on, "ended_on", "after the day of death in follow_up"),
    ):
        told = f"{reason}: mend whichever of both is wrong"
        periods.set_aside(where & ~periods.bad, name, told)
