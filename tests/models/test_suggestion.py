from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.estimate import Estimate, Estimates, GainStatus, Sum, Sums, bound_by_chance
from models.suggestion import (
    SUGGESTION_NL,
    Limits,
    LimitsError,
    Suggestion,
    find_look_again,
    get_limits,
    read_limits,
    suggest,
)
from models.suggestion_many import suggest_many

LIMITS = Limits(date(2026, 1, 1), 0.20, 0.55, 0.10, "commissie", "test")
FROM_USUAL = [
    (0.40, 0.30, 0.50, "refer"),
    (0.70, 0.60, 0.80, "own_way"),
    (0.10, 0.05, 0.15, "not_yet"),
    (0.50, 0.42, 0.58, "unsure"),
    (0.22, 0.15, 0.29, "unsure"),
    (0.55, 0.55, 0.60, "own_way"),
    (0.20, 0.20, 0.30, "refer"),
    (0.40, 0.05, 0.90, "unsure"),
]
# the chance without support, the gain, half of the interval of either, and what follows
FROM_GAIN = [
    (0.40, 0.15, 0.03, "refer"),
    (0.70, 0.15, 0.03, "refer"),
    (0.40, 0.02, 0.03, "own_way"),
    (0.15, 0.15, 0.03, "refer"),
    (0.08, 0.02, 0.03, "not_yet"),
    (0.40, 0.11, 0.03, "unsure"),
    (0.17, 0.02, 0.03, "unsure"),
    (0.10, 0.05, 0.03, "not_yet"),
]


def make_sum(value: float, low: float, high: float) -> Sum:
    return Sum(value, low, high, 0.4, np.array([value - 0.4]), 0.0)


def make_estimate(
    p: float, gain: float, half: float, status: GainStatus, hidden: float = 0.0
) -> Estimate:
    def spread(value: float, half: float, least: float = 0.0, most: float = 1.0) -> Sum:
        return make_sum(value, max(value - half, least), min(value + half, most))

    more = spread(gain, half + hidden, -p, 1 - p)
    return Estimate(spread(p, half), more, spread(p + gain, half + hidden), status, hidden)


@pytest.mark.parametrize(("p", "low", "high", "expected"), FROM_USUAL)
def test_where_the_gain_is_not_known_the_chance_without_support_answers_both_questions(
    p: float, low: float, high: float, expected: str
) -> None:
    estimate = Estimate(make_sum(p, low, high), None, None, GainStatus.UNKNOWN)

    assert suggest(estimate, LIMITS) == expected


@pytest.mark.parametrize(("p", "gain", "half", "expected"), FROM_GAIN)
def test_the_chance_with_support_answers_the_first_question_and_the_gain_the_second(
    p: float, gain: float, half: float, expected: str
) -> None:
    assert suggest(make_estimate(p, gain, half, GainStatus.ESTIMATED), LIMITS) == expected


@pytest.mark.parametrize(("p", "gain", "half", "expected"), FROM_GAIN[:3])
def test_what_moves_the_gain_of_all_alike_does_not_make_a_rank_unsure(
    p: float, gain: float, half: float, expected: str
) -> None:
    estimate = make_estimate(p, gain, half, GainStatus.ESTIMATED, hidden=0.08)

    assert suggest(estimate, LIMITS) == expected


def test_what_moves_the_gain_of_all_alike_does_make_the_chance_with_support_unsure() -> None:
    known, hidden = (
        make_estimate(0.10, 0.15, 0.03, GainStatus.ESTIMATED, one) for one in (0.0, 0.08)
    )

    assert suggest(known, LIMITS) == "refer"
    assert suggest(hidden, LIMITS) == "unsure"


@pytest.mark.parametrize(
    ("p", "gain", "half", "hidden", "low", "high"),
    [
        (0.40, 0.15, 0.03, 0.08, 0.12, 0.18),
        (0.85, 0.08, 0.05, 0.06, 0.03, 0.13),  # with what is hidden it would end beyond 1
        (0.02, 0.01, 0.02, 0.06, -0.01, 0.03),  # and here below 0
        (0.95, 0.03, 0.04, 0.02, -0.01, 0.05),  # so it does by chance alone
        (0.40, 0.10, 0.30, 0.60, -0.40, 0.60),  # at both ends: nothing tells what chance did
        (0.40, 0.15, 0.03, 0.00, 0.12, 0.18),
    ],
)
def test_a_gain_is_compared_by_the_bounds_that_chance_alone_gives_it(
    p: float, gain: float, half: float, hidden: float, low: float, high: float
) -> None:
    estimate = make_estimate(p, gain, half, GainStatus.ESTIMATED, hidden)
    assert estimate.gain is not None

    found = bound_by_chance(estimate.gain.bounded, estimate.hidden)

    assert found == pytest.approx((gain, low, high))


def test_a_gain_that_is_the_same_for_all_does_not_answer_the_second_question() -> None:
    high, low = (make_estimate(p, 0.15, 0.02, GainStatus.SAME_FOR_ALL) for p in (0.7, 0.4))

    assert suggest(high, LIMITS) == "own_way"
    assert suggest(low, LIMITS) == "refer"


