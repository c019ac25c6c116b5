"""The use cases of a referral: the offers that fit, the form that is sent, and how far it comes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter

from features.contract import Contract
from features.deadlines import Clock, clocks
from serving.capacities import Choices
from serving.consent import covers_partner, find_consent_to_refer
from serving.draft import Draft, prepare
from serving.faults import FieldFault, NoReferralError, RequestRefusedError
from serving.free_text import clean, find_text_fault_nl
from serving.medical import Medical
from serving.offers import Offer, find_offers
from serving.permissions import Action, Scope, User, check_can, get_scope
from serving.referral_form import ReferralForm
from serving.referral_lists import ReferralLists
from serving.referral_schemas import ReferralFormOut
from serving.states import CaseEvent, RecallReason, find_next
from serving.store.assessments import list_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.consents import list_consents
from serving.store.engine import Connection, Store
from serving.store.moments import find_moment
from serving.store.referrals import (
    Referral,
    list_referrals,
    move_referral,
    save_referral,
)
from serving.store.standing import Standing, check_version, get_standing

MOST_WHY = 200
PATHWAY_CLOCK = "pathway"
# what each step of VDAB fills in
_FILLS = {
    CaseEvent.ACCEPT: "accepted_on",
    CaseEvent.DECLINE: "stopped_on",
    CaseEvent.START: "started_on",
    CaseEvent.END: "ended_on",
}
_STOPS = (CaseEvent.DECLINE, CaseEvent.END)


@dataclass(frozen=True)
class Step:
    """What is told of a step: the day, and where it applies the partner and why it stopped."""

    on: date
    partner: str | None = None
    why: str | None = None
    state_version: int | None = None


@dataclass(frozen=True)
class ReferralFile:
    """A referral, where its case stands, and the clock of month 5.

    `covers_partner` tells whether the person agreed that the partner, if any, knows of it.
    """

    referral: Referral
    standing: Standing
    clock: Clock
    covers_partner: bool

    @property
    def is_met(self) -> bool | None:
        """Whether the pathway began in time; None while that can still happen or is not known."""
        if self.referral.started_on is not None:
            return self.referral.started_on <= self.clock.due_on
        return None if self.clock.days_left >= 0 else False


@dataclass(frozen=True)
class OfferList:
    """The offers that fit a case, and what a form can say of the person."""

    standing: Standing
    offers: Sequence[Offer]
    choices: Choices
    has_consent: bool


def list_offers(
    user: User, case_id: str, *, store: Store, now: datetime, lists: ReferralLists
) -> OfferList:
    """Return the offers that fit a case in reach, and note that they were seen."""
    check_can(user, Action.VIEW_CASE)
    scope = get_scope(user)
    event = _build_event(user, scope, case_id, now, Action.VIEW_CASE, "offers")
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id)
        latest = list_assessments(connection, scope, case_id)[0]
        consents = list_consents(connection, scope, case_id)
        save_audit(connection, [event])
    offers = find_offers(latest.case, latest.contract, now.date(), lists.offers)
    has_consent = find_consent_to_refer(consents) is not None
    return OfferList(standing, offers, lists.choices, has_consent)


def send_referral(
    user: User, draft: Draft, *, store: Store, now: datetime, lists: ReferralLists
) -> ReferralFile:
    """Make the form, keep it as it is sent, and move the case, with an audit line.

    Raises what `prepare` raises.
    """
    check_can(user, Action.REFER)
    scope, case_id, referral_id = get_scope(user), draft.case_id, uuid4().hex
    reference = f"KP-{referral_id[:12].upper()}"
    with store.writing(scope.sickness_fund) as connection:
        ready = prepare(connection, user, draft, reference, now=now, lists=lists)
        made = Referral(
            referral_id=referral_id,
            case_id=case_id,
            decision_id=ready.decision_id,
            consent_id=ready.consent_id,
            form=ReferralFormOut.of(ready.form).model_dump(mode="json"),
            sent_at=find_moment(connection, ready.standing, now),
            sent_by=user.key,
        )
        event = _build_event(user, scope, case_id, now, Action.REFER, CaseEvent.SEND, made)
        save_referral(connection, ready.standing, ready.to, made, audit=[event])
        return _open_file(connection, scope, made, now)


def view_referral(
    user: User, case_id: str, *, store: Store, now: datetime, part: str
) -> ReferralFile:
    """Return the last referral of a case in reach and note that it was seen as `part`."""
    check_can(user, Action.VIEW_CASE)
    scope = get_scope(user)
    event = _build_event(user, scope, case_id, now, Action.VIEW_CASE, part)
    with store.writing(scope.sickness_fund) as connection:
        get_standing(connection, scope, case_id)
        found = list_referrals(connection, scope, case_id)
        if not found:
            raise NoReferralError("no referral of this case was sent")
        save_audit(connection, [event])
        return _open_file(connection, scope, found[0], now)


def step_referral(
    user: User,
    case_id: str,
    event: CaseEvent,
    step: Step,
    *,
    store: Store,
    now: datetime,
    lists: ReferralLists,
) -> ReferralFile:
    """Note that VDAB accepted or declined a referral, or that the pathway started or ended.

    Raises StaleError, StateError, or RequestRefusedError where the days are out of order.
    """
    check_can(user, Action.REFER)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        if step.state_version is not None:
            check_version(standing, step.state_version)
        to = find_next(standing.state, event)
        referral = list_referrals(connection, scope, case_id)[0]
        contract = list_assessments(connection, scope, case_id)[0].contract
        changes = _read_step(event, step, referral, contract, lists.medical, now.date())
        line = _build_event(user, scope, case_id, now, Action.REFER, event, referral)
        move_referral(connection, standing, to, referral.referral_id, changes, audit=[line])
        return _open_file(connection, scope, replace(referral, **changes), now)


def recall_referral(
    user: User, case_id: str, why: RecallReason, seen: int, *, store: Store, now: datetime
) -> ReferralFile:
    """Take back a form that VDAB did not accept yet; it is kept, as one that was stopped.

    Raises StaleError or StateError.
    """
    check_can(user, Action.REFER)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        check_version(standing, seen)
        to = find_next(standing.state, CaseEvent.RECALL)
        referral = list_referrals(connection, scope, case_id)[0]
        changes: dict[str, Any] = {"stopped_on": now.date(), "stopped_why": why.value}
        line = _build_event(user, scope, case_id, now, Action.REFER, CaseEvent.RECALL, referral)
        move_referral(connection, standing, to, referral.referral_id, changes, audit=[line])
        return _open_file(connection, scope, replace(referral, **changes), now)


def _read_step(
    event: CaseEvent,
    step: Step,
    referral: Referral,
    contract: Contract,
    medical: Medical,
    today: date,
) -> dict[str, Any]:
    """Return what a step changes of the referral; raises RequestRefusedError."""
    before = max(filter(None, (referral.sent_on, referral.accepted_on, referral.started_on)))
    faults = []
    if not before <= step.on <= today:
        expected = "een dag vanaf de vorige stap van deze doorverwijzing, en niet na vandaag"
        faults.append(FieldFault("on", expected))
    why = clean(step.why or "")
    if fault := find_text_fault_nl(why, MOST_WHY, contract, medical):
        faults.append(FieldFault("why", fault))
    if why and event not in _STOPS:
        faults.append(FieldFault("why", "enkel bij een weigering of een einde; laat weg"))
    if faults:
        raise RequestRefusedError("body", faults)
    changes: dict[str, Any] = {_FILLS[event]: step.on, "partner": step.partner or referral.partner}
    return changes | ({"stopped_why": why} if why else {})


_FORM = TypeAdapter(ReferralForm)


def read_form(referral: Referral) -> ReferralForm:
    """Return the form of a referral as it was sent."""
    return _FORM.validate_python(referral.form)


def _open_file(
    connection: Connection, scope: Scope, referral: Referral, now: datetime
) -> ReferralFile:
    standing = get_standing(connection, scope, referral.case_id)
    found = clocks(standing.absence_started_on, now.date())
    clock = next(one for one in found if one.key == PATHWAY_CLOCK)
    covers = covers_partner(list_consents(connection, scope, referral.case_id), referral.partner)
    return ReferralFile(referral, standing, clock, covers)


def _build_event(
    user: User,
    scope: Scope,
    case_id: str,
    now: datetime,
    action: Action,
    event: str,
    referral: Referral | None = None,
) -> AuditEvent:
    detail = {"event": str(event)} | ({"referral_id": referral.referral_id} if referral else {})
    return AuditEvent(now, user.key, action, scope.sickness_fund, case_id, detail)
