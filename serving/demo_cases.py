"""What was done about one made-up case, as the store keeps it: each step as the service allows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from serving.assessment import Assessment
from serving.consent import PURPOSE_NL, ConsentPurpose
from serving.demo_practice import Answers, Deed, Screened, deviates, list_deeds
from serving.offers import Fit, find_offers
from serving.permissions import Role
from serving.referral_form import (
    Consent,
    Rules,
    Sender,
    Wishes,
    build_referral_form,
)
from serving.referral_lists import ReferralLists
from serving.referral_schemas import ReferralFormOut
from serving.states import CaseEvent, DecisionKind, find_next
from serving.store.consents import KeptConsent
from serving.store.decisions import Decision, OwnEstimate
from serving.store.past import Past
from serving.store.referrals import Referral

PURPOSE = ConsentPurpose.SHARE_WITH_VDAB_AND_PARTNER
NOT_BEGUN_NL = "het traject is niet begonnen"
_DAYS = {
    CaseEvent.ACCEPT: "accepted_on",
    CaseEvent.START: "started_on",
    CaseEvent.END: "ended_on",
    CaseEvent.DECLINE: "stopped_on",
}


@dataclass(frozen=True)
class Team:
    """Who works on a case, what forms are made with, and the lot that makes up the rest."""

    physician: str
    coordinator: str
    lists: ReferralLists
    now: datetime
    rng: Random

    def draw_id(self) -> str:
        """Return a new identifier."""
        return UUID(int=self.rng.getrandbits(128)).hex


def build_past(
    assessments: Sequence[Assessment], screenings: Iterable[Screened], team: Team
) -> Past:
    """Return what became of a case of which these are the assessments and the screenings."""
    by_day = {a.screened_on: a for a in assessments}
    first = assessments[0]
    past = Past(first.sickness_fund, first.case_id)
    for place, screened in enumerate(screenings):
        if place:
            past = _move(past, CaseEvent.REASSESS)
        for deed in list_deeds(screened, team.rng):
            past = _do(past, deed, by_day[screened.on], screened, team)
    return past


def _do(past: Past, deed: Deed, of: Assessment, screened: Screened, team: Team) -> Past:
    at = deed.at.replace(tzinfo=team.now.tzinfo)
    if isinstance(deed.what, DecisionKind):
        return _decide(past, deed, deed.what, of, at, team)
    if isinstance(deed.what, Answers):
        own = OwnEstimate(of.assessment_id, team.physician, at, *deed.what)
        return replace(past, own_estimates=(*past.own_estimates, own))
    if not isinstance(deed.what, CaseEvent):
        role = Role.RTW_COORDINATOR
        given = KeptConsent(team.draw_id(), at.date(), PURPOSE.value, at, team.coordinator, role)
        return replace(past, consents=(*past.consents, given))
    past = _move(past, deed.what)
    if deed.what is CaseEvent.SEND:
        return replace(past, referrals=(*past.referrals, _send(past, of, at, team)))
    if deed.what not in _DAYS:
        return past
    changes: dict[str, Any] = {_DAYS[deed.what]: at.date()}
    if deed.what is CaseEvent.DECLINE:
        changes["stopped_why"] = NOT_BEGUN_NL
    elif screened.route is not None:
        changes["partner"] = screened.route.partner
    last = replace(past.referrals[-1], **changes)
    return replace(past, referrals=(*past.referrals[:-1], last))


def _move(past: Past, event: CaseEvent | DecisionKind) -> Past:
    """Return the case one step further; what waits for a day waits no more."""
    to = find_next(past.state, event)
    is_same = to is past.state and event is CaseEvent.REASSESS
    return replace(past, state=to, steps=past.steps + (not is_same), look_again_on=None)


def _decide(
    past: Past, deed: Deed, kind: DecisionKind, of: Assessment, at: datetime, team: Team
) -> Past:
    made = Decision(
        decision_id=team.draw_id(),
        assessment_id=of.assessment_id,
        made_at=at,
        made_by=team.physician,
        kind=kind,
        suggestion=of.suggestion,
        deviates=deviates(of.suggestion, kind),
        reason=deed.reason,
        reason_text=None,
        look_again_on=deed.look_again_on,
    )
    moved = _move(past, kind)
    return replace(moved, decisions=(*past.decisions, made), look_again_on=deed.look_again_on)


def _send(past: Past, of: Assessment, at: datetime, team: Team) -> Referral:
    """Return the referral on the last decision and consent."""
    given, referral_id = past.consents[-1], team.draw_id()
    lists, role = team.lists, given.recorded_role
    form = build_referral_form(
        of.case,
        _wish(of, at, team),
        Consent(given.given_on, role, PURPOSE_NL[PURPOSE]),
        Rules(of.contract, lists.choices, lists.offers, lists.medical),
        reference=f"KP-{referral_id[:12].upper()}",
        made_on=at.date(),
        sender=Sender(role, lists.fund_names.get(of.sickness_fund, ""), lists.contact_nl),
    )
    return Referral(
        referral_id=referral_id,
        case_id=of.case_id,
        decision_id=past.decisions[-1].decision_id,
        consent_id=given.consent_id,
        form=ReferralFormOut.of(form).model_dump(mode="json"),
        sent_at=at,
        sent_by=team.coordinator,
    )


def _wish(of: Assessment, at: datetime, team: Team) -> Wishes:
    choices, rng = team.lists.choices, team.rng
    fitting = find_offers(of.case, of.contract, at.date(), team.lists.offers)
    named = [one.key for one in fitting if one.fit is Fit.FITS and not one.reveals_diagnosis]
    return Wishes(
        capacities=tuple(one.key for one in rng.sample(choices.capacities, 2)),
        needs=tuple(one.key for one in rng.sample(choices.needs, 1)),
        offers=tuple(named[:1]),
    )
