"""On PostgreSQL the database itself keeps other funds out, whatever a query forgets."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.exc import ProgrammingError

from serving.permissions import Scope
from serving.store.assessments import list_assessments, save_assessments
from serving.store.audit import AuditEvent
from serving.store.cases import CaseFilter, list_cases
from serving.store.engine import EVERY_FUND, Store
from serving.store.monitor_reports import KeptReport, save_report
from serving.store.reach import in_reach
from serving.store.work_tables import metadata, monitor_reports
from tests.running_postgres import Postgres
from tests.running_service import FUND, NOW, OTHER_FUND, make_assessment

OF_CASES = [
    table for table in metadata.sorted_tables if {"sickness_fund", "case_id"} <= set(table.c.keys())
]
KEPT_APART = [table for table in OF_CASES if table.name != "audit"]
# no case, but what was found of the people of one fund
REPORTS = "monitor_reports"
ENTRIES = "entry_totals"


@pytest.fixture
def postgres_store(postgres: Postgres, postgres_template: str) -> Iterator[Store]:
    with closing(Store(postgres.make_database(postgres_template))) as store:
        own, other = make_assessment(1), make_assessment(1, sickness_fund=OTHER_FUND)
        with store.writing(EVERY_FUND) as connection:
            save_assessments(connection, [own, other], audit=[])
        yield store


def test_every_table_with_rows_of_cases_has_a_policy(postgres_store: Store) -> None:
    policies = "select tablename from pg_policies where policyname = 'rows_of_one_fund'"

    with postgres_store.reading() as connection:
        found = set(connection.execute(text(policies)).scalars())

    assert found == {table.name for table in KEPT_APART} | {REPORTS, ENTRIES}


@pytest.mark.parametrize("fund", [FUND, OTHER_FUND])
def test_a_query_that_forgets_the_fund_sees_one_fund_all_the_same(
    postgres_store: Store, fund: str
) -> None:
    with postgres_store.reading(fund) as connection:
        seen = [
            set(connection.execute(select(table.c.sickness_fund)).scalars())
            for table in KEPT_APART
            if table.name in ("cases", "assessments")
        ]

    assert seen == [{fund}, {fund}]


def test_without_a_fund_no_row_is_in_reach(postgres_store: Store) -> None:
    with postgres_store.reading() as connection:
        seen = [connection.execute(select(table)).first() for table in KEPT_APART]

    assert seen == [None] * len(KEPT_APART)


REACHES = {
    None: [],
    "": [],
    FUND: [FUND],
    OTHER_FUND: [OTHER_FUND],
    EVERY_FUND: [None, FUND, OTHER_FUND],
}


@pytest.mark.parametrize("reach", REACHES)
def test_a_report_is_read_by_its_fund_and_one_about_every_fund_by_who_reaches_all(
    postgres_store: Store, reach: str | None
) -> None:
    for fund in (None, FUND, OTHER_FUND):
        keep(postgres_store, fund, fund or EVERY_FUND)

    with postgres_store.reading(reach) as connection:
        query = select(monitor_reports.c.sickness_fund).order_by(monitor_reports.c.report_id)
        seen = list(connection.execute(query).scalars())

    assert seen == REACHES[reach]


@pytest.mark.parametrize("of", [None, OTHER_FUND])
def test_a_report_about_others_cannot_be_written(postgres_store: Store, of: str | None) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        keep(postgres_store, of, FUND)


def keep(store: Store, fund: str | None, reach: str) -> None:
    made = KeptReport(NOW, fund, "3", "ok", 0, {})
    with store.writing(reach) as connection:
        save_report(connection, made, audit=AuditEvent(NOW, "u", "monitor", fund))


def test_the_reach_of_one_transaction_does_not_outlive_it(postgres_store: Store) -> None:
    with postgres_store.reading(EVERY_FUND) as connection:
        assert len(list_cases(connection, Scope(FUND), CaseFilter(), limit=5)) == 1

    with postgres_store.reading() as connection:
        assert list_assessments(connection, Scope(FUND), "C-0001") == []


@pytest.mark.parametrize("fund", ["", "yes", "' or true --"])
def test_no_name_of_a_fund_reaches_the_rows_of_another(postgres_store: Store, fund: str) -> None:
    with postgres_store.reading(fund) as connection:
        seen = [connection.execute(select(table)).first() for table in KEPT_APART]

    assert seen == [None] * len(KEPT_APART)


def test_a_row_of_another_fund_cannot_be_written(postgres_store: Store) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        postgres_store.writing(FUND) as connection,
    ):
        save_assessments(connection, [make_assessment(2, sickness_fund=OTHER_FUND)], audit=[])


@pytest.mark.parametrize("table", KEPT_APART, ids=lambda table: table.name)
def test_the_test_of_reach_names_fund_case_and_region(table: Table) -> None:
    said = str(select(table).where(in_reach(table, Scope("f", "r"), "c")))

    assert f"{table.name}.sickness_fund = " in said
    assert f"{table.name}.case_id = " in said
    assert "cases.region = " in said
