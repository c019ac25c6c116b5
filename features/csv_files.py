"""CSV as it really comes: comma, semicolon or tab; UTF-8, UTF-16 or Windows; any line end.

A file is read from begin to end twice and never held whole: once for its encoding and its quotation
marks, once for its rows.
"""

import csv
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from features.raw_table import RawTable, gather_rows
from features.table_errors import EmptyTableError, UnreadableTableError

DELIMITERS = (",", ";", "\t")
_LONGEST_NAME = 1000
_BLOCK = 1 << 22  # bytes of a file that are read at once
_LONGEST_ROW = 1 << 20  # bytes: the reader takes as many at once, and a row may not reach beyond
_SAVE_AGAIN = "save it again as CSV in UTF-8"
_CLOSE_QUOTES = "look for a cell with one quotation mark, and mend it"


def stream_csv(path: Path) -> Iterator[RawTable]:
    """Yield every cell as text, about `ROWS_AT_A_TIME` rows at once; at least one part comes.

    Rows with too few or too many cells are counted apart.
    """
    with path.open(encoding=_find_encoding(path), newline=None) as file:
        first = next((line for line in file if line != "\n"), "")
        delimiter = None
        if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
            delimiter = first.strip()[-1]  # how Excel notes its delimiter
            first = file.readline()
        delimiter = delimiter or _find_delimiter(first.removesuffix("\n"))
        headers = _split(first.removesuffix("\n"), delimiter)
        yield from gather_rows(_stream_rows(_Shape(path, headers, delimiter), file))


def _find_encoding(path: Path) -> str:
    """Return the encoding of a file; raises a TableError for one that is no text of a table."""
    for encoding in _list_encodings(path):
        try:
            quotes, is_blank = _scan(path, encoding)
        except UnicodeDecodeError:
            continue
        if is_blank:
            raise EmptyTableError(f"{path} is empty: it needs a first line with the column names")
        if quotes % 2:
            raise UnreadableTableError(path, "a quotation mark is not closed", _CLOSE_QUOTES)
        return encoding
    raise UnreadableTableError(path, "its letters are in no encoding we know", _SAVE_AGAIN)


def _list_encodings(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        begin = file.read(3)
    if begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return ("utf-16",)
    # Latin-1 as Windows writes it
    return ("utf-8-sig" if begin.startswith(BOM_UTF8) else "utf-8", "cp1252")


def _scan(path: Path, encoding: str) -> tuple[int, bool]:
    """Return how many quotation marks a file holds, and whether it holds nothing at all."""
    decoder, quotes, is_blank = getincrementaldecoder(encoding)(), 0, True
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            text = decoder.decode(block, final=not block)
            if "\0" in text:
                raise UnreadableTableError(path, "it is no text", _SAVE_AGAIN)
            quotes += text.count('"')
            is_blank = is_blank and not text.strip()
            if not block:
                return quotes, is_blank


def _find_delimiter(header: str) -> str:
    """Return the delimiter that parts the header in most cells; a comma where none does."""
    return max(DELIMITERS, key=lambda delimiter: len(_split(header, delimiter)))


def _split(header: str, delimiter: str) -> list[str]:
    """Return the cells of a header; one so long that it is no name any more becomes a blank."""
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return ["" if len(cell) > _LONGEST_NAME else cell for cell in header.split(delimiter)]


class _Utf8:
    """The rest of a text file as bytes of UTF-8, for a reader that knows nothing else."""

    closed = False

    def __init__(self, first: str, file: TextIOWrapper) -> None:
        self._waiting, self._file = first.encode(), file

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, none at the end."""
        while len(self._waiting) < size:
            text = self._file.read(_BLOCK)
            if not text:
                break
            self._waiting += text.encode()
        found, self._waiting = self._waiting[:size], self._waiting[size:]
        return found

    def close(self) -> None:
        """Leave the file to whoever opened it."""


@dataclass(frozen=True)
class _Shape:
    """What all rows of a file have in common."""

    path: Path
    headers: list[str]
    delimiter: str

    @property
    def schema(self) -> pa.Schema:
        """Text in every cell, under made-up names: those of the file may occur twice."""
        return pa.schema([(f"c{place}", pa.string()) for place in range(len(self.headers))])


def _stream_rows(shape: _Shape, file: TextIOWrapper) -> Iterator[RawTable]:
    schema, numbers = shape.schema, _RowNumbers()
    first = next((line for line in file if line != "\n"), None)
    if first is not None:
        try:
            batches = arrow_csv.open_csv(
                pa.PythonFile(_Utf8(first, file), mode="r"),
                # one thread: only then does a skipped row know its number
                arrow_csv.ReadOptions(
                    use_threads=False, column_names=schema.names, block_size=_LONGEST_ROW
                ),
                arrow_csv.ParseOptions(
                    delimiter=shape.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=numbers.skip,
                ),
                arrow_csv.ConvertOptions(column_types=schema, strings_can_be_null=False),
            )
            for batch in batches:
                yield _take_rows(shape, pa.Table.from_batches([batch]), numbers)
        except pa.ArrowInvalid:
            fault = "its rows cannot be told apart"
            raise UnreadableTableError(shape.path, fault, _CLOSE_QUOTES) from None
    yield _take_rows(shape, schema.empty_table(), numbers, is_last=True)


class _RowNumbers:
    """Counts rows in the order of the file, those that are skipped among them."""

    def __init__(self) -> None:
        self._next, self._skipped = 1, np.array([], dtype=np.int64)
        self._noted: deque[int] = deque()  # filled by the thread that reads ahead

    def skip(self, row: arrow_csv.InvalidRow) -> str:
        """Note a row that has too few or too many cells."""
        self._noted.append(row.number)
        return "skip"

    def take(self, count: int, *, is_last: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of the next rows, and of those that were skipped before or among."""
        noted = [self._noted.popleft() for _ in range(len(self._noted))]
        skipped = np.union1d(self._skipped, np.array(noted, dtype=np.int64))
        reach = np.arange(self._next, self._next + count + len(skipped))
        rows = np.setdiff1d(reach, skipped)[:count]
        self._next = int(rows[-1]) + 1 if count else self._next
        told = skipped if is_last else skipped[skipped < self._next]
        self._skipped = skipped[len(told) :]
        return rows, told


def _take_rows(
    shape: _Shape, table: pa.Table, numbers: _RowNumbers, *, is_last: bool = False
) -> RawTable:
    _check_quotes(shape, table)
    rows, uneven = numbers.take(table.num_rows, is_last=is_last)
    return _drop_blank_rows(RawTable(shape.path, shape.headers, list(table.columns), rows, uneven))


def _check_quotes(shape: _Shape, table: pa.Table) -> None:
    """Refuse a cell that holds a whole row: the quotation mark before it was never closed."""
    for column in table.columns:
        cells = column.filter(pc.match_substring(column, "\n")).to_pylist()
        if any(cell.count(shape.delimiter) >= table.num_columns - 1 for cell in cells):
            fault = "a quotation mark is not closed, so that one cell holds whole rows"
            raise UnreadableTableError(shape.path, fault, _CLOSE_QUOTES)


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