def test_many_suggestions_are_those_of_each_case_on_its_own_day() -> None:
    p, low, high = (np.array([case[i] for case in FROM_USUAL], dtype=float) for i in range(3))
    usual = Sums(p, low, high, 0.4, np.zeros((len(p), 1)), np.zeros(len(p)))
    nothing = np.full(len(p), np.nan)
    gain = Sums(nothing, nothing, nothing, np.nan, np.zeros((len(p), 1)), nothing)
    many = Estimates(usual, gain, gain, GainStatus.UNKNOWN)
    later = Limits(date(2026, 7, 1), 0.01, 0.02, 0.1, "commissie", "test")

    before = suggest_many(many, [date(2026, 3, 1)] * len(p), (LIMITS, later))
    after = suggest_many(many, [date(2026, 8, 1)] * len(p), (LIMITS, later))

    assert before == [case[3] for case in FROM_USUAL]
    assert set(after) == {"own_way"}


NEAR = st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.5, 0.55, 0.7, 1.0]) | st.floats(0, 1)
HIDDEN = st.sampled_from([0.0, 0.05, 0.7])
STATUS = st.sampled_from([GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL])


@given(st.lists(st.tuples(NEAR, NEAR, NEAR, st.booleans()), max_size=12), HIDDEN, STATUS)
@settings(max_examples=200, deadline=None)
def test_many_cases_at_once_get_what_each_gets_alone(
    drawn: list[tuple[float, float, float, bool]], hidden: float, status: GainStatus
) -> None:
    alone = [make_estimate(p, gain - p, half, status, hidden) for p, gain, half, _ in drawn]
    known = [is_known for *_, is_known in drawn]
    alone = [
        one if is_known else Estimate(one.usual, None, None, GainStatus.UNKNOWN)
        for one, is_known in zip(alone, known, strict=True)
    ]
    usual, gain, support = (
        join_sums([getattr(one, name) for one in alone]) for name in ("usual", "gain", "support")
    )

    many = suggest_many(
        Estimates(usual, gain, support, status, hidden), [date(2026, 3, 1)] * len(drawn), (LIMITS,)
    )

    assert many == [suggest(one, LIMITS) for one in alone]


def join_sums(sums: list[Sum | None]) -> Sums:
    bounds = [(np.nan,) * 3 if one is None else one.bounded for one in sums]
    value, low, high = np.array(bounds, dtype=float).reshape(-1, 3).T
    return Sums(value, low, high, 0.4, np.zeros((len(sums), 1)), np.zeros(len(sums)))


def test_a_day_before_all_limits_is_refused_by_name() -> None:
    many = Estimates(*(join_sums([make_sum(0.4, 0.3, 0.5)]),) * 3, GainStatus.SAME_FOR_ALL)

    with pytest.raises(LimitsError, match="no limits hold on 2025-12-31"):
        suggest_many(many, [date(2025, 12, 31)], (LIMITS,))


@pytest.mark.parametrize(
    ("screened_on", "expected"),
    [
        (date(2026, 4, 2), date(2026, 5, 10)),  # month 4
        (date(2026, 4, 28), date(2026, 8, 10)),  # month 4 is too near
        (date(2026, 8, 20), date(2026, 12, 10)),
        (date(2026, 12, 20), date(2027, 6, 20)),
    ],
)
def test_who_is_not_ready_yet_is_looked_at_again_at_the_next_month_that_counts(
    screened_on: date, expected: date
) -> None:
    assert find_look_again(date(2026, 1, 10), screened_on) == expected


def test_limits_hold_from_their_day_on() -> None:
    later = Limits(date(2026, 7, 1), 0.1, 0.5, 0.1, "commissie", "test")

    assert get_limits(date(2026, 6, 30), (LIMITS, later)) == LIMITS
    assert get_limits(date(2026, 7, 1), (LIMITS, later)) == later
    with pytest.raises(LimitsError, match="no limits hold on 2025-01-01"):
        get_limits(date(2025, 1, 1), (LIMITS, later))


def test_the_limits_that_ship_can_be_read() -> None:
    assert get_limits(date(2026, 7, 1), read_limits()).reason


ENTRY = {
    "valid_from": "2026-01-01",
    "not_yet_below": "0.2",
    "own_way_from": "0.5",
    "gain_from": "0.1",
    "author": '"a"',
    "reason": '"r"',
}


@pytest.mark.parametrize(
    "change",
    [
        {"valid_from": '"2026-01-01"'},
        {"valid_from": "2026-01-01T00:00:00"},
        {"not_yet_below": '"0.2"'},
        {"gain_from": '"0.1"'},
        {"gain_from": "nan"},
        {"gain_from": "inf"},
        {"gain_from": "true"},
        {"author": "5"},
        {"reason": "[" * 5000},
    ],
)
def test_limits_of_another_kind_are_refused(tmp_path: Path, change: dict[str, str]) -> None:
    path = tmp_path / "limits.toml"
    lines = [f"{name} = {value}" for name, value in (ENTRY | change).items()]
    path.write_text("\n".join(["[[limits]]", *lines]))

    with pytest.raises(LimitsError, match=r"limits\.toml"):
        read_limits(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "limits = 3",
        "[[limits]]\nvalid_from = 2026-01-01",
        '[[limits]]\nvalid_from = 2026-01-01\nnot_yet_below = 0.6\nown_way_from = 0.5\nauthor = "a"'
        '\nreason = "r"\ngain_from = 0.1',
        '[[limits]]\nvalid_from = 2026-01-01\nnot_yet_below = 0.2\nown_way_from = 0.5\nauthor = "a"'
        '\nreason = "r"\ngain_from = 10',
    ],
)
def test_limits_that_cannot_be_used_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text)

    with pytest.raises(LimitsError, match=r"limits\.toml"):
        read_limits(path)


def test_every_suggestion_has_a_dutch_text() -> None:
    assert set(SUGGESTION_NL) == set(Suggestion)
