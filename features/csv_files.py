"""CSV as it really comes: comma, semicolon or tab; UTF-8, UTF-16 or Windows; any line end."""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from features.raw_table import RawTable
from features.table_errors import EmptyTableError, UnreadableTableError

DELIMITERS = (",", ";", "\t")
_LONGEST_NAME = 1000
_SAVE_AGAIN = "save it again as CSV in UTF-8"
_CLOSE_QUOTES = "look for a cell with one quotation mark, and mend it"


def read_csv(path: Path) -> RawTable:
    """Return every cell as text; rows with too few or too many cells are counted apart."""
    text = _decode(path).lstrip("\n\r")
    if not text.strip():
        raise EmptyTableError(f"{path} is empty: it needs a first line with the column names")
    if text.count('"') % 2:
        raise UnreadableTableError(path, "a quotation mark is not closed", _CLOSE_QUOTES)
    first, _, rest = text.partition("\n")
    delimiter = None
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter = first.strip()[-1]  # how Excel notes its delimiter
        first, _, rest = rest.partition("\n")
    delimiter = delimiter or _find_delimiter(first)
    headers = _split(first, delimiter)
    return _read_rows(path, headers, rest, delimiter)


def _decode(path: Path) -> str:
    content = path.read_bytes()
    try:
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            text = content.decode("utf-16")
        else:
            text = _decode_bytes(content)
    except UnicodeDecodeError:
        fault = "its letters are in no encoding we know"
        raise UnreadableTableError(path, fault, _SAVE_AGAIN) from None
    if "\0" in text:
        raise UnreadableTableError(path, "it is no text", _SAVE_AGAIN)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_bytes(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")  # Latin-1 as Windows writes it


def _find_delimiter(header: str) -> str:
    """Return the delimiter that parts the header in most cells; a comma where none does."""
    return max(DELIMITERS, key=lambda delimiter: len(_split(header, delimiter)))


def _split(header: str, delimiter: str) -> list[str]:
    """Return the cells of a header; one so long that it is no name any more becomes a blank."""
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return ["" if len(cell) > _LONGEST_NAME else cell for cell in header.split(delimiter)]


def _read_rows(path: Path, headers: list[str], rest: str, delimiter: str) -> RawTable:
    names = [f"c{place}" for place in range(len(headers))]
    schema = pa.schema([(name, pa.string()) for name in names])
    uneven: list[int] = []

    def note_uneven(row: arrow_csv.InvalidRow) -> str:
        uneven.append(row.number)
        return "skip"

    table = schema.empty_table()
    if rest.strip("\n"):
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(rest.encode()),
                # one thread: only then does a skipped row know its number
                arrow_csv.ReadOptions(use_threads=False, column_names=names),
                arrow_csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=note_uneven,
                ),
                arrow_csv.ConvertOptions(column_types=schema, strings_can_be_null=False),
            )
        except pa.ArrowInvalid:
            fault = "its rows cannot be told apart"
            raise UnreadableTableError(path, fault, _CLOSE_QUOTES) from None
    rows = np.setdiff1d(np.arange(1, table.num_rows + len(uneven) + 1), uneven)
    if rest.rstrip("\n").count("\n") + 1 > len(rows) + len(uneven):
        _check_quotes(path, table, delimiter)
    return _drop_blank_rows(
        RawTable(path, headers, list(table.columns), rows, np.array(uneven, int))
    )


def _check_quotes(path: Path, table: pa.Table, delimiter: str) -> None:
    """Refuse a cell that holds a whole row: the quotation mark before it was never closed."""
    for column in table.columns:
        cells = column.filter(pc.match_substring(column, "\n")).to_pylist()
        if any(cell.count(delimiter) >= table.num_columns - 1 for cell in cells):
            fault = "a quotation mark is not closed, so that one cell holds whole rows"
            raise UnreadableTableError(path, fault, _CLOSE_QUOTES)


def _drop_blank_rows(raw: RawTable) -> RawTable:
    """Leave out rows whose cells are all empty, as spreadsheets add them at the end."""
    blank: NDArray[np.bool_] = np.ones(len(raw.rows), dtype=bool)
    for column in raw.columns:
        if not blank.any():
            return raw
        blank &= pc.equal(column, "").to_numpy()
    kept = pa.array(~blank)
    return RawTable(
        raw.path,
        raw.headers,
        [column.filter(kept) for column in raw.columns],
        raw.rows[~blank],
        raw.uneven,
    )
