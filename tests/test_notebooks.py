"""Notebooks run from top to bottom, and one that does not is told of."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.run_notebooks import main


def write_notebook(path: Path, *lines: str) -> None:
    empty: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    cells = [{**empty, "source": line} for line in lines]
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    )


def test_a_notebook_that_runs_is_reported_and_left_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01_fine.ipynb"
    write_notebook(path, "from features.contract import default_contract", "default_contract()")
    before = path.read_bytes()

    code = main([str(path)])

    assert code == 0
    assert capsys.readouterr().out.startswith("01_fine.ipynb: ")
    assert path.read_bytes() == before


def test_a_cell_that_fails_makes_the_command_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "02_broken.ipynb"
    write_notebook(path, "1 / 0")

    code = main([str(path)])

    assert code == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
