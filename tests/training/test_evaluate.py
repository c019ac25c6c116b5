from typing import Any

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from models.realised import measure_auc
from models.usual import Sample
from tests.models.worlds import make_contract
from training.config import EvaluateConfig
from training.evaluate import (
    Measured,
    NothingToMeasureError,
    bin_calibration,
    calibration_error,
    check_measurable,
    measure,
)

CONFIG = EvaluateConfig(top_shares=(0.05, 0.10), bins=10, resamples=60)


def make_sample(y: Any, weight: Any = None, person: Any = None) -> Sample:
    y = np.asarray(y, dtype=float)
    return Sample(
        make_contract(),
        np.zeros((len(y), 5)),
        y,
        np.ones(len(y)) if weight is None else weight,
        np.arange(len(y)) if person is None else person,
    )


@pytest.mark.parametrize("steps", [5, 10_000], ids=["many ties", "hardly a tie"])
def test_auc_and_brier_score_are_those_of_scikit_learn(steps: int) -> None:
    rng = np.random.default_rng(steps)
    p = np.round(rng.random(2_000) * steps) / steps
    sample = make_sample(rng.random(2_000) < p, weight=rng.uniform(1, 4, 2_000))

    found = measure(p, sample, CONFIG, seed=1)

    y, w = sample.target, sample.weight
    assert found["auc"].value == measure_auc(p, y, w)
    assert measure_auc(p, y, w) == pytest.approx(roc_auc_score(y, p, sample_weight=w), abs=1e-12)
    brier = brier_score_loss(y, p, sample_weight=w)
    assert found["brier"].value == pytest.approx(brier, abs=1e-12)


def test_right_chances_measure_as_right() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 20_000)
    sample = make_sample(rng.random(20_000) < p)

    found = measure(p, sample, CONFIG, seed=1)

    assert found["calibration_slope"].value == pytest.approx(1.0, abs=0.05)
    assert found["calibration_intercept"].value == pytest.approx(0.0, abs=0.05)
    assert found["ece"].value < 0.02
    assert found["mean_p_less_outcome"].low < 0 < found["mean_p_less_outcome"].high
    assert found["returned_highest_5"].value == pytest.approx(0.927, abs=0.02)
    assert found["precision_lowest_10"].value == pytest.approx(0.905, abs=0.02)
    assert found["recall_lowest_10"].value == pytest.approx(0.181, abs=0.01)


def test_too_sure_chances_show_a_slope_under_one() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.3, 0.7, 20_000)
    sample = make_sample(rng.random(20_000) < truth)

    found = measure(0.5 + 2 * (truth - 0.5), sample, CONFIG, seed=1)

    assert found["calibration_slope"].high < 0.7


def test_the_slope_of_weak_estimates_on_few_cases_keeps_a_bounded_interval() -> None:
    rng = np.random.default_rng(0)
    sample = make_sample(rng.random(139) < 0.75)

    found = measure(np.clip(rng.normal(0.8, 0.12, 139), 0, 1), sample, CONFIG, seed=1)

    slope = found["calibration_slope"]
    assert -2 < slope.low < slope.value < slope.high < 2


def test_an_estimate_that_knows_nothing_has_an_interval_around_one_half() -> None:
    rng = np.random.default_rng(3)
    sample = make_sample(rng.random(3000) < 0.4)

    auc = measure(rng.random(3000), sample, CONFIG, seed=1)["auc"]

    assert auc.low < 0.5 < auc.high
    assert auc.high - auc.low < 0.06


def test_rows_of_one_person_widen_the_interval() -> None:
    rng = np.random.default_rng(4)
    p = np.repeat(rng.uniform(0.1, 0.9, 300), 8)
    y = np.repeat(rng.random(300) < p[::8], 8)

    apart = measure(p, make_sample(y), CONFIG, seed=1)["auc"]
    together = measure(p, make_sample(y, person=np.repeat(np.arange(300), 8)), CONFIG, seed=1)[
        "auc"
    ]

    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_weights_count_as_cases() -> None:
    y, p = np.array([1.0, 0.0, 0.0]), np.array([0.6, 0.4, 0.7])
    twice = measure(p, make_sample(y, weight=np.array([2.0, 1.0, 1.0])), CONFIG, seed=1)
    copied = measure(np.append(p, 0.6), make_sample(np.append(y, 1.0)), CONFIG, seed=1)

    assert twice["brier"].value == pytest.approx(copied["brier"].value)
    assert twice["auc"].value == pytest.approx(copied["auc"].value)


def test_bins_are_of_equal_size_and_in_order() -> None:
    p = np.linspace(0, 1, 100)

    found = bin_calibration(p, (p > 0.5).astype(float), np.ones(100), 10)

    assert [one.count for one in found] == [10] * 10
    assert [one.estimated for one in found] == sorted(one.estimated for one in found)
    assert calibration_error(p, p, np.ones(100), 10) == pytest.approx(0.0)


def test_ties_are_measured_the_same_in_any_order() -> None:
    p = np.repeat([0.7, 0.4], [120, 880])
    y = np.concatenate([np.ones(80), np.zeros(40), np.ones(350), np.zeros(530)])

    found = [
        measure(one, make_sample(other), CONFIG, seed=1)
        for one, other in ((p, y), (p[::-1], y[::-1]))
    ]

    for name in ("returned_highest_5", "returned_highest_10", "precision_lowest_5", "ece"):
        assert found[0][name].value == pytest.approx(found[1][name].value), name
    assert found[0]["returned_highest_5"].value == pytest.approx(80 / 120)
    assert found[0]["precision_lowest_10"].value == pytest.approx(530 / 880)
    assert found[0]["recall_lowest_10"].value == pytest.approx(100 * 530 / 880 / 570)


def test_the_highest_share_takes_a_part_of_the_case_at_its_edge() -> None:
    p, y = np.array([0.9, 0.8, 0.1]), np.array([1.0, 0.0, 0.0])
    config = EvaluateConfig(top_shares=(0.5,), bins=2, resamples=1)

    found = measure(p, make_sample(y), config, seed=1)

    assert found["returned_highest_50"].value == pytest.approx(1 / 1.5)


def test_calibration_counts_a_case_by_its_weight() -> None:
    p, y = np.array([0.2, 0.8]), np.array([0.0, 0.0])

    found = calibration_error(p, y, np.array([3.0, 1.0]), 2)

    assert found == pytest.approx((3 * 0.2 + 1 * 0.8) / 4)


def test_one_kind_of_outcome_cannot_be_measured() -> None:
    with pytest.raises(NothingToMeasureError, match="3 screenings have a known outcome"):
        check_measurable(make_sample([1, 1, 1]))


def test_a_figure_reads_with_its_interval() -> None:
    assert str(Measured(0.7321, 0.7, 0.761)) == "0.732 (0.700-0.761)"
