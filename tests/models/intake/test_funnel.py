import numpy as np
import pytest

from models.intake.funnel import Floats, funnel, measure_phi

REGIONS = tuple(f"r{number}" for number in range(10))
TRIED = np.array([120, 300, 450, 700, 900, 1200, 1500, 2000, 2600, 3000.0])


def find_named(passed: Floats, level: str = "99.8") -> list[str]:
    rows = funnel(REGIONS, TRIED, passed)["regions"]
    return [row["region"] for row in rows if row["beyond"] == level]


def test_regions_that_differ_by_lot_are_hardly_ever_named() -> None:
    rng = np.random.default_rng(1)

    named = [find_named(rng.binomial(TRIED.astype(int), 0.08).astype(float)) for _ in range(500)]

    assert sum(map(len, named)) / 5000 < 0.005


def test_a_region_that_refers_twice_as_often_is_named() -> None:
    rng = np.random.default_rng(1)
    chance = np.where(np.arange(10) == 5, 0.16, 0.08)

    named = [find_named(rng.binomial(TRIED.astype(int), chance).astype(float)) for _ in range(100)]

    assert sum(one == ["r5"] for one in named) > 90


def test_where_all_regions_differ_limits_widen_until_none_stands_out() -> None:
    rng = np.random.default_rng(1)
    named = wide = 0
    for _ in range(100):
        chance = 1 / (1 + np.exp(2.4 - rng.normal(0, 0.3, 10)))
        found = funnel(REGIONS, TRIED, rng.binomial(TRIED.astype(int), chance).astype(float))
        named += sum(row["beyond"] == "99.8" for row in found["regions"])
        wide += found["phi"] > 2

    assert wide > 80
    assert named / 1000 < 0.02


def test_few_regions_that_differ_are_told_to_though_none_stands_out() -> None:
    tried = np.full(6, 1500.0)
    apart = np.array([0.22, 0.25, 0.29, 0.31, 0.35, 0.38])

    found = funnel(tuple("abcdef"), tried, np.round(tried * apart))
    alike = funnel(tuple("abcdef"), tried, np.array([438.0, 444, 450, 456, 462, 450]))

    assert [row["beyond"] for row in found["regions"]] == [None] * 6
    assert (found["apart"], alike["apart"]) == (True, False)


def test_limits_narrow_as_regions_grow_and_stay_within_nought_and_one() -> None:
    curve = funnel(REGIONS, TRIED, TRIED * 0.01)["curve"]

    widths = [row["high_99.8"] - row["low_99.8"] for row in curve]
    assert widths == sorted(widths, reverse=True)
    assert min(row["low_99.8"] for row in curve) >= 0
    assert all(row["low_99.8"] <= row["low_95"] <= row["high_95"] for row in curve)


def test_a_region_without_tries_has_no_share_and_no_verdict() -> None:
    found = funnel(("a", "b", "c"), np.array([0.0, 100, 100]), np.array([0.0, 10, 90]))

    assert found["regions"][0]["share"] is None
    assert found["regions"][0]["beyond"] is None
    assert found["regions"][1]["beyond"] is not None


@pytest.mark.parametrize("passed", [0.0, 100.0])
def test_where_nobody_or_everybody_passes_there_are_no_limits(passed: float) -> None:
    found = funnel(("a", "b"), np.array([100.0, 100]), np.array([passed, passed]))

    assert found["curve"] == []
    assert [row["beyond"] for row in found["regions"]] == [None, None]


def test_without_any_try_there_is_no_overall_share() -> None:
    assert funnel(("a",), np.zeros(1), np.zeros(1))["overall"] is None


def test_two_regions_are_too_few_to_tell_spread_from_a_difference() -> None:
    assert measure_phi(np.array([-5.0, 5.0])) == 1


def test_one_region_far_off_does_not_widen_the_limits_for_all() -> None:
    z = np.append(np.linspace(-1, 1, 19), 40.0)

    assert measure_phi(z) == 1
