"""The lock files: complete, checked by hash, without addresses, and true to pyproject.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;]+)", re.MULTILINE)


def read_project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


def read_pins(name: str) -> dict[str, set[Version]]:
    pins: dict[str, set[Version]] = {}
    for package, version in PIN.findall((ROOT / name).read_text()):
        pins.setdefault(canonicalize_name(package), set()).add(Version(version))
    return pins


def find_unmet(asked: list[str], pins: dict[str, set[Version]]) -> list[str]:
    wanted = [Requirement(text) for text in asked]
    return [
        str(r)
        for r in wanted
        if not (found := pins.get(canonicalize_name(r.name)))
        or not all(r.specifier.contains(version) for version in found)
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_carries_hashes_and_no_line_carries_an_address(name: str) -> None:
    text = (ROOT / name).read_text()

    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)

    assert all("--hash=sha256:" in entry for entry in entries if entry.strip())
    assert "://" not in text
    assert " @ " not in text


def test_the_runtime_lock_meets_what_the_product_asks_for() -> None:
    unmet = find_unmet(read_project()["dependencies"], read_pins("requirements.lock"))

    assert unmet == []


def test_the_development_lock_meets_every_extra_too() -> None:
    project = read_project()
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(text for extra in extras for text in extra)]

    unmet = find_unmet(asked, read_pins("requirements-dev.lock"))

    assert unmet == []


def test_both_locks_pin_the_same_versions() -> None:
    runtime, everything = map(read_pins, LOCKS)

    assert {name: everything.get(name) for name in runtime} == runtime


def test_a_pin_outside_its_bounds_is_found() -> None:
    pins = {"numpy": {Version("1.26.0")}}

    unmet = find_unmet(["numpy>=2.4,<3", "pandas>=3"], pins)

    assert unmet == ["numpy<3,>=2.4", "pandas>=3"]


def test_the_environment_is_built_by_the_setuptools_that_the_lock_pins() -> None:
    built_with = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]

    unmet = find_unmet(built_with, read_pins("requirements-dev.lock"))

    assert unmet == []
