from collections.abc import Callable
from pathlib import Path

import pytest

from models.suggestion import read_limits
from serving.intake_file import Intake, import_cases
from serving.store.imports import Imported
from tests.factories import make_case, make_contract, make_extract_tables, write_extract
from tests.running_service import FUND, NOW, Service, get_other_bundle


@pytest.fixture
def other(start_service: Callable[..., Service], sqlite_url: str) -> Service:
    return start_service(sqlite_url, get_other_bundle())


def test_a_contract_of_five_unrelated_fields_serves_as_well(other: Service) -> None:
    case = make_case(make_contract(), sickness_fund=FUND, case_id="C-1", load_kg=-2.5)

    made = other.post(case)
    other.log_on()
    listed, page = other.client.get("/").text, other.client.get("/dossiers/C-1").text

    body = made.json()
    total = sum(c["points"] for c in body["contributions"])
    assert made.status_code == 201
    assert {c["field"] for c in body["contributions"]} == set(make_contract().names)
    assert body["base_points"] + total + body["limit_points"] == pytest.approx(
        100 * body["p_usual"], abs=1e-9
    )
    assert "C-1" in listed
    assert "binnen 180 dagen" in page
    assert "-2,5 kg" in page


def test_its_faults_are_named_in_its_own_words(other: Service) -> None:
    case = make_case(make_contract(), sickness_fund=FUND, load_kg=500, shift="4", age_years=40)

    errors = {e["field"]: e["expected"] for e in other.post(case).json()["errors"]}

    assert errors["load_kg"] == "getal van -5,5 tot 120, in kg"
    assert errors["shift"] == "een van 1 (vroege), 2 (late), 3 (nacht)"
    assert errors["age_years"] == "dit veld is onbekend; laat het weg"


def test_its_fields_stand_in_the_description(other: Service) -> None:
    schema = other.client.get("/openapi.json").json()["components"]["schemas"]["Case"]

    assert schema["properties"]["load_kg"]["minimum"] == -5.5
    assert "age_years" not in schema["properties"]


def test_its_files_are_imported(other: Service, tmp_path: Path) -> None:
    contract = make_contract()
    write_extract(tmp_path, make_extract_tables(30, contract))
    (tmp_path / "contract.toml").write_text(contract.text)
    intake = Intake(other.store, get_other_bundle(), read_limits(), NOW)

    done = import_cases(tmp_path, intake, count=lambda _: None)

    assert done == Imported(saved=30)
