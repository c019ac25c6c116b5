"""The chance of each step on the road, with how sure it is, and of a start by month 5."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.chances import draw_chances, draw_delays
from models.intake.flow import REACHED, Flow
from models.intake.steps import Step
from models.shares import FEWEST_SHOWN

Floats = NDArray[np.float64]
DRAWS = 500
LOW, HIGH = 0.025, 0.975
START_MONTH = 5  # of the absence, by which a pathway has started
BY_MONTH_5 = "started_by_month_5"
ON_THE_WAY = ("referred", "consented", "started")


def tell_stages(flow: Flow, seed: int) -> list[dict[str, Any]]:
    """Return the chance of each step over all regions, with the ends of its 95 % interval.

    The last one is the chance that who was screened starts within as many months as lie between
    the kantelpunt and month 5. A step that fewer than five people passed, or did not, is left out.
    """
    drawn = {
        step.name: _pool(step, np.random.default_rng([seed, 61, place]))
        for place, step in enumerate(flow.steps)
    }
    told = [_tell(step.name, drawn[step.name]) for step in flow.steps if _is_told(step)]
    steps = {step.name: step for step in flow.steps}
    needed = ("suggested", *ON_THE_WAY)
    if not all(name in steps and _is_told(steps[name]) for name in needed):
        return told
    rng = np.random.default_rng([seed, 67])
    delays = [draw_delays(steps[name], DRAWS, rng) for name in ON_THE_WAY]
    within = np.array([_share_within(one) for one in zip(*delays, strict=True)])
    onward = drawn["consented"] * drawn["started"] * within
    aside = drawn.get("referred_other", np.zeros(DRAWS))
    suggested = drawn["suggested"]
    chance = (suggested * drawn["referred"] + (1 - suggested) * aside) * onward
    return [*told, _tell(BY_MONTH_5, chance)]


def _pool(step: Step, rng: np.random.Generator) -> Floats:
    """Return draws of the chance of all regions, each counted by how many tried there."""
    weight = step.tried / max(step.tried.sum(), 1e-9)
    return np.asarray(draw_chances(step, DRAWS, rng) @ weight)


def _is_told(step: Step) -> bool:
    passed, tried = step.passed.sum(), step.tried.sum()
    return bool(min(passed, tried - passed) >= FEWEST_SHOWN)


def _share_within(delays: Sequence[Floats]) -> float:
    """Return the share whose delays together take no longer than from the kantelpunt to month 5."""
    whole = np.ones(1)
    for delay in delays:
        whole = np.convolve(whole, delay)
    return float(whole[: START_MONTH - REACHED + 1].sum())


def _tell(name: str, chance: Floats) -> dict[str, Any]:
    low, high = np.quantile(chance, (LOW, HIGH))
    rows = {"mean": chance.mean(), "low": low, "high": high}
    return {"step": name, **{key: round(float(value), 4) for key, value in rows.items()}}
