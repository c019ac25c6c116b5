"""The entry of an algorithm register: the fields of the standard, filled from the record."""

from dataclasses import replace
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from training.document_facts import Facts
from training.register import EntryError, build_entry, check_entry, list_to_fill, read_schema


def test_the_entry_of_the_register_has_the_fields_of_the_standard(facts: Facts) -> None:
    entry = build_entry(facts)

    jsonschema.Draft202012Validator(read_schema()).validate(entry)
    assert entry["status"] == "In gebruik"
    assert entry["begin_date"] == "2026-11"
    assert "begin_date" not in build_entry(replace(facts, releases=[], standing="registered"))
    assert list_to_fill(entry) == (
        *("organization", "contact_email", "proportionality", "lawful_basis", "impacttoetsen"),
        "provider",
    )
    learnt = f"{facts.info['screenings']['all']:,}".replace(",", ".")
    assert f"leerde uit {learnt} inschattingsmomenten" in entry["methods_and_models"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "x" * 101}, "name is longer than 100"),
        ({"status": "Bezig"}, "status has to be one of"),
        ({"lang": 3}, "lang has to be of type string"),
        ({"kleur": "blauw"}, "kleur is no field"),
        ({"category": ["Werk"] * 4}, "category is longer than 3"),
    ],
)
def test_an_entry_that_the_standard_does_not_take_is_refused(
    facts: Facts, change: dict[str, Any], fault: str
) -> None:
    entry = build_entry(facts) | change

    with pytest.raises(EntryError, match=fault):
        check_entry(entry)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(read_schema()).validate(entry)


def test_a_missing_field_of_the_entry_is_named(facts: Facts) -> None:
    entry = {name: value for name, value in build_entry(facts).items() if name != "name"}

    with pytest.raises(EntryError, match="name is missing"):
        check_entry(entry)
