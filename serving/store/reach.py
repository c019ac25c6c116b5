"""Which rows are in someone's reach: the one place that every query of cases goes through."""

from sqlalchemy import ColumnElement, Table, and_, exists

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
