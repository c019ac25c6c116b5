import numpy as np
import pytest

from models.intake.faults import IntakeError
from models.intake.steps import Floats, Step, learn_step
from models.intake.wobble import Wobble, measure_wobble

DELAY = np.array([0.1, 0.3, 0.4, 0.2])
REFUSAL = np.array([0.5, 0.2, 0.1, 0.0])


def make_counts(
    months: int = 6, size: int = 20_000, chance: float = 0.6, seed: int = 1
) -> tuple[Floats, Floats, Floats]:
    """Return tries, passes and refusals of two regions, all of them known."""
    rng = np.random.default_rng(seed)
    tried = np.full((2, months), float(size))
    passing = rng.binomial(size, chance, (2, months))
    passed = rng.multinomial(passing, DELAY)
    refused = rng.multinomial(size - passing, np.append(REFUSAL, 1 - REFUSAL.sum()))[..., :-1]
    return tried, passed.astype(float), refused.astype(float)


def test_tries_that_may_still_pass_are_no_failures() -> None:
    tried, passed, _ = make_counts()

    step = learn_step("started", tried, passed)

    assert step.pooled == pytest.approx(0.6, abs=0.005)
    assert step.delay == pytest.approx(DELAY, abs=0.01)
    seen = np.arange(6)[:, None] + np.arange(4) < 6
    assert (passed * seen).sum() / tried.sum() < 0.5  # what counting them as failures would tell


def test_what_lies_after_the_last_month_changes_nothing() -> None:
    tried, passed, _ = make_counts()
    unseen = np.arange(6)[:, None] + np.arange(4) >= 6

    with_future = learn_step("started", tried, passed)
    without = learn_step("started", tried, np.where(unseen, 0.0, passed))

    assert (with_future.passed == without.passed).all()
    assert (with_future.delay == without.delay).all()


def test_a_recent_try_tells_less_than_one_of_long_ago() -> None:
    tried, passed, _ = make_counts()

    step = learn_step("started", tried, passed)

    # three months seen in full, and 0.62, 0.21 and 0.04 of the last three
    assert step.tried[0] == pytest.approx(3.87 * 20_000, rel=0.02)


def test_known_refusals_are_learnt_and_tell_more_of_the_chance() -> None:
    tried, passed, refused = make_counts()

    step = learn_step("consented", tried, passed, refused)

    assert step.stopped == pytest.approx(REFUSAL, abs=0.01)
    assert step.pooled == pytest.approx(0.6, abs=0.005)
    assert step.tried.sum() > learn_step("consented", tried, passed).tried.sum()


def test_a_step_that_nobody_tried_says_so_by_its_counts() -> None:
    step = learn_step("started", np.zeros((2, 6)), np.zeros((2, 6, 4)))

    assert step.tried.sum() == 0
    assert step.pooled == 0.5
    assert step.delay[0] == 1


def test_a_single_month_is_enough_to_learn_from() -> None:
    step = learn_step("screened", np.array([[100.0]]), np.array([[[40.0]]]))

    assert step.pooled == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("tried", "passed"),
    [
        (np.ones((2, 3)), np.ones((2, 3))),
        (np.ones((2, 3)), np.full((2, 3, 1), 2.0)),
        (np.ones((2, 3)), np.full((2, 3, 1), -1.0)),
        (np.full((2, 3), np.nan), np.zeros((2, 3, 1))),
    ],
)
def test_counts_that_cannot_be_are_refused_by_the_name_of_the_step(
    tried: Floats, passed: Floats
) -> None:
    with pytest.raises(IntakeError, match="screened: expected"):
        learn_step("screened", tried, passed)


def test_refusals_of_another_shape_are_refused() -> None:
    with pytest.raises(IntakeError, match="stopped in the shape of passed"):
        learn_step("consented", np.ones((2, 3)), np.zeros((2, 3, 2)), np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("tried", "passed", "delay"),
    [([1.0, 2.0], [1.0], [1.0]), ([1.0], [2.0], [1.0]), ([1.0], [1.0], [0.5])],
)
def test_a_step_that_cannot_be_is_refused(
    tried: list[float], passed: list[float], delay: list[float]
) -> None:
    with pytest.raises(IntakeError, match="screened: expected"):
        Step("screened", np.array(tried), np.array(passed), np.array(delay))


def draw_months(own: float, shared: float, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return tries, passes and chances of five regions whose months differ by so much."""
    rng = np.random.default_rng(seed)
    lot = 0.3 * 0.7
    odds = np.log(0.3 / 0.7) + rng.normal(0, np.sqrt(own / lot), (5, 60))
    odds = odds + rng.normal(0, np.sqrt(shared / lot), 60)
    tried = np.full((5, 60), 800.0)
    passed = rng.binomial(800, 1 / (1 + np.exp(-odds))).astype(float)
    share = passed.sum(axis=1) / tried.sum(axis=1)
    return tried, passed, np.broadcast_to(share[:, None], tried.shape)


def test_months_that_differ_by_lot_only_are_taken_to_be_alike() -> None:
    found = [measure_wobble(*draw_months(0, 0, seed)) for seed in range(40)]

    assert sum(one.own + one.shared > 0 for one in found) < 14
    assert np.mean([one.own + one.shared for one in found]) < 0.0002


@pytest.mark.parametrize(("own", "shared"), [(0.004, 0.0), (0.0, 0.004), (0.002, 0.002)])
def test_what_months_differ_by_is_told_apart_from_what_regions_share(
    own: float, shared: float
) -> None:
    found = [measure_wobble(*draw_months(own, shared, seed)) for seed in range(40)]

    assert np.mean([one.own for one in found]) == pytest.approx(own, abs=0.0005)
    assert np.mean([one.shared for one in found]) == pytest.approx(shared, abs=0.0005)


def test_months_that_move_together_tell_less_than_as_many_tries() -> None:
    tried = np.full((5, 60), 800.0)

    found = Wobble(0.0, 0.004).discount(tried)

    assert found[0, 0] == pytest.approx(800 / (1 + 3999 * 0.004))
