import numpy as np
import pytest

from models.intake.chances import draw_chances
from models.intake.memory import Floats, choose_memory, weigh_months
from models.intake.steps import learn_step

MONTHS = 36


def draw(chance: Floats, seed: int, size: int = 300) -> tuple[Floats, Floats]:
    """Return tries and passes of four regions whose chance goes as `chance` over the months."""
    rng = np.random.default_rng(seed)
    tried = rng.poisson(size, (4, MONTHS)).astype(float)
    return tried, rng.binomial(tried.astype(int), chance).astype(float)


def test_a_chance_that_stays_is_learnt_from_all_months() -> None:
    kept = [choose_memory(*draw(np.full(MONTHS, 0.6), seed)) for seed in range(100)]

    assert kept.count(1.0) >= 95


def test_months_that_differ_by_themselves_are_not_taken_for_a_change() -> None:
    rng = np.random.default_rng(1)
    kept = [choose_memory(*draw(0.6 + rng.normal(0, 0.04, MONTHS), seed)) for seed in range(100)]

    assert kept.count(1.0) >= 85


@pytest.mark.parametrize(
    "chance", [np.linspace(0.75, 0.5, MONTHS), np.where(np.arange(MONTHS) < 20, 0.75, 0.5)]
)
def test_a_chance_that_changed_is_learnt_from_recent_months(chance: Floats) -> None:
    tried, passed = draw(chance, 1)

    step = learn_step("consented", tried, passed[:, :, None])

    assert step.pooled == pytest.approx(0.51, abs=0.03)
    assert passed.sum() / tried.sum() > 0.6  # what all months together would tell
    assert step.tried.sum() < tried.sum() / 2


def test_a_change_is_not_told_as_months_that_differ() -> None:
    tried, passed = draw(np.where(np.arange(MONTHS) < 20, 0.75, 0.5), 1)

    step = learn_step("consented", tried, passed[:, :, None])

    assert step.wobble.own + step.wobble.shared < 0.01


def test_intervals_hold_the_chance_of_now_after_a_slow_change() -> None:
    hits = []
    for seed in range(40):
        tried, passed = draw(np.linspace(0.7, 0.6, MONTHS), seed)
        drawn = draw_chances(
            learn_step("consented", tried, passed[:, :, None]), 400, np.random.default_rng(seed)
        )
        place = (drawn < 0.6).mean(axis=0)
        hits.append((place > 0.025) & (place < 0.975))

    assert np.mean(hits) > 0.75


def test_few_months_are_all_remembered() -> None:
    assert choose_memory(np.full((2, 5), 100.0), np.full((2, 5), 50.0)) == 1


def test_the_last_month_counts_in_full() -> None:
    assert weigh_months(3, 0.5).tolist() == [0.25, 0.5, 1.0]


def test_months_before_passes_were_written_down_are_left_out() -> None:
    tried, passed = draw(np.full(MONTHS, 0.97), 1)
    passed[:, :7] = 0
    passed[:, 7] /= 2  # it began in the middle of a month

    step = learn_step("screened", tried, np.floor(passed)[:, :, None])

    assert step.pooled == pytest.approx(0.97, abs=0.005)
    assert step.wobble.own + step.wobble.shared == 0


def test_a_rare_step_keeps_its_first_months_without_anybody() -> None:
    passed = np.zeros((1, MONTHS))
    passed[0, [5, 20]] = 1

    step = learn_step("started", np.full((1, MONTHS), 4.0), passed[:, :, None])

    assert step.tried.sum() == pytest.approx(4 * MONTHS)


def test_one_month_gone_wrong_widens_what_is_expected_but_does_not_drown_it() -> None:
    tried, passed = draw(np.full(MONTHS, 0.97), 1)
    passed[:, 18] *= 0.3

    step = learn_step("screened", tried, np.floor(passed)[:, :, None])

    assert 0 < step.wobble.own + step.wobble.shared < 0.02
    assert step.tried.sum() > 1000


def test_a_step_that_nearly_everybody_passes_stays_one() -> None:
    rng = np.random.default_rng(1)
    tried = rng.poisson(30, (6, MONTHS)).astype(float)
    passed = rng.binomial(tried.astype(int), np.linspace(0.96, 0.997, MONTHS)).astype(float)

    step = learn_step("screened", tried, passed[:, :, None])

    drawn = draw_chances(step, 1000, np.random.default_rng(1))
    assert drawn.mean() > 0.98
    assert step.tried.sum() > 500
