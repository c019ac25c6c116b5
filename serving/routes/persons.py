"""The API of what a person asks: objection, correction, access."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.access_report import build_access_report
from serving.access_schemas import AccessReportOut
from serving.deps import ApiUser, build_desk
from serving.permissions import Action, User
from serving.person_schemas import AnswerIn, CaseRequestOut, RequestIn
from serving.persons import Answer, handle_request, record_request
from serving.routes.parts import (
    PREFIX,
    WRITES,
    Now,
    ReadBody,
    ServiceHere,
    describe_body,
    problems,
    to_json,
)

router = APIRouter(prefix=f"{PREFIX}/cases/{{case_id}}", tags=["Persoon"])


@router.post(
    "/requests",
    summary="Een vraag van de persoon noteren",
    response_model=CaseRequestOut,
    status_code=201,
    responses=WRITES,
    openapi_extra=describe_body(RequestIn),
)
def post_request(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.RECORD_REQUEST))],
    body: Annotated[RequestIn, Depends(ReadBody(RequestIn))],
) -> Response:
    """Noteert een bezwaar, verbetering of vraag om inzage; bij bezwaar stopt elke inschatting."""
    made, standing = record_request(
        user,
        case_id,
        body.kind,
        body.text,
        store=service.store,
        now=now,
        received_on=body.received_on,
    )
    return to_json(CaseRequestOut.of(made, standing), 201)


@router.post(
    "/requests/{request_id}/handle",
    summary="Een vraag van de persoon behandelen",
    response_model=CaseRequestOut,
    responses=WRITES,
    openapi_extra=describe_body(AnswerIn),
)
def post_answer(
    case_id: str,
    request_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.HANDLE_REQUEST))],
    body: Annotated[AnswerIn, Depends(ReadBody(AnswerIn))],
) -> Response:
    """Bewaart het antwoord van de arts; een verbetering geeft een nieuwe inschatting."""
    answer = Answer(body.outcome, body.outcome_text, body.corrected)
    desk = build_desk(service, user, now)
    done = handle_request(case_id, request_id, answer, desk=desk, store=service.store)
    if done.assessment is not None:
        service.metrics.count_assessments(1)
    return to_json(CaseRequestOut.of_answer(done))


@router.get(
    "/access-report",
    summary="Alles wat van een dossier bewaard is",
    response_model=AccessReportOut,
    responses=problems(401, 403, 404, 409, 503),
)
def get_access_report(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.HANDLE_REQUEST))],
) -> Response:
    """Geeft alles wat van een dossier bewaard is, voor de persoon zelf; dit wordt genoteerd."""
    settings = service.settings
    report = build_access_report(
        user, case_id, store=service.store, now=now, mode=settings.own_estimate
    )
    told = AccessReportOut.of(
        report,
        retention_months=settings.retention_months,
        dpo_contact=settings.dpo_contact,
        now=now,
    )
    return to_json(told)
