from dataclasses import replace

import lightgbm
import numpy as np
import pytest
import shap
from sklearn.metrics import roc_auc_score

from models.baseline import fit_logistic
from models.estimate import GainStatus
from models.heads import OverlapHead, SpreadHead
from models.screening import ScreeningModel
from models.spread import fit_spread
from models.usual import Shape, fit_boosted, fit_usual
from tests.factories import make_gain, make_line, make_stump
from tests.models.conftest import FAST
from tests.models.worlds import make_contract, make_matrix, make_sample, true_chance
from training.config import read_config


def test_contributions_base_and_limit_add_up_to_the_estimate(model: ScreeningModel) -> None:
    matrix = make_matrix(500, seed=9)

    found = model.estimate_many(matrix).usual

    total = found.base + found.contributions.sum(axis=1) + found.limit
    assert np.abs(total - found.value).max() < 1e-12


def test_one_case_and_many_cases_get_the_same_estimate(model: ScreeningModel) -> None:
    matrix = make_matrix(40, seed=9)

    many = model.estimate_many(matrix).usual

    for place in range(40):
        one = model.estimate(matrix[place]).usual
        assert one.value == pytest.approx(many.value[place], abs=1e-12)
        assert one.low == pytest.approx(many.low[place], abs=1e-12)
        assert one.contributions == pytest.approx(many.contributions[place], abs=1e-12)


def test_tree_contributions_are_those_of_the_shap_library() -> None:
    sample = make_sample(1500)
    head, booster = fit_boosted(sample, leaves=8, rounds=80, config=FAST, seed=1)
    rows = head.encoding.apply(sample.matrix[:200])

    _, ours = head.contributions(sample.matrix[:200])

    theirs = shap.TreeExplainer(booster).shap_values(rows)
    assert np.abs(ours - theirs).max() < 1e-6


def test_straight_lines_add_up_and_are_nought_on_average() -> None:
    sample = make_sample(800)
    head = fit_usual(sample, Shape(4, 60, 0.5, 0.0), FAST, seed=1)
    lines_only = head.linear

    base = lines_only.base
    parts = lines_only.contributions(sample.matrix)

    assert np.abs(base + parts.sum(axis=1) - lines_only.predict(sample.matrix)).max() < 1e-12
    assert np.abs(parts.mean(axis=0)).max() < 1e-9


def test_predictions_of_the_c_interface_are_those_of_lightgbm() -> None:
    sample = make_sample(800)

    head, booster = fit_boosted(sample, leaves=4, rounds=50, config=FAST, seed=1)

    rows = head.encoding.apply(sample.matrix)
    assert isinstance(booster, lightgbm.Booster)
    assert (head.predict(sample.matrix) == booster.predict(rows)).all()


def test_estimates_come_close_to_the_truth_and_match_a_logistic_regression(
    model: ScreeningModel,
) -> None:
    matrix = make_matrix(4000, seed=77)
    truth = true_chance(matrix)
    returned = np.random.default_rng(5).random(4000) < truth

    p = model.estimate_many(matrix).usual.value

    logistic = fit_logistic(make_sample(3000)).predict(matrix)
    assert np.abs(p - truth).mean() < 0.04
    assert roc_auc_score(returned, p) > roc_auc_score(returned, logistic) - 0.01


def test_a_case_without_answers_gets_a_wider_interval(model: ScreeningModel) -> None:
    matrix = make_matrix(500, seed=3)
    blank = matrix.copy()
    blank[:, 3:] = np.nan
    answered = ~np.isnan(matrix[:, 3])

    with_answers = model.estimate_many(matrix[answered]).usual
    without = model.estimate_many(blank[answered]).usual

    assert (without.high - without.low).mean() > 1.3 * (with_answers.high - with_answers.low).mean()


