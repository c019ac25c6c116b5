"""The use cases of working on a case: take it, give it back, decide."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from serving.decision_reasons import MOST_TEXT, DecisionReason
from serving.faults import FieldFault, RequestRefusedError, check_fields, find_day_fault_nl
from serving.free_text import find_plain_fault_nl
from serving.own_estimate import check_estimated, must_estimate_first
from serving.permissions import Action, User, check_can, get_scope
from serving.settings import OwnEstimateMode
from serving.states import ASKS_REASON, FOLLOWS, CaseState, DecisionKind, StaleError, find_next
from serving.store.assignments import assign_case
from serving.store.audit import AuditEvent
from serving.store.decisions import Decision, save_decision
from serving.store.engine import Store
from serving.store.moments import find_moment
from serving.store.requests import check_no_objection
from serving.store.standing import Standing, check_version, get_standing

FURTHEST_MONTHS = 24
_DEVIATES_NL = "een reden uit de lijst, want dit wijkt af van het voorstel"
_CLOSES_NL = "een reden uit de lijst, want het voorstel is onzeker en dit sluit het dossier af"
_NOT_ASKED_NL = "leeg: waarom iets medisch niet kan, wordt niet gevraagd"


@dataclass(frozen=True)
class Choice:
    """What a physician chose, with the assessment and the state that were on the screen then."""

    kind: DecisionKind
    assessment_id: str
    state_version: int
    look_again_on: date | None = None
    reason: DecisionReason | None = None
    reason_text: str | None = None


@dataclass(frozen=True)
class Decided:
    """A decision that was kept, and where the case stands since."""

    decision: Decision
    state: CaseState
    state_version: int


def decide(
    user: User,
    case_id: str,
    choice: Choice,
    *,
    store: Store,
    now: datetime,
    mode: OwnEstimateMode,
) -> Decided:
    """Keep a decision, the state that follows and an audit line: all or none.

    Raises StaleError when the case changed since the physician saw it, StateError when nothing can
    be decided any more, ObjectionOpenError while the person waits for an answer,
    RequestRefusedError for what is missing or too much. After an objection that was upheld the
    physician decides without any suggestion.
    """
    check_can(user, Action.DECIDE)
    scope = get_scope(user)
    _check_choice(choice, now.date())
    with store.writing(scope.sickness_fund) as connection:
        seen = get_standing(connection, scope, case_id, hold=True)
        check_no_objection(connection, scope, seen)
        check_version(seen, choice.state_version)
        if seen.assessment_id != choice.assessment_id:
            raise StaleError(seen.state)
        to = find_next(seen.state, choice.kind)
        if must_estimate_first(user, mode) and not seen.is_blocked:
            check_estimated(connection, scope, user, seen)
        made = _build_decision(choice, seen, user, find_moment(connection, seen, now))
        detail = {"decision_id": made.decision_id, "assessment_id": made.assessment_id}
        line = AuditEvent(now, user.key, Action.DECIDE, seen.sickness_fund, case_id, detail)
        save_decision(connection, seen, made, audit=line)
    return Decided(made, to, seen.state_version + 1)


def _build_decision(choice: Choice, seen: Standing, user: User, at: datetime) -> Decision:
    suggestion = None if seen.is_blocked else seen.suggestion
    deviates = None if suggestion is None else choice.kind not in FOLLOWS[suggestion]
    is_asked = suggestion is not None and choice.kind in ASKS_REASON[suggestion]
    if is_asked and choice.reason is None:
        raise _build_refusal("reason", _DEVIATES_NL if deviates else _CLOSES_NL)
    if suggestion is None and choice.reason is not None:
        raise _build_refusal("reason", "leeg, want er is geen voorstel om van af te wijken")
    return Decision(
        decision_id=uuid4().hex,
        assessment_id=seen.assessment_id,
        made_at=at,
        made_by=user.key,
        kind=choice.kind,
        suggestion=suggestion,
        deviates=deviates,
        reason=choice.reason,
        reason_text=choice.reason_text,
        look_again_on=choice.look_again_on,
    )


def _check_choice(choice: Choice, today: date) -> None:
    check_fields(
        {
            "look_again_on": _check_day(choice, today),
            "reason": _check_reason(choice),
            "reason_text": _check_text(choice),
        }
    )


def _check_day(choice: Choice, today: date) -> str | None:
    day = choice.look_again_on
    if choice.kind is DecisionKind.LOOK_AGAIN:
        return find_day_fault_nl(day, today, FURTHEST_MONTHS)
    return None if day is None else "leeg: enkel bij later opnieuw bekijken"


def _check_reason(choice: Choice) -> str | None:
    # that something is not opportune is medical, and no more than that is kept
    is_medical = choice.kind is DecisionKind.NOT_OPPORTUNE and choice.reason is not None
    return _NOT_ASKED_NL if is_medical else None


def _check_text(choice: Choice) -> str | None:
    text = choice.reason_text
    if choice.kind is DecisionKind.NOT_OPPORTUNE:
        return None if text is None else _NOT_ASKED_NL
    if text is None or not text.strip():
        is_missing = choice.reason is DecisionReason.OTHER or text is not None
        return "een korte uitleg" if is_missing else None
    if choice.reason is None:
        return "leeg, of met een reden uit de lijst"
    return find_plain_fault_nl(text, MOST_TEXT)


def _build_refusal(name: str, expected: str) -> RequestRefusedError:
    return RequestRefusedError("body", [FieldFault(name, expected)])


def take_case(user: User, case_id: str, *, store: Store, now: datetime) -> Standing:
    """Note that the user works on a case; refused while a colleague does."""
    return _assign(user, case_id, user.key, store=store, now=now)


def release_case(user: User, case_id: str, *, store: Store, now: datetime) -> Standing:
    """Note that nobody works on a case any more.

    A colleague may do so too, or a case would stay with somebody who is ill or has left.
    """
    return _assign(user, case_id, None, store=store, now=now)


def _assign(user: User, case_id: str, to: str | None, *, store: Store, now: datetime) -> Standing:
    check_can(user, Action.TAKE_CASE)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        if to is not None and standing.assigned_to not in (None, to):
            raise RequestRefusedError("taken")
        if standing.assigned_to == to:
            return standing
        what = {"change": "take" if to else "release"}
        line = AuditEvent(now, user.key, Action.TAKE_CASE, standing.sickness_fund, case_id, what)
        assign_case(connection, standing, to, audit=line)
        return get_standing(connection, scope, case_id)
