"""What physicians decided and answered next to what was suggested: rows to count, without cases."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, not_, select, true, tuple_

from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.states import DecisionKind
from serving.store.audit import REPORT_READ
from serving.store.decisions import Answer
from serving.store.reach import in_reach
from serving.store.tables import assessments, audit, cases, users
from serving.store.work_tables import decisions, own_estimates

_AT_ONCE = 2000


class CaseGroups(NamedTuple):
    """Groups that the case itself is in, for who compares them; None where it is gone."""

    region: str | None
    labour_status: str | None
    answered: bool | None


_OF_CASE = (cases.c.region, cases.c.labour_status, cases.c.answered)


class Judged(NamedTuple):
    """One decision next to what was suggested; the group is the fund and region of the account."""

    made_at: datetime
    made_by: str
    sickness_fund: str
    region: str | None
    suggestion: Suggestion
    deviates: bool
    case: "CaseGroups"
    kind: DecisionKind


class Answered(NamedTuple):
    """One own estimate next to what was suggested."""

    made_at: datetime
    made_by: str
    sickness_fund: str
    region: str | None
    suggestion: Suggestion
    is_possible: Answer
    is_needed: Answer
    case: "CaseGroups"


def list_judged(connection: Connection, scope: Scope | None, since: datetime) -> Iterator[Judged]:
    """Yield the decisions since a moment, those in reach of a scope or of every fund.

    Those next to which nothing was suggested are left out.
    """
    d = decisions.c
    group = (d.made_at, d.made_by, d.sickness_fund, users.c.region)
    query = (
        select(*group, d.suggestion, d.deviates, *_OF_CASE, d.kind)
        .outerjoin(users, users.c.user_key == d.made_by)
        .outerjoin(cases, _same_case(decisions))
        .where(_reach(decisions, scope), d.made_at >= since, d.suggestion.is_not(None))
    )
    for row in connection.execute(query).yield_per(_AT_ONCE):
        judged = (Suggestion(row[4]), row[5])
        case = CaseGroups(row[6], row[7], row[8])
        yield Judged(row[0], row[1], row[2], row[3], *judged, case, DecisionKind(row[9]))


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
        select(*group, assessments.c.suggestion, o.is_possible, o.is_needed, *_OF_CASE)
        .join(assessments, assessments.c.assessment_id == o.assessment_id)
        .outerjoin(users, users.c.user_key == o.user_key)
        .outerjoin(cases, _same_case(own_estimates))
        .where(_reach(own_estimates, scope), o.made_at >= since)
        .where(not_(answered_before), not_(read_before))
    )
    for row in connection.execute(query).yield_per(_AT_ONCE):
        own = (Answer(row[5]), Answer(row[6]))
        made = (row[0], row[1], row[2], row[3], Suggestion(row[4]))
        yield Answered(*made, *own, CaseGroups(row[7], row[8], row[9]))


def _same_case(table: Table) -> ColumnElement[bool]:
    same = cases.c.sickness_fund == table.c.sickness_fund
    return and_(same, cases.c.case_id == table.c.case_id)


def _reach(table: Table, scope: Scope | None) -> ColumnElement[bool]:
    return true() if scope is None else in_reach(table, scope)
