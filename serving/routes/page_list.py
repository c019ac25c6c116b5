"""The page of the triage list, its file, and taking cases from it."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from serving.csv_file import read_parts
from serving.decide import release_case, take_case
from serving.deps import PageUser, Service, Visitor, read_form
from serving.errors import Problem, explain
from serving.faults import RequestRefusedError
from serving.list_export import export_list
from serving.pages.forms import Posted
from serving.pages.list_filters import FILE, LIST, FilterView, list_labour_statuses
from serving.pages.list_view import TriageView
from serving.pages.templating import find_home, render
from serving.permissions import Action, can
from serving.routes.page_parts import Here
from serving.routes.parts import Now, ServiceHere
from serving.triage import Reader, list_triage

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50
Form = Annotated[Mapping[str, str], Depends(read_form)]
Taker = Annotated[Visitor, Depends(PageUser(Action.TAKE_CASE))]


@router.get(LIST)
def get_list(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.LOG_OFF))],
) -> Response:
    """Show the triage list, or bring who has no cases to the first page of the menu."""
    if not can(visitor.user, Action.LIST_CASES):
        return RedirectResponse(find_home(visitor.user), 303)
    reader = Reader(visitor.user, service.store, now, service.settings.own_estimate)
    return _show(request, service, reader, FilterView.of(request.query_params))


def _show(
    request: Request,
    service: Service,
    reader: Reader,
    chosen: FilterView,
    problem: Problem | None = None,
) -> Response:
    cursor = chosen.cursor or None
    page = list_triage(reader, chosen.to_wanted(), cursor=cursor, limit=PAGE_SIZE)
    view = TriageView.of(
        page,
        chosen,
        reader,
        gain_status=service.bundle.model.gain_status,
        horizon_days=service.bundle.contract.outcome.horizon_days,
        labour_statuses=list_labour_statuses(service.bundle.contract),
        problem=problem,
    )
    return render(request, "triage.html", status=problem.status if problem else 200, view=view)


@router.get(FILE)
def get_list_file(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.EXPORT_LIST))],
) -> Response:
    """Give the list under the same filters as a file for a spreadsheet."""
    reader = Reader(visitor.user, service.store, now, service.settings.own_estimate)
    made = export_list(reader, FilterView.of(request.query_params).to_wanted())
    return StreamingResponse(
        read_parts(made.content),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{made.file_name}"'},
    )


@router.post("/dossiers/{case_id}/nemen")
def post_take(
    request: Request, case_id: str, service: ServiceHere, now: Now, visitor: Taker, form: Form
) -> Response:
    """Take a case, and go back to where one was; a colleague who was first is told on the list."""
    back = form.get("naar", "")
    try:
        take_case(visitor.user, case_id, store=service.store, now=now)
    except RequestRefusedError as error:
        if not _is_list(back):
            here = Here(request, service, now, case_id)
            return here.show(visitor, "nemen", Posted({}), error)
        reader = Reader(visitor.user, service.store, now, service.settings.own_estimate)
        chosen = FilterView.of(dict(parse_qsl(urlsplit(back).query)))
        problem = explain(error, service.bundle.contract)
        return _show(request, service, reader, chosen, problem)
    return _go_back(case_id, back)


@router.post("/dossiers/{case_id}/vrijgeven")
def post_release(
    case_id: str, service: ServiceHere, now: Now, visitor: Taker, form: Form
) -> Response:
    """Give a case free, and go back to where one was."""
    release_case(visitor.user, case_id, store=service.store, now=now)
    return _go_back(case_id, form.get("naar", ""))


def _is_list(address: str) -> bool:
    return address == LIST or address.startswith(f"{LIST}?")


def _go_back(case_id: str, back: str) -> Response:
    """Return to the row of the case on the page of the list that one came from, or to its page."""
    if not _is_list(back):
        return RedirectResponse(f"/dossiers/{quote(case_id)}", 303)
    here = FilterView.of(dict(parse_qsl(urlsplit(back).query))).here
    return RedirectResponse(f"{here}#dossier-{quote(case_id)}", 303)
