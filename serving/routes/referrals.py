"""The API of consent, offers and referrals."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from serving.consent import record_consent, withdraw_consent
from serving.deps import ApiUser
from serving.draft import Draft, preview_referral
from serving.permissions import Action, User
from serving.refer import (
    Step,
    list_offers,
    read_form,
    recall_referral,
    send_referral,
    step_referral,
    view_referral,
)
from serving.refer_schemas import (
    ConsentIn,
    OffersOut,
    RecalledOut,
    RecallIn,
    RecordedConsentOut,
    ReferralIn,
    ReferralOut,
    StepIn,
    WithdrawnOut,
)
from serving.referral_form import Wishes
from serving.referral_letter import to_pdf
from serving.referral_schemas import ReferralFormOut
from serving.routes.parts import (
    PREFIX,
    READS,
    WRITES,
    Now,
    ReadBody,
    ServiceHere,
    answer_pdf,
    describe_body,
    problems,
    to_json,
)
from serving.states import CaseEvent

router = APIRouter(prefix=f"{PREFIX}/cases/{{case_id}}", tags=["Doorverwijzen"])
Recorder = Annotated[User, Depends(ApiUser(Action.RECORD_CONSENT))]
Referrer = Annotated[User, Depends(ApiUser(Action.REFER))]
Viewer = Annotated[User, Depends(ApiUser(Action.VIEW_CASE))]
ReferralBody = Annotated[ReferralIn, Depends(ReadBody(ReferralIn))]
StepBody = Annotated[StepIn, Depends(ReadBody(StepIn))]


@router.post(
    "/consent",
    summary="Een toestemming noteren",
    response_model=RecordedConsentOut,
    status_code=201,
    responses=WRITES,
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
    responses=READS,
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
    responses=WRITES,
    openapi_extra=describe_body(ReferralIn),
)
def post_referral(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Referrer,
    body: ReferralBody,
) -> Response:
    """Maakt het aanmeldingsformulier en bewaart het zoals het verstuurd is; zonder diagnose."""
    lists = service.referral_lists
    sent = send_referral(user, _draft(case_id, body), store=service.store, now=now, lists=lists)
    return to_json(ReferralOut.of(sent), 201)


def _draft(case_id: str, body: ReferralIn) -> Draft:
    wishes = Wishes(**body.model_dump(exclude={"state_version"}))
    return Draft(case_id, wishes, body.state_version)


@router.post(
    "/referral/preview",
    summary="Het aanmeldingsformulier eerst nalezen",
    response_model=ReferralFormOut,
    responses=WRITES,
    openapi_extra=describe_body(ReferralIn),
)
def post_preview(
    case_id: str, service: ServiceHere, now: Now, user: Referrer, body: ReferralBody
) -> Response:
    """Geeft het formulier zoals het zou vertrekken; er wordt niets verstuurd of bewaard."""
    lists, draft = service.referral_lists, _draft(case_id, body)
    form = preview_referral(user, draft, store=service.store, now=now, lists=lists, part="preview")
    return to_json(ReferralFormOut.of(form))


@router.post(
    "/referral/preview.pdf",
    summary="De brief eerst nalezen",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **WRITES},
    openapi_extra=describe_body(ReferralIn),
)
def post_preview_pdf(
    case_id: str, service: ServiceHere, now: Now, user: Referrer, body: ReferralBody
) -> Response:
    """Geeft de brief met ONTWERP erop; er wordt niets verstuurd of bewaard."""
    lists, draft = service.referral_lists, _draft(case_id, body)
    form = preview_referral(
        user, draft, store=service.store, now=now, lists=lists, part="preview_pdf"
    )
    return answer_pdf(to_pdf(form, is_draft=True), form.reference)


@router.get(
    "/referral",
    summary="De laatste doorverwijzing",
    response_model=ReferralOut,
    responses=READS,
)
def get_referral(case_id: str, service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft het formulier zoals het verstuurd is, hoever het staat, en de termijn van maand 5."""
    found = view_referral(user, case_id, store=service.store, now=now, part="referral")
    return to_json(ReferralOut.of(found))


@router.get(
    "/referral.pdf",
    summary="Het aanmeldingsformulier als pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **READS},
)
def get_referral_pdf(case_id: str, service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft het formulier zoals het verstuurd is, om af te drukken."""
    found = view_referral(user, case_id, store=service.store, now=now, part="referral_pdf")
    form = read_form(found.referral)
    return answer_pdf(to_pdf(form), form.reference)


def _step(
    event: CaseEvent, case_id: str, service: ServiceHere, now: Now, user: User, body: StepIn
) -> Response:
    step = Step(**body.model_dump())
    lists = service.referral_lists
    done = step_referral(user, case_id, event, step, store=service.store, now=now, lists=lists)
    return to_json(ReferralOut.of(done))


_STEP: dict[str, Any] = {
    "response_model": ReferralOut,
    "responses": WRITES,
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


@router.post(
    "/referral/recall",
    summary="Een formulier terugnemen",
    response_model=RecalledOut,
    responses=WRITES,
    openapi_extra=describe_body(RecallIn),
)
def post_recall(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Referrer,
    body: Annotated[RecallIn, Depends(ReadBody(RecallIn))],
) -> Response:
    """Neemt een formulier terug zolang VDAB het niet aanvaardde; verwittig VDAB zelf."""
    seen = body.state_version
    done = recall_referral(user, case_id, body.why, seen, store=service.store, now=now)
    return to_json(RecalledOut.of(done))


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
