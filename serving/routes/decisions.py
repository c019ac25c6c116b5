"""The JSON API of what people of the fund do with a case: take, estimate first, decide."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.contact_schemas import CaseContactOut, ContactIn
from serving.contacts import record_contact
from serving.decide import decide, release_case, take_case
from serving.decision_schemas import (
    DecidedOut,
    DecisionIn,
    OwnEstimateIn,
    OwnEstimateOut,
    TakenOut,
)
from serving.deps import ApiUser
from serving.own_estimate import estimate_first
from serving.permissions import Action, User
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

router = APIRouter(prefix=f"{PREFIX}/cases/{{case_id}}", tags=["Beslissen"])


@router.post(
    "/take",
    summary="Een dossier nemen",
    response_model=TakenOut,
    responses=problems(401, 403, 404, 409, 503),
)
def post_take(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.TAKE_CASE))],
) -> Response:
    """Noteert dat u aan dit dossier werkt; niet zolang een collega dat doet."""
    return to_json(TakenOut.of(take_case(user, case_id, store=service.store, now=now)))


@router.post(
    "/release",
    summary="Een dossier vrijgeven",
    response_model=TakenOut,
    responses=problems(401, 403, 404, 503),
)
def post_release(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.TAKE_CASE))],
) -> Response:
    """Noteert dat niemand nog aan dit dossier werkt, ook als een collega het nam."""
    return to_json(TakenOut.of(release_case(user, case_id, store=service.store, now=now)))


@router.post(
    "/own-estimate",
    summary="De eigen inschatting, vóór de getallen",
    status_code=201,
    response_model=OwnEstimateOut,
    responses=WRITES,
    openapi_extra=describe_body(OwnEstimateIn),
)
def post_own_estimate(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.ESTIMATE_FIRST))],
    body: Annotated[OwnEstimateIn, Depends(ReadBody(OwnEstimateIn))],
) -> Response:
    """Bewaart uw antwoord op beide vragen; één keer per inschatting, het verandert niet meer."""
    made = estimate_first(
        user,
        case_id,
        body.to_answers(),
        store=service.store,
        now=now,
        mode=service.settings.own_estimate,
    )
    return to_json(OwnEstimateOut.of(made), 201)


@router.post(
    "/decisions",
    summary="Beslissen",
    status_code=201,
    response_model=DecidedOut,
    responses=WRITES,
    openapi_extra=describe_body(DecisionIn),
)
def post_decision(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.DECIDE))],
    body: Annotated[DecisionIn, Depends(ReadBody(DecisionIn))],
) -> Response:
    """Bewaart uw beslissing en wat eruit volgt; wie te laat komt, krijgt 409 en verliest niets."""
    decided = decide(
        user,
        case_id,
        body.to_choice(),
        store=service.store,
        now=now,
        mode=service.settings.own_estimate,
    )
    return to_json(DecidedOut.of(decided), 201)


@router.post(
    "/contacts",
    summary="Een contact met de persoon noteren",
    status_code=201,
    response_model=CaseContactOut,
    responses=WRITES,
    openapi_extra=describe_body(ContactIn),
)
def post_contact(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.RECORD_CONTACT))],
    body: Annotated[ContactIn, Depends(ReadBody(ContactIn))],
) -> Response:
    """Noteert wat een contact opleverde, bij een dossier bij de coördinator; de arts beslist."""
    made, standing = record_contact(user, case_id, body.to_report(), store=service.store, now=now)
    return to_json(CaseContactOut.of(made, standing), 201)
