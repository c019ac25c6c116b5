"""What physicians estimate themselves and decide, in the store."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from models.suggestion import Suggestion
from serving.decision_reasons import DecisionReason
from serving.permissions import Scope
from serving.states import DecisionKind, find_next
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach, read_about
from serving.store.standing import Standing, move_case
from serving.store.work_tables import decisions, own_estimates


class Answer(StrEnum):
    """What a physician answers to one of the two questions."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True)
class OwnEstimate:
    """What a physician answered about one assessment: once, and never changed."""

    assessment_id: str
    user_key: str
    made_at: datetime
    is_possible: Answer
    is_needed: Answer


@dataclass(frozen=True)
class Decision:
    """What a physician decided, next to what was suggested at that moment.

    Nothing was suggested of a person whose objection to being estimated was upheld.
    """

    decision_id: str
    assessment_id: str
    made_at: datetime
    made_by: str
    kind: DecisionKind
    suggestion: Suggestion | None
    deviates: bool | None
    reason: DecisionReason | None
    reason_text: str | None
    look_again_on: date | None


def save_decision(
    connection: Connection, seen: Standing, made: Decision, *, audit: AuditEvent
) -> None:
    """Keep a decision with what follows from it for the case; raises StaleError or StateError."""
    to = find_next(seen.state, made.kind)
    key = {"sickness_fund": seen.sickness_fund, "case_id": seen.case_id}
    connection.execute(insert(decisions).values(**key, **asdict(made)))
    changes = {"look_again_on": made.look_again_on}
    move_case(connection, seen, to, audit=[audit], changes=changes)


def list_decisions(connection: Connection, scope: Scope, case_id: str) -> list[Decision]:
    """Return every decision about a case in reach, latest first."""
    names = Decision.__dataclass_fields__
    rows = read_about(connection, decisions, scope, case_id, names, "decision_id")
    return [
        Decision(
            **{
                **row,
                "kind": DecisionKind(row["kind"]),
                "suggestion": Suggestion(row["suggestion"]) if row["suggestion"] else None,
                "reason": DecisionReason(row["reason"]) if row["reason"] else None,
            }
        )
        for row in rows
    ]


def save_own_estimate(
    connection: Connection, of: Standing, made: OwnEstimate, *, audit: AuditEvent
) -> None:
    """Keep what a physician answered; whoever answered already must have been told before."""
    key = {"sickness_fund": of.sickness_fund, "case_id": of.case_id}
    connection.execute(insert(own_estimates).values(**key, **asdict(made)))
    save_audit(connection, [audit])


def list_own_estimates(connection: Connection, scope: Scope, case_id: str) -> list[OwnEstimate]:
    """Return what physicians answered about a case in reach, latest first."""
    names = OwnEstimate.__dataclass_fields__
    rows = read_about(connection, own_estimates, scope, case_id, names, "user_key")
    kinds = ("is_possible", "is_needed")
    return [OwnEstimate(**{**row, **{k: Answer(row[k]) for k in kinds}}) for row in rows]


def list_estimated(
    connection: Connection, scope: Scope, user_key: str, assessment_ids: Collection[str]
) -> set[str]:
    """Return those of the assessments about which a user answered both questions."""
    o = own_estimates.c
    query = select(o.assessment_id).where(
        in_reach(own_estimates, scope),
        o.user_key == user_key,
        o.assessment_id.in_(sorted(assessment_ids)),
    )
    return set(connection.execute(query).scalars())


def has_estimated(connection: Connection, scope: Scope, user_key: str, assessment_id: str) -> bool:
    """Tell whether a user answered both questions about an assessment."""
    return bool(list_estimated(connection, scope, user_key, [assessment_id]))
