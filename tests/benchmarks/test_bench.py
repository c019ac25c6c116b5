"""What `make bench` and its siblings start: each file that is a command, without any words."""

import ast
import re
from pathlib import Path

import pytest

from benchmarks.results import GROUPS

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
TOOLS = {"__main__", "results"}  # they measure nothing
STARTED = sorted(
    {path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text("utf-8")} - TOOLS
)


@pytest.mark.parametrize("name", STARTED)
def test_what_make_bench_starts_asks_for_no_words(name: str) -> None:
    told = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))) or ""

    assert re.search(rf"`python -m benchmarks\.{name}( \[.*\])?`", told)


def test_each_benchmark_is_run_by_one_command() -> None:
    listed = [name for group in GROUPS.values() for name in group.names]

    assert sorted(listed) == STARTED
