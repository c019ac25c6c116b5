"""A store that takes nothing in: full, read-only, without connections; told plainly, then used."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, make_url, text

from serving.audit_trail import verify_audit
from serving.store.assessments import count_assessments
from serving.store.engine import EVERY_FUND, Store, StoreGoneError
from tests.running_postgres import Postgres
from tests.running_service import Service, make_own_case
from tests.waiting import wait_until

REFUSES = "urn:kantelpunt:problem:store-refuses"


def count(store: Store) -> int:
    with store.reading(EVERY_FUND) as connection:
        return count_assessments(connection)


def test_a_full_disk_under_sqlite_keeps_what_was_confirmed_and_is_used_again_with_room(
    service: Service,
) -> None:
    engine = service.store.engine

    def fill(connection: Any, _record: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 8}")

    event.listen(engine, "connect", fill)
    engine.dispose()
    answers = [service.post(make_own_case(number)) for number in range(40)]
    kept = [one for one in answers if one.status_code == 201]
    refused = next(one for one in answers if one.status_code != 201)

    assert 0 < len(kept) < 40
    assert (refused.status_code, refused.json()["type"]) == (503, REFUSES)
    assert refused.headers["retry-after"] == "60"
    assert service.client.get("/readyz").status_code == 200
    assert count(service.store) == len(kept)
    assert verify_audit(service.store).is_whole
    event.remove(engine, "connect", fill)
    engine.dispose()
    assert service.post(make_own_case(99)).status_code == 201
    assert verify_audit(service.store).is_whole


FULL = """
create function fill() returns trigger language plpgsql as
$$ begin raise exception 'gemerkt' using errcode = 'disk_full'; end $$;
create trigger full_disk before insert on audit execute function fill()
"""


def test_a_full_disk_under_postgresql_keeps_nothing_half_and_is_used_again_with_room(
    start_service: Callable[..., Service], postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service = start_service(postgres_url)
    with service.store.writing() as connection:
        connection.execute(text(FULL))

    refused = service.post(make_own_case(1))
    left = count(service.store)
    with service.store.writing() as connection:
        connection.execute(text("drop trigger full_disk on audit"))
    after = service.post(make_own_case(1))

    assert (refused.status_code, refused.json()["type"], left) == (503, REFUSES, 0)
    assert after.status_code == 201
    assert verify_audit(service.store).is_whole
    logged = capsys.readouterr().out
    assert "make room" in logged
    assert "gemerkt" not in logged


def test_a_file_that_may_not_be_written_is_told_like_a_full_disk(service: Service) -> None:
    def protect(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only = ON")  # also where the tests may write everything

    event.listen(service.store.engine, "connect", protect)
    service.store.close()
    refused, ready = service.post(make_own_case(1)), service.client.get("/readyz")
    event.remove(service.store.engine, "connect", protect)
    service.store.close()

    assert (refused.status_code, refused.json()["type"]) == (503, REFUSES)
    assert ready.status_code == 200
    assert service.post(make_own_case(1)).status_code == 201


def test_a_page_says_in_dutch_that_nothing_can_be_kept(
    start_service: Callable[..., Service], postgres_url: str
) -> None:
    service = start_service(postgres_url)
    service.post(make_own_case(1))
    service.log_on()
    with service.store.writing() as connection:
        connection.execute(text(FULL))

    page = service.client.get("/dossiers/C-0001")

    assert page.status_code == 503
    assert "Er kan nu niets bewaard worden" in page.text
    assert "Verwittig uw beheerder" in page.text


def test_a_replica_that_takes_no_writes_is_told_so_and_the_service_is_up(
    start_service: Callable[..., Service], postgres_url: str, postgres: Postgres
) -> None:
    service = start_service(postgres_url)
    service.post(make_own_case(1))
    name = make_url(postgres_url).database
    postgres.administer(f'alter database "{name}" set default_transaction_read_only = on')
    service.store.close()

    refused = [service.post(make_own_case(2)), service.get("/api/v1/cases/C-0001")]
    read = [service.client.get(path) for path in ("/readyz", "/metrics", "/login", "/docs")]
    verdict = verify_audit(service.store)

    # who looks at a case is noted: where that cannot be, nobody sees it
    assert [(one.status_code, one.json()["type"]) for one in refused] == [(503, REFUSES)] * 2
    assert [one.status_code for one in read] == [200] * 4
    assert read[0].json()["store"] == "read-only"
    assert verdict.is_whole
    postgres.administer(f'alter database "{name}" reset default_transaction_read_only')
    # the first tries may have connections from before; nobody has to start the service anew
    assert service.post(make_own_case(3)).status_code == 503
    assert service.post(make_own_case(2)).status_code == 201
    assert "store" not in service.client.get("/readyz").json()


def test_of_two_servers_in_an_address_the_one_that_takes_writes_is_used(
    start_service: Callable[..., Service], postgres_url: str
) -> None:
    found = make_url(postgres_url)
    servers = f"host=127.0.0.1:9&host=127.0.0.1:{found.port}&target_session_attrs=read-write"

    service = start_service(f"postgresql://{found.username}@/{found.database}?{servers}")

    assert service.post(make_own_case(1)).status_code == 201


def test_a_database_without_connections_left_is_told_and_then_used_again(
    start_service: Callable[..., Service], postgres_url: str, postgres: Postgres
) -> None:
    service = start_service(postgres_url)
    name = make_url(postgres_url).database
    with closing(Store(postgres_url)) as other:
        with other.reading():
            postgres.administer(f'alter database "{name}" connection limit 1')
            refused = service.post(make_own_case(1))
            with pytest.raises(StoreGoneError, match="connections left"):
                service.store.read_clock()

        other.close()
        # a connection that was ended counts until PostgreSQL is done with it
        wait_until(lambda: postgres.count_connections(str(name)) == 0)
        after = service.post(make_own_case(1))

    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:kantelpunt:problem:store-gone"
    assert after.status_code == 201
