"""From an intake file to cases one by one, each with its row in the file; looks at no store."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.contract import Contract, Field
from features.fields import CASE_COLUMNS
from serving.intake_check import check_file

if TYPE_CHECKING:
    import pandas as pd

    from features.tables import Extract

NumberedCase = tuple[int, Mapping[str, Any]]  # a case with its row in the file
DAYS = ("absence_started_on", "screened_on")
_PART = 500  # rows that are taken from a table at once


def read_checked(
    path: Path, contract: Contract, *, max_rejected: float, rejected_to: Path | None = None
) -> "Extract":
    """Return what a file or folder holds; raises FileRefusedError or an error of the tables."""
    from features.tables import read_cases

    for one in list_files(path):
        check_file(one)
    return read_cases(path, contract, max_rejected_share=max_rejected, rejected_to=rejected_to)


def list_files(path: Path) -> list[Path]:
    """Return the file, or the tables of the folder; of what is not there, the reader tells."""
    if not path.is_dir():
        return [path] if path.exists() else []
    from features.tables import SUFFIXES, TABLES

    names = {f"{table}{suffix}" for table in TABLES for suffix in SUFFIXES}
    return sorted(p for p in path.iterdir() if p.name.lower() in names)


def fingerprint_files(files: Sequence[Path], contract: Contract) -> str:
    """Return what tells these files apart from any others, read under a contract."""
    told = hashlib.sha256(contract.fingerprint.encode())
    for path in files:
        with path.open("rb") as opened:
            told.update(hashlib.file_digest(opened, "sha256").digest())
    return told.hexdigest()


def number_cases(
    frame: "pd.DataFrame", rejected: set[int], start: int, contract: Contract
) -> Iterator[NumberedCase]:
    """Yield the good cases of a file from a place on; the first row below the header is 1.

    `rejected` are the rows of the file that are not among them.
    """
    rows = [row for row in range(1, len(frame) + len(rejected) + 1) if row not in rejected]
    for begin in range(start, len(frame), _PART):
        part = slice(begin, begin + _PART)
        yield from zip(rows[part], list_rows(frame.iloc[part], contract), strict=True)


def list_rows(frame: "pd.DataFrame", contract: Contract) -> Iterator[dict[str, Any]]:
    """Yield the rows of a checked table as `check_case` would give them."""
    columns: dict[str, list[Any]] = {name: frame[name].tolist() for name in CASE_COLUMNS}
    for name in DAYS:
        columns[name] = [day.date() for day in columns[name]]
    for one in contract.columns:
        missing = frame[one.name].isna().tolist()
        values = zip(frame[one.name].tolist(), missing, strict=True)
        columns[one.name] = [None if gone else _to_python(one, v) for v, gone in values]
    names = list(columns)
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(names, row, strict=True))


def _to_python(of: Field, value: Any) -> Any:
    if of.levels:
        return str(value)
    if of.kind == "flag":
        return bool(value)
    return int(value) if of.integer else float(value)
