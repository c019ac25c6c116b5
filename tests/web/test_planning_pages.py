"""The pages of planning by their answers: what is kept, what leaves, and what nobody reaches."""

import csv
import json
from io import BytesIO, StringIO
from time import process_time
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from serving.planning_files import MEASURES_NL, Part, write_outlooks_csv, write_outlooks_xlsx
from serving.store.planning import find_plan, list_capacities, list_gain_limits, list_scenarios
from tests.planning_plans import FEW, keep_plan, make_flow, make_plan
from tests.running_service import Service, find_token

COMPARE = "/planning/scenarios/vergelijken"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def send(service: Service, path: str, **fields: str) -> Any:
    token = find_token(service.client.get("/planning/scenarios").text)
    return service.client.post(path, data={"token": token} | fields, follow_redirects=False)


def test_a_planner_begins_at_planning(filled: Service) -> None:
    filled.client.cookies.clear()
    filled.log_on("planner")

    first = filled.client.get("/", follow_redirects=False)

    assert first.headers["location"] == "/planning"


def test_without_a_plan_every_page_says_who_makes_one_and_how(filled: Service) -> None:
    filled.client.cookies.clear()
    filled.log_on("planner")
    with filled.store.writing() as connection:
        connection.exec_driver_sql("delete from plans")

    for path in ("", "/capaciteit", "/doelen", "/scenarios", "/terugblik"):
        page = filled.client.get(f"/planning{path}")
        assert page.status_code == 200
        assert "De beheerder maakt een plan met <code>kantelpunt plan</code>" in page.text
    assert filled.client.get(COMPARE).status_code == 404


def test_a_scenario_is_kept_with_its_answer_and_who_asked(planned: Service) -> None:
    send(planned, "/planning/scenarios", naam="Meer toestemming", toestemming="90")

    with planned.store.reading() as connection:
        kept = list_scenarios(connection, 1)[0]
    assert (kept.name, kept.made_by) == ("Meer toestemming", "planner")
    assert kept.change == {"consent": {"all": 0.9}}
    more = kept.result["sums"]["started"]["12"]["all"]["mean"]
    assert more > make_plan()["outlook"]["sums"]["started"]["12"]["all"]["mean"]


def test_a_limit_is_asked_for_only_where_it_can_choose_between_people(planned: Service) -> None:
    offered = planned.client.get("/planning/scenarios").text
    with planned.store.writing() as connection:
        kept = find_plan(connection)
        assert kept is not None
        plan = {**kept.plan, "limits": {**kept.plan["limits"], "gain_differs": False}}
        text = json.dumps(plan)
        connection.exec_driver_sql("update plans set plan = ?", (text,))

    withheld = planned.client.get("/planning/scenarios").text

    assert 'name="meerwaarde"' in offered
    assert 'name="meerwaarde"' not in withheld
    assert "dit model schat de meerwaarde niet per persoon" in withheld


def test_a_capacity_is_kept_with_its_first_day_and_reason(planned: Service) -> None:
    fields = {"region": "brussel", "places": "88", "valid_from": "2026-06-01", "reason": "Verhuis."}

    send(planned, "/planning/capaciteit", **fields)

    with planned.store.reading() as connection:
        kept = list_capacities(connection)[-1]
    assert (kept.region, kept.places, kept.author) == ("brussel", 88, "Planner")
    assert (kept.valid_from.isoformat(), kept.reason) == ("2026-06-01", "Verhuis.")


def test_a_limit_is_confirmed_as_the_plan_proposes_it(planned: Service) -> None:
    send(planned, "/planning/grenzen", region="antwerpen", reason="Plaats.")

    with planned.store.reading() as connection:
        kept = list_gain_limits(connection)[-1]
    assert (kept.region, kept.gain_from, kept.valid_from.isoformat()) == (
        "antwerpen",
        make_plan()["limits"]["regions"]["antwerpen"]["proposed"],
        "2026-05-01",
    )


PLACES = {"region": "limburg", "places": "640", "valid_from": "2026-05-01", "reason": "Meer."}
WRONG = [
    ("capaciteit", {}, 422, "mag niet leeg blijven"),
    ("capaciteit", PLACES | {"region": "mars"}, 422, "een regio van de planning"),
    ("capaciteit", PLACES | {"places": "-1"}, 422, "Trajecten tegelijk"),
    ("capaciteit", PLACES | {"reason": "930518" + "22361"}, 422, "Waarom"),
    ("grenzen", {"region": "limburg", "reason": "Meer."}, 409, "is er geen voorstel"),
    ("scenarios", {"toestemming": "x", "naam": "Fout"}, 422, "Er is nog niets berekend."),
    ("scenarios", {"toestemming": "90", "naam": "x" * 81}, 422, "hoogstens 80 tekens"),
]


