"""What is done on the page of a case: estimate, decide, record consent."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.consent import record_consent, withdraw_consent
from serving.contact_schemas import ContactIn
from serving.contacts import record_contact
from serving.decide import decide
from serving.decision_schemas import DecisionIn, OwnEstimateIn
from serving.deps import PageUser, Visitor
from serving.faults import FieldFault, RequestRefusedError
from serving.own_estimate import estimate_first
from serving.pages.form_schemas import SeenIn
from serving.permissions import Action
from serving.refer_schemas import ConsentIn
from serving.routes.page_parts import HereNow, PostedHere

router = APIRouter(prefix="/dossiers/{case_id}", include_in_schema=False)
Estimator = Annotated[Visitor, Depends(PageUser(Action.ESTIMATE_FIRST))]
Decider = Annotated[Visitor, Depends(PageUser(Action.DECIDE))]
Caller = Annotated[Visitor, Depends(PageUser(Action.RECORD_CONTACT))]
Recorder = Annotated[Visitor, Depends(PageUser(Action.RECORD_CONSENT))]


@router.post("/eigen-inschatting")
def post_own_estimate(here: HereNow, visitor: Estimator, posted: PostedHere) -> Response:
    """Keep the own answers to both questions."""

    def do() -> str:
        answers = posted.to_body(OwnEstimateIn).to_answers()
        store, mode = here.service.store, here.service.settings.own_estimate
        estimate_first(visitor.user, here.case_id, answers, store=store, now=here.now, mode=mode)
        return "inschatting"

    return here.attempt(visitor, "eigen", posted, do)


@router.post("/beslissing")
def post_decision(here: HereNow, visitor: Decider, posted: PostedHere) -> Response:
    """Keep a decision."""

    def do() -> str:
        choice = posted.to_body(DecisionIn).to_choice()
        store, mode = here.service.store, here.service.settings.own_estimate
        decide(visitor.user, here.case_id, choice, store=store, now=here.now, mode=mode)
        return "beslissing"

    return here.attempt(visitor, "beslissing", posted, do)


@router.post("/contact")
def post_contact(here: HereNow, visitor: Caller, posted: PostedHere) -> Response:
    """Note what became of a contact with the person."""

    def do() -> str:
        seen, body = posted.to_body(SeenIn).state_version, posted.to_body(ContactIn)
        store, now = here.service.store, here.now
        told = body.to_report()
        record_contact(visitor.user, here.case_id, told, store=store, now=now, seen_version=seen)
        return "contact"

    return here.attempt(visitor, "contact", posted, do)


@router.post("/toestemming")
def post_consent(here: HereNow, visitor: Recorder, posted: PostedHere) -> Response:
    """Record a consent; it is no less true where the case changed meanwhile."""

    def do() -> str:
        body = posted.to_body(ConsentIn)
        record_consent(
            visitor.user,
            here.case_id,
            body.given_on,
            body.purpose,
            store=here.service.store,
            now=here.now,
        )
        return "toestemming"

    return here.attempt(visitor, "toestemming", posted, do)


@router.post("/toestemming/intrekken")
def post_withdrawal(here: HereNow, visitor: Recorder, posted: PostedHere) -> Response:
    """Withdraw every consent, once that was confirmed."""

    def do() -> str:
        seen = posted.to_body(SeenIn).state_version
        if posted.get("sure") != "yes":
            expected = "een vinkje: de persoon trekt de toestemming in"
            raise RequestRefusedError("form", [FieldFault("sure", expected)])
        store, now = here.service.store, here.now
        done = withdraw_consent(visitor.user, here.case_id, store=store, now=now, seen=seen)
        return "gestopt" if done.tell_vdab else "ingetrokken"

    return here.attempt(visitor, "intrekken", posted, do)
