"""The API for intake files: send one, follow it, and get the rows that were rejected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from re import fullmatch
from typing import Annotated, BinaryIO

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from features.contract import Contract
from serving.csv_file import read_parts, write_csv
from serving.deps import ApiUser, Service, check_charset, get_service
from serving.faults import NotFoundError, RequestRefusedError
from serving.intake_check import FileRefusedError, UploadsGoneError
from serving.intake_file import MAX_REJECTED
from serving.intake_schemas import ImportOut, ImportsOut
from serving.permissions import Action, User, get_scope
from serving.reject_texts import tell_reject_nl
from serving.routes.parts import PREFIX, Now, ServiceHere, problems, to_json
from serving.store.engine import Store
from serving.store.imports import Import, Reject, find_import, list_imports, list_rejects

router = APIRouter(prefix=PREFIX, tags=["Aanlevering"])
Uploader = Annotated[User, Depends(ApiUser(Action.UPLOAD_CASES))]
IMPORTS = f"{PREFIX}/imports"
HEADER = ("table", "row", "field", "reason", "reason_nl")
_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "De tabel `cases`, als CSV of Parquet.",
                        }
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True)
class Upload:
    """A file that was sent and kept on disk, and which share of its rows may be bad."""

    number: str
    max_rejected: float


async def read_upload(
    request: Request,
    user: Uploader,  # noqa: ARG001 - asked first
    # asked here too: what is wrong in a request must be found before a file has its place
    max_rejected: Annotated[
        float,
        Query(
            ge=0,
            le=1,
            description="Welk deel van de rijen afgekeurd mag zijn; zijn het er meer, dan wordt "
            "het hele bestand geweigerd.",
        ),
    ] = MAX_REJECTED,
) -> Upload:
    """Return the file that was sent, kept on disk; it has a place in the queue."""
    uploads = get_service(request).uploads
    uploads.take_room()
    try:
        async with open_form(request, most_fields=1) as form:
            sent = get_file(form)
            number = await to_thread.run_sync(uploads.receive, sent, limiter=uploads.turns)
    except BaseException as error:
        uploads.give_back_room()
        if isinstance(error, HTTPException):
            raise RequestRefusedError("no-file") from None
        if isinstance(error, FileRefusedError):
            raise RequestRefusedError(error.key) from None
        raise
    return Upload(number, max_rejected)


@asynccontextmanager
async def open_form(request: Request, most_fields: int) -> AsyncIterator[FormData]:
    """Give a form with a file; raises UploadsGoneError where there is no room for one."""
    check_charset(request)
    try:
        async with request.form(max_files=1, max_fields=most_fields) as form:
            yield form
    except OSError as error:
        raise UploadsGoneError(f"TMPDIR cannot be written ({error.strerror})") from None


def get_file(form: FormData) -> BinaryIO:
    """Return the file of a form; raises RequestRefusedError where there is none."""
    sent = form.get("file")
    if not isinstance(sent, UploadFile):
        raise RequestRefusedError("no-file")
    return sent.file


@router.post(
    "/imports",
    summary="Een bestand met dossiers sturen",
    status_code=202,
    response_model=ImportOut,
    responses=problems(401, 403, 413, 422, 429, 503),
    openapi_extra=_FILE,
)
def post_import(
    service: ServiceHere,
    now: Now,
    user: Uploader,
    sent: Annotated[Upload, Depends(read_upload)],
) -> Response:
    """Neemt een bestand aan en schat de dossiers op de achtergrond in; volg het met `GET`."""
    try:
        made = service.uploads.accept(sent.number, user, now, sent.max_rejected)
    except BaseException:
        service.uploads.give_back_room()
        raise
    answer = to_json(ImportOut.of(made), 202)
    answer.headers["Location"] = f"{IMPORTS}/{made.import_id}"
    return answer


@router.get("/imports", summary="De laatste bestanden", responses=problems(401, 403, 503))
def get_imports(service: ServiceHere, user: Uploader) -> ImportsOut:
    """Geeft de bestanden van het eigen ziekenfonds en de eigen regio, de laatste eerst."""
    scope = get_scope(user)
    with service.store.reading(scope.sickness_fund) as connection:
        found = list_imports(connection, scope)
    return ImportsOut(imports=[ImportOut.of(made) for made in found])


@router.get(
    "/imports/{import_id}",
    summary="Hoever een bestand is",
    responses=problems(401, 403, 404, 503),
)
def get_import(import_id: str, service: ServiceHere, user: Uploader) -> ImportOut:
    """Geeft de stand, en wat er van de rijen werd."""
    return ImportOut.of(find_own_import(service.store, user, import_id))


@router.get(
    "/imports/{import_id}/rejected.csv",
    summary="De afgekeurde rijen van een bestand",
    responses={
        200: {
            "content": {"text/csv": {}},
            "description": "Tabel, rij, veld, reden (ook Nederlands); UTF-8 met BOM, puntkomma's",
        },
        **problems(401, 403, 404, 503),
    },
    response_class=StreamingResponse,
)
def get_rejected(import_id: str, service: ServiceHere, user: Uploader) -> Response:
    """Geeft per afgekeurde rij het veld en de reden, nooit de waarde."""
    made = find_own_import(service.store, user, import_id)
    return send_rejected(service, made)


def send_rejected(service: Service, made: Import) -> Response:
    """Return the rejected rows of an import as a file: where and why, never the value."""
    fund = made.scope.sickness_fund if made.scope else None
    with service.store.reading(fund) as connection:
        found = list_rejects(connection, made.import_id)
        content = write_csv(HEADER, (_tell(r, service.bundle.contract) for r in found))
    return StreamingResponse(
        read_parts(content),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="afgekeurd-{made.import_id}.csv"'},
    )


def _tell(r: Reject, contract: Contract) -> tuple[str | int, ...]:
    return r.table, r.row, r.field, r.reason, tell_reject_nl(r.field, r.reason, contract)


def find_own_import(store: Store, user: User, import_id: str) -> Import:
    """Return an import in reach of a user; raises NotFoundError."""
    scope = get_scope(user)
    if not fullmatch("[0-9a-f]{32}", import_id):
        raise NotFoundError("no import has such a number")
    with store.reading(scope.sickness_fund) as connection:
        found = find_import(connection, import_id, scope)
    if found is None:
        raise NotFoundError("no such import in reach")
    return found
