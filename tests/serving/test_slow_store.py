"""A PostgreSQL that is slow, silent or held up: everybody has an answer in time, and then again."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest

from serving.audit_trail import verify_audit
from serving.server import open_port, serve_aside
from serving.store import patience
from serving.store.connections import Terms
from serving.store.engine import EVERY_FUND, Store, StoreGoneError
from serving.store.patience import bounded_patience
from tests.running_postgres import Postgres
from tests.running_service import PASSWORD, Service, make_own_case
from tests.running_wire import Wire

SECONDS = 1.5  # how long an answer may take where the store fails, here
AGES = patience.ANSWER_SECONDS  # and else


@pytest.fixture
def service(
    start_service: Callable[..., Service],
    postgres_url: str,
    postgres: Postgres,
    wire: Wire,
) -> Service:
    """A service that reached its store over the wire before, and has an estimate in it."""
    made = start_service(postgres_url.replace(f":{postgres.port}/", f":{wire.port}/"), threads=1)
    assert made.post(make_own_case(1)).status_code == 201
    return made


@contextmanager
def in_a_hurry() -> Iterator[None]:
    patience.ANSWER_SECONDS = SECONDS
    try:
        yield
    finally:
        patience.ANSWER_SECONDS = AGES


def find_at(address: str, path: str) -> int:
    """Return the status of an answer, without an account."""
    host, port = address.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=AGES)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def ask(service: Service) -> list[Any]:
    """Ask for what people ask for, all at once."""
    questions: list[Callable[[], Any]] = [
        lambda: service.client.get("/readyz"),
        lambda: service.get("/api/v1/cases"),
        lambda: service.get("/api/v1/cases/C-0001"),
        lambda: service.post(make_own_case(2)),
    ]
    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(lambda one: one(), questions))


def test_a_store_of_which_each_packet_takes_two_seconds_is_told_in_time_and_used_again(
    service: Service, wire: Wire
) -> None:
    wire.seconds = 2
    with in_a_hurry():
        slow = ask(service)
    wire.seconds = 0

    assert [one.status_code for one in slow] == [503] * 4
    assert {one.headers["retry-after"] for one in slow} == {"5"}
    assert {one.json()["type"] for one in slow} == {"urn:kantelpunt:problem:store-gone"}
    assert [one.status_code for one in ask(service)] == [200, 200, 200, 201]


def test_a_store_that_goes_silent_is_told_in_time_and_used_again(
    service: Service, wire: Wire, postgres_url: str
) -> None:
    wire.is_silent = True
    with in_a_hurry():
        silent = ask(service)
    wire.is_silent = False

    assert [one.status_code for one in silent] == [503] * 4
    assert [one.status_code for one in ask(service)] == [200, 200, 200, 201]
    with closing(Store(postgres_url)) as store:
        assert verify_audit(store).is_whole


def test_a_page_says_in_dutch_that_the_store_does_not_answer(service: Service, wire: Wire) -> None:
    service.log_on()
    wire.is_silent = True

    with in_a_hurry():
        page = service.client.get("/")
    wire.is_silent = False

    assert page.status_code == 503
    assert "De dienst is even niet beschikbaar" in page.text
    assert "Wat bewaard was, blijft bewaard" in page.text


def test_who_stood_in_line_for_too_long_is_answered_without_another_wait(
    service: Service, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = open_port("127.0.0.1", 0)
    with serve_aside(service.app, opened) as address, ThreadPoolExecutor(10) as pool:
        assert find_at(address, "/readyz") == 200
        wire.is_silent = True
        with in_a_hurry():
            waiting = [pool.submit(find_at, address, "/readyz") for _ in range(10)]
            statuses = {one.result() for one in waiting}
        wire.is_silent = False

        assert statuses == {503}
        assert find_at(address, "/readyz") == 200
    assert "waited too long for its turn" in capsys.readouterr().out


def test_a_process_says_that_it_runs_while_every_thread_waits_for_the_store(
    service: Service, wire: Wire
) -> None:
    opened = open_port("127.0.0.1", 0)
    with serve_aside(service.app, opened) as address, ThreadPoolExecutor(4) as pool:
        wire.is_silent = True
        waiting = [pool.submit(find_at, address, "/readyz") for _ in range(4)]

        up = find_at(address, "/healthz")
        done = [one.done() for one in waiting]
        wire.is_silent = False

        assert up == 200
        assert done == [False] * 4
        assert [one.result() for one in waiting] == [200] * 4


def test_a_table_that_somebody_holds_for_long_is_told_as_busy_and_nothing_else_waits(
    start_service: Callable[..., Service], postgres_url: str
) -> None:
    service = start_service(f"{postgres_url}?options=-c%20lock_timeout%3D300")
    service.post(make_own_case(1))
    with closing(Store(postgres_url)) as command:
        with command.writing(EVERY_FUND) as connection:
            connection.exec_driver_sql("lock table cases")
            held = [service.post(make_own_case(2)), service.get("/api/v1/cases")]
            ready = service.client.get("/readyz")

        after = [service.post(make_own_case(2)), service.get("/api/v1/cases")]

    assert [one.status_code for one in held] == [503, 503]
    assert {one.json()["type"] for one in held} == {"urn:kantelpunt:problem:store-busy"}
    assert ready.status_code == 200
    assert [one.status_code for one in after] == [201, 200]


def test_who_sends_slowly_has_an_answer_all_the_same(service: Service) -> None:
    case = json.dumps(make_own_case(2)).encode()

    def send() -> Iterator[bytes]:
        yield case[:10]
        time.sleep(SECONDS)
        patience.ANSWER_SECONDS = AGES
        yield case[10:]

    kind = {"content-type": "application/json"}
    with in_a_hurry():
        answer = service.client.post(
            "/api/v1/assessments", content=send(), headers=kind, auth=("arts", PASSWORD)
        )

    assert answer.status_code == 201


def test_what_takes_long_because_it_is_much_is_not_cut_off(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ANSWER_SECONDS", 0.0)
    with closing(Store(postgres_url, Terms.of_service(4))) as store:
        with bounded_patience(), pytest.raises(StoreGoneError, match="too long"):
            store.read_clock()

        with bounded_patience():
            assert verify_audit(store).is_whole
