"""The page of a case."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.deps import PageUser, Visitor
from serving.pages.case_page import show_case
from serving.permissions import Action
from serving.routes.parts import Now, ServiceHere

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
    return show_case(request, service, visitor, now, case_id)
