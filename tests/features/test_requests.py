import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from features.contract import CASE_COLUMNS, default_contract, parse_contract
from features.requests import (
    CaseRefusedError,
    build_example,
    build_refusal,
    build_request_model,
    check_case,
)
from features.wording import describe_nl
from tests.factories import make_case, make_contract, make_field, make_head

CONTRACT = default_contract()
# a made-up number of 11 digits, written so that no tool takes it for someone's own
ELEVEN = "85" + "0730" + "03328"


def refuse(**changes: Any) -> CaseRefusedError:
    with pytest.raises(CaseRefusedError) as refused:
        check_case(make_case(**changes), CONTRACT)
    return refused.value


def test_a_checked_case_holds_python_values() -> None:
    case = check_case(make_case(age_years=41, tenure_years=3), CONTRACT)

    assert case["screened_on"] == date(2026, 3, 31)
    assert case["age_years"] == 41
    assert isinstance(case["tenure_years"], float)
    assert list(case) == [*CASE_COLUMNS, *(f.name for f in CONTRACT.columns)]


def test_what_may_be_missing_may_be_left_out_or_null() -> None:
    case = check_case(make_case(work_ability=None, pain=...), CONTRACT)

    assert case["work_ability"] is None
    assert case["pain"] is None


def test_days_may_come_as_dates_but_not_as_moments() -> None:
    case = check_case(make_case(screened_on=date(2026, 3, 30)), CONTRACT)

    assert case["screened_on"] == date(2026, 3, 30)
    assert refuse(screened_on=datetime(2026, 3, 30, tzinfo=UTC)).fields == ["screened_on"]


def test_a_whole_number_may_come_with_a_point() -> None:
    case = check_case(make_case(age_years=41.0), CONTRACT)

    assert case["age_years"] == 41
    assert isinstance(case["age_years"], int)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"age_years": 68}, "age_years: expected a whole number from 16 to 67"),
        ({"age_years": 40.5}, "age_years: expected a whole number from 16 to 67"),
        ({"age_years": "40"}, "age_years: expected a whole number from 16 to 67"),
        ({"age_years": True}, "age_years: expected a whole number from 16 to 67"),
        ({"age_years": None}, "age_years: expected a whole number from 16 to 67"),
        ({"age_years": ...}, "age_years: expected a whole number from 16 to 67, but it is missing"),
        ({"tenure_years": float("nan")}, "tenure_years: expected a number from 0 to 50"),
        ({"tenure_years": float("inf")}, "tenure_years: expected a number from 0 to 50"),
        ({"tenure_years": 10**400}, "tenure_years: expected a number from 0 to 50"),
        ({"tenure_years": [1]}, "tenure_years: expected a number from 0 to 50"),
        ({"permitted_work": "yes"}, "permitted_work: expected true or false"),
        ({"permitted_work": 1}, "permitted_work: expected true or false"),
        ({"education": "phd"}, "education: expected one of low, middle, high"),
        (
            {"screened_on": "2025-12-31"},
            "screened_on: expected a day on or after absence_started_on",
        ),
        ({"screened_on": "31/03/2026"}, "screened_on: expected a day written as YYYY-MM-DD"),
        ({"screened_on": "2026-02-30"}, "screened_on: expected a day written as YYYY-MM-DD"),
        ({"screened_on": "1774828800"}, "screened_on: expected a day written as YYYY-MM-DD"),
        ({"screened_on": 1774828800}, "screened_on: expected a day written as YYYY-MM-DD"),
        ({"absence_started_on": "1889-02-03"}, "from 1990-01-01 to 2100-12-31"),
        ({"screened_on": "2036-03-31"}, "absent_days: expected a whole number from 0 to 1500"),
        ({"case_id": ""}, "case_id: expected 1 to 64 letters"),
        ({"case_id": "Jan Jansens"}, "case_id: expected 1 to 64 letters"),
        ({"case_id": 12}, "case_id: expected 1 to 64 letters"),
        ({"case_id": "x" * 65}, "case_id: expected 1 to 64 letters"),
        ({"case_id": "C-1\n"}, "case_id: expected 1 to 64 letters"),
        ({"region": " antwerpen"}, "region: expected a text of 1 to 64 characters"),
        ({"colour": "red"}, "colour: unknown field"),
    ],
)
def test_a_fault_names_the_field_and_what_was_expected(changes: dict[str, Any], fault: str) -> None:
    refusal = refuse(**changes)

    assert len(refusal.faults) == 1
    assert fault in refusal.faults[0]
    assert refusal.fields == [refusal.faults[0].split(":")[0]]


