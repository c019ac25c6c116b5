"""What happened with a case, from everything that the store keeps of it, each as a short line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

from serving.access_texts import EXIT_NL
from serving.case_file import CaseFile
from serving.consent import PURPOSE_NL, ConsentPurpose
from serving.decision_reasons import REASON_NL
from serving.person_schemas import OUTCOME_NL
from serving.refer_schemas import STOPPED_NL
from serving.states import DECISION_NL
from serving.store.consents import KeptConsent
from serving.store.contacts import RESULT_NL, Contact
from serving.store.decisions import Decision
from serving.store.referrals import Referral
from serving.store.requests import PersonRequest, RequestKind
from serving.wording import date_nl, upper_first

ASKED_NL = {
    RequestKind.OBJECTION: "Bezwaar tegen inschattingen",
    RequestKind.CORRECTION: "Vraag om gegevens te verbeteren",
    RequestKind.ACCESS: "Vraag om inzage",
}


class Kind(StrEnum):
    """What an event is about: the page marks each in its own way."""

    ESTIMATE = "estimate"
    DECISION = "decision"
    REFERRAL = "referral"
    PERSON = "person"
    WORK = "work"


@dataclass(frozen=True)
class Event:
    """Something that happened on a day; `more_nl` says a little more where there is more."""

    day: date
    kind: Kind
    text_nl: str
    more_nl: str = ""


def list_events(file: CaseFile, user_key: str, zone: tzinfo | None) -> list[Event]:
    """Return what happened with a case, the last first, each thing of a day once.

    No number of an estimate is among it, and while the case is withheld nothing that tells of one.
    """
    trail = file.trail
    found = [
        *(Event(a.screened_on, Kind.ESTIMATE, "Ingeschat") for a in file.history[::-1]),
        *_list_own(file, user_key, zone),
        *(_tell_decision(d, zone, is_told=not file.is_withheld) for d in file.decisions[::-1]),
        *(_tell_contact(one, zone) for one in file.contacts[::-1]),
        *(event for one in trail.consents[::-1] for event in _tell_consent(one, zone)),
        *(event for one in trail.referrals[::-1] for event in _tell_referral(one, zone)),
        *(event for one in trail.requests[::-1] for event in _tell_request(one, zone)),
        *_list_reported(file),
    ]
    # of one day the list above runs from first to last
    last_first = list(dict.fromkeys(found))[::-1]
    return sorted(last_first, key=lambda event: event.day, reverse=True)


def _day(at: datetime, zone: tzinfo | None) -> date:
    return at.astimezone(zone).date()


def _list_own(file: CaseFile, user_key: str, zone: tzinfo | None) -> Iterator[Event]:
    for made in file.own_estimates[::-1]:
        whose = "Uw eigen inschatting" if made.user_key == user_key else "Een arts schatte zelf in"
        yield Event(_day(made.made_at, zone), Kind.DECISION, whose)


def _tell_decision(made: Decision, zone: tzinfo | None, *, is_told: bool) -> Event:
    said = []
    if made.look_again_on is not None:
        said.append(f"opnieuw te bekijken op {date_nl(made.look_again_on)}")
    if is_told and made.deviates:
        said.append("anders dan het voorstel")
    if is_told and made.reason is not None:
        said.append(f"reden: {REASON_NL[made.reason]}")
    if is_told and made.reason_text:
        said.append(made.reason_text)
    text = f"Beslist: {DECISION_NL[made.kind]}"
    return Event(_day(made.made_at, zone), Kind.DECISION, text, _join(said))


def _join(said: Iterable[str]) -> str:
    return upper_first("; ".join(said))


def _tell_contact(one: Contact, zone: tzinfo | None) -> Event:
    said = [one.note] if one.note else []
    if one.call_again_on is not None:
        said.insert(0, f"op {date_nl(one.call_again_on)}")
    text = f"Contact met de persoon: {RESULT_NL[one.result]}"
    return Event(_day(one.made_at, zone), Kind.PERSON, text, _join(said))


def _tell_consent(one: KeptConsent, zone: tzinfo | None) -> Iterator[Event]:
    what = _join([PURPOSE_NL[ConsentPurpose(one.purpose)]])
    yield Event(one.given_on, Kind.PERSON, "Toestemming gegeven", what)
    if one.withdrawn_at is not None:
        yield Event(_day(one.withdrawn_at, zone), Kind.PERSON, "Toestemming ingetrokken", what)


def _tell_referral(one: Referral, zone: tzinfo | None) -> Iterator[Event]:
    partner = _name_partner(one.partner)
    why = STOPPED_NL.get(one.stopped_why or "", one.stopped_why) or ""
    steps = (
        (one.sent_at.astimezone(zone).date(), "Aanmelding verstuurd naar VDAB", ""),
        (one.accepted_on, "Aanmelding aanvaard door VDAB", partner),
        (one.started_on, "Traject gestart", partner),
        # why a pathway ended is kept where a referral that stopped keeps it
        (one.ended_on, "Traject beëindigd", _join([why])),
        (one.stopped_on, "Doorverwijzing gestopt", _join([why])),
    )
    for day, text, more in steps:
        if day is not None:
            yield Event(day, Kind.REFERRAL, text, more)


def _tell_request(one: PersonRequest, zone: tzinfo | None) -> Iterator[Event]:
    asked = ASKED_NL[one.kind]
    waits = "" if one.outcome else "Nog niet beantwoord"
    yield Event(_day(one.made_at, zone), Kind.PERSON, asked, waits)
    if one.handled_at is not None and one.outcome is not None:
        text = f"{asked}: {OUTCOME_NL[one.outcome]}"
        yield Event(_day(one.handled_at, zone), Kind.PERSON, text)


def _list_reported(file: CaseFile) -> Iterator[Event]:
    trail = file.trail
    for row in trail.pathways:
        partner = _name_partner(row["partner"])
        yield Event(row["referred_on"], Kind.REFERRAL, "Aangemeld, volgens VDAB", partner)
        if row["started_on"] is not None:
            yield Event(row["started_on"], Kind.REFERRAL, "Traject gestart", partner)
        if row["ended_on"] is not None:
            yield Event(row["ended_on"], Kind.REFERRAL, "Traject beëindigd")
    for row in trail.work_periods:
        yield Event(row["started_on"], Kind.WORK, "Werk hervat")
        if row["ended_on"] is not None:
            yield Event(row["ended_on"], Kind.WORK, "Werk weer gestopt")
    for row in trail.follow_up:
        if row["exited_on"] is not None and row["exit"] is not None:
            yield Event(row["exited_on"], Kind.WORK, _join([EXIT_NL[row["exit"]]]))


def _name_partner(partner: str | None) -> str:
    if not partner:
        return ""
    return "Bij VDAB" if partner.lower() == "vdab" else f"Bij {partner}"
