import numpy as np
import pytest

from models.intake.chances import draw_chances, draw_delays
from models.intake.steps import Step
from tests.models.intake.truth import FLEMISH, Rules, learn, make_world


def make_step(tried: list[float], passed: list[float]) -> Step:
    return Step("started", np.array(tried), np.array(passed), np.array([0.5, 0.5]))


def draw(step: Step) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return draw_chances(step, 4000, np.random.default_rng(1))


def test_learnt_chances_hold_the_true_ones_as_often_as_they_say() -> None:
    hits = []
    for seed in range(25):
        world = make_world(Rules(spells=FLEMISH / 10, months=48, apart=0.15), seed)
        for step in learn(world, 47):
            drawn = draw_chances(step, 400, np.random.default_rng(seed))
            place = (drawn < world.chances[step.name]).mean(axis=0)
            hits.append([(place > 0.1) & (place < 0.9), (place > 0.025) & (place < 0.975)])

    eighty, ninety_five = np.mean(hits, axis=(0, 2))

    assert 0.77 < eighty < 0.87
    assert 0.93 < ninety_five < 0.98


def test_a_region_without_tries_borrows_the_chance_of_the_others_and_is_less_sure() -> None:
    drawn = draw(make_step([0, 900, 1000, 800], [0, 300, 360, 250]))

    assert drawn[:, 0].mean() == pytest.approx(0.33, abs=0.03)
    assert drawn[:, 0].std() > 1.3 * drawn[:, 1].std()


def test_a_small_region_leans_on_the_others_where_they_are_alike() -> None:
    drawn = draw(make_step([10, 900, 1000, 800], [9, 305, 335, 265]))

    assert drawn[:, 0].mean() < 0.6


def test_regions_that_differ_keep_their_own_chance() -> None:
    drawn = draw(make_step([900, 900, 900, 900], [90, 300, 500, 750]))

    assert drawn.mean(axis=0) == pytest.approx(np.array([0.1, 1 / 3, 5 / 9, 5 / 6]), abs=0.01)


def test_a_step_that_nobody_tried_can_have_any_chance() -> None:
    drawn = draw(make_step([0, 0], [0, 0]))

    low, high = np.quantile(drawn, (0.025, 0.975))
    assert low < 0.1
    assert high > 0.9


def test_a_single_region_is_learnt_from_its_own_counts() -> None:
    drawn = draw(make_step([400], [100]))

    assert drawn.mean() == pytest.approx(0.25, abs=0.01)
    assert drawn.std() == pytest.approx(np.sqrt(0.25 * 0.75 / 400), rel=0.15)


def test_nobody_passing_leaves_a_small_chance_and_not_none() -> None:
    drawn = draw(make_step([50, 40, 30], [0, 0, 0]))

    assert 0 < drawn.mean() < 0.03


def test_delays_vary_as_few_or_many_tell_of_them() -> None:
    rng = np.random.default_rng(1)

    few = draw_delays(make_step([40], [20]), 2000, rng)
    many = draw_delays(make_step([4000], [2000]), 2000, rng)

    assert few.sum(axis=1) == pytest.approx(np.ones(2000))
    assert few[:, 0].std() == pytest.approx(0.11, abs=0.02)
    assert many[:, 0].std() == pytest.approx(0.011, abs=0.002)
