"""The margins of the synthetic cohort against published totals, each within what chance allows."""

import pandas as pd
import pytest

from tests.cohorts import PERSONS, get_cohort, get_lives, keep_settled

MONTH_3 = 0.43
TOTALS = {"off_1m": 0.85, "off_2m": 0.58, "off_3m": 0.43, "off_6m": 0.29, "off_12m": 0.20}
PROVINCES = {
    "antwerpen": 0.27,
    "limburg": 0.14,
    "oost_vlaanderen": 0.23,
    "vlaams_brabant": 0.15,
    "west_vlaanderen": 0.18,
    "brussel": 0.03,
}
DIAGNOSES = {
    "burn_out": 0.20,
    "depression_anxiety": 0.22,
    "musculoskeletal": 0.28,
    "injury": 0.08,
    "cancer": 0.07,
    "cardiovascular": 0.05,
}


def list_persons() -> pd.DataFrame:
    lives = get_lives()
    return lives[lives["is_first"]]


@pytest.mark.parametrize(("column", "share"), TOTALS.items())
def test_spells_last_as_long_as_in_published_totals(column: str, share: float) -> None:
    entries = get_cohort().entries

    complete = entries.dropna(subset=[column])

    assert len(complete) > 300
    assert complete[column].sum() / complete["entered"].sum() == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize(("day", "share"), [(183, 0.29 / MONTH_3), (365, 0.20 / MONTH_3)])
def test_the_screened_are_off_as_long_as_in_published_totals(day: int, share: float) -> None:
    persons = list_persons()
    followed = persons[persons["followed"] + persons["absent"] >= day]

    first_change = followed[["worked", "left"]].min(axis=1) + followed["absent"]

    assert (~(first_change <= day)).mean() == pytest.approx(share, abs=0.015)


def test_totals_of_the_last_months_are_not_known_yet() -> None:
    by_month = get_cohort().entries.groupby("month").sum(min_count=6)

    assert by_month["entered"].notna().all()
    assert by_month["off_12m"].last_valid_index() == pd.Timestamp("2025-06-01")
    assert by_month["off_6m"].last_valid_index() == pd.Timestamp("2025-11-01")
    assert by_month["off_1m"].last_valid_index() == pd.Timestamp("2026-05-01")


def test_a_month_that_is_drawn_in_part_has_no_totals() -> None:
    by_month = get_cohort().entries.groupby("month")["entered"].sum()

    assert by_month.iloc[0] > 0.7 * by_month.iloc[1]


def test_totals_at_month_three_count_the_persons_of_the_cohort() -> None:
    entries = get_cohort().entries
    done = entries.dropna(subset=["off_3m"])
    started = list_persons()["absence_started_on"]

    last = done["month"].max() + pd.DateOffset(months=1)
    within = (started >= done["month"].min()) & (started < last)

    assert done["off_3m"].sum() == within.sum()


@pytest.mark.parametrize(
    ("column", "shares"), [("region", PROVINCES), ("diagnosis_group", DIAGNOSES)]
)
def test_the_mix_is_as_published(column: str, shares: dict[str, float]) -> None:
    found = list_persons()[column].value_counts(normalize=True)

    for level, share in shares.items():
        assert found[level] == pytest.approx(share, abs=0.01), level


def test_persons_have_the_published_ages_contracts_and_status() -> None:
    persons = list_persons()

    assert persons["age_years"].between(30, 59).mean() == pytest.approx(0.80, abs=0.01)
    assert (persons["has_contract"] == 0).sum() / persons["has_contract"].count() == pytest.approx(
        0.18, abs=0.01
    )
    assert (persons["labour_status"] == "self_employed").mean() == pytest.approx(0.12, abs=0.01)


def test_the_questionnaire_comes_back_less_where_life_is_harder() -> None:
    persons = list_persons()

    by_reimbursement = persons.groupby("increased_reimbursement")["is_answered"].mean()
    by_education = persons.groupby("education")["is_answered"].mean()

    assert 0.60 < by_reimbursement[1] < by_reimbursement[0] - 0.05 < 0.80
    assert 0.60 < by_education["low"] < by_education["middle"] - 0.05 < 0.80


def test_entries_dip_in_july_and_december_and_grow() -> None:
    months = get_cohort().entries.groupby("month")["entered"].sum().loc["2020-07":"2026-05"]
    by_month = months.groupby(months.index.month).mean()
    by_year = months.groupby(months.index.year).mean()

    assert by_month.nsmallest(2).index.sort_values().tolist() == [7, 12]
    assert by_year[2025] > by_year[2021] * 1.05


def test_everyone_is_screened_once_around_the_third_month() -> None:
    persons = list_persons()

    assert persons["person_key"].nunique() == PERSONS
    assert persons["absent"].between(75, 95).all()
    assert (persons["screened_on"].dt.day_of_week < 5).all()
    assert persons["screened_on"].max() > pd.Timestamp("2026-06-26")


def test_some_still_off_and_unsupported_are_screened_again_around_month_seven() -> None:
    lives = get_lives()
    again, persons = lives[~lives["is_first"]], lives[lives["is_first"]]

    changed = persons[["worked", "left", "supported"]].min(axis=1) + persons["absent"]
    eligible = (persons["followed"] + persons["absent"] >= 213) & ~(changed <= 213)

    assert 0.06 < len(again) / eligible.sum() < 0.10
    assert again["absent"].between(203, 220).all()
    assert not (again[["returned", "left", "supported"]] < 0).any(axis=None)


def test_other_exits_go_to_whom_they_should() -> None:
    exits = keep_settled(list_persons()).query("left <= 365")
    per_cause = exits["exit"].value_counts() / len(keep_settled(list_persons()))

    assert per_cause.sum() == pytest.approx(0.05, abs=0.015)
    assert (exits.loc[exits["exit"] == "pension", "age_years"] >= 60).mean() > 0.85
    assert (exits.loc[exits["exit"] == "death", "diagnosis_group"] == "cancer").mean() > 0.5


def test_most_returns_last_and_some_attempts_do_not() -> None:
    lives = get_lives()
    worked = get_cohort().tables["work_periods"]
    ended = worked.dropna(subset=["ended_on"])

    lasting = (ended["ended_on"] - ended["started_on"]).dt.days

    assert worked["ended_on"].isna().mean() > 0.5
    assert 0.08 < (lasting < 90).sum() / len(worked) < 0.25
    assert 0.01 < (lasting < 14).sum() / len(worked) < 0.05
    assert keep_settled(lives)["is_back"].mean() == pytest.approx(0.46, abs=0.03)
