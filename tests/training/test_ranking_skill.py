"""Whether a ranking by gain tells anything of later people, where the truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.effects import Effects
from models.usual import Sample
from tests.models.worlds import make_contract, make_matrix
from training.evaluate import Measured
from training.ranking_skill import Skill, measure_ranking_slope

Floats = NDArray[np.float64]


def make_effects(gain: Floats, seed: int = 1) -> Effects:
    """Return rows of a trial by lot, half of them supported, with the gain that is given."""
    rng = np.random.default_rng(seed)
    rows = len(gain)
    supported = (rng.random(rows) < 0.5).astype(float)
    exposure = supported - 0.5
    residual = gain * exposure + rng.normal(0, 0.4, rows)
    matrix = make_matrix(rows, seed)
    sample = Sample(make_contract(), matrix, residual, np.ones(rows), np.arange(rows))
    half = np.full(rows, 0.5)
    return Effects(np.arange(rows), sample, supported, residual, exposure, half, by_lot=True)


def test_the_slope_is_the_gain_of_the_first_less_that_of_the_last() -> None:
    place = np.random.default_rng(2).random(40_000)

    found = measure_ranking_slope(make_effects(0.3 * place), place)

    assert found.low < 0.3 < found.high
    assert found.high - found.low < 0.05


def test_only_the_order_of_a_ranking_counts() -> None:
    place = np.random.default_rng(2).random(5000)
    effects = make_effects(0.3 * place)

    assert measure_ranking_slope(effects, place) == measure_ranking_slope(
        effects, np.exp(9 * place)
    )


def test_a_ranking_that_turns_the_order_round_has_a_slope_below_nought() -> None:
    place = np.random.default_rng(2).random(20_000)

    assert measure_ranking_slope(make_effects(0.3 * place), -place).high < 0


def test_a_ranking_by_lot_is_called_better_than_chance_as_seldom_as_it_should() -> None:
    rng = np.random.default_rng(3)
    better = 0
    for seed in range(200):
        effects = make_effects(np.full(600, 0.05), seed)
        slope = measure_ranking_slope(effects, rng.random(600))
        better += Skill(slope, np.zeros(600), 300).is_better_than_chance

    assert 2 <= better <= 20  # one in twenty, give or take


def test_a_ranking_that_sets_nobody_apart_is_not_better_than_chance() -> None:
    slope = measure_ranking_slope(make_effects(np.full(500, 0.2)), np.full(500, 0.1))

    assert slope == Measured(0.0, 0.0, 0.0)
    assert not Skill(slope, np.zeros(500), 250).is_better_than_chance


def test_no_rows_are_no_skill() -> None:
    effects = make_effects(np.zeros(10)).take(np.zeros(10, dtype=bool))

    assert measure_ranking_slope(effects, np.empty(0)) == Measured(0.0, 0.0, 0.0)


def test_more_rows_of_the_same_persons_make_nothing_surer() -> None:
    place = np.random.default_rng(4).random(3000)
    effects = make_effects(0.2 * place)
    four_times = np.tile(np.arange(3000), 4)

    once, again = (
        measure_ranking_slope(effects, place),
        measure_ranking_slope(effects.take(four_times), place[four_times]),
    )

    assert again.low == pytest.approx(once.low)
    assert again.high == pytest.approx(once.high)
