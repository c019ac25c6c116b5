import numpy as np
import pytest

from models.baseline import fit_logistic, fit_tree
from models.calibration import fit_calibration
from models.explain import find_drivers
from models.levels import fit_levels
from models.screening import ScreeningModel
from models.trees import Trees, TreesUnreadableError
from models.usual import choose_shape, split_by_person
from tests.models.conftest import FAST
from tests.models.worlds import make_contract, make_matrix, make_sample


def test_a_level_with_few_cases_is_drawn_to_the_mean() -> None:
    contract = make_contract()
    matrix = np.zeros((101, 5))
    matrix[100, 1] = 1
    target = np.concatenate([np.full(100, 0.5), [1.0]])

    table = fit_levels(contract, matrix, target, np.ones(101), smoothing=20)

    care, building, office, missing = table.values[0]
    assert care == pytest.approx(0.5, abs=0.01)
    assert building == pytest.approx((1 + 20 * target.mean()) / 21)
    assert office == missing == pytest.approx(target.mean())


def test_missing_values_are_looked_up_last() -> None:
    contract = make_contract()
    matrix = np.zeros((2, 5))
    matrix[1, 1] = np.nan

    table = fit_levels(contract, matrix, np.array([0.0, 1.0]), np.ones(2), smoothing=1e-9)

    assert table.apply(matrix)[:, 1] == pytest.approx([0.0, 1.0], abs=1e-6)


def test_one_person_is_never_on_both_sides_of_a_fold() -> None:
    person = np.repeat(np.arange(30), 3)

    folds = list(split_by_person(person, 5, seed=2))

    assert np.sum(folds, axis=0).tolist() == [1] * 90
    for held_out in folds:
        assert not set(person[held_out]) & set(person[~held_out])


def test_a_good_model_is_not_corrected() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 4000)
    y = (rng.random(4000) < p).astype(float)

    found = fit_calibration(p, y, np.ones(4000))

    assert found.apply(p) == pytest.approx(p)


def test_too_sure_a_model_is_drawn_in() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.3, 0.7, 8000)
    y = (rng.random(8000) < truth).astype(float)

    found = fit_calibration(0.5 + 2 * (truth - 0.5), y, np.ones(8000))

    assert found.slope == pytest.approx(0.5, abs=0.07)
    assert found.intercept == pytest.approx(0.25, abs=0.05)


def test_a_shift_of_the_level_is_followed_without_touching_the_slope() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.1, 0.8, 6000)
    y = (rng.random(6000) < p + 0.1).astype(float)

    found = fit_calibration(p, y, np.ones(6000))

    assert found.slope == 1.0
    assert found.apply(p).mean() == pytest.approx(y.mean(), abs=0.004)


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 49])
def test_a_handful_of_cases_corrects_nothing(rows: int) -> None:
    p = np.linspace(0.2, 0.8, 50)[:rows]

    found = fit_calibration(p, np.zeros(rows), np.ones(rows))

    assert found.apply(np.array([0.1, 0.9])) == pytest.approx([0.1, 0.9])


def test_a_few_heavy_weights_are_a_handful_too() -> None:
    p, weight = np.full(200, 0.5), np.full(200, 0.01)
    weight[:5] = 20.0

    found = fit_calibration(p, (np.arange(200) < 5).astype(float), weight)

    assert found.apply(p) == pytest.approx(p)


def test_a_departure_that_is_just_clear_is_followed_in_small_part_only() -> None:
    p = np.full(400, 0.5)
    y = (np.arange(400) < 222).astype(float)  # 5.5 points more, at a standard error of 2.5

    found = fit_calibration(p, y, np.ones(400))

    assert 0.5 < found.apply(p)[0] < 0.52


def test_corrections_of_right_estimates_do_little_harm() -> None:
    rng = np.random.default_rng(3)
    harm = []
    for _ in range(200):
        p = rng.beta(4, 4.5, 200)
        y = (rng.random(200) < p).astype(float)
        harm.append(np.abs(fit_calibration(p, y, np.ones(200)).apply(p) - p).mean())

    assert np.mean(harm) < 0.003  # 0.0055 where all beyond two errors was followed in full


def test_a_slope_from_elsewhere_is_kept_and_only_the_level_is_judged() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.2, 0.8, 6000)
    y = (rng.random(6000) < p).astype(float)

    found = fit_calibration(p, y, np.ones(6000), slope=1.1)

    assert found.slope == 1.1
    assert found.apply(p).mean() == pytest.approx(p.mean(), abs=1e-9)


def test_a_constant_estimate_cannot_be_corrected() -> None:
    found = fit_calibration(np.full(9, 0.4), np.full(9, 0.4), np.ones(9))

    assert found.apply(np.array([0.4])) == pytest.approx([0.4])


@pytest.mark.parametrize("text", ["", "tree\n", "tree\nnothing\nend of trees\n"])
def test_a_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(TreesUnreadableError):
        Trees(text)


def test_trees_refuse_a_matrix_of_another_width(model: ScreeningModel) -> None:
    with pytest.raises(ValueError, match="5 columns"):
        model.usual.trees.trees.predict(np.zeros((3, 2)))


def test_the_strongest_driver_is_the_one_of_the_truth(model: ScreeningModel) -> None:
    found = find_drivers(model.estimate_many(make_matrix(2000)).usual, model.contract)

    assert {found[0].field, found[1].field} <= {"age_years", "work_ability", "expectation"}
    assert [d.mean_points for d in found] == sorted((d.mean_points for d in found), reverse=True)


def test_the_tree_reads_in_dutch_and_is_three_deep() -> None:
    tree = fit_tree(make_sample(2000))

    assert "Leeftijd" in tree.text or "Werkvermogen" in tree.text
    assert "|   |   |   |--- value" in tree.text
    assert "|   |   |   |   |---" not in tree.text


def test_baselines_take_a_field_that_is_all_missing() -> None:
    sample = make_sample(500)
    sample.matrix[:, [1, 3]] = np.nan

    for fit in (fit_logistic, fit_tree):
        p = fit(sample).predict(sample.matrix)
        assert np.isfinite(p).all()


def test_the_choice_of_shape_is_the_one_with_the_least_held_out_error() -> None:
    found = choose_shape(make_sample(1500), FAST, seed=1)

    assert found.leaves in FAST.leaves
    assert 0 <= found.share <= 1
    assert 0.15 < found.squared_error < 0.25
