"""The page of a case."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.case_file import view_case
from serving.deps import PageUser, Visitor
from serving.faults import RequestRefusedError
from serving.pages.case_view import CaseView
from serving.pages.templating import render
from serving.permissions import Action, can
from serving.routes.parts import Now, ServiceHere
from serving.store.standing import build_objection

router = APIRouter(include_in_schema=False)


@router.get("/dossiers/{case_id}")
def get_case(
    request: Request,
    case_id: str,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.VIEW_CASE))],
) -> Response:
    """Show one case."""
    file = view_case(
        visitor.user,
        case_id,
        store=service.store,
        bundle=service.bundle,
        now=now,
        mode=service.settings.own_estimate,
    )
    if file.standing.is_blocked:
        raise build_objection(is_upheld=file.is_upheld)
    if file.is_withheld:
        raise RequestRefusedError("own-estimate-first")
    shows_chart = can(visitor.user, Action.VIEW_CONTRIBUTIONS)
    return render(request, "case.html", view=CaseView.of(file, shows_chart, now.date()))
