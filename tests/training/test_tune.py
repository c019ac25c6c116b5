import logging
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.levels import LevelTable
from models.spread import SpreadConfig, learn_variance
from models.usual import Choice, Sample, Shape, UsualConfig, choose_shape
from tests.models.worlds import make_contract, make_matrix, make_sample, true_chance
from training import tune as tuning
from training.config import ConfigError, TuneConfig, read_config
from training.tune import BudgetError, Tuned, measure_gain, tune

SETTINGS = read_config().tune
FAST = replace(
    read_config().usual,
    leaves=(4, 8),
    most_rounds=40,
    round_step=20,
    learning_rate=0.1,
    folds=2,
    repeats=1,
    threads=1,
)


def search(
    sample: Sample,
    *,
    config: UsualConfig = FAST,
    settings: TuneConfig = SETTINGS,
    seconds: float | None = None,
    trials: int | None = None,
) -> Tuned:
    return tune(sample, config, settings, 1, seconds, trials, lambda _: None)


def make_shares(rows: int) -> Sample:
    """Return cases whose outcome is the chance itself, twice per person: little is left to luck."""
    matrix = make_matrix(rows)
    return Sample(make_contract(), matrix, true_chance(matrix), np.ones(rows), np.arange(rows) // 2)


def replace_rows(sample: Sample, rows: NDArray[np.intp], weight: NDArray[np.float64]) -> Sample:
    return replace(sample.take(rows), weight=weight)


@pytest.mark.parametrize(("seconds", "trials"), [(0, None), (None, 0), (9, 0)])
def test_a_budget_of_0_means_no_tuning(seconds: int | None, trials: int | None) -> None:
    sample = make_sample(400)

    found = search(sample, seconds=seconds, trials=trials)

    assert (found.config, found.shape) == (FAST, choose_shape(sample, FAST, seed=1))
    assert (found.trials, found.gained, found.gained_error, found.is_taken) == (0, 0.0, 0.0, False)
    assert found.squared_error == found.untuned_squared_error


def test_the_same_seed_and_trials_give_the_same_settings() -> None:
    sample = make_shares(400)

    first, second = (search(sample, trials=4) for _ in range(2))

    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)
    assert first.trials == 4


def test_settings_that_learn_too_little_are_left_for_better_ones() -> None:
    sample, poor = make_shares(600), replace(FAST, penalty=5000.0, share_spread=1e-6)

    found = search(sample, config=poor, trials=5)

    assert found.is_taken
    assert found.gained > found.gained_error > 0
    assert str(found).startswith("tuned in 5 trials")
    assert f"changed by -{found.gained:.5f}" in str(found)
    assert found.squared_error < found.untuned_squared_error
    assert found.shape == choose_shape(sample, found.config, seed=1)


def test_only_what_is_searched_changes_and_stays_within_its_bounds() -> None:
    sample, poor = make_shares(600), replace(FAST, penalty=5000.0, share_spread=1e-6)

    found = search(sample, config=poor, trials=5).config

    bounds = {name: value for name, value in vars(SETTINGS).items() if name != "errors"}
    assert replace(found, **{name: getattr(poor, name) for name in bounds}) == poor
    for name, (low, high) in bounds.items():
        value = found.leaves[0] if name == "leaves" else getattr(found, name)
        assert low <= value <= high


def test_what_is_not_clearly_better_is_not_taken() -> None:
    sample, poor = make_shares(600), replace(FAST, penalty=5000.0, share_spread=1e-6)

    found = search(sample, config=poor, settings=replace(SETTINGS, errors=1e6), trials=5)

    assert not found.is_taken
    assert found.config == poor
    assert "the untuned settings stay" in str(found)


def test_luck_is_no_gain() -> None:
    rng, sample = np.random.default_rng(5), make_sample(500)
    draws = [list(rng.random((30, 500))) for _ in range(100)]

    found = [measure_gain(losses, sample, folds=5, seed=1) for losses in draws]

    least = [min(loss.mean() for loss in losses) for losses in draws]
    seems = [losses[0].mean() - low for losses, low in zip(draws, least, strict=True)]
    assert np.mean([seen > error for seen, (_, error) in zip(seems, found, strict=True)]) > 0.6
    assert np.mean([gained > error for gained, error in found]) < 0.3
    assert np.mean([gained for gained, _ in found]) < 0.1 * np.mean(seems)


