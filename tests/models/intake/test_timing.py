import numpy as np
import pytest

from models.intake.timing import Going, Small, expect, find_remaining, spread

DELAY = np.array([0.15, 0.45, 0.3, 0.1])
DRAWS, MONTHS, PAST = 6000, 12, 3


def make_going(delay: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = DELAY) -> Going:
    """Return 80 who come each month, and 30, 20 and 10 who came in the months before."""
    coming = np.full((DRAWS, 1, MONTHS), 80, np.float32)
    coming[..., :PAST] = 0
    known = np.broadcast_to(np.array([10, 20, 30], np.float32), (DRAWS, 1, PAST))
    return Going(coming, known, np.tile(delay, (DRAWS, 1)).astype(np.float32))


def draw_one_by_one(rng: np.random.Generator) -> Small:
    """Return the same with every cohort drawn over its delays by itself."""
    found = np.zeros((DRAWS, MONTHS + 4), np.float32)
    for month in range(PAST, MONTHS):
        found[:, month : month + 4] += rng.multinomial(80, DELAY, DRAWS)
    for age, count in enumerate((30, 20, 10)):
        later = DELAY[age + 1 :] / DELAY[age + 1 :].sum()
        found[:, PAST : PAST + len(later)] += rng.multinomial(count, later, DRAWS)
    return found[:, :MONTHS]


def test_months_and_their_sums_are_as_if_each_cohort_were_drawn_by_itself() -> None:
    one_by_one = draw_one_by_one(np.random.default_rng(1))[:, PAST:]

    found = spread(make_going(), np.random.default_rng(2))[:, 0, PAST:]

    assert found.mean(axis=0) == pytest.approx(one_by_one.mean(axis=0), rel=0.01)
    assert found.std(axis=0) == pytest.approx(one_by_one.std(axis=0), rel=0.15)
    sums, true_sums = np.cumsum(found, axis=1), np.cumsum(one_by_one, axis=1)
    assert sums.std(axis=0) == pytest.approx(true_sums.std(axis=0), rel=0.15)


def test_nobody_goes_twice_before_they_came_or_in_part() -> None:
    going = make_going()

    found = spread(going, np.random.default_rng(2))

    assert (found >= 0).all()
    assert (found == np.rint(found)).all()
    assert found[..., :PAST].sum() == 0
    came = np.cumsum(going.coming, axis=2) + 60
    assert (np.cumsum(found, axis=2) <= came).all()


def test_known_cases_all_go_in_the_months_after_they_can_have_gone() -> None:
    going = make_going()
    alone = Going(np.zeros_like(going.coming), going.known, going.delay)

    found = spread(alone, np.random.default_rng(2))

    assert found.sum(axis=2).mean() == pytest.approx(60)
    assert found[..., PAST + 3 :].sum() == 0


def test_a_single_month_of_delay_moves_everybody_by_it() -> None:
    going = make_going(np.array([0.0, 1.0]))
    new = Going(going.coming, np.zeros_like(going.known), going.delay)

    found = spread(new, np.random.default_rng(2))

    assert (found[..., PAST + 1 :] == 80).all()
    assert found[..., PAST].sum() == 0


def test_small_numbers_keep_their_mean() -> None:
    coming = np.random.default_rng(1).poisson(0.7, (DRAWS, 1, 40)).astype(np.float32)
    none = np.zeros((DRAWS, 1, 0), np.float32)

    found = spread(
        Going(coming, none, np.tile(DELAY, (DRAWS, 1)).astype(np.float32)),
        np.random.default_rng(2),
    )

    assert found[..., 6:].mean() == pytest.approx(0.7, rel=0.03)


def test_the_mean_is_what_is_expected_without_luck() -> None:
    going = make_going()

    found = spread(going, np.random.default_rng(2)).mean(axis=0)

    assert found == pytest.approx(expect(going).mean(axis=0), rel=0.01, abs=0.2)


def test_who_waited_longer_than_any_delay_has_nothing_left() -> None:
    found = find_remaining(DELAY[None], 5)

    assert found[0] == pytest.approx(np.array([0, 0, 0.1, 0.4, 0.85]), abs=1e-9)
