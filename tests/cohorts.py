"""Synthetic cohorts that tests share, and what happened in them, one row per screening."""

from functools import cache

import pandas as pd

from features.contract import default_contract
from features.synthetic import Cohort, World, build_cohort

PERSONS = 30_000
HORIZON = 365
SUSTAINED = 90


@cache
def get_cohort(world: World = "default") -> Cohort:
    """Return the cohort that all tests of a world look at; they may not change it."""
    return build_cohort(default_contract(), PERSONS, seed=7, world=world)


@cache
def get_lives(world: World = "default") -> pd.DataFrame:
    """Return all screenings with truth, follow-up and days from the screening to what happened."""
    cohort = get_cohort(world)
    tables = cohort.tables
    lives = tables["cases"].merge(cohort.truth, on=["case_id", "screened_on"])
    lives = lives.merge(tables["follow_up"], on="case_id")
    work = measure_work(tables["work_periods"])
    pathways = tables["pathways"].dropna(subset=["started_on"])
    moments = {
        "worked": work,
        "returned": work[work["lasting"] >= SUSTAINED],
        "supported": pathways,
    }
    for name, table in moments.items():
        first = table.groupby("case_id")["started_on"].min()
        lives[name] = (lives["case_id"].map(first) - lives["screened_on"]).dt.days
    lives["left"] = (lives["exited_on"] - lives["screened_on"]).dt.days
    lives["followed"] = (lives["observed_until"] - lives["screened_on"]).dt.days
    lives["absent"] = (lives["screened_on"] - lives["absence_started_on"]).dt.days
    lives["is_first"] = ~lives["case_id"].duplicated()
    lives["is_back"] = lives["returned"] <= HORIZON
    lives["is_answered"] = lives[_list_answers()].notna().any(axis=1)
    return lives


def measure_work(work_periods: pd.DataFrame) -> pd.DataFrame:
    """Return work periods with the days that they last; one that still goes on lasts."""
    end = work_periods["ended_on"].fillna(pd.Timestamp("2099-01-01"))
    return work_periods.assign(lasting=(end - work_periods["started_on"]).dt.days)


def keep_settled(lives: pd.DataFrame) -> pd.DataFrame:
    """Return screenings that were followed long enough to know of a return within the horizon."""
    return lives[lives["followed"] >= HORIZON + SUSTAINED]


def _list_answers() -> list[str]:
    return [f.name for f in default_contract().fields if f.kind == "answer"]
