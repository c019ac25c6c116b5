"""Everything else that the store keeps of one case: what became of it, and who saw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from serving.permissions import Role, Scope
from serving.store.outcomes import OUTCOME_TABLES
from serving.store.reach import in_reach
from serving.store.tables import audit, users


@dataclass(frozen=True)
class Seen:
    """One line of the audit log about a case: in which role somebody did what, not who."""

    at: datetime
    role: Role | None
    action: str
    detail: Mapping[str, Any]


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
    connection: Connection, scope: Scope, case_id: str
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return what was reported of a case in reach, by table."""
    hidden = ("sickness_fund", "case_id")
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, table in OUTCOME_TABLES.items():
        told = [column for column in table.c if column.name not in hidden]
        rows = connection.execute(select(*told).where(in_reach(table, scope, case_id)))
        found[name] = [dict(row) for row in rows.mappings()]
    return found
