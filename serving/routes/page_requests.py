"""What the person asks, on the page of a case: objection, correction, access."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.access_report import build_access_report
from serving.access_schemas import AccessReportOut
from serving.deps import PageUser, Visitor, build_desk
from serving.pages.access_view import AccessView
from serving.pages.form_schemas import SeenIn
from serving.pages.forms import Posted
from serving.pages.templating import render
from serving.pages.work_requests import ANSWER_FORM
from serving.permissions import Action
from serving.person_schemas import AnswerIn, RequestIn
from serving.persons import Answer, handle_request, record_request
from serving.routes.page_parts import SHOWN, HereNow, PostedHere
from serving.store.requests import RequestKind

router = APIRouter(prefix="/dossiers/{case_id}", include_in_schema=False)
Asker = Annotated[Visitor, Depends(PageUser(Action.RECORD_REQUEST))]
Handler = Annotated[Visitor, Depends(PageUser(Action.HANDLE_REQUEST))]


@router.post("/vragen")
def post_request(here: HereNow, visitor: Asker, posted: PostedHere) -> Response:
    """Note what the person asks."""

    def do() -> str:
        seen, body = posted.to_body(SeenIn).state_version, posted.to_body(RequestIn)
        record_request(
            visitor.user,
            here.case_id,
            body.kind,
            body.text,
            store=here.service.store,
            now=here.now,
            received_on=body.received_on,
            seen_version=seen,
        )
        return "bezwaar" if body.kind is RequestKind.OBJECTION else "vraag"

    return here.attempt(visitor, "vraag", posted, do)


@router.post("/vragen/{request_id}")
def post_answer(here: HereNow, visitor: Handler, posted: PostedHere, request_id: str) -> Response:
    """Keep the answer of a physician."""

    def do() -> str:
        seen, body = posted.to_body(SeenIn).state_version, posted.to_body(AnswerIn)
        answer = Answer(body.outcome, body.outcome_text, seen_version=seen)
        desk = build_desk(here.service, visitor.user, here.now)
        handle_request(here.case_id, request_id, answer, desk=desk, store=here.service.store)
        return "antwoord"

    return here.attempt(visitor, f"{ANSWER_FORM}-{request_id}", posted, do)


@router.get("/inzage")
def get_access_report(here: HereNow, visitor: Handler) -> Response:
    """Show everything that is kept of a case, to give to the person."""
    settings = here.service.settings
    try:
        report = build_access_report(
            visitor.user,
            here.case_id,
            store=here.service.store,
            now=here.now,
            mode=settings.own_estimate,
        )
    except SHOWN as error:
        return here.show(visitor, "inzage", Posted({}), error)
    told = AccessReportOut.of(
        report,
        retention_months=settings.retention_months,
        dpo_contact=settings.dpo_contact,
        now=here.now,
    )
    return render(here.request, "panel/access.html", view=AccessView.of(told))
