"""The pages on which a file of cases is brought in, and followed."""

from dataclasses import dataclass
from typing import Annotated, BinaryIO

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, StreamingResponse

from features.errors import KantelpuntError
from features.fields import CASE_COLUMNS
from serving.csv_file import read_parts, write_csv
from serving.deps import PageUser, Service, Visitor, get_service, read_form
from serving.errors import FormExpiredError, Problem, build_problem, explain
from serving.faults import RequestRefusedError
from serving.intake_check import FileRefusedError
from serving.pages.intake_view import PAGE, SHARES, FaultView, ImportView, IntakeView, read_share
from serving.pages.templating import render
from serving.permissions import Action, User, get_scope
from serving.routes.intake import find_own_import, get_file, open_form, send_rejected
from serving.routes.parts import Now, ServiceHere
from serving.store.imports import Import, list_imports
from serving.store.users import find_people
from serving.wording import number_nl, region_nl

router = APIRouter(include_in_schema=False)
Uploader = Annotated[Visitor, Depends(PageUser(Action.UPLOAD_CASES))]
_SHOWN = 20


@dataclass(frozen=True)
class Sent:
    """A file that was sent and kept on disk, or its problem, and what was chosen with it."""

    number: str
    share: str
    problem: Problem | None = None


async def read_sent(request: Request, visitor: Uploader) -> Sent:  # noqa: ARG001 - asked first
    """Return the file of the form; raises FormExpiredError."""
    service, share = get_service(request), ""
    try:
        service.uploads.take_room()
    except KantelpuntError as error:
        return Sent("", share, _explain(error, service))
    try:
        async with open_form(request, most_fields=4) as form:
            share = (await read_form(request)).get("toegelaten", "")
            chosen, turns = _get_chosen(form), service.uploads.turns
            number = await to_thread.run_sync(service.uploads.receive, chosen, limiter=turns)
    except BaseException as error:
        service.uploads.give_back_room()
        if isinstance(error, FormExpiredError):
            raise
        if isinstance(error, KantelpuntError | HTTPException):
            return Sent("", share, _explain(error, service))
        raise
    return Sent(number, share)


def _get_chosen(form: FormData) -> BinaryIO:
    """Return the file of a form; a browser sends one without a name where none was chosen."""
    sent = form.get("file")
    if isinstance(sent, UploadFile) and not sent.filename:
        raise RequestRefusedError("no-file")
    return get_file(form)


def _explain(error: Exception, service: Service) -> Problem:
    if isinstance(error, HTTPException):
        return build_problem("no-file")
    if isinstance(error, FileRefusedError):
        return build_problem(error.key)
    return explain(error, service.bundle.contract)


@router.get(PAGE)
def get_intake(request: Request, service: ServiceHere, now: Now, visitor: Uploader) -> Response:
    """Show the form to send a file, and the earlier files."""
    return _show(request, service, visitor.user, now)


@router.post(PAGE)
def post_intake(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Uploader,
    sent: Annotated[Sent, Depends(read_sent)],
) -> Response:
    """Take a file in and go on to its page, or show the form again with what is wrong."""
    if sent.problem is not None:
        return _show(request, service, visitor.user, now, sent)
    try:
        made = service.uploads.accept(sent.number, visitor.user, now, read_share(sent.share))
    except BaseException:
        service.uploads.give_back_room()
        raise
    return RedirectResponse(f"{PAGE}/{made.import_id}", 303)


def _show(
    request: Request, service: Service, user: User, now: Now, sent: Sent | None = None
) -> Response:
    scope, problem = get_scope(user), sent.problem if sent else None
    with service.store.reading(scope.sickness_fund) as connection:
        found = list_imports(connection, scope)[:_SHOWN]
        people = find_people(connection, {made.began_by for made in found})
    region = f", {region_nl(scope.region)}" if scope.region else ""
    most, fund = service.settings.most_upload_bytes, scope.sickness_fund
    view = IntakeView(
        imports=[ImportView.of(made, people, now.tzinfo) for made in found],
        fund=fund,
        reach_nl=f"{service.settings.fund_names.get(fund, fund)}{region}",
        shares=SHARES,
        share=sent.share if sent else SHARES[0][0],
        most_bytes=most,
        most_nl=f"{number_nl(most / 1e6)} MB",
        fault=FaultView.of(problem) if problem else None,
    )
    response = render(request, "intake.html", status=problem.status if problem else 200, view=view)
    if problem and problem.retry_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_seconds)
    return response


@router.get(f"{PAGE}/leeg.csv")
def get_empty(service: ServiceHere, visitor: Uploader) -> Response:  # noqa: ARG001 - asked first
    """Return a file with the names of all columns and no rows."""
    columns = [*CASE_COLUMNS, *(field.name for field in service.bundle.contract.columns)]
    return StreamingResponse(
        read_parts(write_csv(columns, [])),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="dossiers-leeg.csv"'},
    )


@router.get(f"{PAGE}/{{import_id}}")
def get_import(
    request: Request, import_id: str, service: ServiceHere, now: Now, visitor: Uploader
) -> Response:
    """Show how far a file is, and what became of its rows."""
    made = find_own_import(service.store, visitor.user, import_id)
    view = ImportView.of(made, _find_sender(service, made), now.tzinfo)
    return render(request, "import.html", view=view)


def _find_sender(service: Service, made: Import) -> dict[str, User]:
    with service.store.reading() as connection:
        return find_people(connection, {made.began_by})


@router.get(f"{PAGE}/{{import_id}}/afgekeurd.csv")
def get_rejected(import_id: str, service: ServiceHere, visitor: Uploader) -> Response:
    """Return the rejected rows: where and why, never the value."""
    return send_rejected(service, find_own_import(service.store, visitor.user, import_id))
