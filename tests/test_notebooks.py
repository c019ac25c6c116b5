"""Notebooks run from top to bottom, and one that does not is told of."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.run_notebooks import ROOT, main

NOTEBOOKS = ROOT / "notebooks"


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


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_notebook_runs_on_few_people_and_holds_no_outputs(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]

    code = main(["--quick", str(path)])

    assert code == 0, capsys.readouterr().out
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
