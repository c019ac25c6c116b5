"""The verdict over all checks, and what a group is expected to be good for."""

from typing import Any

import numpy as np

from models.watching import Check, Verdict
from serving.monitor import Report
from serving.monitor_checks import check_expected_groups
from tests.told import make_told

COUNTS = {"window": 0}


def make(verdict: Verdict) -> Check:
    return Check("input", "age_years", verdict=verdict)


def test_the_verdict_is_the_worst_of_what_could_be_judged_however_much_could_not() -> None:
    unknown = [make(Verdict.INSUFFICIENT)] * 30

    quiet = Report([*unknown, make(Verdict.OK)], COUNTS, {})
    watched = Report([*unknown, make(Verdict.OK), make(Verdict.WATCH)], COUNTS, {})
    nothing = Report(unknown, COUNTS, {})

    assert (quiet.verdict, quiet.judged) == (Verdict.OK, 1)
    assert (watched.verdict, watched.judged) == (Verdict.WATCH, 2)
    assert (nothing.verdict, nothing.judged) == (Verdict.INSUFFICIENT, 0)


def draw(seed: int, spread: float, count: int = 20_000) -> Any:
    """Return people of two regions; `spread` is how much chances differ in one of them."""
    rng = np.random.default_rng(seed)
    here = rng.random(count) < 0.5
    wide = np.where(here, spread, 0.2)
    region = np.where(here, "limburg", "antwerpen").astype(object)
    return make_told(
        count, p_usual=0.5 + wide * rng.uniform(-1, 1, count), groups={"region": region}
    )


def look(*told: Any) -> dict[str, Check]:
    return {one.group: one for one in check_expected_groups(*told)}


def test_a_group_whose_people_can_be_told_apart_less_well_than_before_is_found() -> None:
    found = look(draw(1, spread=0.1), draw(2, spread=0.2))

    assert (found["limburg"].verdict, found["antwerpen"].verdict) == (Verdict.ALARM, Verdict.OK)
    figures = found["limburg"].figures
    assert figures["before"] - figures["auc"] > 0.05


def test_groups_that_stayed_as_they_were_are_in_order_or_not_to_be_judged() -> None:
    found = [look(draw(seed, 0.2, 2000), draw(seed + 50, 0.2, 2000)) for seed in range(10)]

    verdicts = {one.verdict for each in found for one in each.values()}
    assert verdicts <= {Verdict.OK, Verdict.INSUFFICIENT}


def test_a_group_without_a_verdict_says_why() -> None:
    now, nobody = draw(1, spread=0.2, count=200), draw(2, spread=0.2, count=0)

    alone, few = look(now, nobody), look(draw(3, spread=0.2, count=20), now)

    assert {one.why for one in alone.values()} == {"no_earlier"}
    assert {one.verdict for one in alone.values()} == {Verdict.INSUFFICIENT}
    assert all(one.figures["low"] <= one.figures["auc"] for one in alone.values())
    assert {one.why for one in few.values()} == {"too_few"}
