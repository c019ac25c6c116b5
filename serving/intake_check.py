"""Is an intake file what it says it is, and small enough to read? Looked at before it is read."""

from collections.abc import Sequence
from itertools import product
from os import SEEK_END
from pathlib import Path
from typing import Any

from features.errors import KantelpuntError

MOST_COLUMNS = 500
MOST_CELLS = 50_000_000
# a part without any line end belongs to a line that is longer than any row of ours
_PART = 512 * 1024
_MOST_TEXT = 1_000_000_000
# what a Parquet file says of 500 columns in some 100 groups of rows
_MOST_FOOTER = 8 * 1024 * 1024
_PARQUET = b"PAR1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# no text is written with these: of bytes at random one in nine is, of a text at most a stray one
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\f\r"))
_LOOKED_AT, _MOST_CONTROLS = 1024, 0.02
_COMPRESSED = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x1f\x9d", b"BZh", b"\xfd7zXZ\x00"),
    *(b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x04\x22\x4d\x18"),
)
FAULTS = {
    "file-unreadable": "it cannot be opened: check that it is a file that may be read",
    "file-empty": "it is empty",
    "file-too-large": "it is larger than the limit: split it",
    "file-compressed": "it is compressed, or an Excel workbook: give a plain CSV or Parquet file",
    "file-mixed-up": "what it holds is not what its name says: CSV must be named .csv, and "
    "Parquet .parquet",
    "file-no-text": "it is neither Parquet nor text: save it again as CSV in UTF-8",
    "file-long-line": "one of its lines is longer than any row can be: look for a missing line end",
    "file-too-wide": f"it has more than {MOST_COLUMNS:,} columns",
    "file-too-many-cells": f"it holds more than {MOST_CELLS:,} cells: split it",
    "file-damaged": "it is no whole Parquet file: write it again, or copy it again",
    "reading-no-room": "reading it takes more memory than there is: split it",
    "reading-too-long": "reading it takes too long: try again when less is going on, or split it",
    "reading-ended": "reading it was ended from outside: try again",
    "file-nested": "it has columns with lists or objects: write one plain value per cell",
    "file-doubled": "a name of a column occurs twice in it: keep one column of each name",
}


class FileRefusedError(KantelpuntError):
    """A file that is not read at all; `key` names why, also to the user."""

    def __init__(self, key: str, path: Path) -> None:
        """Keep the key of the text."""
        self.key = key
        super().__init__(f"{path} is refused: {FAULTS[key]}")


class UploadsGoneError(KantelpuntError):
    """The folder for uploaded files is full, or cannot be written."""


def check_file(path: Path, most_bytes: int | None = None, *, by_name: bool = True) -> str:
    """Return .csv or .parquet, as the content says; raises FileRefusedError.

    `by_name` refuses a file whose name says otherwise. Reads a text in parts, and of Parquet what
    is needed to know how large it is once read.
    """
    try:
        suffix = _check_content(path, most_bytes)
    except OSError:
        raise FileRefusedError("file-unreadable", path) from None
    if by_name and (path.suffix.lower() == ".parquet") != (suffix == ".parquet"):
        raise FileRefusedError("file-mixed-up", path)
    return suffix


def is_parquet(path: Path) -> bool:
    """Tell whether a file begins as Parquet does; raises FileRefusedError."""
    try:
        with path.open("rb") as opened:
            return opened.read(len(_PARQUET)) == _PARQUET
    except OSError:
        raise FileRefusedError("file-unreadable", path) from None


def _check_content(path: Path, most_bytes: int | None) -> str:
    if not path.is_file():
        # a pipe or a device would never end
        raise FileRefusedError("file-unreadable", path)
    size = path.stat().st_size
    if not size:
        raise FileRefusedError("file-empty", path)
    if most_bytes is not None and size > most_bytes:
        raise FileRefusedError("file-too-large", path)
    with path.open("rb") as opened:
        start = opened.read(8)
    if start.startswith(_COMPRESSED):
        raise FileRefusedError("file-compressed", path)
    if start.startswith(_PARQUET):
        _check_parquet(path, most_bytes)
        return ".parquet"
    _check_text(path)
    return ".csv"


