"""The use cases of consent: a person agrees to what the fund may pass on, and may withdraw it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import uuid4

from serving.faults import check_fields
from serving.permissions import Action, User, check_can, get_scope
from serving.states import TRANSITIONS, CaseEvent
from serving.store.audit import AuditEvent
from serving.store.consents import (
    KeptConsent,
    NoConsentError,
    end_consents,
    list_consents,
    save_consent,
)
from serving.store.engine import Store
from serving.store.referrals import RUNNING, list_referrals, move_referral
from serving.store.standing import Standing, check_version, get_standing, move_case


class ConsentPurpose(StrEnum):
    """What a person can agree to."""

    SHARE_WITH_VDAB = "share_with_vdab"
    SHARE_WITH_VDAB_AND_PARTNER = "share_with_vdab_and_partner"
    CONTACT_EMPLOYER = "contact_employer"


PURPOSE_NL: Mapping[ConsentPurpose, str] = {
    ConsentPurpose.SHARE_WITH_VDAB: (
        "het ziekenfonds geeft aan VDAB door wat de persoon kan en nodig heeft"
    ),
    ConsentPurpose.SHARE_WITH_VDAB_AND_PARTNER: (
        "het ziekenfonds geeft aan VDAB, en aan de partner van VDAB die de persoon begeleidt, "
        "door wat de persoon kan en nodig heeft"
    ),
    ConsentPurpose.CONTACT_EMPLOYER: "het ziekenfonds neemt contact op met de werkgever",
}
# without one of these no form goes to VDAB
FOR_REFERRAL = (ConsentPurpose.SHARE_WITH_VDAB, ConsentPurpose.SHARE_WITH_VDAB_AND_PARTNER)


@dataclass(frozen=True)
class Withdrawn:
    """What followed from withdrawing: where the case stands, and whether VDAB has to be told."""

    standing: Standing
    tell_vdab: bool


def record_consent(
    user: User,
    case_id: str,
    given_on: date,
    purpose: ConsentPurpose,
    *,
    store: Store,
    now: datetime,
) -> KeptConsent:
    """Keep what a person agreed to, with an audit line; the same consent is kept once."""
    check_can(user, Action.RECORD_CONSENT)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        found = list_consents(connection, scope, case_id)
        _check_day(given_on, standing, found, now)
        for known in found:
            if known.withdrawn_at is None and (known.given_on, known.purpose) == (
                given_on,
                purpose,
            ):
                return known
        made = KeptConsent(uuid4().hex, given_on, purpose.value, now, user.key, user.role)
        detail = {"event": "given", "consent_id": made.consent_id}
        event = AuditEvent(
            now, user.key, Action.RECORD_CONSENT, scope.sickness_fund, case_id, detail
        )
        save_consent(connection, scope, case_id, made, audit=[event])
    return made


def _check_day(
    given_on: date, standing: Standing, found: Iterable[KeptConsent], now: datetime
) -> None:
    ended = [one.withdrawn_at.astimezone(now.tzinfo).date() for one in found if one.withdrawn_at]
    expected = None
    if not standing.absence_started_on <= given_on <= now.date():
        expected = "een dag vanaf het begin van de afwezigheid, en niet na vandaag"
    elif ended and given_on < max(ended):
        expected = "een dag vanaf die waarop de toestemming ingetrokken is"
    check_fields({"given_on": expected})


def withdraw_consent(
    user: User, case_id: str, *, store: Store, now: datetime, seen: int | None = None
) -> Withdrawn:
    """End every consent of a case and the referral that rested on it, with an audit line.

    Raises StaleError where the case changed since it was `seen`, or NoConsentError.
    """
    check_can(user, Action.RECORD_CONSENT)
    scope = get_scope(user)
    detail = {"event": CaseEvent.WITHDRAW.value}
    event = AuditEvent(now, user.key, Action.RECORD_CONSENT, scope.sickness_fund, case_id, detail)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        if seen is not None:
            check_version(standing, seen)
        if all(one.withdrawn_at for one in list_consents(connection, scope, case_id)):
            raise NoConsentError("there is no consent to withdraw")
        to = TRANSITIONS.get((standing.state, CaseEvent.WITHDRAW))
        is_running = standing.state in RUNNING
        if is_running and to is not None:
            referral = list_referrals(connection, scope, case_id)[0]
            changes = {"stopped_on": now.date(), "stopped_why": CaseEvent.WITHDRAW.value}
            if referral.started_on is not None:
                changes["ended_on"] = now.date()
            move_referral(connection, standing, to, referral.referral_id, changes, audit=())
        elif to is not None:
            move_case(connection, standing, to, audit=())
        end_consents(connection, scope, case_id, at=now, by=user.key, audit=[event])
        return Withdrawn(get_standing(connection, scope, case_id), tell_vdab=is_running)


def covers_partner(consents: Iterable[KeptConsent], partner: str | None) -> bool:
    """Tell whether a consent that holds lets a partner of VDAB know; true where there is none."""
    if partner is None or partner.strip().casefold() == "vdab":
        return True
    wide = ConsentPurpose.SHARE_WITH_VDAB_AND_PARTNER
    return any(one.withdrawn_at is None and one.purpose == wide for one in consents)


def get_consent_to_refer(consents: Iterable[KeptConsent]) -> KeptConsent:
    """Return the last consent that lets a form go to VDAB; raises NoConsentError for none."""
    found = find_consent_to_refer(consents)
    if found is None:
        raise NoConsentError("no consent that holds lets a form go to VDAB")
    return found


def find_consent_to_refer(consents: Iterable[KeptConsent]) -> KeptConsent | None:
    """Return the last consent that holds and lets a form go to VDAB, if there is one."""
    held = (one for one in consents if one.withdrawn_at is None and one.purpose in FOR_REFERRAL)
    return next(held, None)
