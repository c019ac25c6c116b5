"""Which rows are in someone's reach: the one place that every query of cases goes through."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, exists, select

from serving.permissions import Scope
from serving.store.tables import cases


def in_reach(table: Table, scope: Scope, case_id: str | None = None) -> ColumnElement[bool]:
    """Return the test that a row belongs to the fund and the region of a scope.

    `table` has a sickness fund and a case; with `case_id` only the rows of that case pass. Where
    the table has no region of its own, that of its case counts.
    """
    tests = [table.c.sickness_fund == scope.sickness_fund]
    if case_id is not None:
        tests.append(table.c.case_id == case_id)
    if scope.region is not None and "region" in table.c:
        tests.append(table.c.region == scope.region)
    elif scope.region is not None:
        same = (cases.c.sickness_fund == table.c.sickness_fund, cases.c.case_id == table.c.case_id)
        tests.append(exists().where(*same, cases.c.region == scope.region))
    return and_(*tests)


def read_about(
    connection: Connection,
    table: Table,
    scope: Scope,
    case_id: str,
    names: Iterable[str],
    then: str,
) -> Sequence[RowMapping]:
    """Return columns of all rows about a case in reach, the last made first.

    `then` is the column that puts rows of one moment in order.
    """
    c = table.c
    query = select(*(c[name] for name in names)).where(in_reach(table, scope, case_id))
    return connection.execute(query.order_by(c.made_at.desc(), c[then])).mappings().all()
