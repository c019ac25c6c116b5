"""The JSON API under /api/v1."""

from collections.abc import Mapping
from datetime import date
from inspect import signature
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from features.pseudonyms import TEXT_PATTERN
from models.suggestion import Suggestion
from serving.assess import MOST_IN_BATCH, assess_batch, assess_case, find_open_questions
from serving.assessment_schemas import AssessmentOut
from serving.case_schemas import CaseOut, CasePageOut, WithheldOut
from serving.csv_file import read_parts
from serving.deps import ApiUser, build_desk, open_case
from serving.faults import RequestRefusedError
from serving.list_export import export_list
from serving.own_estimate import must_estimate_first
from serving.permissions import Action, User, can
from serving.routes.parts import (
    PREFIX,
    Body,
    Now,
    Save,
    ServiceHere,
    build_next,
    check_parameters,
    problems,
    to_json,
)
from serving.schemas import BatchItemOut, BatchOut, ModelOut
from serving.states import CaseState
from serving.triage import MOST_PER_PAGE, Reader, list_triage
from serving.triage_query import CLOCK_KEYS, Due, Order, Wanted, Window

_CLOCKS = f"^({'|'.join(CLOCK_KEYS)})$"
router = APIRouter(prefix=PREFIX)


def read_wanted(
    *,
    suggestion: Suggestion | None = None,
    region: Annotated[str | None, Query(pattern=TEXT_PATTERN)] = None,
    screened_from: date | None = None,
    screened_until: date | None = None,
    answered: Annotated[bool | None, Query(description="Vragenlijst beantwoord?")] = None,
    search: Annotated[
        str | None, Query(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Deel van het nummer.")
    ] = None,
    state: Annotated[CaseState | None, Query(description="Zonder: wat open staat.")] = None,
    labour_status: Annotated[str | None, Query(pattern=TEXT_PATTERN)] = None,
    clock: Annotated[
        str | None, Query(pattern=_CLOCKS, description="De eerstvolgende termijn.")
    ] = None,
    within_days: Annotated[
        int | None, Query(ge=0, le=366, description="De eerstvolgende termijn valt binnen.")
    ] = None,
    mine: Annotated[bool, Query(description="Enkel wat u nam.")] = False,
    due: Annotated[Due | None, Query(description="Opnieuw in te schatten.")] = None,
    asking: Annotated[
        bool, Query(description="Enkel waar een vraag van de persoon wacht, de oudste eerst.")
    ] = False,
    window: Annotated[
        Window | None, Query(description="Zonder: dag 30 tot het einde van het eerste jaar.")
    ] = None,
    order: Annotated[Order, Query(description="Zonder: dringendste eerst.")] = Order.URGENCY,
) -> Wanted:
    """Return the filters of the list as they were asked."""
    return Wanted(
        suggestion=suggestion,
        region=region,
        screened_from=screened_from,
        screened_until=screened_until,
        answered=answered,
        search=search,
        state=state,
        labour_status=labour_status,
        clock=clock,
        within_days=within_days,
        mine=mine,
        due=due,
        asking=asking,
        window=window,
        order=order,
    )


WantedHere = Annotated[Wanted, Depends(read_wanted)]
_FILTERS = frozenset(signature(read_wanted).parameters)


@router.post(
    "/assessments",
    tags=["Inschatten"],
    summary="Eén melding inschatten",
    status_code=201,
    response_model=AssessmentOut | WithheldOut,
    responses={
        200: {"model": AssessmentOut | WithheldOut, "description": "Ingeschat, niet bewaard"},
        **problems(401, 403, 409, 413, 415, 422, 503),
    },
)
def post_assessment(
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.ASSESS))],
    body: Body,
    save: Save = True,
) -> Response:
    """Schat één melding in en bewaart de inschatting met alle redenen."""
    desk = build_desk(service, user, now)
    made = assess_case(body, desk=desk, store=service.store, save=save)
    service.metrics.count_assessments(1)
    if must_estimate_first(user, service.settings.own_estimate):
        return to_json(WithheldOut.of(made, saved=save), 201 if save else 200)
    sharpeners = find_open_questions(made, service.bundle)
    return to_json(AssessmentOut.of(made, sharpeners, saved=save), 201 if save else 200)


