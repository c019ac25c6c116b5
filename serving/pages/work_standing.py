"""Where a case stands, who works at it, and what is asked of whoever looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from serving.case_file import CaseFile
from serving.consent import find_consent_to_refer
from serving.pages.work_contacts import find_last_contact, tell_contact
from serving.permissions import Action, User, can
from serving.person_schemas import KIND_NL
from serving.refer import PATHWAY_CLOCK
from serving.states import DECISION_NL, OBJECTION_NL, STATE_NL, CaseState
from serving.store.contacts import ContactResult
from serving.store.referrals import RUNNING
from serving.store.requests import RequestKind
from serving.wording import ZONE, date_nl, days_left_nl, moment_nl, upper_first

_S = CaseState
_OBJECTION_NL = (
    "Antwoord eerst op het bezwaar. Tot dan wordt er niets ingeschat, beslist of doorverwezen.",
    "Een arts antwoordt op het bezwaar. Tot dan wordt er niets beslist of doorverwezen.",
)
_UPHELD_NL = (
    "Er wordt niets meer ingeschat. U kunt nog zelf beslissen, zonder voorstel.",
    "Er wordt niets meer ingeschat. Enkel een arts kan nog beslissen.",
)
_OWN_FIRST_NL = "Beantwoord de twee vragen hieronder. Daarna ziet u de inschatting en beslist u."
_NO_CONSENT_NL = "Vraag de persoon om toestemming en noteer die. Daarna kan de aanmelding weg."
# by state: for who decides, and for who calls the person
_NEXT_NL: Mapping[CaseState, tuple[str, str]] = {
    _S.OPEN: (
        "Beslis wat er nu met dit dossier gebeurt.",
        "Een arts beslist eerst. Van u wordt nu niets gevraagd.",
    ),
    _S.WITH_COORDINATOR: (
        "De coördinator belt de persoon. Beslis verder als dat gesprek er was.",
        "Bel de persoon en noteer hieronder wat het werd, en de toestemming als die er is.",
    ),
    _S.WAITING: (
        "Op {look_again} komt dit dossier vanzelf terug. Tot dan wordt niets gevraagd.",
        "Op {look_again} komt dit dossier vanzelf terug. Tot dan wordt niets gevraagd.",
    ),
    _S.TO_REFER: (
        "Stel het aanmeldingsformulier op, lees het na en bezorg het aan VDAB.",
        "Stel het aanmeldingsformulier op, lees het na en bezorg het aan VDAB.",
    ),
    _S.REFERRED: (
        "Bezorg VDAB het ondertekende formulier, en noteer hier wat VDAB antwoordt.",
        "Bezorg VDAB het ondertekende formulier, en noteer hier wat VDAB antwoordt.",
    ),
    _S.ACCEPTED: (
        "VDAB aanvaardde de aanmelding. Noteer hier wanneer het traject start.",
        "VDAB aanvaardde de aanmelding. Noteer hier wanneer het traject start.",
    ),
    _S.STARTED: (
        "Het traject loopt. Noteer hier wanneer het eindigt.",
        "Het traject loopt. Noteer hier wanneer het eindigt.",
    ),
    _S.ENDED: ("Er wordt niets meer gevraagd.", "Er wordt niets meer gevraagd."),
    _S.CLOSED: (
        "Er wordt niets meer gevraagd. Verandert er iets, dan kunt u opnieuw beslissen.",
        "Er wordt niets meer gevraagd.",
    ),
}
# once the coordinator reported back
_CONTACT_NL: Mapping[ContactResult, tuple[str, str]] = {
    ContactResult.REACHED: (
        "De persoon is bereikt. Lees hieronder het verslag en beslis verder.",
        "U sprak de persoon. Noteer de toestemming als die er is. De arts beslist verder.",
    ),
    ContactResult.DOES_NOT_WANT: (
        "De persoon wil niet. Dat mag, en er volgt niets vanzelf: beslis verder.",
        "De persoon wil niet, en dat mag. De arts beslist verder.",
    ),
    ContactResult.CALL_AGAIN: (
        "De persoon {told}. Beslis verder als dat gesprek er was.",
        "De persoon {told}. Noteer daarna wat het werd.",
    ),
}


@dataclass(frozen=True)
class StandingView:
    """The head of the panel."""

    state_nl: str
    objection_nl: str
    worker_nl: str
    can_take: bool
    can_release: bool
    next_nl: str
    decided_nl: str
    clock_nl: str
    is_late: bool
    waiting: Sequence[str]

    @classmethod
    def of(cls, file: CaseFile, user: User, names: Mapping[str, str]) -> "StandingView":
        """Return where a case stands for this user."""
        standing = file.standing
        clock = next((one for one in file.clocks if one.key == PATHWAY_CLOCK), None)
        awaits_start = standing.state in (_S.TO_REFER, _S.REFERRED, _S.ACCEPTED)
        counts = clock is not None and awaits_start
        return cls(
            state_nl=upper_first(STATE_NL[standing.state]),
            objection_nl=upper_first(OBJECTION_NL[file.is_upheld]) if standing.is_blocked else "",
            worker_nl=_name_worker(standing.assigned_to, user, names),
            can_take=can(user, Action.TAKE_CASE) and standing.assigned_to is None,
            can_release=can(user, Action.TAKE_CASE) and standing.assigned_to is not None,
            next_nl=find_next_step(file, user),
            decided_nl=tell_decided(file, names),
            clock_nl=_tell_clock(clock.due_on, clock.days_left) if clock and counts else "",
            is_late=clock is not None and counts and clock.days_left < 0,
            waiting=[
                KIND_NL[one.kind]
                for one in file.trail.requests
                if one.outcome is None and one.kind is not RequestKind.OBJECTION
            ],
        )


def _name_worker(key: str | None, user: User, names: Mapping[str, str]) -> str:
    if key is None:
        return "Nog niemand werkt hieraan."
    if key == user.key:
        return "U werkt hieraan."
    return f"{names.get(key, 'Een collega')} werkt hieraan."


def _tell_clock(due_on: date, days_left: int) -> str:
    must = "moest" if days_left < 0 else "moet"
    on = date_nl(due_on)
    return f"Het traject {must} ten laatste op {on} gestart zijn ({days_left_nl(days_left)})."


def find_next_step(file: CaseFile, user: User) -> str:
    """Return the next step that is asked of this user."""
    standing, place = file.standing, 0 if can(user, Action.DECIDE) else 1
    if standing.is_blocked and not file.is_upheld and standing.state not in RUNNING:
        return _OBJECTION_NL[place]
    if standing.is_blocked and file.is_upheld and standing.state is _S.CLOSED:
        return _UPHELD_NL[place]
    if file.is_withheld and not standing.is_blocked:
        return _OWN_FIRST_NL
    if standing.state is _S.TO_REFER and find_consent_to_refer(file.trail.consents) is None:
        return _NO_CONSENT_NL
    contact = find_last_contact(file)
    if contact is not None and contact.result in _CONTACT_NL:
        return _CONTACT_NL[contact.result][place].format(told=tell_contact(contact))
    look_again = date_nl(standing.look_again_on) if standing.look_again_on else "de gekozen dag"
    return _NEXT_NL[standing.state][place].format(look_again=look_again)


def tell_decided(file: CaseFile, names: Mapping[str, str]) -> str:
    """Return the last decision in a sentence, with who took it and when; nothing for none."""
    if not file.decisions:
        return ""
    last = file.decisions[0]
    who = names.get(last.made_by, "een collega")
    on = moment_nl(last.made_at.astimezone(ZONE))
    return f"Laatste beslissing: {DECISION_NL[last.kind]}, door {who} op {on}."
