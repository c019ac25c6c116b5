"""A planner reaches no case by any route, on SQLite and on PostgreSQL."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Table, select

from serving.permissions import Action, Role
from serving.store.planning_tables import capacities, entry_totals, gain_limits, plans, scenarios
from serving.store.work_tables import metadata
from tests.planned_store import REGIONS, add_case, add_entries, plan
from tests.running_service import FUND, NOW, PASSWORD, Service, find_token
from tests.serving.test_permissions import find_actions, list_routes

# of one person, and of nobody else: none of these may ever come back
CASE, PERSON, DAYS = "GEMERKT-8f3k", "P-GEMERKT-8f3k", 8341
OF_PERSONS = [t for t in metadata.sorted_tables if {"sickness_fund", "case_id"} <= set(t.c.keys())]
PLANNED = (capacities, entry_totals, gain_limits, plans, scenarios)


@pytest.fixture
def marked(either_service: Service) -> Service:
    for number in range(1, 13):
        add_case(
            either_service,
            number,
            NOW.date() - timedelta(days=60),
            region=REGIONS[number % 2],
            case_id=f"{CASE}-{number:04d}",
            person_key=f"{PERSON}-{number:04d}",
            absent_days_5y=DAYS % 1800,
        )
    add_entries(either_service.store, 8)
    plan(either_service)
    return either_service


def list_calls(service: Service) -> Iterator[tuple[str, str, Action]]:
    """Give method, address and action of every route, about a case that is there."""
    for route in list_routes(service):
        action = next(iter(find_actions(route)), None)
        # who logs off in between sees nothing at all
        if isinstance(route, APIRoute) and action not in (None, Action.LOG_OFF):
            address = re.sub(r"\{case_id(:\w+)?\}", f"{CASE}-0001", route.path)
            address = re.sub(r"\{[^}]+\}", "a" * 32, address)
            for method in route.methods or ():
                yield method, address, action


def test_no_answer_to_a_planner_holds_anything_of_a_person(marked: Service) -> None:
    marked.log_on("planner")
    token = find_token(marked.client.get("/planning").text)

    told: dict[str, str] = {}
    statuses: dict[tuple[str, str, Action], set[int]] = {}
    for method, address, action in list_calls(marked):
        form: dict[str, Any] = {} if method == "GET" else {"data": {"token": token}}
        for given in ({"auth": ("planner", PASSWORD)}, form):
            answer = marked.client.request(method, address, follow_redirects=False, **given)
            told[f"{method} {address}"] = answer.text
            statuses.setdefault((method, address, action), set()).add(answer.status_code)

    marks = (f"{CASE}-0002", PERSON, str(DAYS % 1800), FUND)
    assert {route: m for route, text in told.items() for m in marks if m in text} == {}
    about_cases = {key: found for key, found in statuses.items() if CASE in key[1]}
    assert len(about_cases) > 20
    assert [key for key, found in about_cases.items() if not found <= {401, 403, 405}] == []


def test_what_planning_answers_is_totals_of_many(marked: Service) -> None:
    texts = [
        marked.get(f"/api/v1/{part}", "planner").text
        for part in ("forecast", "capacity", "targets", "limits", "scenarios")
    ]
    body = {"name": "x", "consent": {"all": 0.5}}
    made = marked.client.post("/api/v1/scenarios", json=body, auth=("planner", PASSWORD))

    assert made.status_code == 201
    for text in (*texts, made.text):
        assert not [mark for mark in (CASE, PERSON, FUND) if mark in text]
        assert "absence_started_on" not in json.loads(text)


# only PostgreSQL keeps rows apart by itself
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_what_planning_asks_of_the_store_sets_no_fund_so_it_sees_no_row_of_a_person(
    marked: Service,
) -> None:
    with marked.store.reading() as connection:
        seen = {t.name: connection.execute(select(t)).first() for t in OF_PERSONS}
        kept = connection.execute(select(plans)).first()
        entries = connection.execute(select(entry_totals)).first()

    assert {name: row for name, row in seen.items() if row is not None and name != "audit"} == {}
    assert kept is not None
    assert entries is None  # what a single fund reported is not for planners either


@pytest.mark.parametrize("table", PLANNED, ids=lambda table: table.name)
def test_no_table_of_planning_has_room_for_a_case(table: Table) -> None:
    assert not {"case_id", "person_key", "assessment_id", "inputs"} & set(table.c.keys())


def test_nobody_but_planner_and_auditor_sees_planning(marked: Service) -> None:
    users: dict[Role, Any] = {
        Role.ADVISING_PHYSICIAN: "arts",
        Role.RTW_COORDINATOR: "coordinator",
        Role.DATA_SCIENTIST: "dataspecialist",
        Role.FUND_SYSTEM: "systeem",
    }

    answers = {
        (role, part): marked.get(f"/api/v1/{part}", user).status_code
        for role, user in users.items()
        for part in ("forecast", "capacity", "targets", "limits", "scenarios")
    }

    assert set(answers.values()) == {403}