def test_the_interval_without_answers_holds_what_answers_would_have_said() -> None:
    sample = make_sample(3000, seed=40)
    rng = np.random.default_rng(6)
    sample.matrix[rng.random(3000) < 0.6, 3:] = np.nan  # seven in ten do not answer
    shape = Shape(4, 60, 0.5, 0.0)
    head = fit_usual(sample, shape, FAST, seed=1)
    spread = fit_spread(
        sample,
        head,
        shape,
        FAST,
        replace(read_config().spread, refits=3, rounds=60, learning_rate=0.1),
        seed=1,
    )
    matrix = make_matrix(4000, seed=41)
    matrix = matrix[~np.isnan(matrix[:, 3])]
    blank = matrix.copy()
    blank[:, 3:] = np.nan

    found = ScreeningModel(sample.contract, head, spread).estimate_many(blank).usual

    held = (found.low <= true_chance(matrix)) & (true_chance(matrix) <= found.high)
    assert 0.82 <= held.mean() <= 0.98


def test_intervals_hold_the_truth_of_cases_with_answers(model: ScreeningModel) -> None:
    matrix = make_matrix(4000, seed=21)
    matrix = matrix[~np.isnan(matrix[:, 3])]
    truth = true_chance(matrix)

    found = model.estimate_many(matrix).usual

    held = (found.low <= truth) & (truth <= found.high)
    assert 0.75 <= held.mean() <= 1.0


def test_estimates_and_bounds_stay_between_nought_and_one(model: ScreeningModel) -> None:
    extreme = np.array([[67, 1, 0, 0, 0], [16, 2, 1, 10, 2]], dtype=float).repeat(3, axis=0)

    found = model.estimate_many(extreme).usual

    for values in (found.value, found.low, found.high):
        assert ((values >= 0) & (values <= 1)).all()
    assert ((found.low <= found.value) & (found.value <= found.high)).all()


def test_an_estimate_beyond_one_is_bounded_and_the_limit_says_by_how_much(
    model: ScreeningModel,
) -> None:
    head = model.usual
    stretched = ScreeningModel(
        model.contract,
        type(head)(head.linear, head.boosted, head.share, type(head.calibration)(0.0, 3.0)),
        model.spread,
    )

    found = stretched.estimate_many(make_matrix(200)).usual

    assert (found.limit < 0).any()
    total = found.base + found.contributions.sum(axis=1) + found.limit
    assert np.abs(total - found.value).max() < 1e-12


@pytest.mark.parametrize("status", [GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL])
def test_what_is_hidden_widens_gain_and_support_of_all_alike_and_the_usual_chance_of_none(
    status: GainStatus,
) -> None:
    contract, matrix = make_contract(), make_matrix(300)
    usual, spread = make_line(contract, 0.5, {"work_ability": 0.02}), SpreadHead(None, 0.001)
    by_chance, with_hidden = (
        ScreeningModel(
            contract, usual, spread, make_gain(contract, status, hidden=hidden)
        ).estimate_many(matrix)
        for hidden in (0.0, 0.06)
    )

    assert (with_hidden.usual.high == by_chance.usual.high).all()
    for name in ("gain", "support"):
        one, other = getattr(by_chance, name), getattr(with_hidden, name)
        assert other.value == pytest.approx(one.value)
        assert one.low - other.low == pytest.approx(0.06)
        assert other.high - one.high == pytest.approx(0.06)
    assert by_chance.one(0).hidden == 0.0
    assert with_hidden.one(0).hidden == 0.06


def test_where_the_gain_is_not_known_nothing_is_hidden_in_its_interval() -> None:
    contract = make_contract()
    nobody = OverlapHead(make_stump(contract, "age_years", 20), 2.0, 3.0)
    gain = make_gain(contract, overlap=nobody, hidden=0.06)
    model = ScreeningModel(contract, make_line(contract, 0.5), SpreadHead(None, 0.001), gain)

    found = model.estimate(make_matrix(1)[0])

    assert (found.gain, found.support, found.hidden) == (None, None, 0.0)


def test_a_matrix_of_another_width_is_refused(model: ScreeningModel) -> None:
    with pytest.raises(ValueError, match="5 columns"):
        model.estimate_many(np.zeros((2, 4)))


def test_no_rows_give_no_estimates(model: ScreeningModel) -> None:
    found = model.estimate_many(np.empty((0, 5)))

    assert len(found) == 0


def test_the_same_seed_gives_the_same_model() -> None:
    sample = make_sample(600)
    shape = Shape(4, 40, 0.5, 0.0)

    first, second = (fit_usual(sample, shape, FAST, seed=4) for _ in range(2))

    assert first.trees.trees.text == second.trees.trees.text
    assert first.linear == second.linear
