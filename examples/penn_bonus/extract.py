"""Turns the Pennsylvania reemployment bonus experiment into an extract that Kantelpunt reads.

The calendar is the true one, moved by 28 years; keys and fund below are made up.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.contract import Contract, parse_contract
from features.errors import KantelpuntError
from features.tables import write_tables

CONTRACT_PATH = Path(__file__).with_name("contract.toml")
QUARTER_PATH = Path(__file__).with_name("quarter.toml")
CLAIMANTS = 13_913
CONTROL, ARM = 0, 4
IN_ARMS = {CONTROL: 3354, ARM: 1745}
# `abdt` counts days, and the file does not say from when. Counted from here, as SAS does, every
# one is a Sunday, when a week of benefit began, from June 1988 to October 1989: the experiment
# enrolled from July 1988 to October 1989 (Corson and others, 1992)
ABDT_ORIGIN = date(1960, 1, 1)
# Kantelpunt refuses days before 1990; 28 years on, the calendar is the same day by day
YEARS_ON = 28
# at 27 weeks benefits ran out, which is no return: until 26 weeks the end of a spell tells one
LAST_WEEK = 26
FUND = "werkloosheidskas"
PARTNER = "arbeidsbureau"
SITES = ("lusd", "muld", "husd")
SECTORS = ("durable", "nondurable")
ORIGINS = ("black", "hispanic", "othrace")
QUARTERS = tuple(f"q{number}" for number in range(1, 7))
COLUMNS = (
    *("abdt", "tg", "inuidur1", "female", "dep", "recall", "agelt35", "agegt54"),
    *(*SITES, *SECTORS, *ORIGINS, *QUARTERS),
)


class OtherDataError(KantelpuntError):
    """A file that does not hold the experiment this example was written for."""


def read_claimants(path: Path) -> pd.DataFrame:
    """Return the claimants of both arms, in the order of the file; raises OtherDataError.

    The file is penn_jae.dat as it came (columns parted by spaces), or the same with commas.
    """
    try:
        with path.open(encoding="utf-8") as file:
            separator = "," if "," in file.readline() else r"\s+"
        found = pd.read_csv(path, sep=separator)
    except (OSError, ValueError) as error:
        raise OtherDataError(f"{path} cannot be read as a table: expected penn_jae.dat") from error
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise OtherDataError(f"{path.name}: {', '.join(missing)} missing: expected penn_jae.dat")
    return select_arms(found)


def select_arms(found: pd.DataFrame) -> pd.DataFrame:
    """Return the claimants of arm 4 and of the control group; raises OtherDataError for others."""
    claimants = found[found["tg"].isin(IN_ARMS)]
    counts = {arm: int((claimants["tg"] == arm).sum()) for arm in IN_ARMS}
    if len(found) != CLAIMANTS or counts != IN_ARMS:
        raise OtherDataError(
            f"expected {CLAIMANTS} claimants, {IN_ARMS[CONTROL]} of them in control and "
            f"{IN_ARMS[ARM]} in arm {ARM}, found {len(found)}, {counts[CONTROL]} and {counts[ARM]}"
        )
    return claimants


def get_contract(*, quarters: bool = False) -> Contract:
    """Return the contract of this example, with the quarter of the claim as an input if asked."""
    paths = [CONTRACT_PATH, QUARTER_PATH] if quarters else [CONTRACT_PATH]
    return parse_contract("\n".join(path.read_text(encoding="utf-8") for path in paths))


def date_claims(claimants: pd.DataFrame) -> pd.Series:
    """Return the day of each claim: the true one, 28 years on."""
    true_days = pd.Timestamp(ABDT_ORIGIN).as_unit("s") + pd.to_timedelta(claimants["abdt"], "D")
    moved: pd.Series = true_days + pd.DateOffset(years=YEARS_ON)
    return moved


def build_tables(claimants: pd.DataFrame, contract: Contract) -> dict[str, pd.DataFrame]:
    """Return the tables of an extract by a contract; rows keep the order of the claimants.

    A claim is screened on the day it begins, and that same day the bonus is offered or not.
    """
    claimed_on, inputs = date_claims(claimants), _build_inputs(claimants)
    case_id = pd.Series([f"PB-{number + 1:05d}" for number in claimants.index], claimants.index)
    is_offered = claimants["tg"] == ARM
    is_back = claimants["inuidur1"] <= LAST_WEEK
    ended_on = claimed_on + pd.to_timedelta(7 * claimants["inuidur1"], "D")
    tables = {
        "cases": pd.DataFrame(
            {
                "case_id": case_id,
                "person_key": "P-" + case_id,
                "sickness_fund": FUND,
                "region": _name_one(claimants, SITES, "none"),
                "absence_started_on": claimed_on,
                "screened_on": claimed_on,
                **{name: inputs[name] for name in contract.names},
            }
        ),
        "pathways": pd.DataFrame(
            {
                "case_id": case_id[is_offered],
                "referred_on": claimed_on[is_offered],
                "started_on": claimed_on[is_offered],
                "ended_on": pd.NaT,
                "kind": "bonus",
                "partner": PARTNER,
            }
        ),
        "work_periods": pd.DataFrame(
            {"case_id": case_id[is_back], "started_on": ended_on[is_back], "ended_on": pd.NaT}
        ),
        "follow_up": pd.DataFrame(
            {
                "case_id": case_id,
                "observed_until": claimed_on + pd.Timedelta(weeks=LAST_WEEK),
                "exit": "",
                "exited_on": pd.NaT,
            }
        ),
        "groups": _build_groups(claimants).assign(case_id=case_id),
    }
    return {name: table.reset_index(drop=True) for name, table in tables.items()}


def _build_inputs(claimants: pd.DataFrame) -> dict[str, pd.Series]:
    """Return all that a contract may ask; sex, origin and duration are not among it."""
    quarter = _name_one(claimants, QUARTERS, "")
    age = np.select(
        [claimants["agelt35"] == 1, claimants["agegt54"] == 1], ["under_35", "over_54"], "35_to_54"
    )
    return {
        "enrolled_quarter": quarter.str.removeprefix("q"),
        "site": _name_one(claimants, SITES, "none"),
        "age_group": pd.Series(age, claimants.index, dtype="str"),
        "sector": _name_one(claimants, SECTORS, "other"),
        "expects_recall": claimants["recall"].astype(float),
        "dependants": claimants["dep"].astype(float),
    }


def _build_groups(claimants: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": claimants["female"].map({1: "female", 0: "male"}),
            "origin": _name_one(claimants, ORIGINS, "white"),
        }
    )


def _name_one(claimants: pd.DataFrame, columns: tuple[str, ...], otherwise: str) -> pd.Series:
    """Return for each row the name of the column that is 1, or `otherwise` where none is."""
    marks = claimants[list(columns)] == 1
    named = marks.idxmax(axis=1).where(marks.any(axis=1), otherwise)
    return named.astype("str")


def write_extract(folder: Path, claimants: pd.DataFrame, *, quarters: bool = False) -> None:
    """Write the tables of the claimants with their contract beside them."""
    contract = get_contract(quarters=quarters)
    write_tables(build_tables(claimants, contract), folder)
    (folder / "contract.toml").write_text(contract.text, encoding="utf-8")
