import numpy as np
import pytest
from numpy.typing import NDArray

from models.usual import Sample
from tests.models.worlds import make_contract
from training.config import DecisionConfig
from training.decision_curve import measure_decisions, tabulate_decisions

CONFIG = DecisionConfig(thresholds=(0.3, 0.5, 0.7))


def make_sample(y: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> Sample:
    size = len(y)
    weight = np.ones(size) if weight is None else weight
    return Sample(make_contract(), np.zeros((size, 5)), y, weight, np.arange(size))


def test_net_benefit_counts_who_stays_off_less_who_returns_at_the_odds_of_the_limit() -> None:
    p, y = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1.0, 0.0, 1.0])

    found = {one.threshold: one for one in measure_decisions(p, make_sample(y), CONFIG, 0, seed=1)}

    assert found[0.3].model.value == pytest.approx(1 / 4)
    assert found[0.5].model.value == pytest.approx(1 / 4 - 1 / 4)
    assert found[0.7].model.value == pytest.approx(2 / 4 - 1 / 4 * 0.3 / 0.7)
    assert found[0.7].everyone.value == pytest.approx(2 / 4 - 2 / 4 * 0.3 / 0.7)
    assert found[0.3].less.value == pytest.approx(1 / 4)
    assert found[0.7].less.value == pytest.approx(1 / 4 * 0.3 / 0.7)


def test_right_estimates_are_surely_better_than_everyone_and_nobody() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 5000)
    sample = make_sample((rng.random(5000) < p).astype(float))

    found = measure_decisions(p, sample, CONFIG, 60, seed=1)

    assert all(one.less.low > 0 for one in found)


def test_estimates_that_know_nothing_are_no_better() -> None:
    rng = np.random.default_rng(0)
    sample = make_sample((rng.random(5000) < 0.5).astype(float))

    found = measure_decisions(rng.uniform(0.05, 0.95, 5000), sample, CONFIG, 60, seed=1)

    assert all(one.less.low < 0.005 for one in found)


def test_weights_repair_what_censoring_hides() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0.05, 0.95, 40_000)
    y = (rng.random(40_000) < p).astype(float)
    followed = 0.9 - 0.6 * y
    seen = rng.random(40_000) < followed

    whole = measure_decisions(p, make_sample(y), CONFIG, 0, seed=1)
    part = measure_decisions(p[seen], make_sample(y[seen], 1 / followed[seen]), CONFIG, 0, seed=1)
    bare = measure_decisions(p[seen], make_sample(y[seen]), CONFIG, 0, seed=1)

    for all_known, weighted, unweighted in zip(whole, part, bare, strict=True):
        assert weighted.model.value == pytest.approx(all_known.model.value, abs=0.015)
        assert abs(unweighted.model.value - all_known.model.value) > 0.03


def test_the_table_has_one_line_per_limit() -> None:
    p, y = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1.0, 0.0, 1.0])

    text = tabulate_decisions(measure_decisions(p, make_sample(y), CONFIG, 0, seed=1))

    assert len(text.splitlines()) == 5
    assert "| 30% | 25.0 (25.0 to 25.0) | " in text
