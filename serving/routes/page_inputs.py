"""Pages with the inputs of a case as a form: to correct what was wrong, and to assess again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.case_file import CaseFile
from serving.deps import PageUser, Visitor, build_desk, open_case
from serving.faults import NotFoundError, RequestRefusedError
from serving.pages.form_schemas import InputsIn, SeenIn
from serving.pages.forms import Filled, Posted
from serving.pages.inputs_view import (
    FORM,
    InputsView,
    check_confirmed,
    list_aged,
    read_changes,
)
from serving.pages.templating import render
from serving.permissions import Action
from serving.person_schemas import AnswerIn
from serving.persons import Answer, handle_request
from serving.reassess import reassess_case
from serving.routes.page_parts import SHOWN, Here, HereNow, PostedHere
from serving.states import CaseEvent, StaleError, StateError
from serving.store.requests import PersonRequest, RequestKind
from serving.store.standing import build_objection

router = APIRouter(prefix="/dossiers/{case_id}", include_in_schema=False)
# the system of a fund may assess as well, but has no pages: here who decides does
Assessor = Annotated[Visitor, Depends(PageUser(Action.DECIDE))]
Handler = Annotated[Visitor, Depends(PageUser(Action.HANDLE_REQUEST))]


def _open(here: Here, visitor: Visitor) -> CaseFile:
    return open_case(here.service, visitor.user, here.now, here.case_id, with_trail=True)


def _show(
    here: Here,
    file: CaseFile,
    filled: Filled | None = None,
    asked: PersonRequest | None = None,
) -> Response:
    seen = (file.standing.state_version, file.latest.assessment_id)
    aged = {} if asked else _find_aged(here, file)
    view = InputsView.of(file.latest.case, here.service.bundle.contract, seen, filled, aged)
    status = filled.status if filled else 200
    context = {"asked": asked, "screened_on": file.latest.screened_on, "today": here.now.date()}
    return render(here.request, "panel/inputs.html", status=status, view=view, **context)


def _find_aged(here: Here, file: CaseFile) -> dict[str, str]:
    latest, contract = file.latest, here.service.bundle.contract
    return list_aged(latest.case, contract, latest.screened_on, here.now.date())


def _read(here: Here, posted: Posted, file: CaseFile) -> dict[str, object]:
    """Return what was changed of the inputs that were on the screen.

    Raises StaleError, and RequestRefusedError where the form has other questions by now: what was
    answered to one that is no more would be lost unnoticed.
    """
    seen, contract = posted.to_body(InputsIn), here.service.bundle.contract
    if seen.assessment_id != file.latest.assessment_id:
        raise StaleError(file.standing.state)
    if seen.contract_seen != contract.fingerprint:
        raise RequestRefusedError("form-changed")
    return read_changes(posted, file.latest.case, contract)


def _check_open(file: CaseFile) -> None:
    if file.standing.is_blocked:
        raise build_objection(is_upheld=file.is_upheld)


@router.get("/inschatten")
def get_inputs(here: HereNow, visitor: Assessor) -> Response:
    """Show the inputs, to bring them up to date and assess again."""
    file = _open(here, visitor)
    try:
        _check_open(file)
        if CaseEvent.REASSESS not in file.allowed.events:
            raise StateError("this case cannot be assessed again")
    except SHOWN as error:
        return here.show(visitor, FORM, Posted({}), error)
    return _show(here, file)


@router.post("/inschatten")
def post_inputs(here: HereNow, visitor: Assessor, posted: PostedHere) -> Response:
    """Assess the case again, today."""
    file = _open(here, visitor)
    try:
        _check_open(file)
        changed = _read(here, posted, file)
        check_confirmed(posted, _find_aged(here, file))
        desk = build_desk(here.service, visitor.user, here.now)
        seen_id, store = file.latest.assessment_id, here.service.store
        reassess_case(here.case_id, seen_id, changed, desk=desk, store=store)
    except SHOWN as error:
        return _show(here, file, Filled(FORM, posted.values, here.explain(error)))
    here.service.metrics.count_assessments(1)
    return here.go_back("opnieuw")


def _find(file: CaseFile, request_id: str) -> PersonRequest:
    asked = next((one for one in file.trail.requests if one.request_id == request_id), None)
    if asked is None or asked.kind is not RequestKind.CORRECTION:
        raise NotFoundError("no such request for a correction about this case")
    if asked.outcome is not None:
        raise StateError("this request was handled already")
    return asked


@router.get("/vragen/{request_id}/verbeteren")
def get_correction(here: HereNow, visitor: Handler, request_id: str) -> Response:
    """Show the inputs, to correct those that were wrong."""
    file = _open(here, visitor)
    try:
        asked = _find(file, request_id)
        _check_open(file)
    except SHOWN as error:
        return here.show(visitor, FORM, Posted({}), error)
    return _show(here, file, asked=asked)


@router.post("/vragen/{request_id}/verbeteren")
def post_correction(
    here: HereNow, visitor: Handler, posted: PostedHere, request_id: str
) -> Response:
    """Correct the inputs: a new assessment of the same day replaces the old one."""
    file = _open(here, visitor)
    try:
        asked = _find(file, request_id)
    except SHOWN as error:  # somebody else answered: there is nothing left to correct here
        return here.show(visitor, FORM, posted, error)
    try:
        seen = posted.to_body(SeenIn).state_version
        body = posted.to_body(AnswerIn)
        answer = Answer(body.outcome, body.outcome_text, _read(here, posted, file), seen)
        desk = build_desk(here.service, visitor.user, here.now)
        handle_request(here.case_id, request_id, answer, desk=desk, store=here.service.store)
    except SHOWN as error:
        filled = Filled(FORM, posted.values, here.explain(error))
        return _show(here, _open(here, visitor), filled, asked)
    here.service.metrics.count_assessments(1)
    return here.go_back("verbeterd")
