from pathlib import Path

import pytest

from features.contract import (
    CASE_COLUMNS,
    DEFAULT_PATH,
    ContractError,
    default_contract,
    parse_contract,
    read_contract,
)
from tests.factories import FIVE_FIELDS, make_contract, make_field, make_head


def test_the_default_contract_declares_about_forty_inputs_in_order() -> None:
    contract = default_contract()

    assert 38 <= len(contract.fields) <= 46
    assert contract.names == tuple(f.name for f in contract.fields)
    assert "absent_days" not in {f.name for f in contract.columns}
    assert contract.get_field("age_years").expected() == "a whole number from 16 to 67"


def test_the_default_contract_holds_nothing_that_may_never_be_an_input() -> None:
    names = set(default_contract().names)

    assert not names & {"sex", "origin", "nationality", "language", "ssin", *CASE_COLUMNS}


def test_any_other_contract_is_read_as_well() -> None:
    contract = parse_contract(FIVE_FIELDS)

    assert contract.names == ("load_kg", "visits", "shift", "insured", "mood")
    assert contract.outcome.horizon_days == 180
    assert contract.answers == (4,)
    assert contract.get_field("mood").codes == {"low": 0.0, "fair": 1.0, "good": 2.0}


def test_the_fingerprint_changes_with_any_character() -> None:
    contract = parse_contract(FIVE_FIELDS)

    other = parse_contract(FIVE_FIELDS.replace("Bezoeken", "Bezoek"))

    assert contract.fingerprint != other.fingerprint
    assert contract.fingerprint == parse_contract(FIVE_FIELDS).fingerprint


def test_an_unknown_field_is_no_field() -> None:
    with pytest.raises(KeyError):
        default_contract().get_field("shoe_size")


def test_a_long_list_of_levels_is_cut_in_messages() -> None:
    levels = ", ".join(f'"level{place:02d}"' for place in range(20))
    text = make_head() + make_field("a", kind="category", low=None, high=None)

    contract = parse_contract(text + f"levels = [{levels}]")

    assert contract.get_field("a").expected().endswith("level11, …")


