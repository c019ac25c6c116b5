"""Who works on a case, and cases whose day to look again has come."""

import time
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, null, select, update

from serving.permissions import Scope
from serving.states import OPEN_STATES, CaseEvent, CaseState, find_next
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach
from serving.store.standing import Standing
from serving.store.tables import cases

AT_ONCE = 1000
ASKED_SECONDS = 60.0


def assign_case(
    connection: Connection, held: Standing, user_key: str | None, *, audit: AuditEvent
) -> None:
    """Give a case, which `get_standing` holds, to a user or to nobody."""
    same = (cases.c.sickness_fund == held.sickness_fund, cases.c.case_id == held.case_id)
    connection.execute(update(cases).where(*same).values(assigned_to=user_key))
    save_audit(connection, [audit])


def has_to_wake(connection: Connection, scope: Scope, today: date) -> bool:
    """Tell whether a day to look again has come; asked of the store once a minute and day.

    Nobody chooses a day that is not still to come: what is due now was due when the day began.
    """
    asked: dict[Scope, tuple[date, float]] = connection.info.setdefault("woken", {})
    day, until = asked.get(scope, (date.min, 0.0))
    if day == today and time.monotonic() < until:
        return False
    found = connection.execute(_build_any_due(scope, today)).first() is not None
    if not found:
        asked[scope] = (today, time.monotonic() + ASKED_SECONDS)
    return found


@lru_cache(maxsize=256)
def _build_any_due(scope: Scope, today: date) -> Select[Any]:
    # kept: building it takes longer than running it
    return select(cases.c.case_id).where(_is_due(scope, today)).limit(1)


def list_due(connection: Connection, scope: Scope, today: date) -> Sequence[str]:
    """Return cases whose day to look again has come, `AT_ONCE` at most, and hold them.

    Those that somebody else holds are left to them.
    """
    query = select(cases.c.case_id).where(_is_due(scope, today)).limit(AT_ONCE)
    held = query.order_by(cases.c.look_again_on, cases.c.case_id).with_for_update(skip_locked=True)
    return connection.execute(held).scalars().all()


def _is_due(scope: Scope, today: date) -> ColumnElement[bool]:
    due = cases.c.look_again_on <= today
    return and_(in_reach(cases, scope), due, cases.c.state == CaseState.WAITING.value)


def wake_cases(
    connection: Connection,
    scope: Scope,
    today: date,
    case_ids: Sequence[str],
    *,
    audit: Sequence[AuditEvent],
) -> None:
    """Open cases that `list_due` holds; one that is not due stays as it is."""
    to, c = find_next(CaseState.WAITING, CaseEvent.WAKE), cases.c
    connection.execute(
        update(cases)
        .where(_is_due(scope, today), c.case_id.in_(case_ids))
        .values(
            state=to.value,
            is_open=to in OPEN_STATES,
            state_version=c.state_version + 1,
            look_again_on=null(),
        )
    )
    save_audit(connection, audit)
