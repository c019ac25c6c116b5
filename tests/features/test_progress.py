"""How far a command is, on a terminal and elsewhere."""

from collections.abc import Callable

import pytest
from rich.console import Console

from features import progress
from features.progress import PLAIN_EVERY, show_count, show_steps


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Let the terminal be a recorded one; return what tells what it shows."""
    console = Console(force_terminal=True, width=80, record=True, stderr=True)
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    return console.export_text


def test_elsewhere_each_step_is_a_line_with_its_second(capsys: pytest.CaptureFixture[str]) -> None:
    with show_steps(2) as step:
        step("Reading")
        step("Fitting")

    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("s] Reading")
    assert second.endswith("s] Fitting")


def test_elsewhere_a_count_says_only_what_is_worth_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with show_count("Scored", PLAIN_EVERY + 2) as count:
        for rows in (PLAIN_EVERY - 1, 1, 1, 1):
            count(rows)

    assert capsys.readouterr().err.splitlines() == [
        "Scored: 100,000 of 100,002",
        "Scored: 100,002 of 100,002",
    ]


def test_a_count_without_a_total_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with show_count("Assessed") as count:
        count(PLAIN_EVERY)

    assert capsys.readouterr().err == "Assessed: 100,000\n"


def test_on_a_terminal_steps_end_as_a_full_bar(on_a_terminal: Callable[[], str]) -> None:
    with show_steps(2) as step:
        step("Reading")
        step("Fitting")

    shown = on_a_terminal().splitlines()[-1]
    assert "Fitting" in shown
    assert "2/2" in shown


def test_on_a_terminal_a_count_is_a_bar(on_a_terminal: Callable[[], str]) -> None:
    with show_count("Scored", 10) as count:
        count(4)
        count(6)

    assert "10/10" in on_a_terminal()


def test_within_a_step_a_second_bar_tells_how_much_of_it_is_done(
    on_a_terminal: Callable[[], str],
) -> None:
    with show_steps(2) as step:
        step("Tuning")
        step.count("trial 3 of 50: squared error 0.19 at best", 3, 50)
        shown = on_a_terminal()
        step("Testing")

    assert "trial 3 of 50" in shown
    assert "3/50" in shown
    assert "of 50" not in on_a_terminal().splitlines()[-1]


def test_elsewhere_only_the_end_of_a_count_and_one_line_now_and_then_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with show_steps(1) as step:
        for done in range(1, 51):
            step.count(f"trial {done}", done, 50)

    assert [line.split("] ")[1] for line in capsys.readouterr().err.splitlines()] == [
        "trial 1",
        "trial 50",
    ]