FAULTS = {
    "no [contract]": ("[outcome]\n" + make_field("a"), "[contract] must give name and version"),
    "no version": ('[contract]\nname = "a"\n' + make_field("a"), "must give name and version"),
    "no fields": (make_head(), "declares no [[fields]]"),
    "fields no tables": ("fields = [1, 2]\n" + make_head(), "field 1: expected a table [[fields]]"),
    "fields no list": ("fields = 3\n" + make_head(), "declares no [[fields]]"),
    "unknown part": (make_head() + make_field("a") + "[model]\n", "[model] is unknown"),
    "outcome no table": (
        "outcome = 3\n" + make_head() + make_field("a"),
        "[outcome] must be",
    ),
    "outcome unknown": (make_head() + make_field("a") + "[outcome]\ndays = 3", "days is unknown"),
    "outcome no days": (
        make_head() + make_field("a") + "[outcome]\nhorizon_days = 0",
        "horizon_days: expected a whole number of days from 1 to 3650",
    ),
    "declared twice": (make_head() + make_field("a") * 2, "a: declared twice"),
    "bad name": (make_head() + make_field("Age"), "expected a name of small letters"),
    "column of a case": (make_head() + make_field("region"), "region: is a column of every case"),
    "never an input": (make_head() + make_field("origin"), "origin: may never be an input"),
    "known later": (
        make_head() + make_field("totmed", known="later"),
        "totmed: is known only after the screening: may never be an input",
    ),
    "known when": (
        make_head() + make_field("a", known="now"),
        "known must be one of",
    ),
    "unknown key": (make_head() + make_field("a", colour="red"), "a: colour is unknown"),
    "wrong type": (make_head() + make_field("a", low="x"), "a: low must be int or float"),
    "no number": (make_head() + make_field("a", low=True), "a: low must be int or float"),
    "no source": (make_head() + make_field("a", source=None), "a: source is missing"),
    "unknown kind": (make_head() + make_field("a", kind="date"), "kind must be one of number"),
    "no bounds": (make_head() + make_field("a", high=None), "a: needs low and high"),
    "answer without scale": (
        make_head() + make_field("a", kind="answer", high=None),
        "a: needs low and high, or levels",
    ),
    "bounds turned": (make_head() + make_field("a", low=10), "a: low must be less than high"),
    "endless bounds": (make_head() + make_field("a", high=float("inf")), "must be finite"),
    "no whole number": (
        make_head() + make_field("a", low=0.2, high=0.8, integer=True),
        "a: there is no whole number between low and high",
    ),
    "one level": (
        make_head() + make_field("a", kind="category") + 'levels = ["x"]',
        "a: a category needs two levels or more",
    ),
    "levels of a number": (
        make_head() + make_field("a") + 'levels = ["x", "y"]',
        "a: a number has no levels",
    ),
    "level that reads as missing": (
        make_head() + make_field("a", kind="category") + 'levels = ["x", "NA"]',
        "a: a level may not be empty",
    ),
    "answer that is needed": (
        make_head() + make_field("a", kind="answer", missing=False),
        "a: an answer may always be missing",
    ),
    "derived from what": (make_head() + make_field("a", derived="age"), "derived must be one of"),
    "derived flag": (
        make_head() + make_field("a", kind="flag", derived="absent_days"),
        "a derived field must be a number",
    ),
    "phrase": (make_head() + make_field("a", up_nl="{name}"), "may use only {label} and {value}"),
    "phrase with a dot": (
        make_head() + make_field("a", down_nl="{label.x}"),
        "may use only",
    ),
    "phrase with a width": (
        make_head() + make_field("a", up_nl="{value:>999999999}"),
        "may use only",
    ),
    "phrase with an attribute": (
        make_head() + make_field("a", up_nl="{label.__class__}"),
        "may use only",
    ),
    "no TOML": ("[contract", "is not valid TOML"),
    "nested beyond reading": ("a = " + "[" * 3000 + "]" * 3000, "is not valid TOML"),
    "bound of 400 digits": (make_head() + make_field("a", high=10**400), "a: low and high must"),
    "bounds too close": (
        make_head() + make_field("a", low=0.0, high=1e-320),
        "a: low and high must lie",
    ),
    "derived beyond the calendar": (
        make_head() + make_field("a", low=1e7, high=1e9, derived="absent_days"),
        "a: no whole number of days",
    ),
    "derived twice": (
        make_head() + "".join(make_field(n, derived="absent_days") for n in "ab"),
        "absent_days: two fields are derived from it",
    ),
    "word of the request": (make_head() + make_field("model_config"), "choose another name"),
    "level twice": (
        make_head() + make_field("a", kind="category") + 'levels = ["x", "y", "x"]',
        "a: a level is declared twice",
    ),
    "level no text": (
        make_head() + make_field("a", kind="category") + 'levels = [["x"], ["y"]]',
        "a: levels must be texts",
    ),
    "level with a NUL": (
        make_head() + make_field("a", kind="category") + r'levels = ["\u0000", "y"]',
        "a: a level and its label may hold no",
    ),
    "label of two lines": (make_head() + make_field("a", label_nl="a\\n"), "a: a label, unit or"),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_contract_that_cannot_be_used_says_why(text: str, expected: str) -> None:
    with pytest.raises(ContractError) as refused:
        parse_contract(text, where="made.toml")

    assert expected in str(refused.value)
    assert "made.toml" in str(refused.value)


def test_every_fault_is_told_at_once() -> None:
    text = make_head() + make_field("a", low=10) + make_field("origin") + make_field("b", colour=1)

    with pytest.raises(ContractError) as refused:
        parse_contract(text)

    assert len(refused.value.faults) == 3


def test_a_contract_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_text(FIVE_FIELDS, encoding="utf-8-sig")

    contract = read_contract(path)

    assert contract == make_contract()


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, "does not exist"), (b"\xff\xfe\xfa", "cannot be read as UTF-8 text")],
    ids=["absent", "no text"],
)
def test_a_contract_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, fault: str
) -> None:
    path = tmp_path / "contract.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ContractError, match=rf"contract\.toml cannot be used(.|\n)*{fault}"):
        read_contract(path)


def test_the_default_contract_is_the_file_that_ships() -> None:
    shipped = read_contract(DEFAULT_PATH)

    assert shipped == default_contract()
