"""How attempts to refute the gain are judged and told."""

import json

import pytest

from training.evaluate import Measured
from training.refutation import (
    Check,
    Refutation,
    Sensitivity,
    judge_dropped,
    judge_placebo,
    judge_window,
    tabulate_refutation,
    tell_refutation,
)


def make_refutation() -> Refutation:
    """Return two checks, one of which warns."""
    good, bad = Measured(0.001, -0.02, 0.022), Measured(0.05, 0.03, 0.07)
    return Refutation(
        real=Measured(0.061, 0.042, 0.08),
        real_spread=0.03,
        rows=12_345,
        supported=1_234,
        checks=(
            Check("one", "support permuted", "0; 0", good, 0.0, judge_placebo(good, 0, 0, 0.01)),
            Check("two", "early", "0", bad, None, judge_window(bad, by_lot=False)),
        ),
        sensitivity=Sensitivity(
            "age", "Leeftijd", 0.01, 0.02, {1.0: 0.01, 2.5: 0.031}, 0.05, 4.24, 2.96
        ),
        left_out=("without 'Sector': too few",),
    )


def test_every_check_stands_beside_the_real_gain_with_its_verdict() -> None:
    found = make_refutation()

    table, lines = tabulate_refutation(found), tell_refutation(found)

    real = "+6.1 (+4.2 to +8.0); 3.0"
    verdict = found.checks[0].verdict.text
    assert f"| support permuted | 0; 0 | +0.1 (-2.0 to +2.2); 0.0 | {real} | {verdict} |" in table
    assert f"| early | 0 | +5.0 (+3.0 to +7.0) | {real} | " in table
    assert "12,345 rows" in table
    assert lines[0] == "the real gain: +6.1 (+4.2 to +8.0) points, SD 3.0"
    assert lines[1] == f"support permuted: +0.1 (-2.0 to +2.2), SD 0.0; {verdict}"


def test_the_table_tells_what_a_hidden_confounder_may_make_of_the_mean() -> None:
    table = tabulate_refutation(make_refutation())

    assert "| 1 times as strong | +5.1 | +7.1 |" in table
    assert "| 2.5 times as strong | +3.0 | +9.2 |" in table
    assert "must bear 4.2 times as much on support and on return as 'Leeftijd'" in table
    assert "3.0 times is enough to make it unsure" in table


def test_what_was_left_out_is_told_in_table_and_lines() -> None:
    found = make_refutation()

    assert "Left out: without 'Sector': too few." in tabulate_refutation(found)
    assert tell_refutation(found)[-1] == "left out: without 'Sector': too few"


def test_a_refutation_is_kept_as_plain_numbers_with_its_warnings() -> None:
    found = make_refutation()

    kept = json.loads(json.dumps(found.plain()))

    assert kept["figures"]["real"] == [0.061, 0.042, 0.08]
    assert kept["figures"]["hidden_2.5_times"] == [0.061, 0.03, 0.092]
    assert kept["figures"]["one_spread"] == [0.0, 0.0, 0.0]
    assert kept["verdicts"].keys() == {"one", "two"}
    assert kept["sensitivity"]["to_erase"] == 4.24
    assert kept["warnings"] == [f"early: {found.checks[1].verdict.text}"]


PLACEBOS = [
    (0.0, 0.03, 0.0, 0.05, "as it should be", False),
    (0.032, 0.03, 0.0, 0.05, "just off 0", False),
    (0.05, 0.03, 0.0, 0.05, "do not rely", True),
    (0.0, 0.03, 0.03, 0.02, "invented, beside 2.0", True),
    (0.0, 0.03, 0.02, 0.06, "invented, beside 6.0", False),
    (0.0, 0.03, 0.02, 0.0, "shows one gain for all", False),
]


@pytest.mark.parametrize(("mean", "half", "spread", "shown", "told", "warns"), PLACEBOS)
def test_a_placebo_is_judged_by_its_mean_and_by_what_it_invents(
    mean: float, half: float, spread: float, shown: float, told: str, warns: bool
) -> None:
    found = judge_placebo(Measured(mean, mean - half, mean + half), spread, shown, 0.01)

    assert told in found.text
    assert found.warns == warns


def test_a_gain_that_rests_on_one_input_or_moves_more_than_reckoned_warns() -> None:
    before, gone = Measured(0.04, 0.01, 0.07), Measured(0.01, -0.02, 0.04)
    moved = Measured(-0.03, -0.035, -0.025)

    rests = judge_dropped(moved, before, gone, bound=0.05)
    more = judge_dropped(moved, before, before, bound=0.02)
    fine = judge_dropped(moved, before, before, bound=0.05)

    assert (rests.warns, more.warns, fine.warns) == (True, True, False)
    assert "no longer clear of 0" in rests.text
    assert "more than the 2.0" in more.text


def test_an_early_difference_warns_only_where_it_flatters_the_gain() -> None:
    above, below = Measured(0.02, 0.01, 0.03), Measured(-0.02, -0.03, -0.01)
    around = Measured(0.0, -0.01, 0.01)

    assert judge_window(above, by_lot=False).warns
    assert not judge_window(above, by_lot=True).warns
    assert "lock-in" in judge_window(below, by_lot=False).text
    assert "no clear difference" in judge_window(around, by_lot=False).text
