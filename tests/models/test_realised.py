"""What estimates turned out to be, held against worlds of which the truth is known."""

import numpy as np
import pytest

from features.outcomes import weigh
from models.realised import check_realised, measure_auc, rank_values
from models.watching import Check, Verdict, judge

PEOPLE = 4000


def draw(seed: int, told: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return chances and outcomes; `told` above 1 makes chances surer than they should be."""
    rng = np.random.default_rng(seed)
    line = rng.normal(0.2, 0.9, PEOPLE)
    y = (rng.random(PEOPLE) < 1 / (1 + np.exp(-line))).astype(float)
    return 1 / (1 + np.exp(-told * line)), y


def look(p: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> dict[str, Check]:
    found = judge(check_realised(p, y, np.ones(len(p)) if w is None else w))
    return {one.name: one for one in found}


def test_estimates_that_are_right_bring_what_they_promise_with_intervals_that_hold_it() -> None:
    found = [look(*draw(seed)) for seed in range(60)]

    for name in ("auc", "brier"):
        figures = [one[name].figures for one in found]
        held = np.mean([one["low"] <= one["promised"] <= one["high"] for one in figures])
        wide = np.mean([(one["high"] - one["low"]) / (2 * 1.96) for one in figures])
        assert held > 0.85
        assert wide == pytest.approx(np.std([one[name] for one in figures]), rel=0.3)
        assert np.mean([one[name] - one["promised"] for one in figures]) == pytest.approx(
            0, abs=0.002
        )
    assert {one.verdict for each in found for one in each.values()} == {Verdict.OK}


def test_chances_that_say_too_much_are_found() -> None:
    sure = look(*draw(1, told=2.0))
    p, y = draw(1)
    noise = look(np.random.default_rng(2).permutation(p), y)

    assert sure["brier"].verdict is Verdict.ALARM
    assert noise["auc"].verdict is Verdict.ALARM
    assert noise["auc"].figures["auc"] == pytest.approx(0.5, abs=0.03)


def test_weights_within_a_suggestion_undo_that_it_decides_who_is_supported() -> None:
    rng = np.random.default_rng(5)
    p, y = (np.concatenate(one) for one in zip(*(draw(seed) for seed in range(10)), strict=True))
    refer = p < 0.45
    supported = rng.random(len(p)) < np.where(refer, 0.75, 0.05)
    settled_on = np.where(y == 1, 200.0, 365.0)
    begun_on = rng.uniform(0, 150, len(p))
    seen = np.where(supported, np.nan, y)
    days = np.where(supported, begun_on, settled_on)
    weight = np.zeros(len(p))
    for rows in (refer, ~refer):
        weight[rows] = weigh(seen[rows], days[rows], days[rows], supported[rows])

    known = weight > 0
    right = look(p[known], y[known], weight[known])
    bare = look(p[known], y[known])

    truth = {"auc": measure_auc(p, y, np.ones(len(p))), "brier": np.mean((p - y) ** 2)}
    for name, value in truth.items():
        assert right[name].figures[name] == pytest.approx(value, abs=0.006)
    assert abs(bare["auc"].figures["auc"] - truth["auc"]) > 0.015


def test_of_too_few_returns_nothing_is_told() -> None:
    p, y = draw(3)
    few = np.flatnonzero(y == 1)[:9]
    rows = np.concatenate([few, np.flatnonzero(y == 0)[:200]])

    found = look(p[rows], y[rows])

    assert {one.why for one in found.values()} == {"not_matured"}
    assert {one.verdict for one in found.values()} == {Verdict.INSUFFICIENT}


@pytest.mark.parametrize(
    "values", [[1.0, 1.0, 2.0, 4.0], [4.0, 2.0, 2.0, 1.0], [2.0, 1.0, 4.0, 2.0], [3.0], []]
)
def test_places_are_the_same_whatever_the_order_of_the_values(values: list[float]) -> None:
    found = rank_values(np.array(values))

    assert found.tolist() == [sorted(set(values)).index(one) for one in values]
