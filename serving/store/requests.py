"""What persons ask of their case, in the store: objections, corrections, and to see everything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from models.estimate import GainStatus
from serving.assessment import rank_suggestion
from serving.permissions import Scope
from serving.states import CaseState
from serving.store.audit import AuditEvent
from serving.store.reach import in_reach, read_about
from serving.store.standing import ObjectionOpenError, Standing, move_case
from serving.store.tables import cases
from serving.store.work_tables import requests

# before everybody else in the order of the list: no gain is larger than 1
FIRST = {"urgency": 0, "gain_order": -1.0}


class RequestKind(StrEnum):
    """What a person can ask."""

    OBJECTION = "objection"
    CORRECTION = "correction"
    ACCESS = "access"


class RequestOutcome(StrEnum):
    """What became of it."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    DONE = "done"


@dataclass(frozen=True)
class PersonRequest:
    """One request; nobody handled it yet where `outcome` is None.

    `received_on` is the day on which it reached the fund: the law counts from there.
    """

    request_id: str
    kind: RequestKind
    made_at: datetime
    recorded_by: str
    received_on: date
    text: str | None = None
    handled_at: datetime | None = None
    handled_by: str | None = None
    outcome: RequestOutcome | None = None
    outcome_text: str | None = None


def list_requests(connection: Connection, scope: Scope, case_id: str) -> list[PersonRequest]:
    """Return every request about a case in reach, the last first."""
    names = PersonRequest.__dataclass_fields__
    rows = read_about(connection, requests, scope, case_id, names, "request_id")
    return [
        PersonRequest(
            **{
                **row,
                "kind": RequestKind(row["kind"]),
                "outcome": RequestOutcome(row["outcome"]) if row["outcome"] else None,
            }
        )
        for row in rows
    ]


def is_stopped(found: Sequence[PersonRequest]) -> bool:
    """Tell whether an objection is open or was upheld: nothing may be estimated then."""
    return any(
        one.kind is RequestKind.OBJECTION and one.outcome in (None, RequestOutcome.UPHELD)
        for one in found
    )


def list_upheld(connection: Connection, scope: Scope, case_ids: Collection[str]) -> set[str]:
    """Return those of the cases in reach of which an objection was upheld."""
    if not case_ids:
        return set()
    r = requests.c
    query = select(r.case_id).where(
        in_reach(requests, scope),
        r.case_id.in_(sorted(case_ids)),
        r.kind == RequestKind.OBJECTION.value,
        r.outcome == RequestOutcome.UPHELD.value,
    )
    return set(connection.execute(query).scalars())


def is_objection_open(connection: Connection, scope: Scope, of: Standing) -> bool:
    """Tell whether the person objects to being estimated, and nobody answered that yet."""
    return of.is_blocked and any(
        one.kind is RequestKind.OBJECTION and one.outcome is None
        for one in list_requests(connection, scope, of.case_id)
    )


def check_no_objection(connection: Connection, scope: Scope, of: Standing) -> None:
    """Raise ObjectionOpenError where nothing is decided of a case: an objection waits."""
    if is_objection_open(connection, scope, of):
        raise ObjectionOpenError("an objection of the person is to be answered first")


def save_request(
    connection: Connection,
    seen: Standing,
    made: PersonRequest,
    *,
    audit: Sequence[AuditEvent],
) -> None:
    """Keep a request; an objection stops the estimates of its case. Raises StaleError."""
    place = {"sickness_fund": seen.sickness_fund, "case_id": seen.case_id}
    connection.execute(insert(requests), vars(made) | place)
    stops = seen.is_blocked or is_stopped([made])
    since = min(made.received_on, seen.asked_on or made.received_on)
    changes = _place(seen, is_blocked=stops) | {"asked_on": since}
    move_case(connection, seen, seen.state, audit=audit, changes=changes)


def save_answer(
    connection: Connection,
    seen: Standing,
    to: CaseState,
    answered: PersonRequest,
    *,
    others: Sequence[PersonRequest],
    audit: Sequence[AuditEvent],
) -> None:
    """Keep what became of a request, and what follows for its case. Raises StaleError.

    `others` are the other requests about the case: what still waits, and what stops estimates.
    """
    names = ("handled_at", "handled_by", "outcome", "outcome_text")
    values: dict[str, Any] = {name: getattr(answered, name) for name in names}
    connection.execute(
        update(requests)
        .where(requests.c.request_id == answered.request_id)
        .where(requests.c.sickness_fund == seen.sickness_fund)
        .values(**values)
    )
    since = min((one.received_on for one in others if one.outcome is None), default=None)
    changes = _place(seen, is_blocked=is_stopped([answered, *others])) | {"asked_on": since}
    move_case(connection, seen, to, audit=audit, changes=changes)


def _place(seen: Standing, *, is_blocked: bool) -> dict[str, Any]:
    """Return whether a case is blocked, and where it then stands in the list.

    Who objects stands first, whatever was estimated: any other place would tell of it.
    """
    if is_blocked:
        return {"is_blocked": True, **FIRST}
    gain = case((cases.c.gain_status == GainStatus.ESTIMATED.value, -cases.c.gain), else_=0.0)
    urgency, gain_order = rank_suggestion(seen.suggestion), func.coalesce(gain, 0.0)
    return {"is_blocked": False, "urgency": urgency, "gain_order": gain_order}
