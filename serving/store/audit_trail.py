"""Reading the audit log: the lines that someone asks for, and all of them in order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select
from sqlalchemy.exc import DBAPIError

from serving.store.audit import HEAD
from serving.store.outages import is_outage
from serving.store.tables import audit, audit_head

_PER_READ = 5000


@dataclass(frozen=True)
class AuditFilter:
    """Which lines to show; None means any."""

    user: str | None = None
    action: str | None = None
    case_id: str | None = None
    sickness_fund: str | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class AuditLine:
    """One line of the audit log."""

    number: int
    at: datetime
    user: str
    action: str
    sickness_fund: str | None
    case_id: str | None
    detail: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Head:
    """Where the chain ends, as the store notes it apart from the lines."""

    lines: int
    hash: str


def list_lines(
    connection: Connection, wanted: AuditFilter, *, before: int | None, limit: int
) -> list[AuditLine]:
    """Return the next `limit` lines, newest first, those before a number or from the newest."""
    query = select(audit).where(*_list_tests(wanted))
    if before is not None:
        query = query.where(audit.c.audit_id < before)
    rows = connection.execute(query.order_by(audit.c.audit_id.desc()).limit(limit)).mappings()
    return [_to_line(row) for row in rows]


def _list_tests(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    c = audit.c
    equal = {
        c.user_key: wanted.user,
        c.action: wanted.action,
        c.case_id: wanted.case_id,
        c.sickness_fund: wanted.sickness_fund,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if wanted.since is not None:
        yield c.at >= wanted.since
    if wanted.before is not None:
        yield c.at < wanted.before


def _to_line(row: RowMapping) -> AuditLine:
    return AuditLine(
        number=row["audit_id"],
        at=row["at"],
        user=row["user_key"],
        action=row["action"],
        sickness_fund=row["sickness_fund"],
        case_id=row["case_id"],
        detail=row["detail"],
        hash=row["hash"],
    )


def get_head(connection: Connection) -> Head:
    """Return where the chain ends; of none at all, that it has no lines."""
    query = select(audit_head.c.lines, audit_head.c.hash).where(audit_head.c.head_id == HEAD)
    row = connection.execute(query).first()
    return Head(0, "") if row is None else Head(row.lines, row.hash)


def count_beyond_head(connection: Connection) -> int:
    """Return by how many numbers the last line is past the head, asked at one moment."""
    head = select(audit_head.c.lines).where(audit_head.c.head_id == HEAD).scalar_subquery()
    last = select(func.max(audit.c.audit_id)).scalar_subquery()
    row = connection.execute(select(head, last)).one()
    return int(row[1] or 0) - int(row[0] or 0)


def stream_lines(connection: Connection) -> Iterator[dict[str, Any] | None]:
    """Yield every line in order as its columns, a few thousand in memory at a time.

    None stands for a line that cannot be read at all, with which the stream ends.
    """
    last: int | None = None
    while True:
        query = select(audit).order_by(audit.c.audit_id).limit(_PER_READ)
        if last is not None:
            query = query.where(audit.c.audit_id > last)
        rows = 0
        try:
            for row in connection.execute(query).mappings():
                rows, last = rows + 1, row["audit_id"]
                yield dict(row)
        except (ValueError, TypeError, DBAPIError) as error:
            # a store that went away says nothing of the log
            if isinstance(error, DBAPIError) and is_outage(error):
                raise
            # a column that someone filled by hand with what never stands there
            yield None
            return
        if not rows:
            return
