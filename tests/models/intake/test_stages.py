"""The chances of the steps, told with how sure they are, in a world in which they are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.intake.flow import Flow
from models.intake.stages import BY_MONTH_5, tell_stages
from models.intake.steps import Step
from tests.planning_plans import make_flow

TRUE = {"suggested": 0.3, "referred": 0.5, "consented": 0.8, "started": 0.9}
DELAYS = {"referred": (0.5, 0.5), "consented": (1.0,), "started": (0.5, 0.25, 0.25)}
# 0.5 of none and 0.5 of one month, then none to two: at most two months in all
WITHIN = 0.5 * 1.0 + 0.5 * 0.75


def make_known(tried: float, seed: int) -> Flow:
    """Return a flow whose steps after the screening were passed by lot, with chances as `TRUE`."""
    rng, flow = np.random.default_rng(seed), make_flow(regions=2, spells=2_000)
    count = np.full(2, tried)
    steps = tuple(
        Step(
            name,
            count,
            rng.binomial(int(tried), p, 2).astype(float),
            np.array(DELAYS.get(name, (1,))),
        )
        for name, p in TRUE.items()
    )
    return replace(flow, steps=steps, waiting=())


def test_chances_are_those_of_the_world_and_the_interval_holds_them() -> None:
    held = dict.fromkeys((*TRUE, BY_MONTH_5), 0)
    true = {**TRUE, BY_MONTH_5: 0.3 * 0.5 * 0.8 * 0.9 * WITHIN}

    for seed in range(60):
        for one in tell_stages(make_known(400, seed), seed):
            held[one["step"]] += one["low"] <= true[one["step"]] <= one["high"]

    # 95 of 100 by design; 51 of 60 or fewer is less than once in 400 times
    assert min(held.values()) > 51, held


def test_more_cases_make_a_chance_surer() -> None:
    few, many = (tell_stages(make_known(n, 1), 1) for n in (100, 10_000))

    for one, other in zip(few, many, strict=True):
        assert one["high"] - one["low"] > 3 * (other["high"] - other["low"])


def test_delays_that_few_people_told_make_month_5_less_sure() -> None:
    flow = make_known(400, 1)
    steps = tuple(replace(s, passed=0.95 * s.tried) for s in flow.steps)
    at_once = tuple(replace(s, delay=np.ones(1)) for s in steps)

    early, spread = (tell_stages(replace(flow, steps=s), 1)[-1] for s in (at_once, steps))

    # of the chance itself: who comes too late makes it smaller as well
    assert _width(spread) > 1.1 * _width(early)


def _width(told: dict[str, Any]) -> float:
    return float((told["high"] - told["low"]) / told["mean"])


def test_a_step_of_fewer_than_five_people_is_not_told() -> None:
    flow = make_known(400, 1)
    rare = replace(flow.steps[2], passed=np.array([2.0, 2.0]))

    told = tell_stages(replace(flow, steps=(*flow.steps[:2], rare, flow.steps[3])), 1)

    assert [one["step"] for one in told] == ["suggested", "referred", "started"]


@pytest.mark.parametrize("left_out", list(TRUE))
def test_without_a_step_nothing_is_said_of_month_5(left_out: str) -> None:
    flow = make_known(400, 1)

    told = tell_stages(replace(flow, steps=tuple(s for s in flow.steps if s.name != left_out)), 1)

    assert [one["step"] for one in told] == [name for name in TRUE if name != left_out]
