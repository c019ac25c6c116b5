"""Letters for the person and for VDAB, as PDF."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving import referral_letter
from serving.deps import PageUser, Visitor
from serving.permissions import Action
from serving.refer import read_form, view_referral
from serving.routes.letters import answer_letter
from serving.routes.parts import Now, ServiceHere, answer_pdf

router = APIRouter(include_in_schema=False)


@router.get("/dossiers/{case_id}/brief.pdf")
def get_letter(
    case_id: str,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.SEND_LETTER))],
) -> Response:
    """Give the letter for the person."""
    return answer_letter(visitor.user, case_id, service, now)


@router.get("/dossiers/{case_id}/aanmelding.pdf")
def get_referral_form(
    case_id: str,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.VIEW_CASE))],
) -> Response:
    """Give the last referral form as it was sent."""
    found = view_referral(visitor.user, case_id, store=service.store, now=now, part="referral_pdf")
    form = read_form(found.referral)
    return answer_pdf(referral_letter.to_pdf(form), form.reference)
