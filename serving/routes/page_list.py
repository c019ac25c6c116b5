"""The page of the triage list."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from serving.deps import PageUser, Visitor
from serving.pages.list_view import FilterView, TriageView
from serving.pages.templating import find_home, render
from serving.permissions import Action, can
from serving.routes.parts import Now, ServiceHere
from serving.triage import Reader, list_triage

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50


@router.get("/")
def get_list(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.LOG_OFF))],
) -> Response:
    """Show the triage list, or bring who has no cases to the first page of the menu."""
    if not can(visitor.user, Action.LIST_CASES):
        return RedirectResponse(find_home(visitor.user), 303)
    chosen = FilterView.of(request.query_params)
    reader = Reader(visitor.user, service.store, now, service.settings.own_estimate)
    page = list_triage(reader, chosen.to_wanted(), cursor=chosen.cursor, limit=PAGE_SIZE)
    status = service.bundle.model.gain_status
    view = TriageView.of(page, chosen, reader, gain_status=status)
    return render(request, "triage.html", view=view)
