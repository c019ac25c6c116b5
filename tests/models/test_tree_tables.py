from collections.abc import Sequence
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.heads import OverlapHead, TreeHead
from models.levels import LevelTable
from models.screening import ScreeningModel
from models.tree_tables import TabulatedTrees, tabulate
from models.trees import Trees, average_trees
from tests.factories import make_gain, make_stump
from tests.models.worlds import make_matrix

SEEDS = st.integers(0, 10_000)


def grow_trees(
    seed: int, leaves: int = 8, objective: str = "regression", categories: Sequence[int] = ()
) -> str:
    """Return the text of trees on six columns: some with gaps, some without, one of whole steps."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 6))
    x[:, 2] = rng.integers(0, 4, 400)
    x[rng.random((400, 6)) < 0.2] = np.nan
    x[:, 5] = rng.normal(size=400)
    score = np.nan_to_num(x, nan=-1.0) @ rng.normal(size=6) + np.nan_to_num(x[:, 0] * x[:, 1])
    target = score + rng.normal(size=400)
    parameters = {
        "objective": objective,
        "num_leaves": leaves,
        "min_data_in_leaf": 5,
        "seed": seed,
        "num_threads": 1,
        "verbosity": -1,
        "learning_rate": 0.3,
    }
    y = (target > 0).astype(float) if objective == "binary" else target
    known = lightgbm.Dataset(x, y, categorical_feature=list(categories))
    return str(lightgbm.train(parameters, known, 12).model_to_string())


def make_rows(text: str, seed: int, count: int = 300) -> np.ndarray:
    """Return rows on the cuts of the trees, beside them, far off, at 0 and missing."""
    rng = np.random.default_rng(seed)
    lines = [line for line in text.splitlines() if line.startswith("threshold=")]
    cuts = [float(cut) for line in lines for cut in line.removeprefix("threshold=").split()]
    near = [np.nextafter(cut, side) for cut in cuts for side in (-np.inf, np.inf)]
    return rng.choice([*cuts, *near, 0.0, -0.0, -1e300, 1e300, np.nan], (count, 6))


@given(SEEDS, st.integers(2, 9), st.sampled_from(["regression", "binary"]))
@settings(max_examples=15, deadline=None)
def test_tables_say_what_the_trees_say(seed: int, leaves: int, objective: str) -> None:
    text = grow_trees(seed, leaves, objective)
    rows = make_rows(text, seed)

    tables, trees = TabulatedTrees(text), Trees(text)

    assert tables.contributions(rows) == pytest.approx(trees.contributions(rows), abs=1e-12)
    assert tables.predict(rows) == pytest.approx(trees.predict(rows), abs=1e-12)


def test_a_row_is_told_the_same_among_few_and_among_many() -> None:
    tables = TabulatedTrees(grow_trees(3))
    rows = make_rows(tables.text, 3, count=20_000)

    many = tables.contributions(rows)

    assert np.array_equal(many[8190:8195], tables.contributions(rows[8190:8195]))
    assert np.array_equal(tables.predict(rows)[-3:], tables.predict(rows[-3:]))


def test_averaged_trees_are_tabulated_as_well() -> None:
    text = average_trees([Trees(grow_trees(seed)) for seed in (1, 2, 3)]).text
    rows = make_rows(text, 1)

    found = TabulatedTrees(text).contributions(rows)

    assert found == pytest.approx(Trees(text).contributions(rows), abs=1e-12)


def test_no_rows_give_no_values_and_another_width_is_refused() -> None:
    tables = TabulatedTrees(grow_trees(4))

    assert tables.contributions(np.empty((0, 6))).shape == (0, 7)
    assert tables.predict(np.empty((0, 6))).shape == (0,)
    with pytest.raises(ValueError, match="6 columns"):
        tables.contributions(np.zeros((2, 5)))


@pytest.mark.parametrize(
    "text",
    [
        grow_trees(5, leaves=31),
        grow_trees(5).replace("objective=regression", "objective=poisson"),
        grow_trees(5, categories=[2]),
    ],
    ids=["many leaves", "another target", "a category split by LightGBM"],
)
def test_trees_that_tables_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="another kind"):
        TabulatedTrees(text)


def test_a_model_of_tables_estimates_as_the_model_itself(model: ScreeningModel) -> None:
    overlap = OverlapHead(make_stump(model.contract, "age_years", 30), 0.5, 1.5)
    gain = make_gain(model.contract, slopes={"work_ability": 0.01}, overlap=overlap, hidden=0.02)
    whole = replace(model, gain=replace(gain, spread=model.spread))
    matrix = np.vstack([make_matrix(500, seed=9), np.full((1, 5), np.nan)])

    quick, found = tabulate(whole).estimate_many(matrix), whole.estimate_many(matrix)

    for name in ("usual", "gain", "support"):
        for part in ("value", "low", "high", "contributions", "limit"):
            one, other = (getattr(getattr(each, name), part) for each in (quick, found))
            assert one == pytest.approx(other, abs=1e-12, nan_ok=True)
    assert 0 < found.is_known.sum() < len(matrix)


def test_trees_of_many_leaves_keep_their_place_in_a_quick_model(model: ScreeningModel) -> None:
    many = TreeHead(LevelTable((), ()), Trees(grow_trees(6, leaves=31)))
    whole = replace(model, usual=replace(model.usual, boosted=many))

    quick = tabulate(whole)

    assert quick.usual.boosted is many
    assert isinstance(quick.spread.variance and quick.spread.variance.trees, TabulatedTrees)
