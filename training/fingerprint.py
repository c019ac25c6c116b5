"""What data a run learnt from: a hash per table, its rows, and its first and last day."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from features.errors import KantelpuntError
from features.layout import TABLES
from features.tables import CONTRACT_FILE, SUFFIXES, Extract

BLOCK = 1 << 20
_LAYOUT = "kantelpunt-table-1"  # changes with the way in which a table is put in bytes


class ExtractChangedError(KantelpuntError):
    """The files of an extract are no longer those that the run began with."""


def fingerprint_tables(extract: Extract) -> dict[str, dict[str, Any]]:
    """Return rows, SHA-256, and first and last day of each table.

    The order of rows and columns does not matter, nor does the format of the files: the hash is
    over the checked values. A table without a day has None as its first and last.
    """
    return {name: _fingerprint(getattr(extract, name)) for name in TABLES}


def _fingerprint(table: pd.DataFrame) -> dict[str, Any]:
    columns = sorted(table.columns)
    ordered = table[columns].reset_index(drop=True)
    if len(ordered):
        # in the order of a quick hash per row; what is kept is the strong one over all values
        quick = pd.util.hash_pandas_object(ordered, index=False).to_numpy(dtype=np.uint64)
        ordered = ordered.iloc[np.argsort(quick, kind="stable")]
    found = sha256(json.dumps([_LAYOUT, len(ordered), columns]).encode())
    for name in columns:
        for part in _write_column(ordered[name]):
            found.update(part)
    first, last = _find_days(table)
    return {"rows": len(table), "hash": found.hexdigest(), "first": first, "last": last}


def _write_column(column: pd.Series) -> Iterator[bytes]:
    """Yield bytes that only these values have: what kind they are, how many bytes, the bytes."""
    if is_datetime64_any_dtype(column.dtype):
        kind, written = b"d", column.to_numpy("datetime64[s]").astype("<i8").tobytes()
    elif is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype="<f8", na_value=np.nan) + 0.0  # -0 and 0 are the same
        kind, written = b"n", np.where(np.isnan(values), np.nan, values).tobytes()
    else:
        values = column.astype(object).where(column.notna(), None)
        kind, written = b"t", json.dumps(values.tolist()).encode()
    yield kind + len(written).to_bytes(8, "little")
    yield written


def _find_days(table: pd.DataFrame) -> tuple[str | None, str | None]:
    days = table.select_dtypes("datetime")
    known = days.stack() if len(days.columns) else pd.Series(dtype="datetime64[s]")
    if known.empty:
        return None, None
    return known.min().date().isoformat(), known.max().date().isoformat()


def hash_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and SHA-256 of the files of an extract, as they are now on disk."""
    names = {f"{table}{suffix}" for table in TABLES for suffix in SUFFIXES} | {CONTRACT_FILE}
    paths = folder.iterdir() if folder.is_dir() else ()
    files = sorted(path for path in paths if path.name.lower() in names and path.is_file())
    return {path.name: hash_file(path) for path in files}


def hash_file(path: Path) -> dict[str, Any]:
    """Return size and SHA-256 of a file, as it is now on disk."""
    found, size = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
            size += len(block)
    return {"bytes": size, "sha256": found.hexdigest()}


def check_unchanged(folder: Path, before: dict[str, dict[str, Any]]) -> None:
    """Raise ExtractChangedError where files differ from what `hash_files` returned before."""
    now = hash_files(folder)
    changed = sorted(name for name in before | now if before.get(name) != now.get(name))
    if changed:
        raise ExtractChangedError(
            f"{', '.join(changed)} in {folder} changed while the run read or used them, so nothing "
            "was registered: write the extract to a folder of its own, and train again"
        )