@pytest.mark.parametrize("field", ["case_id", "person_key", "region"])
@pytest.mark.parametrize(
    "number", [ELEVEN, f"{ELEVEN[:2]}.{ELEVEN[2:4]}.{ELEVEN[4:6]}-{ELEVEN[6:9]}.{ELEVEN[9:]}"]
)
def test_the_number_of_a_person_is_refused_in_favour_of_a_pseudonym(
    field: str, number: str
) -> None:
    refusal = refuse(**{field: number})

    assert refusal.faults == [
        f"{field}: looks like a national number of 11 digits: use a pseudonym instead"
    ]


@pytest.mark.parametrize("name", ["ssin", "insz", "INSZ", "rijksregisternummer"])
def test_a_field_for_the_number_of_a_person_is_refused_with_the_reason(name: str) -> None:
    refusal = refuse(**{name: ELEVEN})

    assert "the number of a person is never accepted" in refusal.faults[0]
    assert ELEVEN not in str(refusal)


def test_an_unknown_field_that_is_no_plain_name_is_not_repeated() -> None:
    refusal = refuse(**{"Jan Jansens, Gent": 1, "x" * 61: 1})

    assert refusal.faults == ["a field that the contract does not know: unknown field"]


def test_all_faults_are_told_at_once_in_the_order_of_the_fields() -> None:
    refusal = refuse(age_years=12, case_id="", screened_on="2025-01-01", colour=1)

    assert refusal.fields == ["case_id", "screened_on", "age_years", "colour"]


def test_no_value_of_a_person_shows_in_a_refusal() -> None:
    marked = "Gemarkeerd"

    refusal = refuse(**{name: marked for name in build_example(CONTRACT) if name != "region"})

    assert len(refusal.faults) > 40
    assert marked not in str(refusal)
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__


@pytest.mark.parametrize("nothing", [[], None, "case"])
def test_what_is_no_object_is_refused(nothing: Any) -> None:
    with pytest.raises(CaseRefusedError, match="expected an object"):
        check_case(nothing, CONTRACT)


def test_errors_of_a_web_request_become_the_same_refusal() -> None:
    body = make_case(age_years=12, colour="red")
    with pytest.raises(ValidationError) as invalid:
        build_request_model(CONTRACT).model_validate(body)

    refusal = build_refusal(invalid.value.errors(), CONTRACT)

    assert refusal.faults == refuse(age_years=12, colour="red").faults


@pytest.mark.parametrize("contract", [CONTRACT, make_contract(), make_contract(3)])
def test_the_example_is_a_case_that_json_can_carry(contract: Any) -> None:
    example = build_example(contract)

    case = check_case(json.loads(json.dumps(example)), contract)

    assert case["case_id"] == "C-VOORBEELD"
    assert (case["screened_on"] - case["absence_started_on"]).days == 85


def test_the_example_keeps_to_the_bounds_of_a_contract_that_screens_early() -> None:
    early = make_field("absent_days", derived="absent_days", low=20, high=40, integer=True)
    narrow = make_field("x", low=0.001, high=0.0012)
    contract = parse_contract(make_head() + early + narrow)

    case = check_case(build_example(contract), contract)

    assert (case["screened_on"] - case["absence_started_on"]).days == 40


def test_the_schema_shows_dutch_titles_units_and_bounds() -> None:
    schema = build_request_model(CONTRACT).model_json_schema()

    age, group, support = (
        schema["properties"][name] for name in ("age_years", "education", "wants_support")
    )
    assert (age["title"], age["minimum"], age["maximum"]) == ("Leeftijd", 16, 67)
    assert age["x-unit"] == "jaar"
    assert age["description"] == (
        "Geheel getal van 16 tot 67, in jaar. Bron: ziekenfonds. Verplicht."
    )
    assert group["anyOf"][0]["enum"] == ["low", "middle", "high"]
    assert "Mag ontbreken." in support["description"]
    assert schema["additionalProperties"] is False
    assert "case_id" in schema["required"]
    assert "wants_support" not in schema["required"]


def test_every_field_of_the_schema_is_described_with_an_example() -> None:
    schema = build_request_model(CONTRACT).model_json_schema()

    for name, field in schema["properties"].items():
        assert field["title"], name
        assert field["description"], name
        assert len(field["examples"]) == 1, name


def test_a_model_is_built_once_per_contract() -> None:
    first = build_request_model(CONTRACT)

    assert build_request_model(CONTRACT) is first
    assert build_request_model(make_contract()) is not first


def test_checking_one_case_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from features.contract import default_contract\n"
        "from features.matrix import build_row\n"
        "from features.requests import build_example, check_case\n"
        "contract = default_contract()\n"
        "build_row(check_case(build_example(contract), contract), contract)\n"
        "heavy = {'pandas', 'pandera', 'pyarrow', 'sklearn', 'scipy', 'matplotlib', 'mlflow'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    root = Path(__file__).resolve().parents[2]

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


def test_a_field_that_is_computed_is_not_asked_for() -> None:
    computed = default_contract().get_field("absent_days")

    text = describe_nl(computed)

    assert text.endswith("Wordt berekend.")
    assert "Verplicht" not in text
