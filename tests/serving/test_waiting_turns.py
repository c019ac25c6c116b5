"""Two who write at once: they wait, and neither is in a knot; on PostgreSQL unless told."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Barrier
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import select, text

from features.contract import default_contract
from serving.errors import explain
from serving.permissions import Scope
from serving.states import CaseState, DecisionKind
from serving.store import engine
from serving.store.assessments import save_assessments
from serving.store.assignments import assign_case
from serving.store.audit import AuditEvent, save_audit
from serving.store.engine import Connection, Store, StoreBusyError
from serving.store.standing import get_standing, move_case
from serving.store.tables import audit
from tests.running_postgres import Postgres
from tests.running_service import FUND, NOW, TODAY, Service, make_assessment
from tests.serving.case_work import build_decision, open_case
from tests.serving.referred_cases import CASE, get_state, make_sent_case, post
from tests.waiting import wait_until

WAITING = (
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and wait_event_type = 'Lock'"
)
SCOPE = Scope(FUND)
LINE = AuditEvent(NOW, "arts", "test", FUND, "C-0001")


@pytest.fixture
def service(
    start_service: Callable[..., Service], postgres: Postgres, postgres_template: str
) -> Service:
    return start_service(postgres.make_database(postgres_template))


@contextmanager
def holding_case(store: Store) -> Iterator[Connection]:
    """Give a connection that holds the case, in a transaction that is kept at the end."""
    with store.writing(FUND) as connection:
        get_standing(connection, SCOPE, "C-0001", hold=True)
        yield connection


def wait_for_a_queue(store: Store) -> None:
    """Return once somebody waits for a row that another holds."""

    def has_come() -> bool:
        with store.reading() as connection:
            return bool(connection.execute(text(WAITING)).scalar())

    wait_until(has_come)


def report(service: Service) -> Any:
    day = TODAY.isoformat()
    row = {"case_id": "C-0001", "referred_on": day, "started_on": day}
    return post(service, "/api/v1/outcomes", {"pathways": [row]}, "systeem")


def test_a_report_waits_for_a_case_and_holds_up_no_audit_line(service: Service) -> None:
    make_sent_case(service)

    with ThreadPoolExecutor(1) as pool, holding_case(service.store) as connection:
        answer: Future[Any] = pool.submit(report, service)
        wait_for_a_queue(service.store)
        save_audit(connection, [LINE])

    assert answer.result().json()["moved"] == 1


def test_a_report_goes_on_from_what_became_of_a_case_meanwhile(service: Service) -> None:
    make_sent_case(service)

    with ThreadPoolExecutor(1) as pool, holding_case(service.store) as connection:
        answer: Future[Any] = pool.submit(report, service)
        wait_for_a_queue(service.store)
        seen = get_standing(connection, SCOPE, "C-0001")
        move_case(connection, seen, CaseState.ACCEPTED, audit=[LINE])

    assert answer.result().status_code == 200
    assert answer.result().json()["moved"] == 1
    assert get_state(service) == ("started", 4)
    assert service.get(f"{CASE}/referral").json()["started_on"] == TODAY.isoformat()


def hold_in_turn(store: Store, case_ids: Sequence[str], ready: Barrier) -> str:
    """Hold two cases, the second once somebody else holds it; tell what came of that."""
    try:
        with store.writing(FUND) as connection:
            get_standing(connection, SCOPE, case_ids[0], hold=True)
            ready.wait()
            get_standing(connection, SCOPE, case_ids[1], hold=True)
    except StoreBusyError as error:
        return explain(error, default_contract()).key
    return "held"


def test_of_two_who_wait_for_each_other_one_is_told_to_try_again(service: Service) -> None:
    case_ids, ready = ("C-0001", "C-0002"), Barrier(2)
    for number in (1, 2):
        open_case(service, number)

    with ThreadPoolExecutor(2) as pool:
        told = [
            pool.submit(hold_in_turn, service.store, ids, ready)
            for ids in (case_ids, case_ids[::-1])
        ]

    assert sorted(one.result() for one in told) == ["held", "store-busy"]


def test_a_busy_store_is_no_outage_and_asked_again_after_a_second(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case(service)
    busy = Mock(side_effect=StoreBusyError("busy"))
    monkeypatch.setattr("serving.decide.assign_case", busy)

    answer = post(service, f"{CASE}/take", None, "arts")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["title"] == "De opslag is even bezet"


def test_of_two_who_take_a_case_at_once_the_second_is_told(service: Service) -> None:
    open_case(service)

    with ThreadPoolExecutor(1) as pool, holding_case(service.store) as connection:
        answer: Future[Any] = pool.submit(post, service, f"{CASE}/take", None, "coordinator")
        wait_for_a_queue(service.store)
        assign_case(connection, get_standing(connection, SCOPE, "C-0001"), "arts", audit=LINE)

    assert answer.result().json()["type"].endswith("taken")
    assert service.get(CASE).json()["assigned_to"] == "arts"


def test_who_decides_while_a_new_assessment_comes_in_is_told_to_look_again(
    service: Service,
) -> None:
    shown = open_case(service)
    body = build_decision(shown, DecisionKind.REFER)

    with ThreadPoolExecutor(1) as pool, holding_case(service.store) as connection:
        answer: Future[Any] = pool.submit(post, service, f"{CASE}/decisions", body, "arts")
        wait_for_a_queue(service.store)
        save_assessments(connection, [make_assessment(age_years=44)], audit=[LINE])

    assert answer.result().json()["type"].endswith("stale")
    assert service.get(CASE).json()["decisions"] == []


def test_who_writes_too_long_makes_the_next_one_busy_and_not_stuck(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with closing(Store(sqlite_url)) as store:
        with (
            store.writing(),
            pytest.raises(StoreBusyError, match="try once more"),
            ThreadPoolExecutor(1) as other,
        ):
            other.submit(write_line, store).result()

        write_line(store)
        with store.reading() as connection:
            lines = connection.execute(select(audit.c.user_key)).scalars().all()

    assert lines.count("next") == 1


def write_line(store: Store) -> None:
    with store.writing() as connection:
        save_audit(connection, [replace(LINE, user="next")])
