"""The letter for the person: what was estimated, from what, and what the person can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from serving import person_letter_texts as told
from serving.assessment import Assessment
from serving.estimate_view import view_estimate
from serving.letter_pdf import set_letter
from serving.own_estimate import check_estimated, must_estimate_first
from serving.permissions import Action, User, check_can, get_scope
from serving.settings import OwnEstimateMode
from serving.store.assessments import list_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.engine import Store
from serving.store.requests import list_upheld
from serving.store.standing import build_objection, get_standing
from serving.wording import date_nl


@dataclass(frozen=True)
class Sender:
    """Who sends letters: the names of sickness funds by key, and how to reach them and the DPO."""

    fund_names: Mapping[str, str]
    contact_nl: str = ""
    dpo_nl: str = ""


@dataclass(frozen=True)
class PersonLetter:
    """A letter about the latest assessment of a case."""

    assessment: Assessment
    made_on: date
    fund_nl: str
    contact_nl: str
    dpo_nl: str


def write_person_letter(
    user: User, case_id: str, *, store: Store, now: datetime, mode: OwnEstimateMode, sender: Sender
) -> PersonLetter:
    """Return the letter about a case in reach, and note that it was made.

    Raises ObjectionOpenError while the person objects, and RequestRefusedError where the own
    estimate of the physician comes first: nobody sends numbers that may not be seen.
    """
    check_can(user, Action.SEND_LETTER)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id)
        if standing.is_blocked:
            is_upheld = bool(list_upheld(connection, scope, [case_id]))
            raise build_objection(is_upheld=is_upheld)
        if must_estimate_first(user, mode):
            check_estimated(connection, scope, user, standing)
        latest = list_assessments(connection, scope, case_id)[0]
        detail = {"event": "letter", "assessment_id": latest.assessment_id}
        fund = scope.sickness_fund
        line = AuditEvent(now, user.key, Action.SEND_LETTER, fund, case_id, detail)
        save_audit(connection, [line])
    return PersonLetter(
        assessment=latest,
        made_on=now.date(),
        fund_nl=sender.fund_names.get(fund) or fund,
        contact_nl=sender.contact_nl,
        dpo_nl=sender.dpo_nl,
    )


def to_pdf(letter: PersonLetter) -> bytes:
    """Return the letter: numbers and rights first, all data in an annex on a page of its own."""
    return set_letter("person_letter.typ", to_texts(letter), letter.made_on)


def to_texts(letter: PersonLetter) -> dict[str, Any]:
    """Return what the letter says, as its template wants it."""
    a = letter.assessment
    view, row = view_estimate(a), told.read_row(a)
    return {
        "case_id": a.case_id,
        "made_on": date_nl(letter.made_on),
        "fund": letter.fund_nl,
        "contact": letter.contact_nl,
        "opening": told.tell_opening(a),
        "chances": told.tell_chances(view),
        "question": told.ask_estimate(a),
        "estimate": told.tell_estimate(a, view),
        "use": told.tell_use(a),
        "not_used": told.NOT_USED_NL,
        "data": told.tell_data(a),
        "change": told.tell_change(),
        "rights": told.tell_rights(letter.contact_nl, letter.dpo_nl),
        "screened_on": date_nl(a.screened_on),
        "made_by": told.tell_made(a),
        "about_annex": told.ANNEX_NL,
        "about_changeable": told.CHANGEABLE_NL,
        "changeable": told.list_changeable(a.reasons.usual, a.contract, row),
        "known": told.list_data(a, row),
    }
