"""A table as its file holds it, before anything is checked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from features.table_errors import UnreadableTableError

ROWS_AT_A_TIME = 20_000
_BUFFER = 1 << 20  # bytes of a column that are read at once
_INDEX_HEADER = re.compile(r"__index_level_\d+__")  # what pandas adds to Parquet


@dataclass(frozen=True)
class RawTable:
    """Columns as Arrow arrays; `rows` are their numbers in the file, the first data row being 1.

    `uneven` are the numbers of rows that could not be split into as many cells as the header has.
    """

    path: Path
    headers: list[str]
    columns: list[pa.ChunkedArray]
    rows: NDArray[np.int64]
    uneven: NDArray[np.int64]

    def by_header(self) -> dict[str, pa.ChunkedArray]:
        """Return the columns by name, in small letters without blanks around it."""
        names = [header.strip().strip("\ufeff").lower() for header in self.headers]
        found = dict(zip(names, self.columns, strict=True))
        twice = [name for name, times in Counter(names).items() if times > 1 and name]
        if twice:
            fault = (
                f"{len(twice)} columns occur twice" if len(twice) > 1 else "a column occurs twice"
            )
            raise UnreadableTableError(self.path, fault, "keep one column of each name")
        if "" in found and all(
            _is_blank(c) for n, c in zip(names, self.columns, strict=True) if not n
        ):
            del found[""]  # a delimiter at the end of each line
        return {name: c for name, c in found.items() if not _INDEX_HEADER.fullmatch(name)}


def _is_blank(column: pa.ChunkedArray) -> bool:
    return set(column.unique().to_pylist()) <= {"", None}


def join_tables(parts: Sequence[RawTable]) -> RawTable:
    """Return one table from its parts, in their order; at least one part."""
    columns = [
        pa.chunked_array([chunk for column in same for chunk in column.chunks], same[0].type)
        for same in zip(*(part.columns for part in parts), strict=True)
    ]
    rows, uneven = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "uneven")
    )
    return RawTable(parts[0].path, parts[0].headers, columns, rows, uneven)


def gather_rows(parts: Iterable[RawTable]) -> Iterator[RawTable]:
    """Yield the same rows in fewer parts: each of `ROWS_AT_A_TIME` or a little more."""
    waiting: list[RawTable] = []
    for part in parts:
        waiting.append(part)
        if sum(len(one.rows) for one in waiting) >= ROWS_AT_A_TIME:
            yield join_tables(waiting)
            waiting = []
    if waiting:
        yield join_tables(waiting)


def stream_parquet(path: Path) -> Iterator[RawTable]:
    """Yield a Parquet table, its columns as they are stored, `ROWS_AT_A_TIME` rows at most at once.

    At least one part comes, also of a table without rows.
    """
    try:
        # not read_table: that takes a folder called year=2025 for one more column; and not the
        # whole of a column at once, however many rows its group has
        with parquet.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER) as file:
            first, schema = 1, file.schema_arrow
            for batch in file.iter_batches(ROWS_AT_A_TIME):
                yield _number(path, pa.Table.from_batches([batch]), first)
                first += batch.num_rows
            if first == 1:
                yield _number(path, schema.empty_table(), first)
    except MemoryError:
        raise  # Arrow has it among its errors of a file
    except (pa.ArrowException, OSError) as error:
        fault = f"it is no whole Parquet file ({type(error).__name__})"
        raise UnreadableTableError(path, fault, "write it again, or copy it again") from None


def count_parquet(path: Path) -> int:
    """Return how many rows a Parquet table has; raises UnreadableTableError."""
    try:
        with parquet.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        fault = f"it is no whole Parquet file ({type(error).__name__})"
        raise UnreadableTableError(path, fault, "write it again, or copy it again") from None


def _number(path: Path, table: pa.Table, first: int) -> RawTable:
    rows = np.arange(first, first + table.num_rows)
    return RawTable(path, table.column_names, list(table.columns), rows, np.array([], int))
