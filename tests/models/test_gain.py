"""The gain of support in small worlds of which the truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from features.trial import Trial
from models.gain import (
    Effects,
    FittedGain,
    GainConfig,
    average_gain,
    fit_gain,
    measure_effects,
    predict_gain,
)
from tests.models.worlds import make_contract, make_matrix, true_chance
from training.config import read_config

USUAL = replace(read_config().usual, learning_rate=0.1, threads=1)
CONFIG = GainConfig(nuisance_rounds=60, rounds=30, folds=3)
Floats = NDArray[np.float64]


def make_gain(matrix: Floats) -> Floats:
    """Return a gain from -5 to +35 points: more without permitted work, less with age."""
    return 0.15 - 0.15 * matrix[:, 2] - 0.005 * (matrix[:, 0] - 42)


def make_trial(rows: int, seed: int, gain: Floats | float, lot: float | None = None) -> Trial:
    """Return a trial in which who expects more of a return is supported more often."""
    rng = np.random.default_rng(seed)
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


def learn(trial: Trial, lot: float | None = None) -> tuple[Effects, FittedGain]:
    effects = measure_effects(trial, USUAL, CONFIG, seed=1, by_lot=lot)
    return effects, fit_gain(effects, USUAL, CONFIG, seed=1)


def naive_difference(trial: Trial) -> float:
    with_support = trial.returned[trial.supported == 1].mean()
    return float(with_support - trial.returned[trial.supported == 0].mean())


def test_support_that_does_nothing_gets_no_gain_though_the_supported_return_more() -> None:
    trial = make_trial(8000, seed=3, gain=0.0)

    effects, fitted = learn(trial)

    mean, error = average_gain(effects)
    assert naive_difference(trial) > 0.08
    assert abs(mean) < 2.5 * error
    assert predict_gain(fitted, trial.matrix).std() < 0.01


def test_the_mean_gain_is_found_within_its_interval() -> None:
    trial = make_trial(8000, seed=4, gain=0.08)

    mean, error = average_gain(learn(trial)[0])

    assert error < 0.02
    assert abs(mean - 0.08) < 2.5 * error


def test_who_gains_more_is_told_from_who_gains_less() -> None:
    matrix = make_matrix(12_000, 5)
    trial = make_trial(12_000, seed=5, gain=make_gain(matrix))

    fitted = learn(trial)[1]

    found = predict_gain(fitted, trial.matrix)
    assert fitted.form != "constant"
    assert np.corrcoef(found, make_gain(matrix))[0, 1] > 0.8


def test_a_lot_needs_no_model_of_who_was_supported() -> None:
    trial = make_trial(8000, seed=6, gain=0.06, lot=0.5)

    effects, _ = learn(trial, lot=0.5)

    mean, error = average_gain(effects)
    assert set(effects.chance) == {0.5}
    assert abs(mean - 0.06) < 2.5 * error


def test_the_interval_of_the_mean_holds_the_truth_as_often_as_it_says() -> None:
    held = []
    for seed in range(20):
        trial = make_trial(1500, seed=100 + seed, gain=0.05, lot=0.4)
        effects = measure_effects(trial, USUAL, CONFIG, seed=1, by_lot=0.4)
        mean, error = average_gain(effects)
        held.append(abs(mean - 0.05) < 1.96 * error)

    assert np.mean(held) >= 0.85


def test_more_rows_of_one_person_do_not_make_the_mean_surer() -> None:
    effects = measure_effects(make_trial(1500, 7, 0.05), USUAL, CONFIG, seed=1)
    four = np.tile(np.arange(1500), 4)
    sample = effects.sample.take(four)
    copied = Effects(
        sample,
        effects.residual[four],
        effects.exposure[four],
        effects.chance[four],
        effects.score[four],
    )

    assert average_gain(copied) == pytest.approx(average_gain(effects))
