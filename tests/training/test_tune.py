"""Settings are taken only where they are clearly better on later people than the untuned ones."""

import logging
import math
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.levels import LevelTable
from models.spread import learn_variance
from models.usual import Sample, UsualConfig, choose_shape, try_shapes
from tests.models.worlds import make_matrix, make_sample, true_chance
from tests.training.searches import FAST, POOR, SETTINGS, make_shares, make_stages, search
from training import tune as tuning
from training import tune_search
from training.config import ConfigError, read_config
from training.tune import Budget, BudgetError, measure_error, tune
from training.tune_trials import TrialState
from training.tune_windows import Stage


@pytest.mark.parametrize(("seconds", "trials"), [(0, None), (None, 0), (9, 0)])
def test_a_budget_of_0_means_no_tuning(seconds: int | None, trials: int | None) -> None:
    sample = make_sample(400)

    found = search(sample, seconds=seconds, trials=trials)

    assert (found.config, found.shape) == (FAST, choose_shape(sample, FAST, seed=1))
    assert (found.trials, found.gained, found.gained_error, found.is_taken) == ((), 0.0, 0.0, False)
    assert found.squared_error == found.untuned_squared_error


def test_a_learn_window_that_is_too_short_is_not_tuned_on_and_says_so() -> None:
    sample = make_sample(400)

    found = tune(None, sample, FAST, SETTINGS, 1, Budget(trials=3), lambda _: None)

    assert (found.config, found.trials) == (FAST, ())
    assert "too few settled screenings" in str(found)


def test_the_same_seed_and_trials_give_the_same_settings() -> None:
    sample = make_shares(400)

    first, second = (search(sample, trials=4) for _ in range(2))

    assert first == second
    assert str(first) == str(second)
    assert [one.number for one in first.trials] == [0, 1, 2, 3, 4]


def test_settings_that_learn_too_little_are_left_for_better_ones() -> None:
    sample = make_shares(600)

    found = search(sample, config=POOR, trials=5)

    assert found.is_taken
    assert found.gained > found.gained_error > 0
    assert str(found).startswith("tuned in 5 trials")
    assert f"changed by -{found.gained:.5f}" in str(found)
    assert found.squared_error < found.untuned_squared_error
    assert found.shape == choose_shape(sample, found.config, seed=1)


def test_only_what_is_searched_changes_and_stays_within_its_bounds() -> None:
    found = search(make_shares(600), config=POOR, trials=5).config

    bounds = {n: value for n, value in vars(SETTINGS).items() if n not in ("cuts", "errors")}
    assert replace(found, **{name: getattr(POOR, name) for name in bounds}) == POOR
    for name, (low, high) in bounds.items():
        value = found.leaves[0] if name == "leaves" else getattr(found, name)
        assert low <= value <= high


def test_what_is_not_clearly_better_is_not_taken() -> None:
    settings = replace(SETTINGS, errors=1e6)

    found = search(make_shares(600), config=POOR, settings=settings, trials=5)

    assert not found.is_taken
    assert found.config == POOR
    assert "the untuned settings stay" in str(found)


def test_people_set_aside_take_no_part_in_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, searched = make_shares(600), set[int]()

    def note(learn: Sample, judge: Sample, config: UsualConfig, seed: int) -> NDArray[np.float64]:
        searched.update(learn.person, judge.person)
        return try_shapes(learn, judge, config, seed)

    monkeypatch.setattr(tune_search, "try_shapes", note)

    search(sample, trials=2)

    aside = set(make_stages(sample).aside.judge.person)
    assert len(searched) == 240
    assert not searched & aside


def test_what_was_lucky_in_the_search_alone_is_seldom_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # every trial predicts noise of its own: none is truly better than another
    def draw(config: UsualConfig, stage: Stage, seed: int) -> NDArray[np.float64]:
        key = [seed, int(1e9 * config.penalty)]
        return np.random.default_rng(key).random(len(stage.judge))

    rng, sample = np.random.default_rng(3), make_sample(100)
    shape = choose_shape(sample, FAST, 1)
    monkeypatch.setattr(tuning, "_measure_loss", draw)
    monkeypatch.setattr(
        tune_search, "try_shapes", lambda _, __, config, ___: rng.random(2 * len(config.leaves))
    )
    monkeypatch.setattr(tuning, "choose_shape", lambda *_: shape)

    found = [search(sample, seed=seed, trials=6) for seed in range(60)]

    assert np.mean([one.is_taken for one in found]) < 0.3


def test_the_standard_error_counts_persons_by_weight() -> None:
    rng, rows = np.random.default_rng(5), np.arange(400)
    values = rng.random(400)
    once = _replace_rows(make_sample(400), rows, np.ones(400))
    twice = _replace_rows(make_sample(400), np.repeat(rows, 2), np.ones(800))
    light = _replace_rows(make_sample(400), np.repeat(rows, 2), np.tile([1.0, 0.0], 400))

    alone = measure_error(values, once)

    assert alone == pytest.approx(values.std() / 20)
    assert measure_error(np.repeat(values, 2), twice) == pytest.approx(alone)
    assert measure_error(np.repeat(values, 2), light) == pytest.approx(alone)


