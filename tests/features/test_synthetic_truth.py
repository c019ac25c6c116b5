"""The truth of the synthetic cohort is the law that its persons follow."""

from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from features.contract import Contract, default_contract
from features.matrix import build_matrix
from features.outcomes import find_outcomes
from features.synthetic import build_cohort, write_cohort
from features.synthetic.courses import (
    Law,
    build_law,
    draw_courses,
    draw_supported_return,
    find_gain,
    find_p_usual,
)
from features.synthetic.population import draw_population
from features.synthetic.world import read_rules
from features.tables import read_extract
from tests.cohorts import get_cohort, get_lives, keep_settled
from tests.factories import make_contract

Floats = NDArray[np.float64]
REPEATS = 80
SIZE = 4000


def draw_law(contract: Contract) -> Law:
    population = draw_population(contract, read_rules(), SIZE, 5, date(2026, 6, 30))
    return build_law(population, helps=True)


def find_worst_decile(expected: Floats, found: Floats, weight: Floats) -> float:
    """Return the largest distance between means over tenths of the persons."""
    tenths = np.array_split(np.argsort(expected), 10)
    distance = [
        np.average(found[tenth], weights=weight[tenth])
        - np.average(expected[tenth], weights=weight[tenth])
        for tenth in tenths
    ]
    return float(np.max(np.abs(distance)))


@pytest.mark.parametrize("contract", [default_contract(), make_contract()], ids=["ours", "five"])
@pytest.mark.parametrize("after", [0.0, 60.0, 130.0])
def test_the_truth_is_what_happens_when_the_same_persons_live_many_times(
    contract: Contract, after: float
) -> None:
    law, rules, outcome = draw_law(contract), read_rules(), contract.outcome
    p_usual, gain = find_p_usual(law, after), find_gain(law, after)
    rng = np.random.default_rng(1)
    days = np.full(SIZE, after)
    still_off, usual, supported = np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)

    for seed in range(REPEATS):
        lives = draw_courses(law, rules.course, outcome.sustained_days, seed)
        off = (lives.returned > after) & (lives.left > after)
        in_time = np.minimum(lives.left, after + outcome.horizon_days)
        still_off += off
        usual += off & (lives.returned <= in_time)
        supported += off & (draw_supported_return(law, days, rng) <= in_time)

    weight = np.maximum(still_off, 1e-9)
    assert find_worst_decile(p_usual, usual / weight, weight) < 0.01
    assert find_worst_decile(p_usual + gain, supported / weight, weight) < 0.01


def test_persons_in_the_tables_return_as_often_as_the_truth_says() -> None:
    settled = keep_settled(get_lives("rct")).query("is_first")
    supported = settled[settled["supported"] == 0]
    usual = settled[settled["supported"] != 0]  # a few start later; to leave them out would select

    for arm, truth in ((supported, "p_support"), (usual, "p_usual")):
        back = arm["is_back"].to_numpy(dtype=float)
        weight = np.ones(len(arm))
        assert find_worst_decile(arm[truth].to_numpy(), back, weight) < 0.045  # some 4 SE
        assert back.mean() == pytest.approx(arm[truth].mean(), abs=0.012)


def test_outcomes_of_the_written_extract_follow_the_truth(tmp_path: Path) -> None:
    contract, cohort = default_contract(), get_cohort("null")
    write_cohort(cohort, tmp_path, contract)

    extract = read_extract(tmp_path, required=("cases", "work_periods", "follow_up"))
    outcomes = find_outcomes(extract, contract.outcome)

    known = ~np.isnan(outcomes.returned)
    lives = get_lives("null")[known]
    settled = keep_settled(lives)
    assert extract.rejected.empty
    pd.testing.assert_frame_equal(extract.cases, cohort.tables["cases"])
    assert len(settled) > 0.6 * len(known)
    np.testing.assert_array_equal(outcomes.returned[settled.index], settled["is_back"])
    assert settled["is_back"].mean() == pytest.approx(settled["p_usual"].mean(), abs=0.015)


def test_the_gain_has_the_published_size() -> None:
    gain = get_lives().query("is_first")["gain"]

    assert 0.03 < gain.mean() < 0.07
    assert gain.std() == pytest.approx(0.07, abs=0.01)
    assert gain.min() >= -0.05
    assert gain.max() <= 0.25


def test_support_adds_most_at_middle_chances_without_contract_and_in_another_job() -> None:
    persons = get_lives().query("is_first")
    near = persons[persons["p_usual"] > 0.95]
    impossible = persons[persons["p_usual"] < 0.02]
    middle = persons[persons["p_usual"].between(0.3, 0.7)]

    by_contract = persons.groupby("has_contract")["gain"].mean()
    by_job = persons.groupby("needs_other_job")["gain"].mean()

    assert near["gain"].abs().max() < 0.05
    assert impossible["gain"].abs().max() < 0.02
    assert middle["gain"].mean() > 0.05
    assert by_contract[0] > by_contract[1] + 0.05
    assert by_job["yes"] > by_job["no"] + 0.05


def test_truth_adds_up_and_is_a_chance() -> None:
    truth = get_cohort().truth

    np.testing.assert_allclose(truth["p_support"], truth["p_usual"] + truth["gain"])
    assert truth[["p_usual", "p_support"]].min(axis=None) > 0
    assert truth[["p_usual", "p_support"]].max(axis=None) < 1


def fit_and_score(matrix: Floats, back: Floats, late: NDArray[np.bool_]) -> Floats:
    settings = {"num_leaves": 6, "learning_rate": 0.08, "min_data_in_leaf": 100, "verbosity": -1}
    booster = lightgbm.train(
        settings | {"num_threads": 1, "seed": 1, "deterministic": True},
        lightgbm.Dataset(matrix[~late], back[~late]),
        150,
    )
    return np.asarray(booster.predict(matrix[late]))


def test_a_good_model_is_as_sharp_as_studies_find_and_no_sharper() -> None:
    lives = keep_settled(get_lives())
    lives = lives[lives["supported"].isna()]
    back = lives["is_back"].to_numpy(dtype=float)
    late = (lives["screened_on"] > lives["screened_on"].quantile(0.6)).to_numpy()

    scores = fit_and_score(build_matrix(lives, default_contract()), back, late)

    answered = lives["is_answered"].to_numpy()[late]
    oracle = roc_auc_score(back[late], lives["p_usual"][late])
    assert 0.73 < roc_auc_score(back[late][answered], scores[answered]) < 0.80
    assert 0.64 < roc_auc_score(back[late][~answered], scores[~answered]) < 0.70
    assert 0.76 < oracle < 0.82
    assert scores.mean() == pytest.approx(back[late].mean(), abs=0.03)


def test_a_contract_of_unrelated_fields_can_be_learnt_from() -> None:
    contract = make_contract()
    cohort = build_cohort(contract, 12_000, seed=3)
    matrix = build_matrix(cohort.tables["cases"], contract)
    p_usual = cohort.truth["p_usual"].to_numpy()
    back = (np.random.default_rng(1).random(len(p_usual)) < p_usual).astype(float)
    late = np.arange(len(back)) > len(back) / 2

    scores = fit_and_score(matrix, back, late)

    assert 0.65 < roc_auc_score(back[late], scores) < 0.80
