"""The commands that pages and MLproject name exist, with the options that they are given."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from kantelpunt import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CALL = re.compile(r"(?:^    |`|&& |PATH |; *)kantelpunt ((?:[^`#;&\n\\]|\\\n)+)", re.MULTILINE)


def find_command(words: list[str]) -> Any:
    """Return the command that words as typed lead to; None where there is none."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        if word not in command.commands:
            return None
        command = command.commands[word]
    return command


def find_faults(text: str) -> list[str]:
    """Return what a text calls that the command line does not have."""
    faults = []
    for call in CALL.findall(text):
        words = call.split()
        command = find_command([w for w in words if not w.startswith("-")])
        if command is None:
            faults.append(f"kantelpunt {call.strip()}")
            continue
        known = {name for p in command.params for name in p.opts} | {"--help", "--version"}
        faults += [w for w in words if w.startswith("--") and w not in known]
    return faults


def walk_commands(command: Any) -> Iterator[Any]:
    """Return a command and all below it."""
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from walk_commands(below)


def read_project() -> dict[str, Any]:
    project: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text())
    return project


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_on_a_page_exists(page: Path) -> None:
    faults = find_faults(page.read_text())

    assert faults == []


def test_a_command_or_option_that_is_not_there_is_found() -> None:
    text = "Run `kantelpunt dance` and\n    kantelpunt train --data DIR --colour blue   # why\n"

    faults = find_faults(text)

    assert faults == ["kantelpunt dance", "--colour"]


def test_no_help_holds_brackets_that_the_terminal_would_swallow_as_markup() -> None:
    commands = list(walk_commands(typer.main.get_command(app)))

    helps = [getattr(part, "help", "") or "" for c in commands for part in (c, *c.params)]

    assert len(helps) > 40
    assert [text for text in helps if "[" in text] == []


def test_mlproject_has_its_entry_points_and_calls_real_commands() -> None:
    entry_points = read_project()["entry_points"]

    faults = {name: find_faults(entry["command"]) for name, entry in entry_points.items()}

    expected = ["synth", "train", "evaluate", "release", "score", "backtest", "forecast"]
    assert list(faults) == expected
    assert not any(faults.values())
    assert all("kantelpunt " + name in entry_points[name]["command"] for name in entry_points)


def test_every_option_of_train_is_a_parameter_of_mlproject() -> None:
    options = {part.name for part in find_command(["train"]).params}

    parameters = set(read_project()["entry_points"]["train"]["parameters"])

    assert options - {"tracking_uri"} == parameters - {"persons"}  # MLflow says where runs are kept


def test_every_entry_point_of_mlproject_works_without_parameters() -> None:
    for entry in read_project()["entry_points"].values():
        used = set(re.findall(r"{(\w+)}", entry["command"]))

        assert used == set(entry["parameters"])
        assert all("default" in parameter for parameter in entry["parameters"].values())


@pytest.mark.parametrize(
    "words",
    [
        ["synth", "--out", "nowhere"],
        ["train", "--data", "nowhere"],
        ["explain-model", "1", "--data", "nowhere", "--out", "nowhere"],
    ],
)
def test_a_seed_below_nought_is_refused_before_anything_is_read(words: list[str]) -> None:
    result = CliRunner().invoke(app, [*words, "--seed", "-1"])

    assert result.exit_code == 2
    assert "--seed" in result.output
