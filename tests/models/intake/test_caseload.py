from dataclasses import replace

import numpy as np
import pytest

from models.intake.caseload import (
    Floats,
    count_durations,
    draw_hazards,
    follow_caseload,
    measure_wait,
)
from models.intake.faults import IntakeError
from models.intake.flow import Durations, Flow
from tests.models.intake.truth import Rules, build_flow, make_world

RNG = np.random.default_rng(1)


@pytest.fixture(scope="module")
def flow() -> Flow:
    world = make_world(Rules(months=60), seed=1)
    return build_flow(world, 48, np.ones((10, 6, 12), np.int64))


def start(flow: Flow, each: float, draws: int = 200) -> Floats:
    return np.full((draws, len(flow.regions), 12), each)


def test_open_pathways_count_for_as_long_as_they_were_seen() -> None:
    found = count_durations(np.array([2, 3, 3]), np.array([True, True, False]))

    assert found.at_risk.tolist() == [3, 3, 3, 1]
    assert found.ended.tolist() == [0, 0, 1, 1]


def test_the_length_of_pathways_is_right_though_most_are_still_open() -> None:
    months = RNG.integers(11, 15, 3000)
    seen = RNG.integers(0, 30, 3000)

    found = count_durations(np.minimum(months, seen), months < seen)

    left = np.cumprod(1 - found.ended / np.maximum(found.at_risk, 1))
    assert left[9] == 1
    assert left[11] == pytest.approx(0.75, abs=0.03)  # lasting 12 to 14 of 11 to 14
    assert months[months < seen].mean() < 12.45  # what leaving the open ones out would tell


def test_a_pathway_cannot_end_before_it_starts() -> None:
    with pytest.raises(IntakeError, match="ends before it starts"):
        count_durations(np.array([-1]), np.array([True]))


def test_more_ends_than_pathways_are_refused() -> None:
    with pytest.raises(IntakeError, match="no more ended than were under way"):
        Durations(np.array([1]), np.array([2]))


def test_drawn_durations_hold_the_share_still_open() -> None:
    durations = Durations(np.array([400] * 11 + [400, 300, 200]), np.array([0] * 11 + [100] * 3))

    hazards = draw_hazards(durations, 2000, np.random.default_rng(1))

    after_twelve = np.cumprod(1 - hazards, axis=1)[:, 11]
    assert after_twelve.mean() == pytest.approx(0.75, abs=0.01)
    assert after_twelve.std() == pytest.approx(np.sqrt(0.75 * 0.25 / 400), rel=0.2)
    assert (hazards[:, -1] == 1).all()


def test_where_no_pathway_ended_the_published_length_stands_in_with_a_wide_interval() -> None:
    durations = Durations(np.array([30, 20, 10]), np.array([0, 0, 0]))

    alive = np.cumprod(1 - draw_hazards(durations, 2000, RNG), axis=1)

    assert 0.2 < alive[:, 11].mean() < 0.6
    assert np.quantile(alive[:, 11], 0.975) - np.quantile(alive[:, 11], 0.025) > 0.2


def test_the_caseload_is_that_of_each_pathway_followed_by_itself(flow: Flow) -> None:
    rng = np.random.default_rng(3)
    hazards = draw_hazards(flow.durations, 1, np.random.default_rng(1))[0]

    found = follow_caseload(flow, start(flow, 150.0, 400), seed=1).caseload.sum(axis=1)

    alive = np.cumprod(1 - hazards)
    count = np.zeros((400, 12))
    for age, still_open in enumerate(flow.open_pathways.sum(axis=0)):
        share = alive[age : age + 12] / (alive[age - 1] if age else 1.0)
        last = np.full(400, still_open)
        for month in range(12):
            step = share[month] / (share[month - 1] if month else 1.0) if month < len(share) else 0
            last = rng.binomial(last, np.nan_to_num(step))
            count[:, month] += last
    for month in range(12):
        last = np.full(400, 900)
        for later in range(month, 12):
            if later > month:
                last = rng.binomial(last, 1 - hazards[later - month - 1])
            count[:, later] += last
    assert found.mean(axis=0) == pytest.approx(count.mean(axis=0), rel=0.02)
    assert found.std(axis=0)[8] == pytest.approx(count.std(axis=0)[8], rel=0.5)


def test_who_finds_no_place_waits_and_goes_first(flow: Flow) -> None:
    capacity = flow.open_pathways.sum(axis=1) + 50
    wanted = start(flow, 200.0)

    load = follow_caseload(flow, wanted, seed=1, capacity=capacity)

    assert (load.caseload <= capacity[:, None] + 1).all()
    assert load.queue[..., -1] == pytest.approx((wanted - load.started).sum(axis=2))
    assert load.queue.mean() > 0


def test_more_places_never_lengthen_the_queue(flow: Flow) -> None:
    wanted = start(flow, 200.0)
    queues = [
        follow_caseload(flow, wanted, 1, np.full(6, places)).queue.mean()
        for places in (0, 500, 1000, 2000, 4000)
    ]

    assert queues == sorted(queues, reverse=True)
    assert queues[0] > queues[-1]


def test_without_any_place_nobody_starts_and_the_wait_is_long(flow: Flow) -> None:
    wanted = start(flow, 20.0)

    load = follow_caseload(flow, wanted, seed=1, capacity=np.zeros(6, np.int64))

    assert load.started.sum() == 0
    assert (measure_wait(wanted, load.started)[..., 0] > 12).all()


def test_a_region_without_a_limit_has_no_queue(flow: Flow) -> None:
    load = follow_caseload(flow, start(flow, 200.0), 1, np.array([-1, 0, 0, 0, 0, 0]))

    assert load.queue[:, 0].sum() == 0
    assert load.queue[:, 1].sum() > 0


def test_the_wait_is_until_as_many_started_as_asked_before() -> None:
    wanted = np.array([[[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]]])
    started = np.array([[[5.0, 5.0, 5.0, 5.0, 5.0, 5.0]]])

    found = measure_wait(wanted, started)

    assert found[0, 0, :3].tolist() == [0, 1, 2]


def test_no_pathways_at_all_leave_an_empty_caseload(flow: Flow) -> None:
    empty = replace(flow, open_pathways=np.zeros_like(flow.open_pathways))

    load = follow_caseload(empty, start(flow, 0.0), seed=1)

    assert load.caseload.sum() == 0
