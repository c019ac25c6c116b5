"""The API of planning: answers, what-if, scenarios, capacities, limits, and what it refuses."""

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from serving.store.planning import list_capacities, list_gain_limits
from serving.store.planning_entries import list_entries
from serving.store.tables import audit
from tests.planned_store import REGIONS, fill, get_planned_template, plan
from tests.running_service import FUND, NOW, OTHER_FUND, PASSWORD, Service

API = "/api/v1"


@pytest.fixture
def planned(start_service: Callable[..., Service], tmp_path: Path) -> Service:
    shutil.copy(get_planned_template(), tmp_path / "planned.db")
    return start_service(f"sqlite:///{tmp_path / 'planned.db'}")


def send(service: Service, method: str, path: str, body: Any = None, user: str = "planner") -> Any:
    return service.client.request(method, f"{API}/{path}", json=body, auth=(user, PASSWORD))


def list_plan_lines(service: Service) -> list[dict[str, Any]]:
    own = (audit.c.action == "plan", audit.c.user_key == "planner")
    query = select(audit.c.detail).where(*own).order_by(audit.c.audit_id)
    with service.store.reading() as connection:
        return [dict(one) for one in connection.execute(query).scalars()]


@pytest.mark.parametrize("path", ["forecast", "capacity", "targets", "limits"])
def test_before_there_is_a_plan_it_is_said_what_to_do(service: Service, path: str) -> None:
    answer = service.get(f"{API}/{path}", "planner")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kantelpunt:problem:no-plan"
    assert "kantelpunt plan" in answer.json()["detail"]


def test_the_plan_is_told_in_parts_and_is_old_once_it_misses_a_month(planned: Service) -> None:
    forecast = planned.get(f"{API}/forecast", "planner").json()
    capacity = planned.get(f"{API}/capacity", "auditor").json()
    targets = planned.get(f"{API}/targets", "planner").json()
    planned.set_clock(NOW + timedelta(days=40))
    later = planned.get(f"{API}/forecast", "planner").json()

    assert (forecast["as_of"], forecast["is_old"], later["is_old"]) == ("2026-03-31", False, True)
    assert forecast["regions"] == list(REGIONS)
    assert {"entries", "started", "caseload"} <= set(forecast["measures"])
    assert len(forecast["months"]) == len(forecast["measures"]["started"]["all"]["mean"]) == 18
    assert capacity["capacity"] == {"all": 120, "antwerpen": 60, "limburg": 60}
    assert {one["author"] for one in capacity["capacities"]} == {"Planner"}
    assert {row["target"] for row in targets["year_end"]} == {12_000}
    assert {one["step"] for one in forecast["stages"]} >= {"off_1m", "screened", "suggested"}
    assert all(0 <= one["low"] <= one["mean"] <= one["high"] <= 1 for one in forecast["stages"])
    assert "flow" not in json.dumps(forecast)


def test_a_question_is_answered_within_a_second_and_kept_only_with_a_name(
    planned: Service,
) -> None:
    before = planned.get(f"{API}/forecast", "planner").json()["measures"]["started"]["all"]["mean"]

    began = time.process_time()  # others may work on this machine
    asked = send(planned, "POST", "scenarios", {"consent": {"all": 0.01}})
    took = time.process_time() - began
    kept = send(planned, "POST", "scenarios", {"name": "minder", "consent": {"all": 0.01}})
    listed = planned.get(f"{API}/scenarios", "auditor").json()["scenarios"]
    shown = planned.get(f"{API}/scenarios/{kept.json()['scenario_id']}", "auditor").json()

    assert (asked.status_code, kept.status_code) == (200, 201)
    assert took < 1
    after = asked.json()["result"]["measures"]["started"]["all"]["mean"]
    assert sum(after) < 0.5 * sum(before)
    assert [one["name"] for one in listed] == ["minder"]
    assert shown == kept.json()
    assert shown["result"] == asked.json()["result"]  # the same luck


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"consent": {"nergens": 0.5}}, "consent"),
        ({"capacity": {"nergens": 5}}, "capacity"),
    ],
)
def test_a_question_that_cannot_be_tried_names_its_field_and_no_value(
    planned: Service, body: Any, field: str
) -> None:
    answer = send(planned, "POST", "scenarios", body)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert "nergens" not in answer.text


