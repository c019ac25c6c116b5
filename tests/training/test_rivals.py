"""What ships, and by how much the plain models are behind."""

from dataclasses import replace

import numpy as np
import pytest

from models.usual import Shape
from tests.models.worlds import make_matrix, make_sample, true_chance
from training.config import read_config
from training.evaluate import Measured
from training.rivals import (
    LINES,
    LOGISTIC,
    OURS,
    TREE,
    choose_shipped,
    compare_errors,
    fit_shipped,
    hold_contest,
)

USUAL = replace(read_config().usual, learning_rate=0.1, threads=1)
SHAPE = Shape(leaves=4, rounds=40, share=0.5, squared_error=0.0)


def more(**values: float) -> dict[str, Measured]:
    return {name: Measured(value, value, value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("errors", "shipped"),
    [
        (more(lines=0.001, logistic=0.002, tree=0.01), OURS),
        (more(lines=-0.001, logistic=0.002, tree=0.01), LINES),
        (more(lines=0.0, logistic=-0.002, tree=0.01), LINES),
        (more(lines=0.001, logistic=-0.002, tree=0.01), OURS),
        (more(lines=0.001, logistic=0.002, tree=-0.01), TREE),
        (more(lines=0.0, logistic=0.002, tree=0.01), LINES),
    ],
)
def test_a_plain_model_that_is_as_good_ships_instead(
    errors: dict[str, Measured], shipped: str
) -> None:
    assert choose_shipped(errors) == shipped


def test_a_worse_model_has_more_error_and_its_interval_says_so() -> None:
    test = make_sample(4000, seed=3)
    truth = true_chance(test.matrix)

    found = compare_errors({OURS: truth, LINES: truth, TREE: 1 - truth}, test, 50, seed=1)

    assert found[LINES] == Measured(0.0, 0.0, 0.0)
    assert 0 < found[TREE].low < found[TREE].value < found[TREE].high


@pytest.mark.parametrize("name", [OURS, LINES, TREE])
def test_whatever_ships_has_contributions_that_add_up(name: str) -> None:
    head = fit_shipped(name, make_sample(2000), SHAPE, USUAL, seed=1)
    matrix = make_matrix(200, seed=9)

    base, parts = head.contributions(matrix)

    assert np.abs(base + parts.sum(axis=1) - head.predict(matrix)).max() < 1e-12
    assert np.corrcoef(head.predict(matrix), true_chance(matrix))[0, 1] > 0.7


def test_the_contest_holds_ours_and_three_plain_models() -> None:
    contest = hold_contest(make_sample(1500), make_sample(400, seed=2), SHAPE, USUAL, seed=1)

    assert set(contest.raw) == set(contest.corrected) == {OURS, LINES, LOGISTIC, TREE}
    assert "age_years" in contest.tree_text or "Leeftijd" in contest.tree_text
