"""Everything else that the store keeps of one case: what became of it, and who saw it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from serving.permissions import Role, Scope
from serving.store.consents import KeptConsent, list_consents
from serving.store.outcomes import OUTCOME_TABLES
from serving.store.reach import in_reach
from serving.store.referrals import Referral, list_referrals
from serving.store.requests import PersonRequest, list_requests
from serving.store.tables import audit, users

Row = Mapping[str, Any]
ALL_OUTCOMES = tuple(OUTCOME_TABLES)


@dataclass(frozen=True)
class Seen:
    """One line of the audit log about a case: in which role somebody did what, not who."""

    at: datetime
    role: Role | None
    action: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Trail:
    """What became of a case beside its assessments and decisions, each part the last first."""

    consents: Sequence[KeptConsent] = ()
    referrals: Sequence[Referral] = ()
    requests: Sequence[PersonRequest] = ()
    pathways: Sequence[Row] = ()
    work_periods: Sequence[Row] = ()
    follow_up: Sequence[Row] = ()


def read_trail(connection: Connection, scope: Scope, case_id: str) -> Trail:
    """Return what became of a case in reach; the groups of fairness are nobody's to read."""
    told = list_outcomes(connection, scope, case_id, ("pathways", "work_periods", "follow_up"))
    return Trail(
        consents=list_consents(connection, scope, case_id),
        referrals=list_referrals(connection, scope, case_id),
        requests=list_requests(connection, scope, case_id),
        **told,
    )


def list_seen(connection: Connection, scope: Scope, case_id: str) -> list[Seen]:
    """Return who did or saw what of a case in reach, the last first; None for a role unknown."""
    query = (
        select(audit.c.at, users.c.role, audit.c.action, audit.c.detail)
        .join(users, users.c.user_key == audit.c.user_key, isouter=True)
        .where(in_reach(audit, scope, case_id))
        .order_by(audit.c.audit_id.desc())
    )
    return [
        Seen(row.at, Role(row.role) if row.role else None, row.action, row.detail)
        for row in connection.execute(query)
    ]


def list_outcomes(
    connection: Connection, scope: Scope, case_id: str, names: Collection[str] = ALL_OUTCOMES
) -> dict[str, Sequence[Row]]:
    """Return what was reported of a case in reach, by table."""
    hidden = ("sickness_fund", "case_id")
    found: dict[str, Sequence[Row]] = {}
    for name in names:
        table = OUTCOME_TABLES[name]
        told = [column for column in table.c if column.name not in hidden]
        rows = connection.execute(select(*told).where(in_reach(table, scope, case_id)))
        found[name] = [dict(row) for row in rows.mappings()]
    return found
