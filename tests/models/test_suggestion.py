from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.estimate import Estimate, Estimates
from models.suggestion import (
    SUGGESTION_NL,
    Limits,
    LimitsError,
    Suggestion,
    get_limits,
    read_limits,
    suggest,
    suggest_many,
)

LIMITS = Limits(date(2026, 1, 1), 0.20, 0.55, "commissie", "test")
CASES = [
    (0.40, 0.30, 0.50, "refer"),
    (0.70, 0.60, 0.80, "own_way"),
    (0.10, 0.05, 0.15, "not_yet"),
    (0.50, 0.42, 0.58, "unsure"),
    (0.22, 0.15, 0.29, "unsure"),
    (0.55, 0.55, 0.60, "own_way"),
    (0.20, 0.20, 0.30, "refer"),
    (0.40, 0.05, 0.90, "unsure"),
]


def make_estimate(p: float, low: float, high: float) -> Estimate:
    return Estimate(p, low, high, None, None, 0.4, np.array([p - 0.4]), 0.0)


@pytest.mark.parametrize(("p", "low", "high", "expected"), CASES)
def test_the_two_questions_are_answered_from_the_estimate_and_its_interval(
    p: float, low: float, high: float, expected: str
) -> None:
    assert suggest(make_estimate(p, low, high), LIMITS) == expected


def test_many_suggestions_are_those_of_each_case_on_its_own_day() -> None:
    p, low, high = (np.array([case[i] for case in CASES], dtype=float) for i in range(3))
    many = Estimates(p, low, high, None, None, 0.4, np.zeros((len(p), 1)), np.zeros(len(p)))
    later = Limits(date(2026, 7, 1), 0.01, 0.02, "commissie", "test")

    before = suggest_many(many, [date(2026, 3, 1)] * len(p), (LIMITS, later))
    after = suggest_many(many, [date(2026, 8, 1)] * len(p), (LIMITS, later))

    assert before == [case[3] for case in CASES]
    assert set(after) == {"own_way"}


def test_limits_hold_from_their_day_on() -> None:
    later = Limits(date(2026, 7, 1), 0.1, 0.5, "commissie", "test")

    assert get_limits(date(2026, 6, 30), (LIMITS, later)) == LIMITS
    assert get_limits(date(2026, 7, 1), (LIMITS, later)) == later
    with pytest.raises(LimitsError, match="no limits hold on 2025-01-01"):
        get_limits(date(2025, 1, 1), (LIMITS, later))


def test_the_limits_that_ship_can_be_read() -> None:
    assert get_limits(date(2026, 7, 1), read_limits()).reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "limits = 3",
        "[[limits]]\nvalid_from = 2026-01-01",
        '[[limits]]\nvalid_from = 2026-01-01\nnot_yet_below = 0.6\nown_way_from = 0.5\nauthor = "a"'
        '\nreason = "r"',
    ],
)
def test_limits_that_cannot_be_used_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text)

    with pytest.raises(LimitsError, match=r"limits\.toml"):
        read_limits(path)


def test_every_suggestion_has_a_dutch_text() -> None:
    assert set(SUGGESTION_NL) == set(Suggestion)
