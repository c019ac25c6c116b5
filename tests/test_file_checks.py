"""What may never be in the repository is found, and is not there."""

import json
from pathlib import Path

import pytest

from scripts.check_files import MAX_BYTES, check_files, list_files, main

ROOT = Path(__file__).resolve().parents[1]

# put together here, so that this file itself stays clean
PLANTED = [
    ("12 digits less one: " + "8" * 11 + "\n", "a number of 11 digits"),
    ("85.07.30" + "-033.28\n", "a number of 11 digits"),
    ("-----BEGIN RSA " + "PRIVATE KEY-----\n", "a private key"),
    ("key = AKIA" + "ABCDEFGHIJKLMNOP\n", "a secret of a service"),
    ("see files.pythonhosted" + ".org/packages\n", "an address of a package registry"),
    ("--extra-index" + "-url somewhere\n", "an address of a package registry"),
    ("open('/ro" + "ot/data.csv')\n", "a path of one machine"),
    ("<<<<<<" + "< ours\n", "a merge conflict"),
    ("no newline at the end", "does not end with a newline"),
    ("x" * MAX_BYTES + "\n", "larger than 512 kB"),
]


@pytest.mark.parametrize(("text", "fault"), PLANTED)
def test_each_kind_of_fault_is_found_in_a_file(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "page.md").write_text(text)

    faults = check_files(["page.md"], tmp_path)

    assert len(faults) == 1
    assert faults[0].startswith("page.md")
    assert fault in faults[0]


def test_a_notebook_with_outputs_is_refused(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": "1", "outputs": [{"text": "1"}], "execution_count": None}
    (tmp_path / "01.ipynb").write_text(json.dumps({"cells": [cell]}) + "\n")

    faults = check_files(["01.ipynb"], tmp_path)

    assert faults == ["01.ipynb: has outputs: clear them before committing"]


def test_figures_hashes_and_binary_files_are_no_person_numbers(tmp_path: Path) -> None:
    digits = "8" * 11
    (tmp_path / "fine.md").write_text(f"0.{digits} sha256:a{digits}b {digits}9\n")
    (tmp_path / "fine.png").write_bytes(b"\0" + digits.encode())

    faults = check_files(["fine.md", "fine.png"], tmp_path)

    assert faults == []


def test_what_others_made_is_taken_over_as_it_came(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "chart.js").write_text("8" * 11 + " " * MAX_BYTES)

    faults = check_files(["vendor/chart.js"], tmp_path)

    assert faults == []


def test_the_command_names_the_place_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("fine\n" + "8" * 11 + "\n")

    code = main([str(page)])

    assert code == 1
    assert capsys.readouterr().out.startswith(f"{page}:2: holds a number of 11 digits")


def test_no_file_of_the_repository_has_a_fault() -> None:
    faults = check_files(list_files(ROOT))

    assert faults == []
