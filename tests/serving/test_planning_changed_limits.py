"""A plan follows a limit on the gain that changed, or will, though history was made by another."""

from datetime import date

import numpy as np
import pytest

from models.intake.mix import Mix
from models.regional_limits import GainLimit, group_limits
from models.suggestion import read_limits
from serving.planning_counts import MONTHS, Calendar, Tries
from serving.planning_flow import _learn
from serving.planning_limits import list_held
from serving.planning_mix import as_if_held

REGIONS, PEOPLE = 2, 400.0
LOW, HIGH = 0.06, 0.09
SHARES = {LOW: 0.20, HIGH: 0.12}


def make_mix(holds: float) -> Mix:
    """A sample in which a fifth is suggested at the low limit, and an eighth or so at the high."""
    limits = (-1.0, LOW, HIGH, 1.0)
    refer = np.array([[0.5, SHARES[LOW], SHARES[HIGH], 0.0]] * REGIONS) * 10_000
    return Mix(
        limits=limits,
        refer=refer,
        screened=np.full(REGIONS, 10_000.0),
        gain_from=(holds,) * REGIONS,
    )


def make_history(changed: int) -> tuple[Tries, np.ndarray]:
    """Screenings by lot under the low limit, and from a month on under the high one."""
    rng = np.random.default_rng(3)
    tries, held = Tries.empty(REGIONS), np.full((REGIONS, MONTHS), LOW)
    held[:, changed:] = HIGH
    tries.tried[:] = PEOPLE
    chance = np.where(held == LOW, SHARES[LOW], SHARES[HIGH])
    tries.passed[:, :, 0] = rng.binomial(int(PEOPLE), chance)
    return tries, held


@pytest.mark.parametrize(
    ("changed", "holds"),
    [(MONTHS, LOW), (MONTHS, HIGH), (MONTHS - 1, HIGH), (MONTHS - 3, LOW), (MONTHS - 6, HIGH)],
)
def test_the_share_suggested_is_that_of_the_limit_to_come(changed: int, holds: float) -> None:
    tries, held = make_history(changed)

    passed = as_if_held(tries.passed, tries.tried, make_mix(holds), held)
    step, _ = _learn("suggested", Tries(tries.tried, passed, tries.stopped))

    assert step.passed / step.tried == pytest.approx(np.full(REGIONS, SHARES[holds]), abs=0.01)


def test_where_the_limit_stayed_nothing_is_reckoned_anew() -> None:
    tries, held = make_history(MONTHS)

    passed = as_if_held(tries.passed, tries.tried, make_mix(LOW), held)

    assert (passed == tries.passed).all()


def test_never_more_are_suggested_than_were_screened() -> None:
    tries, held = make_history(0)
    tries.tried[:] = tries.passed.sum(axis=2) + 1

    passed = as_if_held(tries.passed, tries.tried, make_mix(LOW), held)

    assert (passed.sum(axis=2) <= tries.tried).all()
    assert (passed >= tries.passed).all()


def test_without_a_table_of_limits_history_stays_as_it_was() -> None:
    tries, held = make_history(MONTHS - 3)

    assert as_if_held(tries.passed, tries.tried, Mix(), held) is tries.passed


def test_the_limit_of_each_month_is_that_of_its_middle_and_the_first_counts_before() -> None:
    calendar = Calendar(date(2026, 4, 30))
    rows = [GainLimit("limburg", date(2026, 3, 10), 0.2, "P. Lanner", "vol")]
    general = read_limits()
    late = tuple(one for one in general if one.valid_from == general[-1].valid_from)

    held = list_held("limburg", calendar, late, group_limits(rows))

    assert len(held) == MONTHS
    assert held[-2:] == [0.2, 0.2]
    assert held[0] == held[-3] == late[0].gain_from