def test_a_gain_is_measured_with_persons_as_one_and_rows_by_weight() -> None:
    rows = np.arange(400)
    once = replace_rows(make_sample(400), rows, np.where(rows < 200, 3.0, 1.0))
    twice = replace_rows(make_sample(400), np.repeat(rows, 2), np.repeat(once.weight, 2))
    loss = np.where(rows < 200, 0.3, 0.2)

    gained, error = measure_gain([loss, loss * 0.5], once, folds=4, seed=1)
    again = measure_gain([np.repeat(loss, 2), np.repeat(loss, 2) * 0.5], twice, folds=4, seed=1)

    assert gained == pytest.approx((3 * 0.15 + 0.10) / 4)
    assert again == pytest.approx((gained, error))


def test_seconds_end_the_search_and_the_trial_under_way_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 1.0, 8.0, 11.0, 12.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))

    found = search(make_sample(200), seconds=10)

    assert (found.trials, found.seconds) == (2, 12.0)


def test_whichever_budget_is_spent_first_ends_the_search() -> None:
    found = search(make_sample(200), seconds=600, trials=2)

    assert found.trials == 2


@pytest.mark.parametrize("budget", [-1, math.nan, math.inf])
@pytest.mark.parametrize("name", ["seconds", "trials"])
def test_a_budget_that_says_nothing_is_refused(name: str, budget: float) -> None:
    with pytest.raises(BudgetError, match=f"{name}.*0 or more"):
        search(make_sample(200), **{name: budget})  # type: ignore[arg-type]


def test_tuning_without_any_budget_is_refused() -> None:
    with pytest.raises(BudgetError, match="seconds, trials or both"):
        search(make_sample(200))


def test_untuned_settings_outside_the_bounds_are_still_compared_with() -> None:
    config = replace(FAST, leaves=(16,), penalty=0.0)

    found = search(
        make_sample(300), config=config, settings=replace(SETTINGS, errors=1e6), trials=1
    )

    assert (found.config, found.shape.leaves) == (config, 16)


def test_tuning_reports_once_and_keeps_optuna_silent(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    with caplog.at_level(logging.DEBUG):
        tune(make_sample(200), FAST, SETTINGS, 1, None, 1, said.append)

    assert said == ["Tuning on 200 of 200 screenings"]
    assert (*capfd.readouterr(), caplog.text) == ("", "", "")


def test_a_tuned_learning_rate_leaves_the_trees_of_the_interval_alone() -> None:
    rows, tuned = make_matrix(600), replace(FAST, learning_rate=0.011)
    encoding, variance = LevelTable((), ()), true_chance(rows) / 100

    before, after = (
        learn_variance(rows, variance, encoding, usual, SpreadConfig(rounds=20), seed=1)
        for usual in (FAST, tuned)
    )

    assert np.array_equal(before.half_width(rows), after.half_width(rows))


def test_large_samples_are_tuned_on_as_many_rows_as_the_choice_of_a_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def note(sample: Sample, *_: object) -> Choice:
        seen.append(len(sample))
        return Choice(Shape(4, 20, 0.5, 0.2), np.full(len(sample), 0.2))

    monkeypatch.setattr(tuning, "try_config", note)

    search(make_sample(500), config=replace(FAST, most_cases_for_choice=120), trials=2)

    assert seen == [120, 120, 120]


@pytest.mark.parametrize(
    "line",
    ["leaves = [1, 8]", "leaves = [4]", "penalty = [0.0, 9.0]", "share_of_fields = [0.5, 1.5]"],
)
def test_bounds_that_cannot_be_searched_are_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[tune]\n{line}\n")

    with pytest.raises(ConfigError, match=rf"\[tune\]: {line.split()[0]}"):
        read_config(path)
