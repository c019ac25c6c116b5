"""Limits from capacity, on flows of which every estimate is given."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.capacity import CapacityError, Flow, Places, count_share, fit_limits
from models.estimate import Estimates, GainStatus, Sums
from models.suggestion import Limits, Suggestion

LIMITS = Limits(date(2026, 1, 1), 0.20, 0.55, 0.10, "commissie", "test")
COUNT = 100
GAINS = np.linspace(0.002, 0.200, COUNT)  # 0.002 apart


def make_sums(value: np.ndarray, half: float) -> Sums:
    nought = np.zeros(len(value))
    return Sums(value, value - half, value + half, 0.0, nought[:, None], nought)


def make_flow(
    gain: np.ndarray,
    half: float = 0.0,
    usual: np.ndarray | None = None,
    status: GainStatus = GainStatus.ESTIMATED,
) -> Flow:
    usual = np.full(len(gain), 0.4) if usual is None else usual
    support = make_sums(usual + gain, half)
    return Flow.of(Estimates(make_sums(usual, half), make_sums(gain, half), support, status))


def find_places(flow: Flow, limits: Limits) -> float:
    return count_share(flow.cases, limits, Suggestion.REFER)


@pytest.mark.parametrize("capacity", [0.05, 0.08, 0.30, 0.755])
def test_support_is_suggested_to_as_many_as_there_are_places(capacity: float) -> None:
    flow = make_flow(GAINS)

    found = fit_limits(flow, Places(capacity), LIMITS)

    assert find_places(flow, found) == pytest.approx(np.floor(100 * capacity) / 100)
    assert found == replace(LIMITS, gain_from=found.gain_from)


def test_a_limit_is_no_higher_than_the_places_ask_for() -> None:
    flow = make_flow(GAINS)

    found = fit_limits(flow, Places(0.08), LIMITS)

    lower = replace(found, gain_from=found.gain_from - 0.002)
    assert find_places(flow, found) <= 0.08 < find_places(flow, lower)


def test_of_limits_that_refer_the_same_cases_it_is_the_one_that_leaves_fewest_unsure() -> None:
    gain = np.repeat([0.15, 0.05], [8, 92])
    flow = make_flow(gain, half=0.04)

    found = fit_limits(flow, Places(0.08), LIMITS)

    assert found.gain_from == pytest.approx(0.11, abs=0.0011)
    assert find_places(flow, found) == pytest.approx(0.08)
    assert count_share(flow.cases, found, Suggestion.OWN_WAY) == pytest.approx(0.92)


def test_where_everybody_gains_the_same_and_places_are_few_nobody_is_referred() -> None:
    flow = make_flow(np.full(COUNT, 0.05), half=0.04)

    found = fit_limits(flow, Places(0.08), LIMITS)

    assert found.gain_from == pytest.approx(0.011)
    assert find_places(flow, found) == 0


def test_where_there_is_a_place_for_everybody_nobody_is_referred_for_less_than_nothing() -> None:
    flow = make_flow(GAINS - 0.1)

    found = fit_limits(flow, Places(1.0), LIMITS)

    assert found.gain_from == 0.0
    assert find_places(flow, found) == pytest.approx(0.5, abs=0.02)


def test_an_unsure_case_takes_no_place_unless_it_is_asked_to() -> None:
    flow = make_flow(GAINS, half=0.03)

    alone = fit_limits(flow, Places(0.08), LIMITS)
    together = fit_limits(flow, Places(0.08, unsure_too=True), LIMITS)

    assert find_places(flow, alone) == pytest.approx(0.08, abs=0.01)
    assert count_share(flow.settled, alone, Suggestion.REFER) > 0.2
    assert count_share(flow.settled, together, Suggestion.REFER) == pytest.approx(0.08, abs=0.01)
    assert together.gain_from == pytest.approx(alone.gain_from + 0.03, abs=0.001)


def test_a_gain_that_is_the_same_for_all_chooses_nobody_and_says_what_would() -> None:
    usual = np.linspace(0.21, 0.70, COUNT)
    flow = make_flow(np.full(COUNT, 0.05), usual=usual, status=GainStatus.SAME_FOR_ALL)

    with pytest.raises(CapacityError, match=r"same for all.*own_way_from = 0\.2\d\d would") as told:
        fit_limits(flow, Places(0.08), LIMITS)

    own_way = float(str(told.value).split("own_way_from = ")[1][:5])
    set_so = replace(LIMITS, own_way_from=own_way)
    assert fit_limits(flow, Places(0.08), set_so) == set_so
    assert find_places(flow, set_so) <= 0.08
    assert find_places(flow, replace(LIMITS, own_way_from=own_way + 0.006)) > 0.08


def test_a_limit_that_would_reach_the_policy_on_question_a_is_not_offered() -> None:
    flow = make_flow(np.full(COUNT, 0.05), status=GainStatus.UNKNOWN)

    with pytest.raises(CapacityError, match="own_way_from cannot do it either"):
        fit_limits(flow, Places(0.08), replace(LIMITS, not_yet_below=0.40))


def test_cases_whose_gain_is_not_known_can_take_all_places() -> None:
    gain = np.where(np.arange(COUNT) < 20, np.nan, GAINS)
    flow = make_flow(gain)

    with pytest.raises(CapacityError, match="not known take more places"):
        fit_limits(flow, Places(0.08), LIMITS)

    some, none = (fit_limits(flow, Places(capacity), LIMITS) for capacity in (0.30, 0.20))
    assert find_places(flow, some) == pytest.approx(0.30)
    assert find_places(flow, none) == pytest.approx(0.20)
    assert none.gain_from == pytest.approx(0.201)


@pytest.mark.parametrize("capacity", [0.0, -0.1, 1.01, 8.0, float("nan")])
def test_a_capacity_that_is_no_share_is_refused(capacity: float) -> None:
    with pytest.raises(CapacityError, match="a share of the flow, above 0 and at most 1"):
        Places(capacity)


def test_places_are_not_shared_among_nobody() -> None:
    with pytest.raises(CapacityError, match="no case"):
        make_flow(np.empty(0))
