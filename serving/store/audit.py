"""The audit log: who did or saw what, and when. Lines are added, chained, and never changed."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, insert, select, update

from serving.store.columns import BigKey
from serving.store.engine import StoreGoneError
from serving.store.tables import audit, audit_head

HEAD = 1
REPORT_READ = "access_report"  # in the detail of who read everything that is kept of a case
START = "0" * 64  # the hash before the first line
# built once: every view and every write of a case runs these three
_AT_HEAD = audit_head.c.head_id == HEAD
_GET_HEAD = select(audit_head.c.lines, audit_head.c.hash).where(_AT_HEAD).with_for_update()
_ADD_LINES = insert(audit)
_MOVE_HEAD = (
    update(audit_head)
    .where(_AT_HEAD)
    .values(lines=bindparam("last", BigKey), hash=bindparam("end", Text))
)


class AuditHeadGoneError(StoreGoneError):
    """A store that lost where its audit log ends: nothing can be added, so nothing is done."""


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
    """Keep the events, in the transaction of what they tell about.

    Each line is hashed with the hash of the line before it, so everybody who writes waits for the
    end of the chain: do this last in a transaction.
    """
    if not events:
        return
    head = connection.execute(_GET_HEAD).one_or_none()
    if head is None:
        raise AuditHeadGoneError("the store is damaged: the end of the audit log is not noted")
    rows = list(chain_lines(map(_to_row, events), head.lines, head.hash))
    connection.execute(_ADD_LINES, rows)
    connection.execute(_MOVE_HEAD, {"last": rows[-1]["audit_id"], "end": rows[-1]["hash"]})


def _to_row(event: AuditEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "user_key": event.user,
        "action": str(event.action),
        "sickness_fund": event.sickness_fund,
        "case_id": event.case_id,
        "detail": dict(event.detail),
    }


def chain_lines(
    rows: Iterable[Mapping[str, Any]], lines: int, before: str
) -> Iterable[dict[str, Any]]:
    """Yield rows with their number and hash, after a chain of `lines` that ends in `before`."""
    for number, row in enumerate(rows, start=lines + 1):
        numbered = {**row, "audit_id": number}
        before = hash_line(numbered, before)
        yield {**numbered, "hash": before}


def hash_line(row: Mapping[str, Any], before: str) -> str:
    """Return the SHA-256 of a line and of the hash before it, as 64 hexadecimal digits."""
    told = [
        row["audit_id"],
        row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        *(row[name] for name in ("user_key", "action", "sickness_fund", "case_id")),
        row["detail"],
        before,
    ]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
