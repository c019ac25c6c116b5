"""The gain of support in small worlds of which the truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from features.trial import Trial
from models.effects import Effects, average_gain, find_effects, fit_overlap, measure_effects
from models.gain import FittedGain, fit_gain
from models.gain_spread import fit_gain_spread
from models.hidden import bound_bias, find_robustness, rank_confounders
from tests.models.worlds import make_contract, make_matrix, true_chance
from training.config import read_config

USUAL = replace(read_config().usual, learning_rate=0.1, threads=1)
CONFIG = replace(
    read_config().gain, nuisance_rounds=60, support_rounds=60, rounds=30, folds=3, refits=6
)
Floats = NDArray[np.float64]


def make_gain(matrix: Floats) -> Floats:
    """Return a gain from -5 to +35 points: more without permitted work, less with age."""
    return 0.15 - 0.15 * matrix[:, 2] - 0.005 * (matrix[:, 0] - 42)


def make_trial(rows: int, seed: int, gain: Floats | float, lot: float | None = None) -> Trial:
    """Return a trial in which who expects more of a return is supported more often."""
    rng = np.random.default_rng(seed + 10_000)  # not the draws of the matrix
    matrix = make_matrix(rows, seed)
    usual = true_chance(matrix)
    chance = np.full(rows, lot) if lot else np.clip(1.4 * (usual - 0.25), 0.05, 0.8)
    supported = (rng.random(rows) < chance).astype(float)
    p = np.clip(usual + supported * gain, 0, 1)
    return Trial(
        contract=make_contract(),
        matrix=matrix,
        day=np.full(rows, 40.0),
        supported=supported,
        returned=(rng.random(rows) < p).astype(float),
        known_days=np.full(rows, 365.0),
        person=np.arange(rows),
        screened_on=np.full(rows, np.datetime64("2024-01-01")),
    )


def learn(trial: Trial, *, by_lot: bool = False) -> tuple[Effects, FittedGain]:
    effects = measure_effects(trial, USUAL, CONFIG, seed=1, by_lot=by_lot)
    return effects, fit_gain(effects, USUAL, CONFIG, seed=1)


def naive_difference(trial: Trial) -> float:
    with_support = trial.returned[trial.supported == 1].mean()
    return float(with_support - trial.returned[trial.supported == 0].mean())


def test_support_that_does_nothing_gets_no_gain_though_the_supported_return_more() -> None:
    trial = make_trial(8000, seed=3, gain=0.0)

    _, fitted = learn(trial)

    assert naive_difference(trial) > 0.08
    assert abs(fitted.mean) < 2.5 * fitted.error
    assert fitted.head.predict(trial.matrix).std() < 0.01


def test_the_mean_gain_is_found_within_its_interval() -> None:
    _, fitted = learn(make_trial(8000, seed=4, gain=0.08))

    assert fitted.error < 0.02
    assert abs(fitted.mean - 0.08) < 2.5 * fitted.error


def test_who_gains_more_is_told_from_who_gains_less() -> None:
    matrix = make_matrix(12_000, 5)
    trial = make_trial(12_000, seed=5, gain=make_gain(matrix))

    effects, fitted = learn(trial)

    found = fitted.head.predict(trial.matrix)
    assert fitted.form != "constant"
    assert np.corrcoef(found, make_gain(matrix))[0, 1] > 0.8
    level = np.average(fitted.head.predict(effects.sample.matrix), weights=effects.sample.weight)
    assert level == pytest.approx(fitted.mean)


def test_a_lot_needs_no_model_of_who_was_supported() -> None:
    trial = make_trial(8000, seed=6, gain=0.06, lot=0.5)

    effects, fitted = learn(trial, by_lot=True)

    assert set(effects.chance) == {trial.supported.mean()}
    assert len(effects) == len(trial)
    assert abs(fitted.mean - 0.06) < 2.5 * fitted.error


def test_the_interval_of_the_mean_holds_the_truth_as_often_as_it_says() -> None:
    held = []
    for seed in range(20):
        trial = make_trial(1500, seed=100 + seed, gain=0.05, lot=0.4)
        effects = measure_effects(trial, USUAL, CONFIG, seed=1, by_lot=True)
        mean, error = average_gain(effects, 0.0)
        held.append(abs(mean - 0.05) < 1.96 * error)

    assert np.mean(held) >= 0.85


def test_more_rows_of_one_person_do_not_make_the_mean_surer() -> None:
    effects = measure_effects(make_trial(1500, 7, 0.05), USUAL, CONFIG, seed=1)
    copied = effects.take(np.tile(np.arange(len(effects)), 4))

    assert average_gain(copied, 0.0) == pytest.approx(average_gain(effects, 0.0))


def test_a_better_guess_of_the_gain_makes_the_mean_surer_and_does_not_move_it() -> None:
    matrix = make_matrix(6000, 8)
    truth = 4 * (make_gain(matrix) - 0.1)
    effects = measure_effects(make_trial(6000, 8, truth, lot=0.2), USUAL, CONFIG, 1, by_lot=True)

    plain, with_guess = (average_gain(effects, guess) for guess in (0.0, truth))

    assert with_guess[1] < plain[1]
    assert abs(with_guess[0] - plain[0]) < 2 * plain[1]


def test_that_nothing_is_known_of_a_person_does_not_look_like_gain() -> None:
    rng = np.random.default_rng(130)
    trial = make_trial(20_000, 13, 0.0)
    blank = np.isnan(trial.matrix[:, 3])
    hidden = rng.random(20_000) < 0.5  # drives support and outcome where no answer tells it
    chance = np.where(blank & hidden, 0.5, 0.25)
    usual = true_chance(trial.matrix) + np.where(blank, np.where(hidden, 0.2, -0.2), 0.0)
    confounded = replace(
        trial,
        supported=(rng.random(20_000) < chance).astype(float),
        returned=(rng.random(20_000) < usual).astype(float),
    )

    effects, fitted = learn(confounded)

    score = effects.score(0.0)
    known = ~blank[effects.rows]
    assert score[~known].mean() > score[known].mean() + 0.05
    assert fitted.head.predict(trial.matrix).std() < 0.01


def test_people_whom_nobody_like_them_joined_are_left_out_and_told_apart() -> None:
    trial = make_trial(8000, seed=9, gain=0.05)
    never = trial.matrix[:, 1] == 1
    closed = replace(trial, supported=np.where(never, 0.0, trial.supported))

    effects = measure_effects(closed, USUAL, CONFIG, seed=1)
    overlap = fit_overlap(closed, USUAL, CONFIG, seed=1)

    assert never[effects.rows].mean() < 0.02
    assert overlap.covers(trial.matrix[never]).mean() < 0.05
    assert overlap.covers(trial.matrix[~never]).mean() > 0.9


def test_the_interval_of_a_gain_is_wider_where_less_is_known() -> None:
    matrix = make_matrix(12_000, 5)
    effects, fitted = learn(make_trial(12_000, seed=5, gain=make_gain(matrix)))
    fewer = effects.take(np.arange(len(effects)) < 3000)

    half, half_of_fewer = (
        fit_gain_spread(rows, fitted, USUAL, CONFIG, read_config().spread, 1).half_width(matrix)
        for rows in (effects, fewer)
    )

    assert half.min() >= 1.64 * fitted.error
    assert half_of_fewer.mean() > 1.3 * half.mean()
    truth = np.abs(fitted.head.predict(matrix) - make_gain(matrix)) <= half
    assert truth.mean() > 0.75


def test_the_strongest_confounder_is_the_one_that_drives_support_and_outcome() -> None:
    trial = make_trial(8000, seed=10, gain=0.0)
    effects = measure_effects(trial, USUAL, CONFIG, seed=1)

    found = rank_confounders(trial, effects)

    assert found[0].field in {"age_years", "permitted_work"}
    assert [one.bias for one in found] == sorted((one.bias for one in found), reverse=True)


def test_a_confounder_as_strong_as_the_robustness_says_would_make_the_mean_nought() -> None:
    effects, fitted = learn(make_trial(8000, seed=11, gain=0.08))

    strength = find_robustness(effects, fitted.mean)

    assert 0 < strength < 0.5
    assert bound_bias(effects, strength, strength) == pytest.approx(abs(fitted.mean), rel=1e-6)
    assert find_robustness(effects, 0.0) == 0.0


def test_a_hidden_confounder_moves_the_mean_by_no_more_than_its_bound() -> None:
    rng = np.random.default_rng(120)
    hidden = rng.random(20_000) < 0.5
    trial = make_trial(20_000, 12, 0.0)
    supported = (rng.random(20_000) < np.where(hidden, 0.5, 0.3)).astype(float)
    chance = true_chance(trial.matrix) + np.where(hidden, 0.1, -0.1)
    returned = (rng.random(20_000) < chance).astype(float)
    effects = measure_effects(
        replace(trial, supported=supported, returned=returned), USUAL, CONFIG, seed=1
    )
    of_support = 0.01 / (supported.var())  # the variance of 0.5 and 0.3, of that of support
    of_outcome = 0.01 / (returned.var() - true_chance(trial.matrix).var())

    mean, error = average_gain(effects, 0.0)

    assert mean > 4 * error
    assert mean < bound_bias(effects, of_outcome, of_support) + 2 * error


def test_support_that_began_too_lately_to_see_who_does_not_return_tells_no_gain() -> None:
    trial = make_trial(3000, seed=1, gain=0.0)
    is_unseen = (trial.supported == 1) & (trial.returned == 0)
    young = replace(
        trial,
        returned=np.where(is_unseen, np.nan, trial.returned),
        known_days=np.where(trial.supported == 1, 100.0, trial.known_days),
    )

    found = find_effects(young, USUAL, CONFIG, seed=1)

    assert isinstance(found, str)
    assert found.startswith("people who started support were followed too briefly")
