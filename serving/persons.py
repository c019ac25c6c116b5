"""The use cases of the person: objecting, correcting, and the answer of a physician."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from features.deadlines import add_months
from features.requests import CASE_LABELS_NL
from serving.assess import Desk, build_event, prepare_assessment
from serving.assessment import Assessment
from serving.faults import FieldFault, NotFoundError, RequestRefusedError, check_fields
from serving.free_text import find_plain_fault_nl
from serving.permissions import Action, User, check_can, get_scope
from serving.reassess import fill_again
from serving.states import CaseEvent, StateError, find_next
from serving.store.assessments import list_assessments, save_assessments
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.identity import FIXED
from serving.store.requests import (
    PersonRequest,
    RequestKind,
    RequestOutcome,
    list_requests,
    save_answer,
    save_request,
)
from serving.store.standing import Standing, build_objection, check_version, get_standing
from serving.wording import find_day

MOST_TEXT = 1000
EARLIEST_MONTHS = 12  # before that a day is a slip of the pen
# what a physician can answer to each
ANSWERS: Mapping[RequestKind, tuple[RequestOutcome, ...]] = {
    RequestKind.OBJECTION: (RequestOutcome.UPHELD, RequestOutcome.REJECTED),
    RequestKind.CORRECTION: (RequestOutcome.DONE, RequestOutcome.REJECTED),
    RequestKind.ACCESS: (RequestOutcome.DONE, RequestOutcome.REJECTED),
}
# what tells a case apart is not corrected, nor the day on which it was looked at
_FIXED = ("case_id", *FIXED, "sickness_fund", "screened_on")


@dataclass(frozen=True)
class Answer:
    """What a physician answers; `corrected` holds the values that were wrong.

    With `seen_version` it is refused where the case changed since.
    """

    outcome: RequestOutcome
    text: str | None = None
    corrected: Mapping[str, Any] | None = None
    seen_version: int | None = None


@dataclass(frozen=True)
class Answered:
    """A request that was handled, where the case stands, and the estimate that replaces one."""

    request: PersonRequest
    standing: Standing
    assessment: Assessment | None = None


def record_request(
    user: User,
    case_id: str,
    kind: RequestKind,
    text: str | None,
    *,
    store: Store,
    now: datetime,
    received_on: date | None = None,
    seen_version: int | None = None,
) -> tuple[PersonRequest, Standing]:
    """Keep what a person asks; an objection stops every estimate until it is handled.

    It reached the fund today, unless `received_on` says when. An answer is due a month later.
    Raises StaleError where the case changed since the version that was seen, if one is given.
    """
    check_can(user, Action.RECORD_REQUEST)
    _check_text("text", text)
    today = find_day(now)
    _check_received(received_on, today)
    scope = get_scope(user)
    made = PersonRequest(uuid4().hex, kind, now, user.key, received_on or today, text)
    detail = {"event": kind.value, "request_id": made.request_id}
    event = AuditEvent(now, user.key, Action.RECORD_REQUEST, scope.sickness_fund, case_id, detail)
    with store.writing(scope.sickness_fund) as connection:
        seen = get_standing(connection, scope, case_id, hold=True)
        if seen_version is not None:
            check_version(seen, seen_version)
        save_request(connection, seen, made, audit=[event])
        return made, get_standing(connection, scope, case_id)


def handle_request(
    case_id: str, request_id: str, answer: Answer, *, desk: Desk, store: Store
) -> Answered:
    """Keep the answer of a physician, and do what follows from it.

    An upheld objection closes the case and stops its estimates for good; a rejected one lets them
    go on. Corrected values give a new assessment of the same day; the earlier one stays in the
    history.
    """
    user, now = desk.user, desk.now
    check_can(user, Action.HANDLE_REQUEST)
    _check_text("outcome_text", answer.text)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        seen = get_standing(connection, scope, case_id, hold=True)
        found = list_requests(connection, scope, case_id)
        asked = _get_open(found, request_id)
        if answer.seen_version is not None:
            check_version(seen, answer.seen_version)
        _check_answer(asked, answer)
        answered = replace(
            asked,
            handled_at=now,
            handled_by=user.key,
            outcome=answer.outcome,
            outcome_text=answer.text,
        )
        made, events = None, [_build_event(answered, desk, case_id)]
        if answer.corrected:
            if seen.is_blocked:
                upheld = any(one.outcome is RequestOutcome.UPHELD for one in found)
                raise build_objection(is_upheld=upheld)
            latest = list_assessments(connection, scope, case_id)[0]
            made = _correct(latest, answer.corrected, desk)
            save_assessments(connection, [made], audit=())
            event = build_event(made, desk)
            detail = {**event.detail, "because": "correction", "request_id": request_id}
            events.append(replace(event, detail=detail))
            seen = get_standing(connection, scope, case_id)
        is_upheld = answer.outcome is RequestOutcome.UPHELD
        to = find_next(seen.state, CaseEvent.UPHOLD) if is_upheld else seen.state
        others = [one for one in found if one is not asked]
        save_answer(connection, seen, to, answered, others=others, audit=events)
        done = Answered(answered, get_standing(connection, scope, case_id), made)
    if made is not None:
        desk.tell_kept([made])
    return done


def _get_open(found: Sequence[PersonRequest], request_id: str) -> PersonRequest:
    asked = next((one for one in found if one.request_id == request_id), None)
    if asked is None:
        raise NotFoundError("no such request about this case")
    if asked.outcome is not None:
        raise StateError("this request was handled already")
    return asked


def _check_answer(asked: PersonRequest, answer: Answer) -> None:
    faults = []
    if answer.outcome not in ANSWERS[asked.kind]:
        allowed = " of ".join(outcome.value for outcome in ANSWERS[asked.kind])
        faults.append(FieldFault("outcome", allowed))
    if answer.outcome is RequestOutcome.REJECTED and not (answer.text or "").strip():
        faults.append(FieldFault("outcome_text", "waarom niet: de persoon krijgt een reden"))
    faults += _find_faults_of_corrected(asked, answer)
    if faults:
        raise RequestRefusedError("body", faults)


def _find_faults_of_corrected(asked: PersonRequest, answer: Answer) -> list[FieldFault]:
    faults = []
    is_correction = asked.kind is RequestKind.CORRECTION
    is_done = is_correction and answer.outcome is RequestOutcome.DONE
    if answer.corrected and not is_done:
        faults.append(FieldFault("corrected", "enkel bij een verbetering die uitgevoerd is"))
    if is_done and not answer.corrected:
        expected = "de velden die fout waren, met hun juiste waarde; of wijs af, met een reden"
        faults.append(FieldFault("corrected", expected))
    if fixed := [name for name in _FIXED if name in (answer.corrected or {})]:
        named = ", ".join(CASE_LABELS_NL[name] for name in fixed)
        faults.append(FieldFault("corrected", f"andere velden; dit ligt vast: {named}"))
    return faults


def _correct(latest: Assessment, corrected: Mapping[str, Any], desk: Desk) -> Assessment:
    """Return the assessment of the same day from corrected values; raises CaseRefusedError."""
    return prepare_assessment(fill_again(latest, corrected, desk.bundle.contract), desk)


def _check_text(name: str, text: str | None) -> None:
    check_fields({name: find_plain_fault_nl(text or "", MOST_TEXT)})


def _check_received(received_on: date | None, today: date) -> None:
    earliest = add_months(today, -EARLIEST_MONTHS)
    if received_on is not None and not earliest <= received_on <= today:
        expected = f"de dag zelf of een dag ervoor, hoogstens {EARLIEST_MONTHS} maanden geleden"
        raise RequestRefusedError("body", [FieldFault("received_on", expected)])


def _build_event(answered: PersonRequest, desk: Desk, case_id: str) -> AuditEvent:
    detail = {
        "event": answered.kind.value,
        "request_id": answered.request_id,
        "outcome": str(answered.outcome),
    }
    fund = get_scope(desk.user).sickness_fund
    return AuditEvent(desk.now, desk.user.key, Action.HANDLE_REQUEST, fund, case_id, detail)
