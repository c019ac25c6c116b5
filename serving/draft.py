"""The form of a referral before it is sent: whether it may go, what it says, and a preview."""

from dataclasses import dataclass
from datetime import datetime

from serving.assessment import Assessment
from serving.consent import PURPOSE_NL, ConsentPurpose, get_consent_to_refer
from serving.faults import RequestRefusedError
from serving.permissions import Action, User, check_can, get_scope
from serving.referral_form import (
    Consent,
    ReferralForm,
    ReferralRefusedError,
    Rules,
    Sender,
    Wishes,
    build_referral_form,
    check_not_empty,
)
from serving.referral_lists import ReferralLists
from serving.states import CaseEvent, CaseState, StateError, find_next
from serving.store.assessments import list_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.consents import KeptConsent, list_consents
from serving.store.engine import Connection, Store
from serving.store.referrals import find_decision_to_refer
from serving.store.requests import check_no_objection
from serving.store.standing import Standing, check_version, get_standing

DRAFT_REFERENCE = "ONTWERP"


@dataclass(frozen=True)
class Draft:
    """What somebody wants to send, of a case as it was seen."""

    case_id: str
    wishes: Wishes
    seen: int


@dataclass(frozen=True)
class Ready:
    """A form that may go out, the case that it is of, and on what it rests."""

    form: ReferralForm
    standing: Standing
    to: CaseState
    consent_id: str
    decision_id: str


def preview_referral(
    user: User, draft: Draft, *, store: Store, now: datetime, lists: ReferralLists, part: str
) -> ReferralForm:
    """Return the form as it would be sent; nothing is kept but an audit line that names `part`."""
    check_can(user, Action.REFER)
    scope = get_scope(user)
    event = AuditEvent(
        now, user.key, Action.REFER, scope.sickness_fund, draft.case_id, {"event": part}
    )
    with store.writing(scope.sickness_fund) as connection:
        ready = prepare(connection, user, draft, DRAFT_REFERENCE, now=now, lists=lists)
        save_audit(connection, [event])
    return ready.form


def prepare(
    connection: Connection,
    user: User,
    draft: Draft,
    reference: str,
    *,
    now: datetime,
    lists: ReferralLists,
) -> Ready:
    """Return the form if it may be sent now.

    Raises StaleError, StateError, NoConsentError, ObjectionOpenError, or RequestRefusedError with
    what has to change.
    """
    scope = get_scope(user)
    standing = get_standing(connection, scope, draft.case_id, hold=True)
    check_no_objection(connection, scope, standing)
    check_version(standing, draft.seen)
    to = find_next(standing.state, CaseEvent.SEND)
    consent = get_consent_to_refer(list_consents(connection, scope, draft.case_id))
    decision_id = find_decision_to_refer(connection, scope, draft.case_id)
    if decision_id is None:
        raise StateError("the last decision was not to refer")
    latest = list_assessments(connection, scope, draft.case_id)[0]
    fund_nl = lists.fund_names.get(scope.sickness_fund, "")
    sender = Sender(user.role, fund_nl, lists.contact_nl)
    try:
        form = _build_form(latest, draft.wishes, consent, reference, sender, now, lists)
    except ReferralRefusedError as error:
        raise RequestRefusedError("body", error.faults) from None
    return Ready(form, standing, to, consent.consent_id, decision_id)


def _build_form(
    latest: Assessment,
    wishes: Wishes,
    consent: KeptConsent,
    reference: str,
    sender: Sender,
    now: datetime,
    lists: ReferralLists,
) -> ReferralForm:
    purpose_nl = PURPOSE_NL[ConsentPurpose(consent.purpose)]
    agreed = Consent(consent.given_on, consent.recorded_role, purpose_nl)
    rules = Rules(latest.contract, lists.choices, lists.offers, lists.medical)
    made_on = now.date()
    form = build_referral_form(
        latest.case, wishes, agreed, rules, reference=reference, made_on=made_on, sender=sender
    )
    check_not_empty(form)
    return form
