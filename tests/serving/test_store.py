import gc
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import pytest
from sqlalchemy import select

from serving.permissions import Scope
from serving.store.assessments import count_assessments, list_assessments, save_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.cases import CaseFilter, ListedCase, count_cases, list_cases, list_regions
from serving.store.engine import (
    EVERY_FUND,
    Store,
    StoreAddressError,
    StoreGoneError,
)
from serving.store.tables import audit
from serving.store.upgrade import (
    StoreOutdatedError,
    check_store,
    downgrade_store,
    upgrade_store,
)
from serving.store.users import UserRefusedError, find_user, save_user
from tests.running_postgres import Postgres
from tests.running_service import FUND, NOW, USERS, make_assessment

EVENT = AuditEvent(NOW, "test", "assess")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as made:
        yield made


def test_what_is_kept_comes_back_the_same(store: Store) -> None:
    made = make_assessment(weekly_hours=19.5, wage_band=None)

    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, [made], audit=[EVENT])
    with store.reading(EVERY_FUND) as connection:
        [found] = list_assessments(connection, Scope(FUND), made.case_id)

    same = replace(made, estimate=found.estimate, made_at=made.made_at.astimezone(UTC))
    assert found == same
    assert found.estimate.usual.value == made.estimate.usual.value
    assert (found.estimate.usual.contributions == made.estimate.usual.contributions).all()
    assert found.made_at.utcoffset() is not None


def test_both_stores_give_the_same_pages(sqlite_url: str, postgres: Postgres) -> None:
    made = [
        make_assessment(n, age_years=18 + n, case_id=f"{'aAzZ-._'[n % 7]}{n}") for n in range(40)
    ]

    pages = []
    for url in (sqlite_url, postgres.make_database()):
        with closing(Store(url)) as store:
            upgrade_store(store)
            with store.writing(EVERY_FUND) as connection:
                save_assessments(connection, made, audit=[])
            pages.append(_read_pages(store))

    assert len(pages[0]) == 40
    assert pages[0] == pages[1]


def _read_pages(store: Store) -> list[ListedCase]:
    with store.reading(EVERY_FUND) as connection:
        first = list_cases(connection, Scope(FUND), CaseFilter(), limit=15)
        rest = list_cases(connection, Scope(FUND), CaseFilter(), after=first[-1].place, limit=100)
        return [*first, *rest]


def test_leafing_through_the_list_leaves_nothing_in_memory(store: Store) -> None:
    def leaf(pages: int) -> None:
        with store.reading(EVERY_FUND) as connection:
            for page in range(pages):
                place = (0, page / 100, NOW.date(), f"C-{page:04d}")
                list_cases(connection, Scope(FUND), CaseFilter(), after=place, limit=50)

    leaf(1)
    tracemalloc.start()
    leaf(20)
    gc.collect()
    left_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # one query that is built and kept weighs 1 MiB
    assert left_bytes < 500_000


def test_an_assessment_without_its_audit_line_is_not_kept(store: Store) -> None:
    bad = replace(EVENT, user=None)  # type: ignore[arg-type]  # what the database must refuse

    with (
        pytest.raises(Exception, match=r"NOT NULL|not-null"),
        store.writing(EVERY_FUND) as connection,
    ):
        save_assessments(connection, [make_assessment()], audit=[bad])

    with store.reading(EVERY_FUND) as connection:
        assert count_assessments(connection) == 0
        assert count_cases(connection, Scope(FUND), CaseFilter()) == 0


def test_a_fault_half_way_leaves_nothing_behind(store: Store) -> None:
    def fail() -> None:
        with store.writing(EVERY_FUND) as connection:
            save_assessments(connection, [make_assessment()], audit=[EVENT])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with store.reading(EVERY_FUND) as connection:
        assert count_assessments(connection) == 0


def test_many_writers_at_once_all_succeed(store: Store) -> None:
    failed: list[Exception] = []

    def write(number: int) -> None:
        try:
            for step in range(5):
                with store.writing(EVERY_FUND) as connection:
                    made = make_assessment(number * 10 + step)
                    save_assessments(connection, [made], audit=[EVENT])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with store.reading(EVERY_FUND) as connection:
        assert (failed, count_assessments(connection)) == ([], 30)


def test_regions_are_those_of_the_cases_in_reach(store: Store) -> None:
    made = [make_assessment(n, region=r) for n, r in enumerate(("limburg", "antwerpen", "limburg"))]

    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, made, audit=[])
    with store.reading(EVERY_FUND) as connection:
        assert list_regions(connection, Scope(FUND)) == ["antwerpen", "limburg"]
        assert list_regions(connection, Scope(FUND, "limburg")) == ["limburg"]
        assert list_regions(connection, Scope("elders")) == []