def _replace_rows(sample: Sample, rows: NDArray[np.intp], weight: NDArray[np.float64]) -> Sample:
    return replace(sample.take(rows), weight=weight)


def test_seconds_end_the_search_and_the_trial_under_way_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the untuned trial is free; the first takes 6 seconds of 10, the second is finished
    clock = iter([0.0, 0.0, 100.0, 100.0, 106.0, 110.0, 119.0, 120.0])
    # theirs alone: a thread of something else would take moments of it
    ours = SimpleNamespace(time=time.time, perf_counter=lambda: next(clock))
    for module in (tuning, tune_search):
        monkeypatch.setattr(module, "time", ours)

    found = search(make_shares(200), seconds=10)

    assert len(found.trials) == 3
    assert [one.seconds for one in found.trials] == [100.0, 6.0, 9.0]


def test_whichever_budget_is_spent_first_ends_the_search() -> None:
    found = search(make_shares(200), seconds=600, trials=2)

    assert len(found.trials) == 3


@pytest.mark.parametrize("budget", [-1, math.nan, math.inf])
@pytest.mark.parametrize("name", ["seconds", "trials"])
def test_a_budget_that_says_nothing_is_refused(name: str, budget: float) -> None:
    with pytest.raises(BudgetError, match=f"{name}.*0 or more"):
        Budget(**{name: budget})  # type: ignore[arg-type]


def test_tuning_without_any_budget_is_refused() -> None:
    with pytest.raises(BudgetError, match="seconds, trials or both"):
        Budget()


def test_untuned_settings_outside_the_bounds_are_still_compared_with() -> None:
    config, settings = replace(FAST, leaves=(16,), penalty=0.0), replace(SETTINGS, errors=1e6)

    found = search(make_shares(300), config=config, settings=settings, trials=1)

    assert (found.config, found.shape.leaves) == (config, 16)


def test_a_trial_that_is_worse_at_first_than_the_others_is_stopped() -> None:
    found = search(make_shares(400), trials=12)

    stopped = [one for one in found.trials if one.state is TrialState.PRUNED]
    assert stopped
    assert all(len(one.errors) == 1 and one.error is None for one in stopped)
    assert f"{len(stopped)} stopped early" in str(found)


@pytest.mark.parametrize("fault", [ValueError("GEMERKT"), None])
def test_a_trial_that_cannot_be_fitted_has_failed_and_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    seen = list[float]()

    def fail_second(
        learn: Sample, judge: Sample, config: UsualConfig, seed: int
    ) -> NDArray[np.float64]:
        seen.append(config.penalty)
        if len(set(seen)) != 3:
            return try_shapes(learn, judge, config, seed)
        if fault:
            raise fault
        return np.full(2, np.nan)

    monkeypatch.setattr(tune_search, "try_shapes", fail_second)

    found = search(make_shares(300), trials=4)

    states = [one.state for one in found.trials]
    assert states.count(TrialState.FAILED) == 1
    assert found.trials[2].fault == ("ValueError" if fault else "FloatingPointError")
    assert "GEMERKT" not in str(found.trials)
    assert states[3:] == [TrialState.COMPLETE] * 2


def test_tuning_reports_once_counts_its_trials_and_keeps_optuna_silent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    said, counted, sample = list[str](), list[tuple[str, int, int | None]](), make_shares(200)
    budget = Budget(None, 2, tmp_path, lambda *told: counted.append(told))

    with caplog.at_level(logging.DEBUG):
        tune(make_stages(sample), sample, FAST, SETTINGS, 1, budget, said.append)

    assert len(said) == 1
    assert said[0].startswith("Tuning on 200 screenings: a new search, no earlier search is kept")
    assert [(done, total) for _, done, total in counted] == [(0, 2), (1, 2), (2, 2)]
    assert counted[1][0].startswith("trial 1 of 2: squared error 0.")
    assert counted[1][0].endswith(" s left")
    assert (*capfd.readouterr(), caplog.text) == ("", "", "")


def test_a_budget_of_time_alone_counts_seconds() -> None:
    counted, sample = list[tuple[str, int, int | None]](), make_shares(200)
    budget = Budget(0.01, None, None, lambda *told: counted.append(told))

    tune(make_stages(sample), sample, FAST, SETTINGS, 1, budget, lambda _: None)

    assert counted[-1][1:] == (0, 0)
    assert counted[-1][0].endswith("about 0 s left")


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
    [
        "leaves = [1, 8]",
        "leaves = [4]",
        "penalty = [0.0, 9.0]",
        "share_of_fields = [0.5, 1.5]",
        "cuts = [0.8]",
        "cuts = [0.8, 0.4]",
        "cuts = [0.5, 1.0]",
    ],
)
def test_bounds_that_cannot_be_searched_are_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[tune]\n{line}\n")

    with pytest.raises(ConfigError, match=rf"\[tune\]: {line.split()[0]}"):
        read_config(path)