def _check_text(path: Path) -> None:
    lines = 0
    with path.open("rb") as opened:
        part = opened.read(_PART)
        columns = _count_columns(part)
        is_wide = part.startswith(_UTF16)
        if not is_wide and _is_binary(part[:_LOOKED_AT]):
            raise FileRefusedError("file-no-text", path)
        while part:
            if b"\0" in part and not is_wide:
                raise FileRefusedError("file-no-text", path)
            ends = max(part.count(b"\n"), part.count(b"\r"))
            lines += ends
            if not ends and len(part) == _PART:
                raise FileRefusedError("file-long-line", path)
            if lines * columns > MOST_CELLS:
                raise FileRefusedError("file-too-many-cells", path)
            part = opened.read(_PART)
    if columns > MOST_COLUMNS:
        raise FileRefusedError("file-too-wide", path)


def _is_binary(start: bytes) -> bool:
    return len(start) - len(start.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(start)


def _count_columns(part: bytes) -> int:
    """Return the columns of the header, which may stand below a line that names the delimiter."""
    first = part.replace(b"\r", b"\n").lstrip(b"\n").split(b"\n", 3)[:2]
    return max((line.count(mark) + 1 for line in first for mark in b",;\t"), default=1)


def _check_parquet(path: Path, most_bytes: int | None) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    _check_length_of_footer(path)
    try:
        with parquet.ParquetFile(path) as opened:
            _check_footer(opened, path, most_bytes)
            texts = [f.name for f in opened.schema_arrow if _is_text(f.type)]
        # each text once, however often it occurs
        with parquet.ParquetFile(path, read_dictionary=texts) as once:
            _check_texts(once, texts, path)
    except MemoryError:
        raise  # Arrow has it among its errors of a file
    except (pa.ArrowException, ValueError):
        raise FileRefusedError("file-damaged", path) from None


def _check_length_of_footer(path: Path) -> None:
    """Refuse a file that says more of itself than can be read in a moment."""
    with path.open("rb") as opened:
        opened.seek(-min(8, path.stat().st_size), SEEK_END)
        length, end = int.from_bytes(opened.read(4), "little"), opened.read()
    if length > _MOST_FOOTER and end == _PARQUET:
        raise FileRefusedError("file-too-large", path)


def _check_footer(opened: Any, path: Path, most_bytes: int | None) -> None:
    """Refuse what is too large by what the file says of itself."""
    told = opened.metadata
    if told.num_columns > MOST_COLUMNS:
        raise FileRefusedError("file-too-wide", path)
    if told.num_rows * max(told.num_columns, 1) > MOST_CELLS:
        raise FileRefusedError("file-too-many-cells", path)
    if not all(_is_text(kind) or _is_number(kind) for kind in opened.schema_arrow.types):
        raise FileRefusedError("file-nested", path)
    if len({*opened.schema_arrow.names}) < told.num_columns:
        raise FileRefusedError("file-doubled", path)
    unpacked = sum(told.row_group(g).total_byte_size for g in range(told.num_row_groups))
    if most_bytes is not None and unpacked > 4 * most_bytes:
        raise FileRefusedError("file-too-large", path)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    kinds = (
        *(types.is_string, types.is_large_string, types.is_string_view),
        *(types.is_binary, types.is_large_binary, types.is_binary_view, types.is_dictionary),
    )
    return any(is_kind(kind) for is_kind in kinds)


def _is_number(kind: Any) -> bool:
    """Tell whether a value takes a few bytes, whatever it is: the rest can be of any size."""
    from pyarrow import types

    kinds = (
        *(types.is_integer, types.is_floating, types.is_decimal, types.is_boolean),
        *(types.is_temporal, types.is_null),
    )
    return any(is_kind(kind) for is_kind in kinds)


def _check_texts(once: Any, names: Sequence[str], path: Path) -> None:
    """Refuse texts that are small in the file, each kept once, and huge once written out."""
    import pyarrow.compute as pc

    total = 0
    for group, name in product(range(once.metadata.num_row_groups), names):
        for chunk in once.read_row_group(group, columns=[name]).column(0).chunks:
            lengths = pc.binary_length(chunk.dictionary)
            longest = pc.max(lengths).as_py() or 0
            total += pc.sum(lengths.take(chunk.indices)).as_py() or 0
            if longest > _PART or total > _MOST_TEXT:
                raise FileRefusedError("file-too-large", path)
