"""The use case of reporting back: what became of calling the person, for the physician to read.

Taking part is voluntary: of a person who does not want to, nothing follows by itself.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from serving.faults import check_fields, find_day_fault_nl
from serving.free_text import clean, find_plain_fault_nl
from serving.permissions import Action, User, check_can, get_scope
from serving.states import CaseState, StateError
from serving.store.audit import AuditEvent
from serving.store.contacts import Contact, ContactResult, save_contact
from serving.store.engine import Store
from serving.store.moments import find_moment
from serving.store.standing import Standing, check_version, get_standing

MOST_NOTE = 500
FURTHEST_MONTHS = 6


@dataclass(frozen=True)
class Report:
    """What is reported of a contact."""

    result: ContactResult
    call_again_on: date | None = None
    note: str | None = None


def record_contact(
    user: User,
    case_id: str,
    told: Report,
    *,
    store: Store,
    now: datetime,
    seen_version: int | None = None,
) -> tuple[Contact, Standing]:
    """Keep what became of a contact, with an audit line; the physician decides what follows.

    Raises StateError unless the case is with the coordinator, StaleError where it changed since the
    version that was seen, if one is given, RequestRefusedError for what is missing or too much.
    """
    check_can(user, Action.RECORD_CONTACT)
    _check(told, now.date())
    scope = get_scope(user)
    note = clean(told.note or "") or None
    contact_id = uuid4().hex
    # the log stays when the case is forgotten: what the person said is not in it
    detail = {"contact_id": contact_id}
    line = AuditEvent(now, user.key, Action.RECORD_CONTACT, scope.sickness_fund, case_id, detail)
    with store.writing(scope.sickness_fund) as connection:
        seen = get_standing(connection, scope, case_id, hold=True)
        if seen_version is not None:
            check_version(seen, seen_version)
        if not awaits_contact(seen):
            raise StateError(f"no contact is to be reported of a case that is {seen.state}")
        at = find_moment(connection, seen, now)
        made = Contact(contact_id, at, user.key, told.result, told.call_again_on, note)
        save_contact(connection, seen, made, audit=[line])
        return made, get_standing(connection, scope, case_id)


def awaits_contact(standing: Standing) -> bool:
    """Tell whether a contact can be reported: the case is with the coordinator."""
    return standing.state is CaseState.WITH_COORDINATOR


def _check(told: Report, today: date) -> None:
    check_fields(
        {
            "call_again_on": _check_day(told, today),
            "note": find_plain_fault_nl(told.note or "", MOST_NOTE),
        }
    )


def _check_day(told: Report, today: date) -> str | None:
    day = told.call_again_on
    if told.result is ContactResult.CALL_AGAIN:
        return find_day_fault_nl(day, today, FURTHEST_MONTHS)
    return None if day is None else "leeg: enkel als de persoon later gebeld wil worden"
