"""The pages in Dutch: the triage list, a case, the model."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from serving.case_file import view_case
from serving.deps import (
    PageUser,
    Service,
    Visitor,
    give_now,
    give_service,
)
from serving.faults import RequestRefusedError
from serving.list_view import FilterView, TriageView
from serving.permissions import Action, can
from serving.store.standing import build_objection
from serving.templating import render
from serving.triage import Reader, list_triage
from serving.views import CaseView, ModelView

router = APIRouter(include_in_schema=False)
ServiceHere = Annotated[Service, Depends(give_service)]
Now = Annotated[datetime, Depends(give_now)]
PAGE_SIZE = 50


@router.get("/")
def get_list(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.LOG_OFF))],
) -> Response:
    """Show the triage list, or bring who has no cases to the model."""
    if not can(visitor.user, Action.LIST_CASES):
        return RedirectResponse("/model", 303)
    chosen = FilterView.of(request.query_params)
    reader = Reader(visitor.user, service.store, now, service.settings.own_estimate)
    page = list_triage(reader, chosen.to_wanted(), cursor=chosen.cursor, limit=PAGE_SIZE)
    status = service.bundle.model.gain_status
    view = TriageView.of(page, chosen, reader, gain_status=status)
    return render(request, "triage.html", view=view)


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


@router.get("/model")
def get_model(
    request: Request,
    service: ServiceHere,
    visitor: Annotated[Visitor, Depends(PageUser(Action.VIEW_MODEL))],  # noqa: ARG001
) -> Response:
    """Show the model card and what the model needs to know."""
    return render(request, "model.html", view=ModelView.of(service.bundle))
