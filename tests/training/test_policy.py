from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.effects import Effects
from models.usual import Sample
from tests.models.worlds import make_contract
from training.evaluate import NothingToMeasureError
from training.policy import Policies, PolicyRows, measure_policies, plain, tabulate

Floats = NDArray[np.float64]
CAPACITIES = (0.1, 0.3)


@dataclass(frozen=True)
class Drawn:
    """Rows of a made-up trial, with the gain that they were drawn with."""

    rows: PolicyRows
    gain: Floats


def make_drawn(size: int, seed: int, *, noise: float = 0.0, off: float = 0.0) -> Drawn:
    """Return a trial in which one in ten is supported, and outcomes get lost, unevenly.

    The gain is even from -5 to +20 points. `noise` is that of the estimated propensity (standard
    deviation of its logarithm), `off` what the expected outcome is wrong by, from end to end.
    """
    rng = np.random.default_rng(seed)
    x, z = rng.random(size), rng.random(size)
    gain, chance, usual = 0.25 * x - 0.05, 0.05 + 0.2 * x * z, 0.25 + 0.3 * z
    supported = (rng.random(size) < chance).astype(float)
    target = (rng.random(size) < usual + gain * supported).astype(float)
    followed = 0.6 + 0.2 * supported - 0.2 * target
    found = np.clip(chance * np.exp(noise * rng.normal(size=size)), 0.01, 0.9)
    residual = target - (usual + chance * gain + off * (z - 0.5))
    sample = Sample(make_contract(), np.zeros((size, 5)), target, 1 / followed, np.arange(size))
    exposure = supported - found
    every = Effects(np.arange(size), sample, supported, residual, exposure, found, by_lot=False)
    effects = every.take(rng.random(size) < followed)
    gain = gain[effects.rows]
    return Drawn(PolicyRows.of(effects, 0.8 * gain), gain)


def pick(rows: PolicyRows, places: NDArray[np.intp]) -> PolicyRows:
    return PolicyRows(
        rows.score[places],
        rows.brought[places],
        rows.supported[places],
        rows.weight[places],
        rows.person[places],
    )


def true_value(share: float) -> float:
    """Return what the first `share` by the true gain bring, per person of all."""
    return 0.25 * (share - share**2 / 2) - 0.05 * share


# the mean of gain times chance
TRUE_GIVEN = 0.05 * (0.25 / 2 - 0.05) + 0.2 * (0.25 / 3 - 0.05 / 2) / 2


def measure(drawn: Drawn, rankings: dict[str, Floats], resamples: int = 0) -> Policies:
    return measure_policies(drawn.rows, rankings, CAPACITIES, resamples, seed=1)


@pytest.mark.parametrize(("noise", "off"), [(0.0, 0.0), (0.2, 0.0), (0.0, 0.4)])
def test_the_value_of_a_ranking_is_right_on_average(noise: float, off: float) -> None:
    drawn = [make_drawn(4000, seed, noise=noise, off=off) for seed in range(60)]

    found = [measure(one, {"gain": one.gain}).figures for one in drawn]

    truth = {
        "value_gain_10": true_value(0.1),
        "value_gain_30": true_value(0.3),
        "auuc_gain": 0.25 * (1 / 2 - 1 / 6) - 0.05 / 2,
        "qini_gain": 0.25 * (1 / 2 - 1 / 6) - 0.05 / 2 - true_value(1.0) / 2,
        "share_observed": 0.1,
        "value_observed": TRUE_GIVEN,
    }
    for name, expected in truth.items():
        values = np.array([figures[name].value for figures in found])
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - expected) < 3 * error, name
        assert error < 0.004, name


def test_scores_of_the_supported_alone_do_not_tell_what_their_support_brought() -> None:
    drawn = [make_drawn(4000, seed).rows for seed in range(60)]

    naive = [np.average(one.supported * one.score, weights=one.weight) for one in drawn]

    assert np.mean(naive) - TRUE_GIVEN > 3 * np.std(naive) / np.sqrt(len(naive))


def test_ranking_by_the_truth_beats_a_lot_and_the_difference_is_sure() -> None:
    drawn = make_drawn(20_000, seed=3)
    lot = np.random.default_rng(0).random(len(drawn.gain))

    found = measure(drawn, {"gain": drawn.gain, "random": lot}, resamples=100)

    assert found.figures["qini_gain"].low > 0
    assert found.figures["qini_gain"].value > found.figures["qini_random"].high
    assert found.figures["gain_less_random_30"].low > 0


def test_a_ranking_at_random_is_told_from_chance_no_more_often_than_its_interval_says() -> None:
    drawn = [make_drawn(600, seed) for seed in range(50)]

    found = [
        measure(one, {"gain": np.random.default_rng(seed).random(len(one.gain))}, resamples=100)
        for seed, one in enumerate(drawn)
    ]

    qini = [one.figures["qini_gain"] for one in found]
    assert 0.85 <= np.mean([one.low <= 0 <= one.high for one in qini]) <= 1.0


def test_the_interval_of_a_value_holds_the_truth_as_often_as_it_says() -> None:
    drawn = [make_drawn(1500, 100 + seed) for seed in range(50)]

    found = [measure(one, {"gain": one.gain}, resamples=100).figures for one in drawn]

    for share in CAPACITIES:
        values = [figures[f"value_gain_{100 * share:.0f}"] for figures in found]
        held = np.mean([one.low <= true_value(share) <= one.high for one in values])
        assert 0.85 <= held <= 1.0


