"""Turns monthly disability claims of the US Social Security Administration into our entries table.

A month of the SSA is four or five weeks: its days come from the ends of it and the one before.
"""

from pathlib import Path

import pandas as pd

from features.errors import KantelpuntError

MONTHS = 209
NOT_A_PLACE = ("FE", "EA", "EM", "EO", "EV")  # federal units and teams that lend a hand
# our name: the column of the file
COUNTS = {
    "entered": "receipts_all",
    "part_ssdi": "receipts_ssdi_only",
    "part_ssi": "receipts_ssi_only",
    "part_concurrent": "receipts_concurrent",
    "other_pending": "pending_all",
    "other_determined": "determinations_all",
    "other_allowed": "allowances_all",
}
KEYS = ("ssa_region", "state", "month", "period_end")


class OtherDataError(KantelpuntError):
    """A file that is not the one this example was written for."""


def read_claims(path: Path) -> pd.DataFrame:
    """Return the rows of the file; raises OtherDataError for one with other columns."""
    try:
        claims = pd.read_csv(path, parse_dates=["period_end"])
        missing = {*KEYS, *COUNTS.values()} - set(claims.columns)
    except (OSError, ValueError) as error:
        raise OtherDataError(
            f"{path} is no file of monthly claims ({type(error).__name__}): give the one that "
            "examples/ssa_intake/README.md names"
        ) from error
    if missing or claims.empty:
        raise OtherDataError(f"{path} lacks {', '.join(sorted(missing)) or 'rows'}: see the README")
    return claims


def build_entries(claims: pd.DataFrame, *, everything: bool = False) -> pd.DataFrame:
    """Return the table entries: the states with all months, or with `everything` all units.

    The first month is left out: nobody knows when it began.
    """
    ends = pd.Series(sorted(claims["period_end"].unique()))
    began = dict(zip(ends[1:], ends[:-1] + pd.Timedelta(days=1), strict=True))
    rows = claims[claims["period_end"] > ends[0]]
    if not everything:
        known = rows.groupby("state")["month"].transform("nunique")
        rows = rows[(known == len(ends) - 1) & ~rows["state"].isin(NOT_A_PLACE)]
    table = {
        "period_started_on": rows["period_end"].map(began).dt.date,
        "period_ended_on": rows["period_end"].dt.date,
        "region": rows["state"],
        "group": rows["ssa_region"],
    }
    return pd.DataFrame(table | {ours: rows[theirs] for ours, theirs in COUNTS.items()})


def write_entries(claims: pd.DataFrame, folder: Path, *, everything: bool = False) -> Path:
    """Write entries.csv into a folder that is made where needed, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "entries.csv"
    build_entries(claims, everything=everything).to_csv(path, index=False)
    return path