def test_who_gets_no_place_does_not_bring_the_target_nearer(planned: Service) -> None:
    regions = send(planned, "GET", "capacity").json()["regions"]

    full = send(planned, "POST", "scenarios", {"capacity": dict.fromkeys(regions, 0)}).json()
    free = send(planned, "POST", "scenarios", {"capacity": dict.fromkeys(regions, 9_000)}).json()

    years = [one["result"]["year_end"][-1] for one in (full, free)]
    assert years[0]["q"]["0.5"] == years[0]["so_far"] < years[1]["q"]["0.5"]


def test_a_higher_limit_leaves_fewer_suggested_and_a_lower_one_more(planned: Service) -> None:
    asked = {
        limit: send(planned, "POST", "scenarios", {"gain_from": limit}).json()["result"]
        for limit in (-0.5, 0.1, 0.9)
    }

    sums = [sum(one["measures"]["suggested"]["all"]["mean"]) for one in asked.values()]
    assert sums[0] > sums[1] > sums[2]
    assert sums[2] < 5


def test_where_the_gain_is_not_known_no_limit_can_be_tried(service: Service) -> None:
    fill(service, 20)
    plan(service)

    answer = send(service, "POST", "scenarios", {"gain_from": 0.1})

    assert answer.status_code == 422
    assert "per persoon geschat" in answer.json()["errors"][0]["expected"]


def test_only_who_kept_a_scenario_can_remove_it(planned: Service) -> None:
    number = send(planned, "POST", "scenarios", {"name": "a"}).json()["scenario_id"]
    with planned.store.writing() as connection:
        connection.exec_driver_sql("update scenarios set made_by = 'collega'")
    refused = send(planned, "DELETE", f"scenarios/{number}")
    with planned.store.writing() as connection:
        connection.exec_driver_sql("update scenarios set made_by = 'planner'")

    gone = send(planned, "DELETE", f"scenarios/{number}")
    again = send(planned, "DELETE", f"scenarios/{number}")

    assert (refused.status_code, gone.status_code, again.status_code) == (409, 204, 404)
    assert again.json()["type"].endswith("no-scenario")
    assert [one["what"] for one in list_plan_lines(planned)] == [
        "capacity",
        "capacity",
        "scenario",
        "scenario_gone",
    ]


def test_nobody_keeps_scenarios_without_end(planned: Service, monkeypatch: Any) -> None:
    monkeypatch.setattr("serving.planning.MOST_OWN", 1)
    number = send(planned, "POST", "scenarios", {"name": "a"}).json()["scenario_id"]

    refused = send(planned, "POST", "scenarios", {"name": "b"})
    send(planned, "DELETE", f"scenarios/{number}")
    again = send(planned, "POST", "scenarios", {"name": "b"})

    assert refused.json()["type"].endswith("too-many-scenarios")
    assert again.status_code == 201


def test_a_capacity_is_dated_with_its_author_and_the_older_ones_stay(planned: Service) -> None:
    body = {"region": "limburg", "valid_from": "2026-05-01", "places": 70, "reason": "extra coach"}

    made = send(planned, "PUT", "capacity", body)
    unknown = send(planned, "PUT", "capacity", body | {"region": "nergens"})

    assert made.status_code == 200
    assert unknown.status_code == 422
    with planned.store.reading() as connection:
        kept = list_capacities(connection)
    assert [(one.region, one.places) for one in kept][-1] == ("limburg", 70)
    assert (kept[-1].author, kept[-1].reason) == ("Planner", "extra coach")
    assert list_plan_lines(planned)[-1] == {
        "what": "capacity",
        "region": "limburg",
        "places": 70,
        "valid_from": "2026-05-01",
    }


def test_a_limit_holds_from_next_month_on_and_never_for_what_is_past(planned: Service) -> None:
    body = {"region": "antwerpen", "reason": "volle trajecten", "gain_from": 0.04}

    made = send(planned, "POST", "limits", body)
    today = send(planned, "POST", "limits", body | {"valid_from": NOW.date().isoformat()})
    back = send(planned, "POST", "limits", body | {"gain_from": None})

    assert (made.status_code, today.status_code, back.status_code) == (201, 422, 201)
    assert (made.json()["valid_from"], made.json()["gain_from"]) == ("2026-05-01", 0.04)
    with planned.store.reading() as connection:
        kept = list_gain_limits(connection)
    assert [one.gain_from for one in kept] == [0.04, None]
    assert {one.author for one in kept} == {"Planner"}