@router.post(
    "/assessments/batch",
    tags=["Inschatten"],
    summary="Tot 1.000 meldingen inschatten",
    response_model=BatchOut,
    responses=problems(401, 403, 413, 415, 422, 503),
)
def post_batch(
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.ASSESS))],
    body: Body,
    save: Save = True,
) -> Response:
    """Schat vele meldingen in; een melding die niet kan, houdt de andere niet tegen."""
    cases = _read_batch(body)
    desk = build_desk(service, user, now)
    items = assess_batch(cases, desk=desk, store=service.store, save=save)
    made = [item.assessment for item in items if item.assessment is not None]
    service.metrics.count_assessments(len(made))
    contract = service.bundle.contract
    blind = must_estimate_first(user, service.settings.own_estimate)
    answers = [BatchItemOut.of(item, contract, saved=save, withheld=blind) for item in items]
    return to_json(
        BatchOut.model_construct(assessed=len(made), refused=len(items) - len(made), items=answers)
    )


def _read_batch(body: Any) -> list[Any]:
    if isinstance(body, Mapping) and set(body) == {"cases"}:
        body = body["cases"]
    if not isinstance(body, list):
        raise RequestRefusedError("not-a-batch")
    if len(body) > MOST_IN_BATCH:
        raise RequestRefusedError("too-large")
    return body


@router.get(
    "/cases",
    tags=["Lijst en dossier"],
    summary="De triagelijst, bladzijde per bladzijde",
    response_model=CasePageOut,
    responses=problems(401, 403, 422, 503),
)
def get_cases(
    request: Request,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.LIST_CASES))],
    wanted: WantedHere,
    cursor: Annotated[str | None, Query(max_length=400, description="Uit `next`.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 50,
) -> Response:
    """Geeft de open dossiers van het eigen ziekenfonds rond het kantelpunt, dringendste eerst."""
    check_parameters(request, _FILTERS | {"cursor", "limit"})
    reader = Reader(user, service.store, now, service.settings.own_estimate)
    page = list_triage(reader, wanted, cursor=cursor, limit=limit, with_regions=False)
    shown, following = (
        can(user, Action.VIEW_CONTRIBUTIONS),
        build_next(request, "cursor", page.next_cursor),
    )
    return to_json(CasePageOut.of(page, following, with_contributions=shown))


@router.get(
    "/cases.csv",
    tags=["Lijst en dossier"],
    summary="De triagelijst als CSV",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {}}, "description": "UTF-8 met BOM, puntkomma's"},
        **problems(401, 403, 422, 503),
    },
)
def get_cases_csv(
    request: Request,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.EXPORT_LIST))],
    wanted: WantedHere,
) -> Response:
    """Geeft dezelfde lijst, hoogstens 50.000 rijen; dat u dit ophaalde, wordt genoteerd."""
    check_parameters(request, _FILTERS)
    reader = Reader(user, service.store, now, service.settings.own_estimate)
    made = export_list(reader, wanted)
    return StreamingResponse(
        read_parts(made.content),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{made.file_name}"'},
    )


@router.get(
    "/cases/{case_id}",
    tags=["Lijst en dossier"],
    summary="Eén dossier met al zijn inschattingen",
    response_model=CaseOut,
    responses=problems(401, 403, 404, 503),
)
def get_case(
    case_id: str,
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.VIEW_CASE))],
) -> Response:
    """Geeft de laatste inschatting en alle vorige; dat u dit bekeek, wordt genoteerd."""
    file = open_case(service, user, now, case_id)
    return to_json(CaseOut.of(file, with_contributions=can(user, Action.VIEW_CONTRIBUTIONS)))


@router.get(
    "/model",
    tags=["Toezicht"],
    summary="Het model dat nu inschat",
    responses=problems(401, 403, 503),
    dependencies=[Depends(ApiUser(Action.VIEW_MODEL))],
)
def get_model(service: ServiceHere) -> ModelOut:
    """Geeft versie, contract, cijfers en modelkaart."""
    return ModelOut.of(service.bundle)
