"""Referrals in the store: the form as it was sent, and how far each one came."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from serving.permissions import Scope
from serving.states import TRANSITIONS, CaseEvent, CaseState, DecisionKind
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach
from serving.store.standing import Standing, move_case
from serving.store.tables import cases
from serving.store.work_tables import decisions, referrals

RUNNING = (CaseState.REFERRED, CaseState.ACCEPTED, CaseState.STARTED)


@dataclass(frozen=True)
class Referral:
    """One referral: `stopped_on` where VDAB declined it or the person withdrew the consent."""

    referral_id: str
    case_id: str
    decision_id: str
    consent_id: str
    form: Mapping[str, Any]
    sent_at: datetime
    sent_by: str
    accepted_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    stopped_on: date | None = None
    stopped_why: str | None = None
    partner: str | None = None

    @property
    def sent_on(self) -> date:
        """The day that stands on the form."""
        return date.fromisoformat(self.form["made_on"])


_NAMES = tuple(Referral.__dataclass_fields__)
_COLUMNS = tuple(referrals.c[name] for name in _NAMES)


def list_referrals(connection: Connection, scope: Scope, case_id: str) -> list[Referral]:
    """Return every referral of a case in reach, the last sent first."""
    query = select(*_COLUMNS).where(in_reach(referrals, scope, case_id))
    rows = connection.execute(query.order_by(*_last_first())).mappings()
    return [Referral(**row) for row in rows]


def _last_first() -> tuple[ColumnElement[Any], ...]:
    return referrals.c.sent_at.desc(), referrals.c.referral_id


def find_decision_to_refer(connection: Connection, scope: Scope, case_id: str) -> str | None:
    """Return the last decision of a case in reach, if that was to refer."""
    query = (
        select(decisions.c.decision_id, decisions.c.kind)
        .where(in_reach(decisions, scope, case_id))
        .order_by(decisions.c.made_at.desc(), decisions.c.decision_id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return row.decision_id if row is not None and row.kind == DecisionKind.REFER else None


def save_referral(
    connection: Connection,
    seen: Standing,
    to: CaseState,
    referral: Referral,
    *,
    audit: Sequence[AuditEvent],
) -> None:
    """Keep a referral with its form, move its case, and keep the audit lines; StaleError if not."""
    row = vars(referral) | {"sickness_fund": seen.sickness_fund}
    connection.execute(insert(referrals), row)
    move_case(connection, seen, to, audit=audit)


def move_referral(
    connection: Connection,
    seen: Standing,
    to: CaseState,
    referral_id: str,
    changes: Mapping[str, Any],
    *,
    audit: Sequence[AuditEvent],
) -> None:
    """Note how far a referral came, move its case, and keep the audit lines; StaleError if not."""
    statement = update(referrals).where(
        referrals.c.referral_id == referral_id, referrals.c.sickness_fund == seen.sickness_fund
    )
    connection.execute(statement.values(**changes))
    move_case(connection, seen, to, audit=audit)


def list_running(
    connection: Connection, scope: Scope, case_ids: Collection[str]
) -> dict[str, tuple[Standing, Referral]]:
    """Return those of the cases in reach of which a referral runs, with that referral.

    Whoever moves them holds them first, with `hold_cases`.
    """
    same = and_(
        referrals.c.sickness_fund == cases.c.sickness_fund,
        referrals.c.case_id == cases.c.case_id,
        referrals.c.stopped_on.is_(None),
        referrals.c.ended_on.is_(None),
    )
    names = tuple(Standing.__dataclass_fields__)
    own = [cases.c[name].label(f"case_{name}") for name in names]
    query = (
        select(*_COLUMNS, *own)
        .join(cases, same)
        .where(in_reach(cases, scope), cases.c.case_id.in_(sorted(case_ids)))
        .where(cases.c.state.in_([state.value for state in RUNNING]))
        .order_by(referrals.c.sent_at)
    )
    found = {}
    for row in connection.execute(query).mappings():
        standing = {name: row[f"case_{name}"] for name in names}
        standing["state"] = CaseState(standing["state"])
        found[row["case_id"]] = Standing(**standing), Referral(**{n: row[n] for n in _NAMES})
    return found


def follow_pathways(
    connection: Connection,
    scope: Scope,
    reported: Sequence[Mapping[str, Any]],
    *,
    tell: Callable[[str, CaseEvent], AuditEvent],
    audit: Sequence[AuditEvent],
) -> int:
    """Move the cases of which a reported pathway shows that it started or ended; return how many.

    Only a pathway that started on or after the day of the form is that of a referral. Keeps the
    audit lines, and after them what `tell` says of each step.
    """
    running = list_running(connection, scope, {row["case_id"] for row in reported})
    steps: list[AuditEvent] = []
    for row in reported:
        found = running.get(row["case_id"])
        started_on = row["started_on"]
        if found is None or started_on is None or started_on < found[1].sent_on:
            continue
        del running[row["case_id"]]
        steps += [tell(row["case_id"], event) for event in _follow(connection, *found, row)]
    save_audit(connection, [*audit, *steps])
    return len({step.case_id for step in steps})


def _follow(
    connection: Connection, seen: Standing, referral: Referral, row: Mapping[str, Any]
) -> list[CaseEvent]:
    done = []
    for event, name in ((CaseEvent.START, "started_on"), (CaseEvent.END, "ended_on")):
        to = TRANSITIONS.get((seen.state, event))
        if to is None or row[name] is None:
            continue
        changes = {name: row[name], "partner": row["partner"] or referral.partner}
        move_referral(connection, seen, to, referral.referral_id, changes, audit=())
        seen = replace(seen, state=to, state_version=seen.state_version + 1)
        done.append(event)
    return done
