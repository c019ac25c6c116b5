from collections.abc import Callable
from pathlib import Path

import pytest

from features.contract import default_contract, parse_contract
from models.bundle import read_bundle
from models.suggestion import read_limits
from serving.intake_file import Intake
from serving.store.imports import Imported
from tests.factories import make_case, make_contract, make_extract_tables, write_extract
from tests.running_service import FUND, NOW, Service, get_other_bundle, make_own_case
from tests.serving.released import under
from tests.serving.whole_import import import_cases
from tests.web.work_pages import Clerk, read_faults


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

    done = import_cases(tmp_path, intake)

    assert done == Imported(saved=30)


def test_a_form_that_asked_other_questions_keeps_nothing_and_is_shown_again(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    text = default_contract().text.replace('"pain"', '"pain_now"')
    ours = start_service(sqlite_url, own_estimate="off")
    theirs = start_service(sqlite_url, read_bundle(under(parse_contract(text))), own_estimate="off")
    ours.post(make_own_case(1, workload=2))
    clerk = Clerk(ours, "C-0001").log_on("arts")
    form = clerk.open("/inschatten")
    theirs.client.cookies = ours.client.cookies
    clerk.service = theirs

    told = clerk.send("inschatten", form, weekly_hours="12", pain="6")
    kept = clerk.open()
    again = clerk.send("inschatten", told.text, weekly_hours="12", pain_now="6")

    assert read_faults(told)[0] == 409
    assert "De vragen van dit formulier veranderden ondertussen" in read_faults(told)[1]
    assert 'name="weekly_hours" value="12"' in told.text
    # what was not on the form that was sent, stands as it is known
    assert 'name="workload" value="2"' in told.text
    assert "Er is opnieuw ingeschat" not in kept
    assert again.status_code == 303, read_faults(again)
    latest = ours.get("/api/v1/cases/C-0001").json()
    assert len(latest["earlier"]) == 1
    assert (latest["inputs"]["weekly_hours"], latest["inputs"]["workload"]) == (12, 2)
