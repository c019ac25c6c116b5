from dataclasses import replace

import numpy as np
import pytest

from models.intake.change import Change
from models.intake.faults import IntakeError
from models.intake.flow import Flow
from models.intake.mix import Mix
from models.intake.outlook import simulate
from tests.models.intake.truth import FLEMISH, Rules, build_flow, make_world

ORIGIN, HORIZON, DRAWS = 48, 12, 200
LIMITS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)


@pytest.fixture(scope="module")
def flow() -> Flow:
    world = make_world(Rules(spells=FLEMISH / 3, months=ORIGIN + HORIZON), seed=1)
    coming = world.count("entries")[:, ORIGIN:]
    drawn = np.random.default_rng(0).poisson(coming[None], (DRAWS, *coming.shape))
    screened = world.count("screened")[:, ORIGIN - 12 : ORIGIN].sum(axis=1)
    refer = np.rint(np.outer(screened, [0.5, 0.27, 0.14, 0.07, 0.03, 0.0]))
    mix = Mix(limits=LIMITS, refer=refer, screened=screened, gain_from=0.1)
    capacity = np.full(6, 700)
    return replace(build_flow(world, ORIGIN, drawn), mix=mix, capacity=capacity)


def count_started(
    flow: Flow, change: Change | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return draws of all starts of the horizon per region."""
    return np.asarray(simulate(flow, change, draws=DRAWS).draws["started"].sum(axis=2))


@pytest.mark.parametrize("change", [Change(), Change(gain_from=0.1), Change(target=9000)])
def test_a_change_of_nothing_changes_nothing(flow: Flow, change: Change) -> None:
    before, after = simulate(flow, draws=DRAWS), simulate(flow, change, draws=DRAWS)

    assert all((after.draws[name] == drawn).all() for name, drawn in before.draws.items())


def test_a_higher_limit_on_the_gain_lets_fewer_start_in_every_draw(flow: Flow) -> None:
    counts = [count_started(flow, Change(gain_from=limit)) for limit in (0.0, 0.04, 0.1, 0.18, 0.3)]

    steps = np.diff(np.array(counts), axis=0)
    assert (steps.sum(axis=2) < 0).all()


def test_the_limit_moves_the_share_suggested_as_the_table_says(flow: Flow) -> None:
    half, now = (
        simulate(flow, Change(gain_from=limit), draws=DRAWS).get_total("suggested").mean()
        for limit in (0.15, 0.1)
    )

    assert half / now == pytest.approx(0.5, abs=0.02)


def test_more_consent_lets_more_start_in_every_draw(flow: Flow) -> None:
    counts = [count_started(flow, Change(consent={"all": p})) for p in (0.0, 0.3, 0.6, 0.9, 1.0)]

    steps = np.diff(np.array(counts), axis=0)
    assert (steps.sum(axis=2) > 0).all()


def test_consent_of_one_region_leaves_the_others_as_they_are(flow: Flow) -> None:
    before, after = (count_started(flow, one) for one in (None, Change(consent={"limburg": 0.95})))

    assert (after[:, 1] > before[:, 1]).mean() > 0.99
    assert (np.delete(after, 1, axis=1) == np.delete(before, 1, axis=1)).all()


def test_consent_becomes_the_share_that_is_asked_for(flow: Flow) -> None:
    found = simulate(flow, Change(consent={"all": 0.5}), draws=DRAWS)

    share = found.get_total("consented")[:, 4:].sum() / found.get_total("referred")[:, 4:].sum()
    assert share == pytest.approx(0.5, abs=0.02)


def test_more_places_break_later_and_less_often(flow: Flow) -> None:
    found = [
        simulate(flow, Change(capacity=dict.fromkeys(flow.regions, places)), draws=DRAWS)
        for places in (0, 300, 800, 5000)
    ]

    chances = [one.summary()["breaks"]["all"]["p"] for one in found]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == 1
    assert chances[-1] == 0


def test_capacity_given_for_one_region_leaves_that_of_the_others(flow: Flow) -> None:
    found = simulate(flow, Change(capacity={"brussel": 12}), draws=DRAWS).summary()["capacity"]

    assert found["brussel"] == 12
    assert found["limburg"] == 700
    assert found["all"] == 5 * 700 + 12


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change(consent={"wallonie": 0.5}), "consent: no region is called wallonie"),
        (Change(consent={"all": 1.5}), "consent: expected shares from 0 to 1"),
        (Change(capacity={"all": 5}), "capacity: no region is called all"),
        (Change(capacity={"limburg": -5}), "capacity: expected 0 places or more"),
        (Change(target=0), "target: expected at least 1"),
        (Change(gain_from=0.5), "gain_from: expected 0 to 0.3"),
    ],
)
def test_a_change_that_cannot_be_tried_is_refused_by_name(
    flow: Flow, change: Change, told: str
) -> None:
    with pytest.raises(IntakeError, match=told):
        simulate(flow, change, draws=10)


def test_a_limit_cannot_be_tried_without_the_table_of_limits(flow: Flow) -> None:
    for mix in (Mix(), Mix(gain_from=0.1)):
        with pytest.raises(IntakeError, match="gain_from"):
            simulate(replace(flow, mix=mix), Change(gain_from=0.2), draws=10)


def test_what_was_not_counted_cannot_be_changed(flow: Flow) -> None:
    steps = tuple(step for step in flow.steps if step.name != "consented")
    waiting = tuple(one for one in flow.waiting if one.step != "consented")

    with pytest.raises(IntakeError, match="consent: the step consented was not counted"):
        simulate(replace(flow, steps=steps, waiting=waiting), Change(consent={"all": 0.5}))


def test_a_change_is_kept_as_it_was() -> None:
    change = Change(0.1, {"all": 0.5}, {"limburg": 4}, 9000)

    assert Change.of(change.to_plain()) == change
