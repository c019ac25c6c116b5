"""Persons who wait for an answer: found in the list, the longest waiting first."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from serving.store.engine import EVERY_FUND
from serving.store.tables import cases
from serving.store.upgrade import downgrade_store, upgrade_store
from tests.running_service import FUND, TODAY, Service, make_own_case
from tests.serving.referred_cases import post
from tests.serving.test_list_export import read_table

BEFORE = "0009"


def ask(service: Service, number: int, days_ago: int = 0, kind: str = "access") -> Any:
    body = {"kind": kind, "received_on": (TODAY - timedelta(days=days_ago)).isoformat()}
    return post(service, f"/api/v1/cases/C-{number:04d}/requests", body)


def handle(service: Service, number: int, asked: Any, outcome: str = "done") -> None:
    request_id = asked.json()["request"]["request_id"]
    path = f"/api/v1/cases/C-{number:04d}/requests/{request_id}/handle"
    body = {"outcome": outcome, "outcome_text": "Zoals besproken."}
    assert post(service, path, body, "arts").status_code == 200


def list_waiting(service: Service, query: str = "", user: str = "arts") -> list[str]:
    found, address = [], f"/api/v1/cases?asking=true{query}"
    while address:
        page = service.get(address, user=user).json()
        found += [row["case_id"] for row in page["cases"]]
        address = page["next"]
    return found


@pytest.fixture
def filled(either_service: Service) -> Service:
    """Return a service with seven cases, one of them closed and one from long ago."""
    for number in range(1, 8):
        region = "limburg" if number % 2 else "antwerpen"
        assert either_service.post(make_own_case(number, region=region)).status_code == 201
    with either_service.store.writing(FUND) as connection:
        row = update(cases).where(cases.c.case_id == "C-0002")
        connection.execute(row.values(state="closed", is_open=False))
    return either_service


def test_who_waits_longest_comes_first_page_by_page_in_every_state(filled: Service) -> None:
    for number, days_ago in ((1, 3), (2, 20), (3, 3), (4, 40), (5, 0)):
        assert ask(filled, number, days_ago).status_code == 201

    found = {
        query: list_waiting(filled, query)
        for query in ("", "&limit=2", "&region=limburg", "&state=closed", "&order=longest_absent")
    }

    assert found[""] == found["&limit=2"] == ["C-0004", "C-0002", "C-0001", "C-0003", "C-0005"]
    assert found["&region=limburg"] == ["C-0001", "C-0003", "C-0005"]
    assert found["&state=closed"] == ["C-0002"]
    assert sorted(found["&order=longest_absent"]) == sorted(found[""])
    assert list_waiting(filled, user="arts.b") == []


def test_list_case_and_file_say_until_when_an_answer_is_due(filled: Service) -> None:
    ask(filled, 1, 20)
    ask(filled, 1, 5)
    due_on = date(2026, 4, 26).isoformat()  # received on 26 March

    rows = filled.get("/api/v1/cases").json()["cases"]
    opened = filled.get("/api/v1/cases/C-0001").json()
    table = read_table(filled.get("/api/v1/cases.csv?asking=true").content.decode())

    assert {r["answer_by"] for r in rows if r["case_id"] == "C-0001"} == {due_on}
    assert {r["answer_by"] for r in rows if r["case_id"] != "C-0001"} == {None}
    assert opened["answer_by"] == due_on
    assert [r["Vraag van de persoon: antwoord ten laatste op"] for r in table] == [due_on]


def test_an_answer_leaves_what_else_the_person_waits_for(filled: Service) -> None:
    older, newer = ask(filled, 1, 20), ask(filled, 1, 5, "objection")

    handle(filled, 1, older)
    left = filled.get("/api/v1/cases/C-0001").json()["answer_by"]
    handle(filled, 1, newer, "rejected")

    assert left == "2026-05-10"
    assert filled.get("/api/v1/cases/C-0001").json()["answer_by"] is None
    assert list_waiting(filled) == []


@pytest.mark.parametrize(("days_ago", "status"), [(-1, 422), (0, 201), (365, 201), (366, 422)])
def test_a_request_was_received_in_the_past_year(
    service: Service, days_ago: int, status: int
) -> None:
    service.post(make_own_case())

    answer = ask(service, 1, days_ago)

    assert answer.status_code == status
    assert status == 201 or answer.json()["errors"][0]["field"] == "received_on"


def test_a_new_assessment_does_not_end_the_waiting(filled: Service) -> None:
    ask(filled, 1, 3)

    filled.post(make_own_case(1, screened_on="2026-04-14", region="limburg"))

    assert list_waiting(filled) == ["C-0001"]


def test_a_store_of_before_knows_who_waits(filled: Service) -> None:
    handle(filled, 1, ask(filled, 1))
    ask(filled, 2)
    downgrade_store(filled.store, BEFORE)

    upgrade_store(filled.store)

    with filled.store.reading(EVERY_FUND) as connection:
        query = select(cases.c.case_id, cases.c.asked_on).where(cases.c.asked_on.is_not(None))
        assert connection.execute(query).all() == [("C-0002", TODAY)]
    assert list_waiting(filled) == ["C-0002"]


def test_the_list_page_counts_who_waits_and_marks_the_rows(filled: Service) -> None:
    for number, days_ago in ((1, 3), (4, 40)):
        ask(filled, number, days_ago)
    filled.log_on()

    plain, chosen = filled.client.get("/").text, filled.client.get("/?vraag=ja").text

    assert "Vraag van de persoon wacht (2)" in plain
    assert plain.count("vraag van de persoon wacht</span>") == 2
    assert "Bovenaan: wie het langst op een antwoord wacht." in chosen
    places = [chosen.index(f'id="dossier-C-{number:04d}"') for number in (4, 1)]
    assert all(one < other for one, other in pairwise(places))
    assert "(9 dagen geleden)" in chosen
