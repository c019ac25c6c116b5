"""What physicians decided and answered next to what was suggested: rows to count, without cases."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, exists, not_, select, true, tuple_

from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.store.audit import REPORT_READ
from serving.store.decisions import Answer
from serving.store.reach import in_reach
from serving.store.tables import assessments, audit, users
from serving.store.work_tables import decisions, own_estimates

_AT_ONCE = 2000


class Judged(NamedTuple):
    """One decision next to what was suggested; the group is the fund and region of the account."""

    made_at: datetime
    made_by: str
    sickness_fund: str
    region: str | None
    suggestion: Suggestion
    deviates: bool


class Answered(NamedTuple):
    """One own estimate next to what was suggested."""

    made_at: datetime
    made_by: str
    sickness_fund: str
    region: str | None
    suggestion: Suggestion
    is_possible: Answer
    is_needed: Answer


def list_judged(connection: Connection, scope: Scope | None, since: datetime) -> Iterator[Judged]:
    """Yield the decisions since a moment, those in reach of a scope or of every fund.

    Those next to which nothing was suggested are left out.
    """
    d = decisions.c
    group = (d.made_at, d.made_by, d.sickness_fund, users.c.region)
    query = (
        select(*group, d.suggestion, d.deviates)
        .outerjoin(users, users.c.user_key == d.made_by)
        .where(_reach(decisions, scope), d.made_at >= since, d.suggestion.is_not(None))
    )
    for row in connection.execute(query).yield_per(_AT_ONCE):
        yield Judged(row[0], row[1], row[2], row[3], Suggestion(row[4]), row[5])


def list_answered(
    connection: Connection, scope: Scope | None, since: datetime
) -> Iterator[Answered]:
    """Yield the own estimates since a moment, those in reach of a scope or of every fund.

    Of each physician the first about a case only: who answers again has seen what was estimated.
    So has who read everything that is kept of a person who objects, before answering.
    """
    o, before = own_estimates.c, own_estimates.alias().c
    answered_before = exists().where(
        before.sickness_fund == o.sickness_fund,
        before.case_id == o.case_id,
        before.user_key == o.user_key,
        tuple_(before.made_at, before.assessment_id) < tuple_(o.made_at, o.assessment_id),
    )
    read_before = exists().where(
        audit.c.sickness_fund == o.sickness_fund,
        audit.c.case_id == o.case_id,
        audit.c.user_key == o.user_key,
        audit.c.at < o.made_at,
        audit.c.detail["event"].as_string() == REPORT_READ,
    )
    group = (o.made_at, o.user_key, o.sickness_fund, users.c.region)
    query = (
        select(*group, assessments.c.suggestion, o.is_possible, o.is_needed)
        .join(assessments, assessments.c.assessment_id == o.assessment_id)
        .outerjoin(users, users.c.user_key == o.user_key)
        .where(_reach(own_estimates, scope), o.made_at >= since)
        .where(not_(answered_before), not_(read_before))
    )
    for row in connection.execute(query).yield_per(_AT_ONCE):
        own = (Answer(row[5]), Answer(row[6]))
        yield Answered(row[0], row[1], row[2], row[3], Suggestion(row[4]), *own)


def _reach(table: Table, scope: Scope | None) -> ColumnElement[bool]:
    return true() if scope is None else in_reach(table, scope)
