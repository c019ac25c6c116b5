"""What `make bench` starts: every file that is a command, without any words."""

import ast
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
STARTED = sorted(path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text("utf-8"))


@pytest.mark.parametrize("name", STARTED)
def test_what_make_bench_starts_asks_for_no_words(name: str) -> None:
    told = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))) or ""

    assert re.search(rf"`python -m benchmarks\.{name}( \[.*\])?`", told)