def test_nothing_to_keep_is_no_error(store: Store) -> None:
    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, [], audit=[])
        save_audit(connection, [])

    with store.reading(EVERY_FUND) as connection:
        found = connection.execute(select(audit.c.action)).scalars().all()
    assert set(found) == {"add_user"}


def test_a_name_can_be_taken_once(store: Store) -> None:
    with pytest.raises(UserRefusedError, match="taken"), store.writing(EVERY_FUND) as connection:
        save_user(connection, USERS[0], audit=EVENT)


@pytest.mark.parametrize("name", ["", "Arts", "arts'; drop table users", "a\x00", "a" * 100])
def test_a_name_that_nobody_can_have_is_found_by_nobody(store: Store, name: str) -> None:
    with store.reading(EVERY_FUND) as connection:
        assert find_user(connection, name) is None


def test_tables_can_be_made_removed_and_made_again(sqlite_url: str, postgres: Postgres) -> None:
    for url in (sqlite_url, postgres.make_database()):
        with closing(Store(url)) as store:
            upgrade_store(store)
            check_store(store)
            downgrade_store(store, "base")
            with pytest.raises(StoreOutdatedError, match="kantelpunt db upgrade"):
                check_store(store)
            upgrade_store(store)
            check_store(store)


def test_migrations_make_exactly_the_tables_that_the_code_declares(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from serving.store.work_tables import metadata

    with store.reading(EVERY_FUND) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_a_page_is_found_by_the_index_and_without_sorting(sqlite_url: str) -> None:
    order = "order by urgency, gain_order, absence_started_on, case_id limit 50"

    with closing(Store(sqlite_url)) as store, store.reading(EVERY_FUND) as connection:
        plans = [
            connection.exec_driver_sql(
                f"explain query plan select * from cases where {where} {order}"  # noqa: S608
            ).fetchall()
            for where in (
                "sickness_fund = 'f' and state = 'open'",
                "sickness_fund = 'f' and region = 'r' and state = 'open'",
                "sickness_fund = 'f' and assigned_to = 'u' and state = 'open'",
                "sickness_fund = 'f' and state = 'open' and (urgency, gain_order, "
                "absence_started_on, case_id) > (1, 0.0, '2026', 'C')",
            )
        ]

    for plan in plans:
        said = " ".join(str(step) for step in plan)
        assert "USING INDEX triage" in said
        assert "TEMP B-TREE" not in said


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "::"])
def test_an_address_that_is_no_store_says_what_one_looks_like(url: str) -> None:
    with pytest.raises(StoreAddressError, match="DATABASE_URL: expected"):
        Store(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreAddressError, match=r"the folder .* cannot be made"):
        Store(f"sqlite:///{tmp_path}/file/kantelpunt.db")


def test_a_file_that_is_no_database_is_told_as_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "kantelpunt.db"
    path.write_bytes(b"no database at all" * 1000)
    store = Store(f"sqlite:///{path}")

    with pytest.raises(StoreGoneError, match="restore a backup"):
        store.read_clock()
    store.close()

    assert path.read_bytes() == b"no database at all" * 1000


def test_a_file_that_is_removed_or_replaced_is_noticed(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    backup = path.read_bytes()
    store = Store(sqlite_url)
    store.read_clock()
    path.unlink()

    with pytest.raises(StoreGoneError, match="is gone: put it back"):
        store.read_clock()
    assert not path.exists()
    path.with_suffix(".new").write_bytes(backup)
    path.with_suffix(".new").rename(path)
    with store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("create table after_restoring (id integer)")
    store.close()

    with Store(sqlite_url).reading() as connection:
        connection.exec_driver_sql("select * from after_restoring")


def test_a_store_that_is_gone_is_told_without_what_was_asked() -> None:
    store = Store("postgresql://geheim:gemerkt@127.0.0.1:1/none")

    with pytest.raises(StoreGoneError) as caught:
        store.read_clock()

    assert "DATABASE_URL" in str(caught.value)
    assert "gemerkt" not in str(caught.value)


def test_an_old_contract_still_explains_an_old_assessment(store: Store) -> None:
    made = make_assessment()

    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, [made], audit=[EVENT])
        save_assessments(connection, [make_assessment(2)], audit=[EVENT])
    with store.reading(EVERY_FUND) as connection:
        [found] = list_assessments(connection, Scope(FUND), made.case_id)

    assert found.contract.fingerprint == made.contract.fingerprint
    assert [r.text_nl for r in found.reasons.usual] == [r.text_nl for r in made.reasons.usual]
    assert found.limits.valid_from <= date(2026, 4, 15)
