import json

import numpy as np
import pytest

from models.intake.flow import Flow
from models.intake.outlook import Outlook, simulate
from tests.models.intake.truth import Rules, World, build_flow, make_world

ORIGIN, HORIZON, DRAWS = 60, 12, 300


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Rules(months=ORIGIN + HORIZON), seed=1)


@pytest.fixture(scope="module")
def flow(world: World) -> Flow:
    coming = world.count("entries")[:, ORIGIN:]
    drawn = np.random.default_rng(0).poisson(coming[None], (DRAWS, *coming.shape))
    return build_flow(world, ORIGIN, drawn)


@pytest.fixture(scope="module")
def outlook(flow: Flow) -> Outlook:
    return simulate(flow, draws=DRAWS)


@pytest.mark.parametrize("name", ["entries", "off_3m", "screened", "suggested", "started"])
def test_what_comes_lies_where_it_was_expected(world: World, outlook: Outlook, name: str) -> None:
    measure = "reached" if name == "off_3m" else name

    found = outlook.get_total(measure).mean(axis=0)

    true = world.count(name)[:, ORIGIN:].sum(axis=0)
    assert np.abs(found / true - 1).mean() < 0.04


def test_a_plan_that_was_kept_is_simulated_again_to_the_same_numbers(
    flow: Flow, outlook: Outlook
) -> None:
    kept = json.loads(json.dumps(flow.to_plain()))

    again = simulate(Flow.of(kept), draws=DRAWS)

    assert again.summary() == outlook.summary()


def test_a_quarter_is_surer_than_its_months_added_up(outlook: Outlook) -> None:
    told = outlook.summary()

    quarter = told["sums"]["started"]["3"]["all"]
    months = told["measures"]["started"]["all"]
    wide = sum(months["q"]["0.9"][n] - months["q"]["0.1"][n] for n in range(3))
    assert quarter["mean"] == pytest.approx(sum(months["mean"][:3]), abs=0.1)
    assert quarter["q"]["0.9"] - quarter["q"]["0.1"] < wide


def test_starts_of_the_first_months_come_from_known_cases(outlook: Outlook) -> None:
    known = outlook.summary()["known"]["all"]

    assert known[0] == 1
    assert known[-1] == 0
    assert known == sorted(known, reverse=True)
