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
