"""Watching inputs: false alarms as often as said, and planted shifts found."""

import numpy as np
import pytest

from models.drift import check_levels, check_missing, check_spread
from models.spreads import Spread, spread_levels, spread_numbers
from models.watching import Check, Verdict, correct, judge

KEYS = ("a", "b", "c", "d")
SHARES = (0.06, 0.44, 0.3, 0.2)
INPUTS = 12
TESTS = 5 * INPUTS


def draw(rng: np.random.Generator, people: int, shift: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and levels; a shift is of the first of each."""
    numbers = rng.normal(size=(people, INPUTS))
    numbers[rng.random(numbers.shape) < 0.2] = np.nan
    levels = rng.choice(4, size=(people, INPUTS), p=SHARES).astype(float)
    if shift == "mean":
        numbers[:, 0] += 0.5
    if shift == "missing":
        numbers[rng.random(people) < 0.125, 0] = np.nan
    if shift == "level":
        levels[(levels[:, 0] > 0) & (rng.random(people) < 0.06 / 0.94), 0] = 0
    return numbers, levels


def look(
    reference: tuple[np.ndarray, np.ndarray], now: tuple[np.ndarray, np.ndarray]
) -> list[Check]:
    found = []
    for place in range(INPUTS):
        spread = spread_numbers(reference[0][:, place])
        codes = spread.code(now[0][:, place])
        found.append(check_spread("input", f"x{place}", spread, codes, TESTS))
        found.append(check_missing(f"x{place}", spread, codes, TESTS))
        spread = spread_levels(reference[1][:, place], KEYS)
        codes = spread.code(now[1][:, place], KEYS)
        found.append(check_spread("input", f"l{place}", spread, codes, TESTS))
        level = check_levels(f"l{place}", spread, codes, TESTS)
        found += [level] if level else []
    return judge(found)


@pytest.mark.parametrize(("people", "rounds"), [(200, 60), (2000, 40), (50_000, 6)])
def test_the_same_people_raise_an_alarm_as_seldom_as_is_said(people: int, rounds: int) -> None:
    rng = np.random.default_rng(people)

    alarms = [
        any(
            one.verdict in (Verdict.ALARM, Verdict.WATCH)
            for one in look(draw(rng, 3000), draw(rng, people))
        )
        for _ in range(rounds)
    ]

    # one in a hundred rounds; three in sixty would be seen once in fifty times
    assert sum(alarms) <= 2


PLANTED = [
    ("mean", 2000, ("input", "x0")),
    ("missing", 2000, ("missing", "x0")),
    ("level", 6000, ("level", "l0")),
]


@pytest.mark.parametrize(("shift", "people", "where"), PLANTED)
def test_a_planted_shift_is_found_and_nothing_else(
    shift: str, people: int, where: tuple[str, str]
) -> None:
    rng = np.random.default_rng(4)

    found = look(draw(rng, 6000), draw(rng, people, shift))

    alarmed = {(one.kind, one.name) for one in found if one.verdict is Verdict.ALARM}
    assert where in alarmed
    assert {name for _, name in alarmed} == {where[1]}


def test_what_is_sure_but_small_is_no_alarm() -> None:
    rng = np.random.default_rng(2)
    spread = spread_numbers(rng.normal(size=200_000))
    codes = spread.code(rng.normal(0.03, 1, size=200_000))

    [found] = judge([check_spread("input", "x", spread, codes, 1)])

    assert found.chance < 1e-4
    assert found.verdict is Verdict.OK


def test_of_too_few_people_is_said_how_many_it_takes() -> None:
    rng = np.random.default_rng(2)
    spread = spread_numbers(rng.normal(size=3000))
    codes = spread.code(rng.normal(size=100))

    [few] = judge([check_spread("input", "x", spread, codes, 40)])
    [none] = judge([check_spread("input", "x", spread, codes[:4], 40)])

    assert few.verdict is Verdict.INSUFFICIENT
    assert 100 < few.needed < 3000
    assert none.plain() == {
        "kind": "input", "name": "x", "why": "too_few", "verdict": "insufficient_evidence",
    }  # fmt: skip


def test_the_number_that_it_takes_finds_the_shift_four_times_in_five() -> None:
    rng = np.random.default_rng(3)
    spread = Spread((3000,) * 10, 0, edges=tuple(range(1, 10)))
    moved = np.full(10, 0.1)
    moved[:5] += 0.02
    moved[5:] -= 0.02  # a total variation of 0.10
    needed = check_spread("input", "x", spread, np.zeros(40, dtype=np.uint8), 1).needed

    sure = [
        check_spread(
            "input", "x", spread, rng.choice(10, needed, p=moved).astype(np.uint8), 1
        ).chance
        <= 0.01
        for _ in range(200)
    ]

    assert 0.72 < np.mean(sure) < 0.88


def test_counts_under_five_are_folded_and_new_levels_have_a_place() -> None:
    values = np.array([0.0] * 50 + [1.0] * 3 + [2.0] * 20 + [np.nan] * 4)

    spread = spread_levels(values, KEYS)
    counts, missing = spread.count(spread.code(np.array([0.0, 1.0, 3.0, np.nan]), KEYS))

    assert spread.levels == ("a", "c", "")
    assert spread.counts == (50, 20, 0)
    assert spread.missing == 0
    assert (counts.tolist(), missing) == ([1, 0, 2], 1)


def test_chances_are_corrected_as_holm_does() -> None:
    found = correct([0.01, 0.04, 0.03, 0.005])

    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
