"""What a coordinator reports of a contact with the person, in the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from serving.permissions import Scope
from serving.store.audit import AuditEvent
from serving.store.reach import read_about
from serving.store.standing import Standing, move_case
from serving.store.work_tables import contacts


class ContactResult(StrEnum):
    """What became of calling the person."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    DOES_NOT_WANT = "does_not_want"
    CALL_AGAIN = "call_again"


RESULT_NL: Mapping[ContactResult, str] = {
    ContactResult.REACHED: "bereikt",
    ContactResult.NOT_REACHED: "niet bereikt",
    ContactResult.DOES_NOT_WANT: "wil niet, en dat mag",
    ContactResult.CALL_AGAIN: "vraagt om later terug te bellen",
}


@dataclass(frozen=True)
class Contact:
    """One contact as it was reported; `call_again_on` only where the person asked for that."""

    contact_id: str
    made_at: datetime
    made_by: str
    result: ContactResult
    call_again_on: date | None = None
    note: str | None = None


def list_contacts(connection: Connection, scope: Scope, case_id: str) -> list[Contact]:
    """Return every contact about a case in reach, the last first."""
    names = Contact.__dataclass_fields__
    rows = read_about(connection, contacts, scope, case_id, names, "contact_id")
    return [Contact(**{**row, "result": ContactResult(row["result"])}) for row in rows]


def save_contact(
    connection: Connection, seen: Standing, made: Contact, *, audit: Sequence[AuditEvent]
) -> None:
    """Keep a contact; the case stays in its state, but who saw it before is told of the change.

    Raises StaleError.
    """
    place = {"sickness_fund": seen.sickness_fund, "case_id": seen.case_id}
    connection.execute(insert(contacts), vars(made) | {"result": made.result.value} | place)
    move_case(connection, seen, seen.state, audit=audit)