@pytest.mark.parametrize(("path", "fields", "status", "told"), WRONG)
def test_a_form_with_a_fault_says_which_and_keeps_nothing(
    planned: Service, path: str, fields: dict[str, str], status: int, told: str
) -> None:
    with planned.store.reading() as connection:
        before = len(list_capacities(connection)), len(list_scenarios(connection, 99))

    answer = send(planned, f"/planning/{path}", **fields)

    assert (answer.status_code, told in answer.text) == (status, True)
    with planned.store.reading() as connection:
        assert before == (len(list_capacities(connection)), len(list_scenarios(connection, 99)))


@pytest.mark.parametrize("path", ["scenarios", "capaciteit", "grenzen"])
def test_an_auditor_looks_and_changes_nothing(planned: Service, path: str) -> None:
    planned.client.cookies.clear()
    planned.log_on("auditor")
    page = planned.client.get("/planning/capaciteit").text

    answer = send(planned, f"/planning/{path}", naam="x", toestemming="90")

    assert answer.status_code == 403
    assert 'method="post" action="/planning' not in page
    assert "Bevestigen" not in page


def test_every_page_works_without_a_script_and_has_a_table_for_every_drawing(
    planned: Service,
) -> None:
    for path in ("", "/capaciteit", "/doelen", "/scenarios?toestemming=90", "/terugblik"):
        page = planned.client.get(f"/planning{path}").text
        assert "<script" not in page
        assert page.count("<table") >= page.count("kp-fan--wide") > 0
        assert page.count('class="kp-fan') == page.count('aria-hidden="true" focusable="false">\n')


def test_no_page_of_planning_holds_anything_about_a_case(planned: Service) -> None:
    for path in ("?getallen", "/capaciteit?getallen", "/doelen?getallen", "/scenarios"):
        page = planned.client.get(f"/planning{path}").text
        assert "C-00" not in page
        assert "P-00" not in page
        assert "/dossiers/" not in page


def test_a_count_that_is_hidden_stands_nowhere_on_the_page(planned: Service) -> None:
    made = keep_plan(planned, spells=FEW / 2)
    page = planned.client.get("/planning?regio=brussel&getallen").text

    assert made["history"]["started"]["brussel"][-1] is None
    assert page.count("niet getoond") >= 12
    assert "minder dan vijf" in page


def test_an_answer_of_six_regions_takes_under_a_second(planned: Service) -> None:
    began = process_time()  # others may work on this machine
    answer = planned.client.get("/planning/scenarios?toestemming=75&plaatsen-limburg=500")
    took = process_time() - began

    assert "toestemming 75 op 100" in answer.text
    assert took < 1


def test_a_name_that_is_a_formula_stays_a_name_in_both_files(planned: Service) -> None:
    send(planned, "/planning/scenarios", naam="=1+1", toestemming="90")
    with planned.store.reading() as connection:
        key = next(one.scenario_id for one in list_scenarios(connection, 9) if one.name == "=1+1")

    sheet = planned.client.get(f"{COMPARE}.csv?s={key}").content.decode("utf-8-sig")
    book = ZipFile(BytesIO(planned.client.get(f"{COMPARE}.xlsx?s={key}").content))

    rows = list(csv.reader(StringIO(sheet), delimiter=";"))
    assert {row[0] for row in rows[1:]} == {"Het plan zelf", "'=1+1"}
    assert "<f>" not in "".join(book.read(n).decode() for n in book.namelist() if "sheets/" in n)


def test_scenarios_of_two_plans_stand_in_the_rows_of_their_own_months() -> None:
    outlook = make_plan(regions=1)["outlook"]
    later = {**outlook, "months": [f"2030-{n:02d}" for n in range(1, 13)] + outlook["months"][12:]}
    day = make_flow(regions=1).as_of

    book = ZipFile(BytesIO(write_outlooks_xlsx([
        Part("nu", day, (), outlook), Part("later", day, (), later),
    ])))  # fmt: skip

    root = ElementTree.fromstring(book.read("xl/worksheets/sheet2.xml"))  # noqa: S314 - our own
    rows = root.findall(f".//{SHEET}row")
    cells = [len(row.findall(f"{SHEET}c")) for row in rows]
    assert cells[0] == 12
    assert (cells.count(7), cells.count(12)) == (48, 13)


def test_every_measure_of_an_outlook_is_in_the_file() -> None:
    part = Part("nu", make_flow().as_of, ("niets",), make_plan()["outlook"])

    with write_outlooks_csv([part]) as content:
        rows = content.read().decode("utf-8-sig").splitlines()

    told = {row.split(";")[1] for row in rows[1:]}
    assert told == set(MEASURES_NL.values())
    assert len(rows) == 1 + len(MEASURES_NL) * 7 * 18