def test_the_proposal_of_the_plan_is_confirmed_with_a_reason(planned: Service) -> None:
    told = planned.get(f"{API}/limits", "planner").json()["proposed"]

    answers = {
        region: send(planned, "POST", "limits", {"region": region, "reason": "volgt de plaatsen"})
        for region in REGIONS
    }
    unexplained = send(planned, "POST", "limits", {"region": "antwerpen"})

    assert told["valid_from"] == "2026-05-01"
    proposed = {region: told["regions"][region]["proposed"] for region in REGIONS}
    assert [one for one in proposed.values() if one is not None]
    for region, value in proposed.items():
        assert answers[region].status_code == (409 if value is None else 201)
        assert answers[region].json().get("gain_from") == value
    assert unexplained.status_code == 422


def test_no_number_of_a_person_is_kept_inside_a_reason_or_a_name(planned: Service) -> None:
    number = f"voor {'00.00.00-' + '000.00'} jan"
    capacity = {"region": "antwerpen", "valid_from": "2026-05-01", "places": 9, "reason": number}

    answers = [
        send(planned, "PUT", "capacity", capacity),
        send(planned, "POST", "scenarios", {"name": number, "gain_from": 0.05}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert not any("jan" in answer.text for answer in answers)


def test_a_fund_reports_its_own_entries_and_a_month_again_replaces_it(
    either_service: Service,
) -> None:
    row = {"month": "2026-02-01", "region": "limburg", "entered": 40}

    more = row | {"entered": 41, "off_1m": 30}

    first = send(either_service, "POST", "entries", {"entries": [row]}, "systeem")
    again = send(either_service, "POST", "entries", {"entries": [more]}, "systeem")

    assert (first.json(), again.status_code) == ({"kept_count": 1}, 200)
    with either_service.store.reading(FUND) as connection:
        [kept] = list_entries(connection)[FUND]
    with either_service.store.reading(OTHER_FUND) as connection:
        other = list_entries(connection)
    assert (kept.entered, kept.off_1m) == (41, 30)
    assert other == {} or either_service.store.engine.dialect.name == "sqlite"


@pytest.mark.parametrize(
    "wrong",
    [
        {"month": "2026-02-02"},
        {"month": "2026-05-01"},
        {"entered": 3, "off_1m": 4},
        {"entered": -1},
        {"region": ""},
        {"region": "all"},
        {"extra": 1},
    ],
)
def test_entries_that_cannot_be_are_refused_and_nothing_is_kept(
    service: Service, wrong: Any
) -> None:
    row = {"month": "2026-02-01", "region": "limburg", "entered": 40}

    answer = send(service, "POST", "entries", {"entries": [row, row | wrong]}, "systeem")

    assert answer.status_code == 422
    with service.store.reading(FUND) as connection:
        assert list_entries(connection) == {}


def test_plan_and_scenarios_are_files_in_which_no_name_is_a_formula(planned: Service) -> None:
    name = '=HYPERLINK("http://x")'
    number = send(planned, "POST", "scenarios", {"name": name}).json()["scenario_id"]
    query = f"?scenario={number}&scenario={number}"

    plan_csv = planned.get(f"{API}/forecast.csv", "planner")
    both = [planned.get(f"{API}/scenarios.{kind}{query}", "auditor") for kind in ("csv", "xlsx")]
    plan_xlsx = planned.get(f"{API}/forecast.xlsx", "planner")
    gone = planned.get(f"{API}/scenarios.csv?scenario={'0' * 32}", "planner")
    none = planned.get(f"{API}/scenarios.csv", "planner")

    assert plan_csv.text.startswith("\ufeffScenario;Wat;Regio;Maand")
    assert f"'{name}".replace('"', '""') in both[0].text
    assert plan_xlsx.content[:2] == both[1].content[:2] == b"PK"
    with zipfile.ZipFile(io.BytesIO(both[1].content)) as book:
        texts = {n: book.read(n).decode() for n in book.namelist() if n.endswith(".xml")}
    assert not [n for n, text in texts.items() if "<f>" in text]
    assert (gone.status_code, none.status_code) == (404, 422)
