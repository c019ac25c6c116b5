"""Consents in the store: who agreed to what, on which day, and whether that still holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from features.errors import KantelpuntError
from serving.permissions import Role, Scope
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach
from serving.store.work_tables import consents


class NoConsentError(KantelpuntError):
    """What needs the consent of the person, who did not give it or withdrew it."""


@dataclass(frozen=True)
class KeptConsent:
    """One consent as it was recorded; it holds until it is withdrawn."""

    consent_id: str
    given_on: date
    purpose: str
    recorded_at: datetime
    recorded_by: str
    recorded_role: Role
    withdrawn_at: datetime | None = None


_NAMES = tuple(KeptConsent.__dataclass_fields__)


def list_consents(connection: Connection, scope: Scope, case_id: str) -> list[KeptConsent]:
    """Return every consent of a case in reach, the last recorded first."""
    query = (
        select(*(consents.c[name] for name in _NAMES))
        .where(in_reach(consents, scope, case_id))
        .order_by(consents.c.recorded_at.desc(), consents.c.consent_id)
    )
    rows = connection.execute(query).mappings()
    return [KeptConsent(**{**row, "recorded_role": Role(row["recorded_role"])}) for row in rows]


def save_consent(
    connection: Connection,
    scope: Scope,
    case_id: str,
    consent: KeptConsent,
    *,
    audit: Sequence[AuditEvent],
) -> None:
    """Keep a consent and the audit lines."""
    row: dict[str, Any] = vars(consent) | {"recorded_role": consent.recorded_role.value}
    place = {"sickness_fund": scope.sickness_fund, "case_id": case_id}
    connection.execute(insert(consents), row | place)
    save_audit(connection, audit)


def end_consents(
    connection: Connection,
    scope: Scope,
    case_id: str,
    *,
    at: datetime,
    by: str,
    audit: Sequence[AuditEvent],
) -> None:
    """Note that the person withdrew every consent of a case that still held."""
    still_held = consents.c.withdrawn_at.is_(None)
    statement = update(consents).where(in_reach(consents, scope, case_id), still_held)
    connection.execute(statement.values(withdrawn_at=at, withdrawn_by=by))
    save_audit(connection, audit)
