"""Returns as they come, held against worlds of which the truth is known."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from features.contract import default_contract
from features.returns import find_returns
from features.synthetic import build_cohort
from features.tables import Extract
from features.timeline import NEVER
from models.course import (
    OVERALL,
    Course,
    add_hazard,
    compare_returns,
    measure_bins,
    measure_slope,
)
from models.expected import expect
from models.reference import Shape
from models.watching import Check, Verdict, judge
from training.reference import measure_shape

HORIZON, PEOPLE = 365, 20_000


def draw(seed: int, ratio: float = 1.0) -> Course:
    """Return people who return at a constant rate; the surest ones are supported soonest."""
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 3, PEOPLE)
    hazard = -np.log1p(-p) / HORIZON
    begun = rng.exponential(1 / (ratio * hazard))
    followed = rng.uniform(0, 600, PEOPLE)
    # whom little is expected of is supported soon: what ends the follow-up tells of the estimate
    supported = np.where(rng.random(PEOPLE) < 0.8 * (1 - p), rng.uniform(0, 120, PEOPLE), np.inf)
    until = np.minimum(np.minimum(followed, supported), HORIZON)
    back = begun <= until
    seen = np.where(back, begun, until)
    return Course(p, add_hazard(p[:, None], (HORIZON,), seen), back.astype(float))


def look(course: Course) -> Check:
    [found] = judge([compare_returns("returns", "ratio", "", course, 1, OVERALL)])
    return found


def test_returns_are_as_expected_whatever_ends_the_follow_up() -> None:
    found = [look(draw(seed)) for seed in range(12)]

    assert np.mean([one.figures["ratio"] for one in found]) == pytest.approx(1, abs=0.01)
    assert {one.verdict for one in found} == {Verdict.OK}


def test_a_drop_in_returns_is_found_and_is_as_large_as_planted() -> None:
    found = [look(draw(seed, ratio=0.8)) for seed in range(4)]

    assert np.mean([one.figures["ratio"] for one in found]) == pytest.approx(0.8, abs=0.015)
    assert {one.verdict for one in found} == {Verdict.ALARM}


def test_a_slope_that_is_right_is_1_and_one_that_is_too_steep_is_found() -> None:
    right = draw(1)
    lines = np.log(-np.log1p(-right.p))
    p = 1 - np.exp(-np.exp(lines.mean() + 1.6 * (lines - lines.mean())))
    steep = Course(p, right.expected * np.log1p(-p) / np.log1p(-right.p), right.observed)

    [good], [bad] = (judge([measure_slope("returns", one, 1)]) for one in (right, steep))

    assert good.figures["low"] < 1 < good.figures["high"]
    assert good.verdict is Verdict.OK
    assert bad.figures["slope"] == pytest.approx(1 / 1.6, abs=0.05)
    assert bad.verdict is Verdict.ALARM


def test_the_calibration_error_of_a_right_model_is_that_of_chance() -> None:
    [right] = judge([measure_bins("returns", draw(2))])
    [wrong] = judge([measure_bins("returns", draw(2, ratio=0.7))])

    assert right.verdict is Verdict.OK
    assert right.figures["ece"] < 2 * right.figures["by_chance"]
    assert wrong.verdict is Verdict.ALARM


@cache
def make_cohort(seed: int) -> tuple[Extract, np.ndarray]:
    made = build_cohort(default_contract(), 6000, seed)
    extract = Extract(
        contract=default_contract(), rejected=made.tables["groups"].iloc[:0], **made.tables
    )
    return extract, made.truth["p_usual"].to_numpy()


def follow(seed: int, shape: Shape | None, told: float = 1.0) -> Course:
    """Return the people of the last year of a synthetic cohort, next to their true chances."""
    extract, truth = make_cohort(seed)
    found = find_returns(extract, HORIZON)
    last = extract.follow_up["observed_until"].max()
    young = (extract.cases["screened_on"] > last - pd.Timedelta(days=700)).to_numpy()
    rows = young & (found.seen_until > 0)
    p = 1 - (1 - np.minimum(truth, 0.995)) ** told
    hazard = add_hazard(p[:, None], (HORIZON,), np.minimum(found.begun, found.seen_until), shape)
    return Course(p[rows], hazard[rows], (found.begun < NEVER)[rows].astype(float))


def test_the_true_chances_of_a_synthetic_world_come_true_before_a_year_is_over() -> None:
    shape = measure_shape(*make_cohort(1))

    found = look(follow(2, shape))
    drop = look(follow(2, shape, told=1.4))

    assert found.figures["low"] < 1 < found.figures["high"]
    assert found.verdict is not Verdict.ALARM
    assert drop.verdict is Verdict.ALARM


def test_what_estimates_promise_is_what_they_bring_where_they_are_right() -> None:
    rng = np.random.default_rng(5)
    p = rng.beta(2, 3, 40_000)
    back = rng.random(len(p)) < p
    wins = pd.Series(p).rank()[back].sum() - back.sum() * (back.sum() + 1) / 2

    found = expect(p)

    assert found is not None
    assert found.auc[0] == pytest.approx(wins / (back.sum() * (~back).sum()), abs=0.006)
    assert found.brier[0] == pytest.approx(((p - back) ** 2).mean(), abs=0.003)
    assert found.returned[0] == pytest.approx(back.mean(), abs=0.008)
    assert found.auc[1] < found.auc[0] < found.auc[2]


def test_of_a_group_that_is_too_small_nothing_is_told() -> None:
    few = draw(3).take(np.arange(PEOPLE) < 12)

    assert expect(few.p) is None
    assert look(few).verdict is Verdict.INSUFFICIENT
