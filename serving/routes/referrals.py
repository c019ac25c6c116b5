"""The API of consent, offers and referrals."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from serving.consent import record_consent, withdraw_consent
from serving.deps import ApiUser
from serving.permissions import Action, User
from serving.refer import (
    Step,
    list_offers,
    read_form,
    send_referral,
    step_referral,
    view_referral,
)
from serving.refer_schemas import (
    ConsentIn,
    OffersOut,
    RecordedConsentOut,
    ReferralIn,
    ReferralOut,
    StepIn,
    WithdrawnOut,
)
from serving.referral_form import Wishes
from serving.referral_letter import to_pdf
from serving.routes.parts import (
    PREFIX,
    Now,
    ReadBody,
    ServiceHere,
    describe_body,
    problems,
    to_json,
)
from serving.states import CaseEvent

router = APIRouter(prefix=f"{PREFIX}/cases/{{case_id}}", tags=["doorverwijzing"])
Recorder = Annotated[User, Depends(ApiUser(Action.RECORD_CONSENT))]
Referrer = Annotated[User, Depends(ApiUser(Action.REFER))]
Viewer = Annotated[User, Depends(ApiUser(Action.VIEW_CASE))]
StepBody = Annotated[StepIn, Depends(ReadBody(StepIn))]
_READS = problems(401, 403, 404, 503)
_WRITES = problems(401, 403, 404, 409, 413, 415, 422, 503)


@router.post(
    "/consent",
    summary="Een toestemming noteren",
    response_model=RecordedConsentOut,
    status_code=201,
    responses=_WRITES,
    openapi_extra=describe_body(ConsentIn),
)
def post_consent(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Recorder,
    body: Annotated[ConsentIn, Depends(ReadBody(ConsentIn))],
) -> Response:
    """Noteert waarmee iemand instemde, en wanneer; zonder wordt niets doorgegeven."""
    made = record_consent(user, case_id, body.given_on, body.purpose, store=service.store, now=now)
    return to_json(RecordedConsentOut.of(made), 201)


@router.post(
    "/consent/withdraw",
    summary="Een toestemming intrekken",
    response_model=WithdrawnOut,
    responses=problems(401, 403, 404, 409, 503),
)
def post_withdrawal(case_id: str, service: ServiceHere, now: Now, user: Recorder) -> Response:
    """Trekt elke toestemming van een dossier in; een lopende doorverwijzing stopt."""
    withdrawn = withdraw_consent(user, case_id, store=service.store, now=now)
    return to_json(WithdrawnOut.of(withdrawn))


@router.get(
    "/offers",
    summary="Het aanbod dat past",
    response_model=OffersOut,
    responses=_READS,
)
def get_offers(case_id: str, service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft het aanbod dat past, met elke voorwaarde waaraan voldaan is en wat na te vragen is."""
    found = list_offers(user, case_id, store=service.store, now=now, lists=service.referral_lists)
    return to_json(OffersOut.of(found))


@router.post(
    "/referral",
    summary="Doorverwijzen naar VDAB",
    response_model=ReferralOut,
    status_code=201,
    responses=_WRITES,
    openapi_extra=describe_body(ReferralIn),
)
def post_referral(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Referrer,
    body: Annotated[ReferralIn, Depends(ReadBody(ReferralIn))],
) -> Response:
    """Maakt het aanmeldingsformulier en bewaart het zoals het verstuurd is; zonder diagnose."""
    wishes = Wishes(**body.model_dump(exclude={"state_version"}))
    sent = send_referral(
        user,
        case_id,
        wishes,
        seen=body.state_version,
        store=service.store,
        now=now,
        lists=service.referral_lists,
    )
    return to_json(ReferralOut.of(sent), 201)


@router.get(
    "/referral",
    summary="De laatste doorverwijzing",
    response_model=ReferralOut,
    responses=_READS,
)
def get_referral(case_id: str, service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft het formulier zoals het verstuurd is, hoever het staat, en de termijn van maand 5."""
    found = view_referral(user, case_id, store=service.store, now=now, part="referral")
    return to_json(ReferralOut.of(found))


@router.get(
    "/referral.pdf",
    summary="Het aanmeldingsformulier als pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **_READS},
)
def get_referral_pdf(case_id: str, service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft het formulier zoals het verstuurd is, om af te drukken."""
    found = view_referral(user, case_id, store=service.store, now=now, part="referral_pdf")
    form = read_form(found.referral)
    named = f'attachment; filename="{form.reference}.pdf"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(to_pdf(form), media_type="application/pdf", headers=headers)


def _step(
    event: CaseEvent, case_id: str, service: ServiceHere, now: Now, user: User, body: StepIn
) -> Response:
    step = Step(**body.model_dump())
    lists = service.referral_lists
    done = step_referral(user, case_id, event, step, store=service.store, now=now, lists=lists)
    return to_json(ReferralOut.of(done))


_STEP: dict[str, Any] = {
    "response_model": ReferralOut,
    "responses": _WRITES,
    "openapi_extra": describe_body(StepIn),
}


@router.post("/referral/accept", summary="VDAB aanvaardt", **_STEP)
def post_accept(
    case_id: str, service: ServiceHere, now: Now, user: Referrer, body: StepBody
) -> Response:
    """Noteert dat VDAB de doorverwijzing aanvaardde."""
    return _step(CaseEvent.ACCEPT, case_id, service, now, user, body)


@router.post("/referral/decline", summary="VDAB aanvaardt niet", **_STEP)
def post_decline(
    case_id: str, service: ServiceHere, now: Now, user: Referrer, body: StepBody
) -> Response:
    """Noteert dat VDAB de doorverwijzing niet aanvaardde; het dossier is opnieuw te beslissen."""
    return _step(CaseEvent.DECLINE, case_id, service, now, user, body)


@router.post("/referral/start", summary="Het traject start", **_STEP)
def post_start(
    case_id: str, service: ServiceHere, now: Now, user: Referrer, body: StepBody
) -> Response:
    """Noteert dat het traject gestart is."""
    return _step(CaseEvent.START, case_id, service, now, user, body)


@router.post("/referral/end", summary="Het traject eindigt", **_STEP)
def post_end(
    case_id: str, service: ServiceHere, now: Now, user: Referrer, body: StepBody
) -> Response:
    """Noteert dat het traject beëindigd is."""
    return _step(CaseEvent.END, case_id, service, now, user, body)
