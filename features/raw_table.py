"""A table as its file holds it, before anything is checked."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from features.table_errors import UnreadableTableError

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


def read_parquet(path: Path) -> RawTable:
    """Return a Parquet table, its columns as they are stored."""
    try:
        # not read_table: that takes a folder called year=2025 for one more column
        table = parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        fault = f"it is no whole Parquet file ({type(error).__name__})"
        raise UnreadableTableError(path, fault, "write it again, or copy it again") from None
    rows = np.arange(1, table.num_rows + 1)
    return RawTable(path, table.column_names, list(table.columns), rows, np.array([], int))
