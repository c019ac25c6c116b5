"""Referring on the page of a case: compose the form, read it over, send it, and what VDAB does."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.deps import PageUser, Visitor
from serving.draft import Draft, preview_referral
from serving.faults import FieldFault, RequestRefusedError
from serving.pages.form_schemas import SeenIn
from serving.pages.form_texts import STEP_NL
from serving.pages.forms import Posted
from serving.pages.preview_view import PreviewView
from serving.pages.templating import render
from serving.permissions import Action
from serving.refer import Step, recall_referral, send_referral, step_referral
from serving.refer_schemas import RecallIn, ReferralIn, StepIn
from serving.referral_form import ReferralForm, Wishes
from serving.referral_letter import to_pdf
from serving.routes.page_parts import SHOWN, Here, HereNow, PostedHere
from serving.routes.parts import answer_pdf

router = APIRouter(prefix="/dossiers/{case_id}", include_in_schema=False)
Referrer = Annotated[Visitor, Depends(PageUser(Action.REFER))]
FORM = "aanmelding"


@router.post("/aanmelding/nalezen")
def post_preview(here: HereNow, visitor: Referrer, posted: PostedHere) -> Response:
    """Show the form as it would go to VDAB; nothing is sent."""
    try:
        form = _preview(here, visitor, posted, "preview")
    except SHOWN as error:
        return here.show(visitor, FORM, posted, error)
    view = PreviewView.of(form, here.case_id, posted)
    return render(here.request, "panel/preview.html", view=view)


@router.post("/aanmelding/aanpassen")
def post_change(here: HereNow, visitor: Referrer, posted: PostedHere) -> Response:
    """Go back to the page of the case with the form as it was filled in."""
    return here.show_filled(visitor, FORM, posted)


@router.post("/aanmelding/ontwerp.pdf")
def post_preview_pdf(here: HereNow, visitor: Referrer, posted: PostedHere) -> Response:
    """Give the letter with ONTWERP on it; nothing is sent."""
    try:
        form = _preview(here, visitor, posted, "preview_pdf")
    except SHOWN as error:
        return here.show(visitor, FORM, posted, error)
    return answer_pdf(to_pdf(form, is_draft=True), form.reference)


def _preview(here: Here, visitor: Visitor, posted: Posted, part: str) -> ReferralForm:
    store, lists = here.service.store, here.service.referral_lists
    draft = _read_draft(here, posted)
    return preview_referral(visitor.user, draft, store=store, now=here.now, lists=lists, part=part)


def _read_draft(here: Here, posted: Posted) -> Draft:
    body = posted.to_body(ReferralIn)
    wishes = Wishes(**body.model_dump(exclude={"state_version"}))
    return Draft(here.case_id, wishes, body.state_version)


@router.post("/aanmelding/versturen")
def post_referral(here: HereNow, visitor: Referrer, posted: PostedHere) -> Response:
    """Keep the form as it is sent."""

    def do() -> str:
        draft, lists = _read_draft(here, posted), here.service.referral_lists
        send_referral(visitor.user, draft, store=here.service.store, now=here.now, lists=lists)
        return "verstuurd"

    return here.attempt(visitor, FORM, posted, do)


@router.post("/traject")
def post_step(here: HereNow, visitor: Referrer, posted: PostedHere) -> Response:
    """Note that VDAB accepted or declined, or that the pathway started or ended."""

    def do() -> str:
        event = next((one for one in STEP_NL if one == posted.get("event")), None)
        if event is None:
            expected = "een van de mogelijkheden op de pagina"
            raise RequestRefusedError("form", [FieldFault("event", expected)])
        posted.to_body(SeenIn)  # the API takes a step without it; a page always sends it
        step = Step(**posted.to_body(StepIn).model_dump())
        step_referral(
            visitor.user,
            here.case_id,
            event,
            step,
            store=here.service.store,
            now=here.now,
            lists=here.service.referral_lists,
        )
        return "traject"

    return here.attempt(visitor, "traject", posted, do)


@router.post("/terugnemen")
def post_recall(here: HereNow, visitor: Referrer, posted: PostedHere) -> Response:
    """Take a form back that VDAB did not accept yet."""

    def do() -> str:
        body = posted.to_body(RecallIn)
        store, seen = here.service.store, body.state_version
        recall_referral(visitor.user, here.case_id, body.why, seen, store=store, now=here.now)
        return "teruggenomen"

    return here.attempt(visitor, "terugnemen", posted, do)
