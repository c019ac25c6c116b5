"""The moment under which something about a case is kept: never before what was kept before it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, union_all

from serving.store.standing import Standing
from serving.store.tables import assessments
from serving.store.work_tables import contacts, decisions, referrals, requests

_NEXT = timedelta(microseconds=1)  # the finest that both stores keep
_KEPT = (
    *((table, table.c.made_at) for table in (assessments, decisions, contacts, requests)),
    (referrals, referrals.c.sent_at),
)


def find_moment(connection: Connection, seen: Standing, now: datetime) -> datetime:
    """Return this moment, or the one just after the last that is kept of a case that is held.

    A clock that was set back, or that differs from that of another process, must not put a decision
    before its assessment, nor an earlier decision in the place of the last.
    """
    place = {"sickness_fund": seen.sickness_fund, "case_id": seen.case_id}
    lasts = (
        select(func.max(column).label("last")).select_from(table).filter_by(**place)
        for table, column in _KEPT
    )
    last = connection.execute(select(func.max(union_all(*lasts).subquery().c.last))).scalar()
    return now if last is None or last < now else last + _NEXT
