"""The audit log: who did or saw what, and when. Lines are added and never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert

from serving.store.tables import audit


@dataclass(frozen=True)
class AuditEvent:
    """One thing that one user did; `detail` holds counts and versions, never a value of a case."""

    at: datetime
    user: str
    action: str
    sickness_fund: str | None = None
    case_id: str | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)


def save_audit(connection: Connection, events: Sequence[AuditEvent]) -> None:
    """Keep the events, in the transaction of what they tell about."""
    if not events:
        return
    rows = [
        {
            "at": e.at,
            "user_key": e.user,
            "action": e.action,
            "sickness_fund": e.sickness_fund,
            "case_id": e.case_id,
            "detail": dict(e.detail),
        }
        for e in events
    ]
    connection.execute(insert(audit), rows)
