"""The tables of planning: made and removed on filled stores, and what each fund reaches of them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import ProgrammingError

from models.regional_limits import GainLimit
from serving.permissions import Scope
from serving.store.assessments import save_assessments
from serving.store.audit import AuditEvent
from serving.store.cases import CaseFilter, list_cases
from serving.store.engine import EVERY_FUND, Store
from serving.store.planning import (
    find_plan,
    list_gain_limits,
    read_gain_limits,
    save_gain_limits,
    save_plan,
)
from serving.store.planning_entries import EVERY, EntryTotal, list_entries, save_entries
from serving.store.upgrade import downgrade_store, upgrade_store
from tests.running_postgres import Postgres
from tests.running_service import FUND, NOW, OTHER_FUND, make_assessment

EVENT = AuditEvent(NOW, "test", "make_plan")
ROW = EntryTotal(date(2026, 3, 1), "limburg", 12)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as opened:
        yield opened


def report(store: Store, fund: str, reach: str | None = None, entered: int = 12) -> None:
    row = EntryTotal(ROW.month, ROW.region, entered)
    with store.writing(reach or fund) as connection:
        save_entries(connection, [row], fund, made_at=NOW, made_by="systeem", audit=EVENT)


def keep_plan(store: Store, number: int, as_of: date = date(2026, 3, 31)) -> None:
    with store.writing() as connection:
        save_plan(connection, {"n": number}, {}, as_of=as_of, made_at=NOW, audit=EVENT)


def test_a_filled_store_gets_the_tables_and_loses_them_again_with_nothing_else(
    store: Store,
) -> None:
    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, [make_assessment(1)], audit=[])
    report(store, FUND)
    keep_plan(store, 1)

    downgrade_store(store, "0013")
    without = set(inspect(store.engine).get_table_names())
    upgrade_store(store)

    gone = {"entry_totals", "capacities", "plans", "scenarios", "gain_limits"}
    assert not gone & without
    with store.reading(EVERY_FUND) as connection:
        assert len(list_cases(connection, Scope(FUND), CaseFilter(), limit=5)) == 1
        assert find_plan(connection) is None
        assert list_entries(connection) == {}
    keep_plan(store, 2)
    report(store, FUND)


def test_the_last_plan_counts_and_of_a_month_the_last_report(store: Store) -> None:
    for number in (1, 2, 3):
        keep_plan(store, number)
        report(store, FUND, entered=number)

    with store.reading(FUND) as connection:
        plan = find_plan(connection)
        entries = list_entries(connection)

    assert plan is not None
    assert plan.plan == {"n": 3}
    assert [one.entered for one in entries[FUND]] == [3]


def test_a_plan_as_on_an_earlier_day_takes_no_place_of_the_last_one(store: Store) -> None:
    keep_plan(store, 1)
    keep_plan(store, 2, as_of=date(2025, 6, 30))

    with store.reading(FUND) as connection:
        plan = find_plan(connection)

    assert plan is not None
    assert plan.plan == {"n": 1}


def test_limits_come_back_in_the_order_in_which_they_were_set(store: Store) -> None:
    made = [GainLimit("limburg", date(2026, 5, 1), share, "P", "r") for share in (0.1, None, 0.05)]

    with store.writing() as connection:
        save_gain_limits(connection, made, made_at=NOW, audit=[EVENT])
    with store.reading(FUND) as connection:
        kept, grouped = list_gain_limits(connection), read_gain_limits(connection)

    assert list(kept) == made
    assert grouped == {"limburg": tuple(made)}


@pytest.fixture
def postgres_store(postgres: Postgres, postgres_template: str) -> Iterator[Store]:
    with closing(Store(postgres.make_database(postgres_template))) as opened:
        yield opened


def test_a_fund_reaches_its_own_entries_only_and_nobody_without_a_fund_any(
    postgres_store: Store,
) -> None:
    for fund, reach in ((FUND, FUND), (OTHER_FUND, OTHER_FUND), (EVERY, EVERY_FUND)):
        report(postgres_store, fund, reach)

    seen: dict[str | None, set[str]] = {}
    for one in (None, "", FUND, OTHER_FUND, EVERY_FUND):
        with postgres_store.reading(one) as connection:
            seen[one] = set(list_entries(connection))

    everything = {FUND, OTHER_FUND, EVERY}
    assert list(seen.values()) == [set(), set(), {FUND}, {OTHER_FUND}, everything]
    with pytest.raises(ProgrammingError, match="row-level security"):
        report(postgres_store, OTHER_FUND, FUND)
