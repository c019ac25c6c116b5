"""The use cases of a referral: the offers that fit, the form that is sent, and how far it comes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter

from features.contract import Contract
from features.deadlines import Clock, clocks
from serving.assessment import Assessment
from serving.capacities import Choices
from serving.consent import (
    PURPOSE_NL,
    ConsentPurpose,
    find_consent_to_refer,
    get_consent_to_refer,
)
from serving.errors import FieldFault, NotFoundError, RequestRefusedError
from serving.free_text import clean, find_text_fault_nl
from serving.medical import Medical
from serving.offers import Offer, find_offers
from serving.permissions import Action, Scope, User, check_can, get_scope
from serving.referral_form import (
    Consent,
    ReferralForm,
    ReferralRefusedError,
    Rules,
    Wishes,
    build_referral_form,
)
from serving.referral_lists import ReferralLists
from serving.referral_schemas import ReferralFormOut
from serving.states import CaseEvent, StateError, find_next
from serving.store.assessments import list_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.consents import KeptConsent, list_consents
from serving.store.engine import Store
from serving.store.referrals import (
    Referral,
    find_decision_to_refer,
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
    """A referral, where its case stands, and the clock of month 5."""

    referral: Referral
    standing: Standing
    clock: Clock

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
    user: User,
    case_id: str,
    wishes: Wishes,
    *,
    seen: int,
    store: Store,
    now: datetime,
    lists: ReferralLists,
) -> ReferralFile:
    """Make the form, keep it as it is sent, and move the case, with an audit line.

    Raises StaleError, StateError, NoConsentError, or RequestRefusedError with what has to change.
    """
    check_can(user, Action.REFER)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        check_version(standing, seen)
        to = find_next(standing.state, CaseEvent.SEND)
        consent = get_consent_to_refer(list_consents(connection, scope, case_id))
        decision_id = find_decision_to_refer(connection, scope, case_id)
        if decision_id is None:
            raise StateError("the last decision was not to refer")
        latest = list_assessments(connection, scope, case_id)[0]
        referral_id = uuid4().hex
        form = _build_form(latest, wishes, consent, referral_id, now.date(), lists)
        kept = ReferralFormOut.of(form).model_dump(mode="json")
        made = Referral(referral_id, case_id, decision_id, consent.consent_id, kept, now, user.key)
        event = _build_event(user, scope, case_id, now, Action.REFER, CaseEvent.SEND, made)
        save_referral(connection, standing, to, made, audit=[event])
        return _open_file(made, get_standing(connection, scope, case_id), now)


def _build_form(
    latest: Assessment,
    wishes: Wishes,
    consent: KeptConsent,
    key: str,
    today: date,
    lists: ReferralLists,
) -> ReferralForm:
    purpose_nl = PURPOSE_NL[ConsentPurpose(consent.purpose)]
    agreed = Consent(consent.given_on, consent.recorded_role, purpose_nl)
    rules = Rules(latest.contract, lists.choices, lists.offers, lists.medical)
    reference = f"KP-{key[:12].upper()}"
    try:
        return build_referral_form(
            latest.case,
            wishes,
            agreed,
            rules,
            reference=reference,
            made_on=today,
            contact_nl=lists.contact_nl,
        )
    except ReferralRefusedError as error:
        faults = [FieldFault(fault.field, fault.expected_nl) for fault in error.faults]
        raise RequestRefusedError("body", faults) from None


def view_referral(
    user: User, case_id: str, *, store: Store, now: datetime, part: str
) -> ReferralFile:
    """Return the last referral of a case in reach and note that it was seen as `part`."""
    check_can(user, Action.VIEW_CASE)
    scope = get_scope(user)
    event = _build_event(user, scope, case_id, now, Action.VIEW_CASE, part)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id)
        found = list_referrals(connection, scope, case_id)
        if not found:
            raise NotFoundError("no referral of this case was sent")
        save_audit(connection, [event])
    return _open_file(found[0], standing, now)


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
        return _open_file(
            replace(referral, **changes), get_standing(connection, scope, case_id), now
        )


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


def _open_file(referral: Referral, standing: Standing, now: datetime) -> ReferralFile:
    found = clocks(standing.absence_started_on, now.date())
    clock = next(one for one in found if one.key == PATHWAY_CLOCK)
    return ReferralFile(referral, standing, clock)


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
