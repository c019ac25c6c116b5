"""Intervals of cases of which several are of one person, held against a known truth."""

import numpy as np
import pytest

from models.clustered import mean_of, share_of

TRUTH = 0.02
RUNS = 400


def draw(rng: np.random.Generator, persons: int) -> tuple[np.ndarray, np.ndarray]:
    """Return values of persons with one to nine cases each, alike within a person."""
    of = np.repeat(np.arange(persons), rng.integers(1, 10, persons))
    return TRUTH + rng.normal(0, 0.05, persons)[of] + rng.normal(0, 0.02, len(of)), of


def test_a_mean_lies_within_its_interval_nine_times_in_ten_though_cases_are_alike() -> None:
    rng = np.random.default_rng(1)

    held, alone = [], []
    for _ in range(RUNS):
        values, of = draw(rng, 120)
        found = mean_of(values, of)
        held.append(found.low <= TRUTH <= found.high)
        naive = mean_of(values, np.arange(len(values)))
        alone.append(naive.low <= TRUTH <= naive.high)

    assert np.mean(held) == pytest.approx(0.9, abs=0.05)
    assert np.mean(alone) < 0.7


def test_a_share_lies_within_its_interval_nine_times_in_ten() -> None:
    rng = np.random.default_rng(2)
    held = []
    for _ in range(RUNS):
        of = np.repeat(np.arange(150), rng.integers(1, 6, 150))
        holds = rng.random(len(of)) < np.where(rng.random(150) < 0.2, 0.35, 0.05)[of]
        found = share_of(holds, of)
        held.append(found.low <= 0.2 * 0.35 + 0.8 * 0.05 <= found.high)

    assert np.mean(held) == pytest.approx(0.9, abs=0.05)


def test_where_all_agree_the_share_is_as_sure_as_there_are_persons() -> None:
    few = share_of(np.zeros(1000, dtype=bool), np.arange(1000) % 20)
    many = share_of(np.zeros(1000, dtype=bool), np.arange(1000))

    assert (few.value, few.low, few.cases, few.persons) == (0.0, 0.0, 1000, 20)
    assert few.high > 10 * many.high > 0


def test_of_one_person_no_interval_is_known_and_of_nobody_no_mean() -> None:
    one = mean_of(np.array([0.1, 0.3]), np.zeros(2, dtype=np.intp))

    assert one.value == pytest.approx(0.2)
    assert np.isnan(one.low)
    with pytest.raises(ValueError, match="at least one case"):
        mean_of(np.array([]), np.array([], dtype=np.intp))
