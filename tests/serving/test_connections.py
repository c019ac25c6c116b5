"""What a process may take of PostgreSQL: so many connections, and nobody waits for ever."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from features.contract import default_contract
from serving.errors import explain
from serving.store import connections
from serving.store.connections import ASIDE, Terms
from serving.store.engine import (
    Connection,
    Store,
    StoreAddressError,
    StoreBusyError,
    StoreGoneError,
)
from serving.store.room import NoRoomError, check_room
from tests.waiting import AGES, wait_until

OF_SERVICE = Terms.of_service(threads=2)
ROADS = {"straight": "", "through pgbouncer": "?pgbouncer=true"}
HOLD = text("select * from audit_head for update")


@pytest.fixture(params=ROADS)
def open_road(
    request: pytest.FixtureRequest, postgres_url: str
) -> Iterator[Callable[[Terms], Store]]:
    with ExitStack() as stack:

        def open_store(terms: Terms) -> Store:
            return stack.enter_context(closing(Store(postgres_url + ROADS[request.param], terms)))

        yield open_store


def ask(connection: Connection, question: str) -> str:
    return str(connection.execute(text(question)).scalar_one())


def test_a_process_takes_one_connection_for_each_thread_and_no_more(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WAIT_SECONDS", 0.1)

    with closing(Store(postgres_url, OF_SERVICE)) as store, ExitStack() as stack:
        for _ in range(2 + ASIDE):
            stack.enter_context(store.reading())
        with pytest.raises(StoreBusyError) as refused:
            stack.enter_context(store.reading())

    told = explain(refused.value, default_contract())
    assert (told.status, told.retry_seconds) == (503, 1)


def test_who_waits_for_a_lock_is_told_to_try_again(open_road: Callable[[Terms], Store]) -> None:
    store = open_road(replace(OF_SERVICE, lock_seconds=1))

    with store.writing() as holding:
        holding.execute(HOLD)
        with pytest.raises(StoreBusyError), store.writing() as waiting:
            waiting.execute(HOLD)

    with store.writing() as after:
        assert after.execute(HOLD).first() is not None


def test_an_answer_that_takes_too_long_is_given_up(open_road: Callable[[Terms], Store]) -> None:
    store = open_road(replace(OF_SERVICE, statement_seconds=1))

    with pytest.raises(StoreBusyError), store.reading() as connection:
        ask(connection, "select pg_sleep(60)")

    store.read_clock()


def test_who_stops_halfway_gives_its_locks_to_the_next(
    open_road: Callable[[Terms], Store],
) -> None:
    store = open_road(replace(OF_SERVICE, idle_seconds=1, lock_seconds=AGES))

    with pytest.raises(StoreGoneError):
        hold_twice(store, between=lambda: hold_twice(store))


def hold_twice(store: Store, between: Callable[[], None] = lambda: None) -> None:
    """Hold the end of the log, let something else happen, and go on in the same transaction."""
    with store.writing() as connection:
        connection.execute(HOLD)
        between()
        connection.execute(HOLD)


def test_a_command_takes_as_long_as_it_needs(open_road: Callable[[Terms], Store]) -> None:
    store = open_road(Terms())

    with store.reading() as connection:
        limits = {name: ask(connection, f"show {name}") for name in OF_SERVICE.timeouts}

    assert set(limits.values()) == {"0"}


def test_nothing_stays_on_a_connection_that_pgbouncer_may_give_to_others(postgres_url: str) -> None:
    with closing(Store(f"{postgres_url}?pgbouncer=true", replace(OF_SERVICE, most=1))) as store:
        for _ in range(10):
            with store.reading("fonds-a") as connection:
                during = ask(connection, "show statement_timeout")
        with store.reading() as connection:
            prepared = ask(connection, "select count(*) from pg_prepared_statements")
            fund = ask(connection, "select coalesce(current_setting('kantelpunt.fund', true), '')")
        with closing(store.engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("show statement_timeout")
            after = cursor.fetchone()

    assert (during, prepared, fund) == ("30s", "0", "")
    assert after == ("0",)


def test_an_address_with_another_word_about_pgbouncer_is_refused() -> None:
    with pytest.raises(StoreAddressError, match="pgbouncer=true"):
        Store("postgresql://kantelpunt@localhost/kantelpunt?pgbouncer=session")


def test_a_pool_that_never_fits_is_refused_at_the_start(postgres_url: str) -> None:
    with (
        closing(Store(postgres_url, Terms.of_service(threads=200))) as store,
        pytest.raises(NoRoomError, match="raise max_connections, or lower KANTELPUNT_THREADS"),
    ):
        check_room(store)


def test_a_pool_that_may_not_fit_beside_that_of_another_process_is_warned_of(
    postgres_url: str,
) -> None:
    with (
        closing(Store(postgres_url, Terms.of_service(threads=60))) as other,
        closing(Store(postgres_url, Terms.of_service(threads=60))) as store,
    ):
        # a connection that another test ended may be there for a moment longer
        wait_until(lambda: tell_of_room(store) == [])
        other.read_clock()
        together = tell_of_room(store)

    assert [line["needed_here"] for line in together] == [62]
    assert together[0]["needed_by_others"] >= 62


def tell_of_room(store: Store) -> list[Any]:
    """Return what is warned of."""
    with capture_logs() as told:
        check_room(store)
    return list(told)


@pytest.mark.parametrize("start", ["sqlite", "pgbouncer"])
def test_where_room_cannot_be_seen_nothing_is_said(
    start: str, postgres_url: str, sqlite_url: str
) -> None:
    address = sqlite_url if start == "sqlite" else f"{postgres_url}?pgbouncer=true"

    with closing(Store(address, Terms.of_service(threads=200))) as store:
        assert tell_of_room(store) == []
