import logging
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.levels import LevelTable
from models.spread import learn_variance
from models.usual import Sample, Shape, UsualConfig, choose_shape
from tests.models.worlds import make_contract, make_matrix, make_sample, true_chance
from training import tune as tuning
from training.config import ConfigError, TuneConfig, read_config
from training.tune import BudgetError, Tuned, measure_error, tune

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


def test_persons_set_aside_take_no_part_in_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, searched = make_shares(600), list[set[int]]()

    def note(part: Sample, config: UsualConfig, seed: int) -> Shape:
        searched.append(set(part.person))
        return choose_shape(part, config, seed)

    monkeypatch.setattr(tuning, "choose_shape", note)

    search(sample, trials=2)

    *trials, whole = searched
    assert len(trials) == 3
    assert trials[0] == trials[1] == trials[2]
    assert [len(trials[0]), len(whole)] == [200, 300]


def test_what_was_lucky_in_the_search_alone_is_seldom_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # every trial predicts noise of its own: none is truly better than another
    def draw(trial: tuning.Tried, learn: Sample, judge: Sample, seed: int) -> NDArray[np.float64]:
        key = [seed, trial.shape.rounds, len(learn)]
        return np.random.default_rng(key).random(len(judge))

    rng = np.random.default_rng(3)
    monkeypatch.setattr(tuning, "_measure_loss", draw)
    monkeypatch.setattr(
        tuning,
        "choose_shape",
        lambda *_: Shape(4, int(rng.integers(10**9)), 0.5, float(rng.random())),
    )
    sample = make_sample(300)

    found = [tune(sample, FAST, SETTINGS, seed, None, 10, lambda _: None) for seed in range(100)]

    assert np.mean([one.is_taken for one in found]) < 0.3


def test_the_standard_error_counts_persons_by_weight() -> None:
    rng, rows = np.random.default_rng(5), np.arange(400)
    values = rng.random(400)
    once = replace_rows(make_sample(400), rows, np.ones(400))
    twice = replace_rows(make_sample(400), np.repeat(rows, 2), np.ones(800))
    light = replace_rows(make_sample(400), np.repeat(rows, 2), np.tile([1.0, 0.0], 400))

    alone = measure_error(values, once)

    assert alone == pytest.approx(values.std() / 20)
    assert measure_error(np.repeat(values, 2), twice) == pytest.approx(alone)
    assert measure_error(np.repeat(values, 2), light) == pytest.approx(alone)


def test_seconds_end_the_search_and_the_trial_under_way_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 5.0, 6.0, 13.0, 16.0, 17.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))

    found = search(make_sample(200), seconds=10)

    assert (found.trials, found.seconds) == (2, 17.0)


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

    assert said == ["Tuning on 200 screenings"]
    assert (*capfd.readouterr(), caplog.text) == ("", "", "")


def test_a_tuned_learning_rate_leaves_the_trees_of_the_interval_alone() -> None:
    rows, tuned = make_matrix(600), replace(FAST, learning_rate=0.011)
    encoding, variance = LevelTable((), ()), true_chance(rows) / 100

    before, after = (
        learn_variance(
            rows, variance, encoding, usual, replace(read_config().spread, rounds=20), seed=1
        )
        for usual in (FAST, tuned)
    )

    assert np.array_equal(before.half_width(rows), after.half_width(rows))


@pytest.mark.parametrize(
    "line",
    ["leaves = [1, 8]", "leaves = [4]", "penalty = [0.0, 9.0]", "share_of_fields = [0.5, 1.5]"],
)
def test_bounds_that_cannot_be_searched_are_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[tune]\n{line}\n")

    with pytest.raises(ConfigError, match=rf"\[tune\]: {line.split()[0]}"):
        read_config(path)
