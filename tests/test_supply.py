"""What the product is made of: free to use, and listed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.licences import Licence, list_pins, read_licences

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_that_the_product_needs_is_free_to_use() -> None:
    found, others = read_licences(list_pins())

    assert [one.package for one in found if not one.is_free] == []
    assert len(found) > 10 * len(others)


@pytest.mark.parametrize("text", ["GPL-3.0-or-later", "AGPL-3.0", "BUSL-1.1", ""])
def test_a_licence_that_asks_more_than_we_can_give_is_named(text: str) -> None:
    assert not Licence("some-package", "1.0", text).is_free


def test_the_list_of_parts_names_every_pin_with_its_hash(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"

    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--of", "JSON"]
    done = subprocess.run(
        [*command, "--output-file", str(out), str(ROOT / "requirements.lock")], check=False
    )

    parts = json.loads(out.read_text())["components"]
    assert done.returncode == 0
    assert {part["name"] for part in parts} == set(list_pins())
    assert all(part["externalReferences"][0]["hashes"] for part in parts)
