"""Turns monthly disability claims of the US Social Security Administration into our entries table.

A month of the SSA is four or five weeks and ends on a Friday: its days come from the ends of it and
the one before. Four ends of the file are no Friday; they are mended before anything is counted.
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
FRIDAY = 4


class OtherDataError(KantelpuntError):
    """A file that is not the one this example was written for."""


def read_claims(path: Path) -> pd.DataFrame:
    """Return the rows of the file as they are; raises OtherDataError for one with other columns."""
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


def list_odd_ends(claims: pd.DataFrame) -> dict[pd.Timestamp, pd.Timestamp]:
    """Return the ends that are no Friday, and the last Friday of the month that each stands for.

    The SSA counts full weeks, and its year ends on the last Friday of September. An end that is a
    Friday is believed, also where it is not the last of its month.
    """
    months = claims.groupby("period_end")["month"].first()
    odd = months[pd.DatetimeIndex(months.index).day_of_week != FRIDAY]
    return {end: _find_last_friday(str(month)) for end, month in odd.items()}


def mend_ends(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the ends that are no Friday put right: see `list_odd_ends`."""
    ends = claims["period_end"]
    return claims.assign(period_end=ends.replace(list_odd_ends(claims)))


def _find_last_friday(month: str) -> pd.Timestamp:
    last = pd.Timestamp(month[:7]) + pd.offsets.MonthEnd(0)
    return last - pd.Timedelta(days=(last.day_of_week - FRIDAY) % 7)


def build_entries(claims: pd.DataFrame, *, everything: bool = False) -> pd.DataFrame:
    """Return the table entries: the states with all months, or with `everything` all units.

    The first month is left out: nobody knows when it began. Ends that are no Friday are mended.
    """
    claims = mend_ends(claims)
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
