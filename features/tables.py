"""The five tables of an extract: read, checked, bad rows set aside with a reason, and written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import pandas as pd

from features.checks import DTYPES
from features.contract import Contract, default_contract, read_contract
from features.drafts import check_links, read_draft
from features.layout import NEEDS_ROWS, TABLES, build_layout
from features.matrix import Matrix, build_matrix
from features.rejects import Draft, build_report, check_share, save_report
from features.table_errors import (
    AmbiguousTableError,
    EmptyTableError,
    FolderError,
    MissingTableError,
)
from features.timeline import Timeline, build_timeline
from features.whole_file import written_whole

__all__ = ["TABLES", "Extract", "read_cases", "read_extract", "write_tables"]

CONTRACT_FILE = "contract.toml"
SUFFIXES = (".parquet", ".csv")
MAX_REJECTED_SHARE = 0.05


@dataclass(frozen=True)
class Extract:
    """Checked tables with the contract that they follow, and what was set aside on the way."""

    contract: Contract
    cases: pd.DataFrame
    pathways: pd.DataFrame
    work_periods: pd.DataFrame
    follow_up: pd.DataFrame
    groups: pd.DataFrame
    rejected: pd.DataFrame

    @cached_property
    def matrix(self) -> Matrix:
        """The model input of all cases, made once; nobody may change it."""
        matrix = build_matrix(self.cases, self.contract)
        matrix.flags.writeable = False
        return matrix

    @cached_property
    def timeline(self) -> Timeline:
        """What happened to each case in days from its screening, made once."""
        return build_timeline(self.cases, self.pathways, self.work_periods, self.follow_up)


def read_extract(
    folder: Path,
    contract: Contract | None = None,
    *,
    required: tuple[str, ...] = ("cases",),
    max_rejected_share: float = MAX_REJECTED_SHARE,
    rejected_to: Path | None = None,
) -> Extract:
    """Return the checked tables of a folder; raises a TableError or TooManyRejectedError.

    Without a contract, a contract.toml in the folder counts, and then the default one.
    """
    if not folder.is_dir():
        raise FolderError(folder)
    return _read_files(
        find_tables(folder, required),
        contract or _find_contract(folder),
        required=required,
        limit=max_rejected_share,
        rejected_to=rejected_to,
    )


def read_cases(
    path: Path,
    contract: Contract | None = None,
    *,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    rejected_to: Path | None = None,
) -> Extract:
    """Return the checked cases of one file, or of a folder with the other tables beside them."""
    if path.is_dir() or not path.exists():
        return read_extract(
            path, contract, max_rejected_share=max_rejected_share, rejected_to=rejected_to
        )
    return _read_files(
        {"cases": path},
        contract or _find_contract(path.parent),
        required=("cases",),
        limit=max_rejected_share,
        rejected_to=rejected_to,
    )


def find_cases(path: Path) -> Path:
    """Return the file of cases: the one given, or that in a folder; raises a TableError."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise FolderError(path)
    return find_tables(path, ("cases",))["cases"]


def _find_contract(folder: Path) -> Contract:
    path = folder / CONTRACT_FILE
    return read_contract(path) if path.is_file() else default_contract()


def find_tables(folder: Path, required: tuple[str, ...] = ()) -> dict[str, Path]:
    """Return the file of each table in a folder; raises a TableError, also for a missing one."""
    files = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    found: dict[str, Path] = {}
    for table in TABLES:
        names = [n for n in files if n.lower() in {f"{table}{suffix}" for suffix in SUFFIXES}]
        if len(names) > 1:
            raise AmbiguousTableError(table, names, folder)
        if names:
            found[table] = files[names[0]]
        elif table in required:
            raise MissingTableError(table, folder, list(files))
    return found


def _read_files(
    paths: Mapping[str, Path],
    contract: Contract,
    *,
    required: tuple[str, ...],
    limit: float,
    rejected_to: Path | None,
) -> Extract:
    drafts = {table: read_draft(path, table, contract) for table, path in paths.items()}
    for table in (t for t in NEEDS_ROWS if t in required):
        if not drafts[table].total:
            raise EmptyTableError(f"{paths[table]} has no rows below its header: add them")
    check_links(drafts)
    report = build_report(list(drafts.values()))
    where = save_report(report, rejected_to) if rejected_to else None
    check_share(list(drafts.values()), report, limit, where)
    if drafts["cases"].bad.all():
        raise EmptyTableError(f"{paths['cases']}: every row was set aside, so no case is left")
    good = {table: _get_table(drafts.get(table), table, contract) for table in TABLES}
    return Extract(contract=contract, rejected=report, **good)


def _get_table(draft: Draft | None, table: str, contract: Contract) -> pd.DataFrame:
    if draft is not None:
        return draft.get_good()
    layout = build_layout(table, contract)
    return pd.DataFrame({c.name: pd.Series(dtype=DTYPES.get(c.kind, "str")) for c in layout})


def write_tables(
    tables: Mapping[str, pd.DataFrame], folder: Path, fmt: Literal["parquet", "csv"] = "parquet"
) -> None:
    """Write each table to NAME.parquet or NAME.csv in a folder that is made where needed."""
    folder.mkdir(parents=True, exist_ok=True)
    other = "csv" if fmt == "parquet" else "parquet"
    for name in tables:
        if (folder / f"{name}.{other}").exists():
            raise AmbiguousTableError(name, [f"{name}.{fmt}", f"{name}.{other}"], folder)
    for name, table in tables.items():
        path = folder / f"{name}.{fmt}"
        with written_whole(path) as beside:
            write = table.to_parquet if fmt == "parquet" else table.to_csv
            write(beside, index=False)
