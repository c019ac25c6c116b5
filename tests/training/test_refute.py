"""Attempts to refute the gain, in small worlds of which the truth is known."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from features.tables import Extract
from features.trial import Trial, build_trial
from models.effects import Effects
from tests.models.worlds import get_extract, make_contract, make_matrix, true_chance
from training.config import Config, read_config
from training.evaluate import Measured
from training.gain import KnownGain, LearntGain, learn_gain
from training.refutation import (
    Refutation,
    tabulate_refutation,
)
from training.refute import (
    Recipe,
    compare_means,
    draw_null_outcome,
    find_mean,
    find_sensitivity,
    permute_support,
    refute,
    try_placebos,
    try_window,
)

Floats = NDArray[np.float64]
AS_OF = date(2026, 6, 30)
KEYS = ["permuted_support", "null_outcome", "same_rows", "strongest_dropped", "early_window"]


@cache
def fast() -> Config:
    config = read_config()
    return replace(
        config,
        usual=replace(config.usual, learning_rate=0.1, threads=1),
        gain=replace(
            config.gain, nuisance_rounds=50, support_rounds=50, rounds=20, folds=3, refits=3
        ),
        refute=replace(config.refute, draws=1),
        spread=replace(config.spread, refits=2, rounds=20),
    )


def make_trial(rows: int, seed: int, gain: float, *, lot: bool = False) -> Trial:
    """Return a trial in which who has the better chance is supported more often."""
    rng = np.random.default_rng(seed)
    matrix = make_matrix(rows, seed)
    usual = true_chance(matrix)
    chance = np.full(rows, 0.4) if lot else np.clip(1.4 * (usual - 0.25), 0.05, 0.8)
    supported = (rng.random(rows) < chance).astype(float)
    returned = (rng.random(rows) < np.clip(usual + supported * gain, 0, 1)).astype(float)
    order = np.argsort(-supported, kind="stable")  # as build_trial makes it: the starts first
    return Trial(
        contract=make_contract(),
        matrix=matrix[order],
        day=np.full(rows, 0.0) if lot else rng.integers(28, 84, rows).astype(float),
        supported=supported[order],
        returned=returned[order],
        known_days=np.full(rows, 365.0),
        person=np.arange(rows),
        screened_on=np.full(rows, np.datetime64("2024-01-01")),
    )


def compare_arms(trial: Trial) -> float:
    with_support = np.nanmean(trial.returned[trial.supported == 1])
    return float(with_support - np.nanmean(trial.returned[trial.supported == 0]))


def measure(trial: Trial) -> Effects:
    effects = Recipe(fast(), 1, by_lot=False).measure(trial)
    assert isinstance(effects, Effects)
    return effects


@cache
def learn(world: str) -> tuple[Extract, LearntGain]:
    extract = get_extract("rct" if world == "rct" else "default")
    return extract, learn_gain(extract, fast(), 1, as_of=AS_OF, by_lot=world == "rct")


@cache
def refute_world(world: str) -> Refutation:
    extract, learnt = learn(world)
    found = refute(extract, learnt, fast(), 1, as_of=AS_OF, by_lot=world == "rct")
    assert found is not None
    return found


def get_known() -> KnownGain:
    known = learn("default")[1].known
    assert known is not None
    return known


@pytest.mark.parametrize("by_lot", [False, True])
def test_a_large_gain_is_gone_where_support_is_permuted_and_where_it_does_nothing(
    by_lot: bool,
) -> None:
    trial = make_trial(5000, seed=3, gain=0.25, lot=by_lot)
    recipe = Recipe(replace(fast(), refute=replace(fast().refute, draws=3)), 1, by_lot=by_lot)

    found = list(try_placebos(trial, 0.0, recipe))

    untouched = recipe.measure(trial)
    assert not isinstance(untouched, str)
    assert find_mean(untouched).low > 0.15
    for check in found:
        assert not isinstance(check, str)
        assert abs(check.mean.value) < 0.03
        assert check.spread is not None
        assert check.spread < 0.02
        assert not check.verdict.warns


@pytest.mark.parametrize("placebo", ["permuted", "null"])
def test_the_interval_of_a_placebo_holds_0_as_often_as_it_says(placebo: str) -> None:
    trial, held = make_trial(1000, seed=9, gain=0.2), []

    for seed in range(20):
        rng = np.random.default_rng(seed)
        made = (
            permute_support(trial, rng)
            if placebo == "permuted"
            else draw_null_outcome(Recipe(fast(), 1, by_lot=False), trial, rng)
        )
        mean = find_mean(measure(made))
        held.append(mean.low <= 0 <= mean.high)

    assert np.mean(held) >= 0.85


def test_permuted_support_is_as_frequent_at_each_day_and_given_to_anybody() -> None:
    trial = make_trial(4000, seed=5, gain=0.2, lot=True)

    made = permute_support(trial, np.random.default_rng(1))

    assert made.supported.sum() == trial.supported.sum()
    assert abs(np.corrcoef(made.supported, trial.supported)[0, 1]) < 0.06


def test_a_null_outcome_keeps_the_confounding_and_what_is_not_known() -> None:
    trial = make_trial(6000, seed=6, gain=0.0)
    gone = np.arange(6000) % 5 == 0
    trial = replace(trial, returned=np.where(gone, np.nan, trial.returned))

    made = draw_null_outcome(Recipe(fast(), 1, by_lot=False), trial, np.random.default_rng(1))

    assert (np.isnan(made.returned) == gone).all()
    assert compare_arms(made) > 0.7 * compare_arms(trial) > 0.06


def test_hiding_what_the_support_went_by_moves_the_mean_the_way_that_it_confounds() -> None:
    trial = make_trial(6000, seed=7, gain=0.1)
    matrix = trial.matrix.copy()
    matrix[:, 0] = np.nan  # the younger return more, and so are supported more

    before, after = measure(trial), measure(replace(trial, matrix=matrix))

    moved = compare_means(before, after)
    assert moved.value == pytest.approx(find_mean(after).value - find_mean(before).value)
    assert moved.low > 0.02
    assert moved.high - moved.low < find_mean(after).high - find_mean(after).low


def test_a_mean_that_is_measured_twice_did_not_move() -> None:
    effects = measure(make_trial(1500, seed=8, gain=0.1))

    moved = compare_means(effects, effects)

    assert (moved.value, moved.low, moved.high) == (0.0, 0.0, 0.0)


def test_the_sensitivity_tells_when_chance_alone_could_erase_the_gain() -> None:
    known = get_known()

    unsure = find_sensitivity(replace(known, mean=Measured(0.02, -0.01, 0.05)), (1.0,))
    sure = find_sensitivity(replace(known, mean=Measured(0.02, 0.01, 0.03)), (1.0, 2.0))

    assert unsure is not None
    assert unsure.to_unsettle == 0
    assert "Chance alone" in unsure.tell()
    assert sure is not None
    assert sure.to_unsettle is not None
    assert sure.to_erase is not None
    assert 0 < sure.to_unsettle < sure.to_erase
    assert 0 < sure.biases[1.0] < sure.biases[2.0]
    assert f"{sure.to_erase:.1f} times" in sure.tell()


def test_all_that_can_be_tried_is_tried_where_support_was_not_by_lot() -> None:
    found = refute_world("default")

    assert [check.key for check in found.checks] == KEYS
    assert found.sensitivity is not None
    assert found.sensitivity.field == get_known().confounders[0].field
    assert found.left_out == ()
    assert found.real == get_known().mean


def test_support_by_lot_needs_no_check_of_confounding_and_says_so() -> None:
    found = refute_world("rct")

    assert found.sensitivity is None
    assert "strongest_dropped" not in [check.key for check in found.checks]
    assert "a lot gave support" in " ".join(found.left_out)
    assert "Left out: hidden confounding: a lot" in tabulate_refutation(found)


def test_the_lock_in_of_support_by_lot_is_seen_early_and_does_not_warn() -> None:
    found = {check.key: check for check in refute_world("rct").checks}

    assert found["permuted_support"].mean.low < 0 < found["permuted_support"].mean.high
    assert found["early_window"].mean.high < 0
    assert found["early_window"].label == "returns begun within 28 days"
    assert not found["early_window"].verdict.warns


def test_supported_people_who_would_have_returned_at_once_are_found_out() -> None:
    extract = get_extract("rct")
    begun = extract.pathways.dropna(subset=["started_on"])[::3]
    early = pd.DataFrame(
        {
            "case_id": begun["case_id"],
            "started_on": begun["started_on"] + pd.Timedelta(days=7),
            "ended_on": pd.NaT,
        }
    ).astype(extract.work_periods.dtypes)
    extract = replace(extract, work_periods=pd.concat([extract.work_periods, early]))
    trial = build_trial(extract, seed=1, as_of=AS_OF)

    found = try_window(
        extract, np.ones(len(trial), dtype=bool), Recipe(fast(), 1, by_lot=False), AS_OF
    )

    assert not isinstance(found, str)
    assert found.mean.low > 0
    assert found.verdict.warns


def test_where_support_is_rare_enough_supported_are_looked_at() -> None:
    extract, learnt = learn("rct")
    config = replace(fast(), refute=replace(fast().refute, most_rows=1))

    found = refute(extract, learnt, config, 1, as_of=AS_OF, by_lot=True)

    assert found is not None
    assert config.gain.fewest_supported < found.supported < learnt.trial.supported.sum() / 2
    assert {check.key for check in found.checks} >= {"permuted_support", "null_outcome"}


def test_a_check_that_cannot_be_made_says_why() -> None:
    trial = make_trial(300, seed=2, gain=0.1)

    found = list(try_placebos(trial, 0.0, Recipe(fast(), 1, by_lot=False)))

    assert len(found) == 2
    for why in found:
        assert isinstance(why, str)
        assert "200 are needed" in why


def test_a_gain_that_is_unknown_has_nothing_to_refute() -> None:
    extract, learnt = learn("default")

    unknown = LearntGain(learnt.trial, None, "nobody was supported")

    assert refute(extract, unknown, fast(), 1, as_of=AS_OF, by_lot=False) is None


def test_more_draws_make_a_placebo_surer() -> None:
    trial = make_trial(1500, seed=4, gain=0.1)
    more = replace(fast(), refute=replace(fast().refute, draws=4))

    once, often = (
        [
            one.mean
            for one in try_placebos(trial, 0.0, Recipe(config, 1, by_lot=False))
            if not isinstance(one, str)
        ]
        for config in (fast(), more)
    )

    for single, several in zip(once, often, strict=True):
        assert several.high - several.low == pytest.approx((single.high - single.low) / 2, rel=0.1)
