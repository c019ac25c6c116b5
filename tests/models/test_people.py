import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.bundle import BundleDamagedError, read_bundle, write_bundle
from models.people import PeopleGroup, PeopleTable, read_people
from models.screening import ScreeningModel
from tests.models.test_bundle import replace_signed

GROUPS = (
    PeopleGroup(True, 0.0, 0.2, 140, 0.12, 0.08, 0.17),
    PeopleGroup(True, 0.3, 0.35, 410, 0.31, 0.27, 0.35),
    PeopleGroup(False, 0.15, 0.3, 200, 0.25, 0.2, 0.3),
)
TABLE = PeopleTable(date(2024, 7, 3), date(2025, 1, 1), GROUPS)


@pytest.mark.parametrize(
    ("p_usual", "answered", "people"),
    [
        (0.0, True, 140),
        (0.199, True, 140),
        (0.2, True, None),
        (0.3, True, 410),
        (0.3499, True, 410),
        (0.35, True, None),
        (0.31, False, None),
        (0.15, False, 200),
        (1.0, True, None),
    ],
)
def test_an_estimate_belongs_to_the_group_that_it_lies_in_or_to_none(
    p_usual: float, answered: bool, people: int | None
) -> None:
    found = TABLE.find(p_usual, answered=answered)

    assert (found and found.people) == people


def test_a_table_reads_back_as_it_was_written() -> None:
    assert read_people(json.loads(json.dumps(TABLE.plain()))) == TABLE
    assert read_people(None) is None


def change(**values: Any) -> dict[str, Any]:
    plain = TABLE.plain()
    return plain | {"groups": [plain["groups"][0] | values, *plain["groups"][1:]]}


@pytest.mark.parametrize(
    "raw",
    [
        change(people=99),
        change(people=140.5),
        change(answered=1),
        change(returned=1.2),
        change(returned_low=0.5),
        change(high=0.35),
        change(low=0.01),
        change(low=0.2),
        TABLE.plain() | {"groups": list(reversed(TABLE.plain()["groups"]))},
    ],
    ids=range(9),
)
def test_a_table_that_no_training_wrote_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="groups of people"):
        read_people(raw)


def test_a_bundle_keeps_the_table_in_a_file_of_its_own(
    model: ScreeningModel, tmp_path: Path
) -> None:
    folder = tmp_path / "with"

    write_bundle(folder, replace(model, people=TABLE), {"trained_on": "2026-06-30"}, "# Card\n")

    assert read_bundle(folder).model.people == TABLE
    assert json.loads((folder / "people.json").read_text()) == TABLE.plain()
    assert len((folder / "people.json").read_bytes()) < 10_000


@pytest.mark.parametrize("text", ["{}", "[1]", '{"groups": [{}]}', json.dumps(change(people=5))])
def test_a_signed_table_with_foreign_content_is_refused(bundle_folder: Path, text: str) -> None:
    assert read_bundle(bundle_folder).model.people is None
    replace_signed(bundle_folder, "people.json", text)

    with pytest.raises(BundleDamagedError):
        read_bundle(bundle_folder)
