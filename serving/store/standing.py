"""Where a case stands, and the one way to change that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from re import fullmatch
from typing import Any

from sqlalchemy import Connection, select, update

from features.errors import KantelpuntError
from features.pseudonyms import ID_PATTERN
from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.states import OPEN_STATES, CaseState, StaleError
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach
from serving.store.tables import cases


class NoSuchCaseError(KantelpuntError):
    """A case that is not there, or not in reach."""


class ObjectionOpenError(KantelpuntError):
    """A case of which nothing may be estimated: the person objects."""


class ObjectionUpheldError(ObjectionOpenError):
    """A case of which nothing may be estimated any more: the person objected with success."""


def build_objection(*, is_upheld: bool) -> ObjectionOpenError:
    """Return why nothing may be estimated of a case: an objection waits, or was upheld."""
    if is_upheld:
        return ObjectionUpheldError("an objection to estimates of this case was upheld")
    return ObjectionOpenError("the person objects to estimates of this case")


@dataclass(frozen=True)
class Standing:
    """Where a case stands; `state_version` counts how often that changed."""

    sickness_fund: str
    case_id: str
    region: str
    absence_started_on: date
    screened_on: date
    assessment_id: str
    state: CaseState
    state_version: int
    is_blocked: bool
    suggestion: Suggestion
    assigned_to: str | None
    look_again_on: date | None
    reassess_on: date | None
    asked_on: date | None


_NAMES = tuple(Standing.__dataclass_fields__)


def get_standing(
    connection: Connection, scope: Scope, case_id: str, *, hold: bool = False
) -> Standing:
    """Return where a case in reach stands; raises NoSuchCaseError for any other.

    Who writes about a case may hold it: whoever else does so waits, and sees
    what became of it.
    """
    if not fullmatch(ID_PATTERN, case_id):
        raise NoSuchCaseError("no case has such a number")
    query = select(*(cases.c[name] for name in _NAMES)).where(in_reach(cases, scope, case_id))
    if hold:
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NoSuchCaseError("no such case in reach")
    kinds = {"state": CaseState(row["state"]), "suggestion": Suggestion(row["suggestion"])}
    return Standing(**{**row, **kinds})


def check_version(standing: Standing, seen: int) -> None:
    """Raise StaleError where a case changed since somebody saw it."""
    if standing.state_version != seen:
        raise StaleError(standing.state)


def move_case(
    connection: Connection,
    seen: Standing,
    to: CaseState,
    *,
    audit: Sequence[AuditEvent],
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Bring a case into a state, with other changes of its row and the audit lines.

    Raises StaleError, so that nothing is kept, where somebody else moved it meanwhile.
    """
    values = {"state": to.value, "is_open": to in OPEN_STATES, **(changes or {})}
    if to is not CaseState.WAITING:
        values["look_again_on"] = None  # nobody waits for that day any more
    c = cases.c
    moved = connection.execute(
        update(cases)
        .where(c.sickness_fund == seen.sickness_fund, c.case_id == seen.case_id)
        .where(c.state_version == seen.state_version)
        .values(**values, state_version=c.state_version + 1)
    )
    if moved.rowcount != 1:
        now = connection.execute(
            select(c.state).where(c.sickness_fund == seen.sickness_fund, c.case_id == seen.case_id)
        ).scalar_one_or_none()
        raise StaleError(CaseState(now) if now else seen.state)
    save_audit(connection, audit)


def hold_cases(connection: Connection, scope: Scope, case_ids: Collection[str]) -> None:
    """Hold those of the cases that are in reach: whoever else writes about them waits.

    Always in the same order, and before any other row, or two who wait would wait forever.
    """
    query = select(cases.c.case_id).where(
        in_reach(cases, scope), cases.c.case_id.in_(sorted(case_ids))
    )
    connection.execute(query.order_by(cases.c.case_id).with_for_update()).all()
