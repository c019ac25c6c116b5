"""Removing cases from the store, in every table that says anything of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select

from serving.store.audit import AuditEvent, save_audit
from serving.store.columns import metadata
from serving.store.referrals import RUNNING
from serving.store.tables import audit, cases
from serving.store.work_tables import requests

Key = tuple[str, str]  # sickness fund and case


@dataclass(frozen=True)
class Forgettable:
    """The cases that go, and how many stay: their pathway runs, or a request waits."""

    cases: tuple[Key, ...]
    running: int
    asking: int


def list_tables_of_cases() -> tuple[Table, ...]:
    """Return every table with rows of a case, those that refer to others first.

    From the tables themselves: a new one cannot be forgotten. The audit log keeps its lines; they
    hold the number of a case and nothing else of it.
    """
    found = [t for t in metadata.sorted_tables if "case_id" in t.c and t is not audit]
    return tuple(reversed(found))


def find_forgettable(
    connection: Connection, *, before: date | None = None, key: Key | None = None
) -> Forgettable:
    """Return the cases last screened before a day, or one case, apart from those that run.

    With a day no cases go of which the person waits for an answer; by its number alone one does.
    """
    c = cases.c
    waits = exists().where(
        requests.c.sickness_fund == c.sickness_fund,
        requests.c.case_id == c.case_id,
        requests.c.outcome.is_(None),
    )
    tests = [] if before is None else [c.screened_on < before]
    if key is not None:
        tests += [c.sickness_fund == key[0], c.case_id == key[1]]
    query = select(c.sickness_fund, c.case_id, c.state, waits.label("waits")).where(*tests)
    rows = connection.execute(query.order_by(c.sickness_fund, c.case_id).with_for_update()).all()
    free = [row for row in rows if row.state not in RUNNING]
    gone = [row for row in free if before is None or not row.waits]
    keys = tuple((row.sickness_fund, row.case_id) for row in gone)
    return Forgettable(keys, len(rows) - len(free), len(free) - len(gone))


def count_rows(connection: Connection, keys: Sequence[Key]) -> dict[str, int]:
    """Return how many rows of these cases each table holds."""
    return {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(_of(table, keys))
        ).scalar_one()
        for table in list_tables_of_cases()
    }


def remove_cases(
    connection: Connection, keys: Sequence[Key], *, audit: Sequence[AuditEvent]
) -> None:
    """Remove every row of these cases, and keep the audit lines."""
    for table in list_tables_of_cases():
        connection.execute(delete(table).where(_of(table, keys)))
    save_audit(connection, audit)


def _of(table: Table, keys: Sequence[Key]) -> ColumnElement[bool]:
    by_fund: dict[str, list[str]] = {}
    for fund, case_id in keys:
        by_fund.setdefault(fund, []).append(case_id)
    tests = [
        and_(table.c.sickness_fund == fund, table.c.case_id.in_(ids))
        for fund, ids in by_fund.items()
    ]
    return or_(*tests)
