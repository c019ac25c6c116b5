"""Rows that were set aside: which, why, and when it is too many. Never what they hold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from features.errors import KantelpuntError

Places = NDArray[np.bool_] | NDArray[np.int64]
REJECTED_COLUMNS = ["table", "row", "field", "reason"]
REJECTED_FILE = "rejected.csv"


@dataclass
class Draft:
    """A table under check; `bad` marks the rows that are set aside, `rows` are their numbers.

    A row that only hangs on another one that is bad is `spoilt`: it goes, but counts as no fault.
    """

    name: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    bad: NDArray[np.bool_]
    uneven: int = 0
    spoilt: NDArray[np.bool_] | None = None
    faults: list[pd.DataFrame] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of rows in the file."""
        return len(self.frame) + self.uneven

    def set_aside(self, places: Places, field_name: str, reason: str) -> None:
        """Set rows aside, given as a mask or as places, for one reason."""
        found = np.arange(len(self.frame))[places]
        if len(found):
            self.bad[found] = True
            self.add_faults(self.rows[found], field_name, reason)

    def add_faults(self, rows: ArrayLike, fields: ArrayLike, reasons: ArrayLike) -> None:
        """Note faults by the number of their row in the file."""
        noted = {"table": self.name, "row": rows, "field": fields, "reason": reasons}
        self.faults.append(pd.DataFrame(noted))

    def get_good(self) -> pd.DataFrame:
        """Return the rows that stay."""
        return self.frame[~self.bad].reset_index(drop=True)

    def count_rejected(self) -> int:
        """Return how many rows were set aside for a fault of their own."""
        spoilt = 0 if self.spoilt is None else int(self.spoilt.sum())
        return int(self.bad.sum()) + self.uneven - spoilt


def build_report(drafts: Sequence[Draft]) -> pd.DataFrame:
    """Return one line per fault: table, row (the first data row is 1), field and reason."""
    noted = [frame for draft in drafts for frame in draft.faults]
    # a value that could not be read is not missing as well: the first fault of a field counts
    report = pd.concat(noted).drop_duplicates(["table", "row", "field"])
    order = {draft.name: place for place, draft in enumerate(drafts)}
    report = report.assign(place=report["table"].map(order))
    ordered = report.sort_values(["place", "row"], kind="stable", ignore_index=True)
    return ordered[REJECTED_COLUMNS].astype({"row": "int64"})


def save_report(report: pd.DataFrame, folder: Path) -> Path | None:
    """Keep the faults in rejected.csv; without faults, no such file stays behind."""
    return save_reports([report], folder)


def save_reports(reports: Iterable[pd.DataFrame], folder: Path) -> Path | None:
    """Keep the faults of one report after another in one rejected.csv."""
    path, kept = folder / REJECTED_FILE, 0
    for report in reports:
        if report.empty:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            report.to_csv(path, mode="a" if kept else "w", header=not kept, index=False)
        except OSError as error:
            raise ReportNotKeptError(path, kept + len(report), error) from None
        kept += len(report)
    if kept:
        return path
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ReportNotKeptError(path, 0, error) from None
    return None


def add_to_report(folder: Path, rows: Sequence[tuple[str, int, str, str]]) -> None:
    """Add faults that came to light after the tables were read to rejected.csv."""
    path = folder / REJECTED_FILE
    try:
        added = pd.DataFrame(rows, columns=REJECTED_COLUMNS)
        added.to_csv(path, mode="a", header=not path.exists(), index=False)
    except OSError as error:
        raise ReportNotKeptError(path, len(rows), error) from None


class ReportNotKeptError(KantelpuntError):
    """Faults were found, or stand in an old report, and their list cannot be brought up to date."""

    def __init__(self, path: Path, faults: int, error: OSError) -> None:
        """Say where, and which option names another place."""
        super().__init__(
            f"{path} cannot be written ({error.strerror}), to list {faults} faults: give a folder "
            "that may be written with --rejected-to"
        )


class TooManyRejectedError(KantelpuntError):
    """So many rows were set aside that the rest cannot stand for the whole."""

    def __init__(self, counts: Mapping[str, str], limit: float, where: Path | None) -> None:
        """Say per table how many rows and why, and how to go on."""
        self.tables = tuple(counts)
        listed = "\n".join(f"- {name}: {counted}" for name, counted in counts.items())
        give = "give a folder for rejected.csv to see every fault"
        see = f"{where} lists every fault" if where else give
        super().__init__(
            f"more than {limit:.1%} of the rows were set aside:\n{listed}\n"
            f"{see}: mend the rows, or raise the limit with --max-rejected"
        )


def check_share(
    drafts: Sequence[Draft], report: pd.DataFrame, limit: float, where: Path | None
) -> None:
    """Raise TooManyRejectedError when any table lost more than the limit."""
    counts = {
        draft.name: describe_faults(
            draft.count_rejected(),
            draft.total,
            count_reasons(report[report["table"] == draft.name]),
        )
        for draft in drafts
        if draft.total and draft.count_rejected() / draft.total > limit
    }
    if counts:
        raise TooManyRejectedError(counts, limit, where)


def count_reasons(report: pd.DataFrame) -> Counter[str]:
    """Return how often each fault was found."""
    return Counter((report["field"] + ": " + report["reason"]).tolist())


def describe_faults(bad: int, total: int, reasons: Counter[str]) -> str:
    """Return how many rows of a table were set aside, and why most of them."""
    shown = "; ".join(f"{reason} ({times} times)" for reason, times in reasons.most_common(3))
    return f"{bad} of {total} rows ({bad / total:.1%}), most often {shown}"