@pytest.mark.parametrize("key", [0.04, np.nan])
def test_a_ranking_that_says_the_same_of_all_is_exactly_chance(key: float) -> None:
    drawn = make_drawn(3000, seed=2)
    same = np.full(len(drawn.gain), key)

    found = measure(drawn, {"gain": same, "random": np.zeros(len(same))}, resamples=40)

    qini = found.figures["qini_gain"]
    assert (qini.value, qini.low, qini.high) == (0.0, 0.0, 0.0)
    assert found.figures["gain_less_random_10"].high == 0.0
    assert found.figures["qini_gain"].low <= 0


def test_among_equals_each_counts_for_its_chance_in_any_order() -> None:
    score = np.repeat([1.0, 0.0, 0.5], [10, 10, 20])
    rows = PolicyRows(score, 0 * score, 0 * score, np.ones(40), np.arange(40))
    key = np.repeat([2.0, 1.0], 20)
    backwards = PolicyRows(score[::-1], 0 * score, 0 * score, np.ones(40), np.arange(40))

    found = measure_policies(rows, {"gain": key}, (0.25, 0.5), 0, seed=1).figures
    other = measure_policies(backwards, {"gain": key[::-1]}, (0.25, 0.5), 0, seed=1).figures

    assert found["value_gain_25"].value == pytest.approx(0.125)
    assert found["value_gain_50"].value == pytest.approx(0.25)
    assert found["qini_gain"].value == pytest.approx(0.0)
    assert {n: one.value for n, one in other.items()} == pytest.approx(
        {n: one.value for n, one in found.items()}
    )


def test_a_gain_that_is_not_known_comes_last() -> None:
    score = np.repeat([1.0, 0.0], 20)
    rows = PolicyRows(score, 0 * score, 0 * score, np.ones(40), np.arange(40))

    found = measure_policies(rows, {"gain": np.repeat([-1.0, np.nan], 20)}, (0.5,), 0, seed=1)

    assert found.figures["value_gain_50"].value == pytest.approx(0.5)


def test_a_row_counts_by_its_weight() -> None:
    drawn = make_drawn(400, seed=5)
    twice = replace(drawn.rows, weight=np.where(np.arange(len(drawn.gain)) < 9, 2.0, 1.0))
    copied = np.r_[np.arange(len(drawn.gain)), np.arange(9)]
    apart = replace(pick(twice, copied), weight=np.ones(len(copied)))

    found = measure_policies(twice, {"gain": drawn.gain}, CAPACITIES, 0, seed=1).figures
    other = measure_policies(apart, {"gain": drawn.gain[copied]}, CAPACITIES, 0, seed=1).figures

    assert {n: one.value for n, one in found.items()} == pytest.approx(
        {n: one.value for n, one in other.items()}
    )


def test_rows_of_one_person_widen_the_interval() -> None:
    drawn = make_drawn(600, seed=6)
    places = np.repeat(np.arange(len(drawn.gain)), 6)
    rows, key = pick(drawn.rows, places), {"gain": drawn.gain[places]}
    alone = replace(rows, person=np.arange(len(places)))

    together = measure_policies(rows, key, (0.3,), 80, seed=1)
    apart = measure_policies(alone, key, (0.3,), 80, seed=1)

    wide, narrow = together.figures["value_gain_30"], apart.figures["value_gain_30"]
    assert wide.high - wide.low > 1.8 * (narrow.high - narrow.low)


def test_rows_of_one_person_alone_are_refused() -> None:
    rows = make_drawn(500, seed=1).rows
    rows = replace(rows, person=np.zeros_like(rows.person))

    with pytest.raises(NothingToMeasureError, match="1 persons"):
        measure_policies(rows, {"gain": rows.score}, CAPACITIES, 10, seed=1)


def test_without_supported_rows_the_referrals_are_left_out_and_that_is_told() -> None:
    rows = make_drawn(500, seed=1).rows
    rows = replace(rows, supported=np.zeros_like(rows.supported))

    found = measure_policies(rows, {"gain": rows.score}, CAPACITIES, 10, seed=1)

    assert not [name for name in found.figures if "observed" in name]
    assert "Left out: the referrals that happened: nobody was supported." in tabulate(found)


def test_what_the_tree_keeps_is_told_where_the_model_is_worth_something() -> None:
    drawn = make_drawn(20_000, seed=3)
    halves = np.round(4 * drawn.gain)
    lot = np.random.default_rng(4).random(len(halves))

    skilled = measure(drawn, {"gain": drawn.gain, "tree": halves}, resamples=60).figures
    unskilled = measure(drawn, {"gain": lot, "tree": halves}, resamples=60).figures

    assert skilled["kept_tree_30"].low < skilled["kept_tree_30"].value < 1.1
    assert skilled["kept_tree_30"].value == pytest.approx(
        skilled["value_tree_30"].value / skilled["value_gain_30"].value
    )
    assert not [name for name in unskilled if name.startswith("kept_")]


def test_the_tables_name_every_ranking_and_its_difference_from_the_model() -> None:
    drawn = make_drawn(2000, seed=3)
    found = measure(drawn, {"gain": drawn.gain, "random": 0 * drawn.gain}, resamples=20)

    text, numbers = tabulate(found), plain(found)

    assert "| supported first | 10 % | 30 % | " in text
    for label in ("estimated gain", "a lot", "gain less: a lot", "the referrals that happened"):
        assert f"| {label} | " in text
    value = found.figures["value_gain_30"].value
    assert f"{100 * value:.2f} (" in text
    assert numbers["figures"]["value_gain_30"][0] == round(value, 6)
    assert numbers["left_out"] == []


def test_rules_alone_can_be_measured_without_a_model() -> None:
    drawn = make_drawn(2000, seed=3)

    found = measure(drawn, {"random": 0 * drawn.gain}).figures

    assert found["value_random_30"].value == pytest.approx(
        0.3 * np.average(drawn.rows.score, weights=drawn.rows.weight)
    )
    assert not [name for name in found if "gain" in name]
