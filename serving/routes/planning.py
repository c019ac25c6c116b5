"""The API of planning: totals for planners and auditors, entries for the systems of funds."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from serving.deps import ApiUser
from serving.permissions import Action, User
from serving.planning import (
    drop_scenario,
    get_plan,
    get_scenario,
    keep_scenario,
    set_capacity,
    set_limit,
    try_change,
    view_capacities,
    view_limits,
    view_scenarios,
)
from serving.planning_bodies import CapacityIn, EntriesIn, LimitIn, ScenarioIn
from serving.planning_entries import report_entries
from serving.planning_schemas import (
    AnswerOut,
    CapacityOut,
    CapacityRowOut,
    EntriesOut,
    ForecastOut,
    LimitRowOut,
    RegionLimitsOut,
    ScenarioRowOut,
    ScenariosOut,
    TargetsOut,
)
from serving.routes.parts import (
    PREFIX,
    READS,
    WRITES,
    Now,
    ReadBody,
    ServiceHere,
    describe_body,
    problems,
    to_json,
)

router = APIRouter(prefix=PREFIX, tags=["Planning"])
Viewer = Annotated[User, Depends(ApiUser(Action.VIEW_PLANNING))]
Planner = Annotated[User, Depends(ApiUser(Action.PLAN))]
ScenarioId = Annotated[str, Path(description="Nummer van het scenario.")]


@router.get(
    "/forecast",
    summary="Welke instroom te verwachten is",
    response_model=ForecastOut,
    responses=READS,
)
def get_forecast(service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft de laatste planning: de weg van ziekmelding tot start, en wat er vroeger geteld is."""
    return to_json(ForecastOut.of(get_plan(user, store=service.store, now=now)))


@router.get(
    "/capacity",
    summary="Lopende trajecten tegen de capaciteit",
    response_model=CapacityOut,
    responses=READS,
)
def get_capacity(service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft lopende trajecten, coaches en wachttijd, en de maand waarin het te krap wordt."""
    planned = get_plan(user, store=service.store, now=now)
    return to_json(CapacityOut.of(planned, view_capacities(user, store=service.store)))


@router.put(
    "/capacity",
    summary="Vastleggen hoeveel trajecten een regio aankan",
    response_model=CapacityRowOut,
    responses=WRITES,
    openapi_extra=describe_body(CapacityIn),
)
def put_capacity(
    service: ServiceHere,
    now: Now,
    user: Planner,
    body: Annotated[CapacityIn, Depends(ReadBody(CapacityIn))],
) -> Response:
    """Bewaart de capaciteit met wie en waarom; de volgende planning rekent ermee."""
    made = set_capacity(user, **dict(body), store=service.store, now=now)
    return to_json(CapacityRowOut.of(made))


@router.get(
    "/targets",
    summary="Het jaar tegen zijn doel",
    response_model=TargetsOut,
    responses=READS,
)
def get_targets(service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft starts tegen het doel, werk na een traject, regio's naast elkaar en doorlooptijden."""
    return to_json(TargetsOut.of(get_plan(user, store=service.store, now=now)))


@router.get(
    "/limits",
    summary="De grens op de meerwaarde per regio",
    response_model=RegionLimitsOut,
    responses=READS,
)
def get_limits(service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft per regio de grens die bij de vrije plaatsen past, en alle grenzen die golden."""
    planned = get_plan(user, store=service.store, now=now)
    return to_json(RegionLimitsOut.of(planned, view_limits(user, store=service.store)))


@router.post(
    "/limits",
    summary="Een grens op de meerwaarde vastleggen",
    status_code=201,
    response_model=LimitRowOut,
    responses=WRITES,
    openapi_extra=describe_body(LimitIn),
)
def post_limit(
    service: ServiceHere,
    now: Now,
    user: Planner,
    body: Annotated[LimitIn, Depends(ReadBody(LimitIn))],
) -> Response:
    """Legt een grens vast voor inschattingen vanaf een dag die komt.

    Dossiers die al ingeschat zijn, houden hun voorstel tot ze opnieuw ingeschat worden.
    """
    is_proposal = "gain_from" not in body.model_fields_set
    made = set_limit(user, **dict(body), is_proposal=is_proposal, store=service.store, now=now)
    return to_json(LimitRowOut.of(made), 201)


@router.get(
    "/scenarios",
    summary="De bewaarde scenario's",
    response_model=ScenariosOut,
    responses=problems(401, 403, 503),
)
def get_scenarios(service: ServiceHere, user: Viewer) -> Response:
    """Geeft de laatste scenario's van iedereen, zonder hun antwoord."""
    found = view_scenarios(user, store=service.store)
    return to_json(ScenariosOut(scenarios=[ScenarioRowOut.of(one) for one in found]))


@router.post(
    "/scenarios",
    summary="Een wat-als uitrekenen",
    response_model=AnswerOut,
    responses={201: {"model": AnswerOut, "description": "Berekend en bewaard"}, **WRITES},
    openapi_extra=describe_body(ScenarioIn),
)
def post_scenario(
    service: ServiceHere,
    now: Now,
    user: Planner,
    body: Annotated[ScenarioIn, Depends(ReadBody(ScenarioIn))],
) -> Response:
    """Rekent uit wat een andere grens, toestemming, capaciteit of doel brengt.

    Met een naam wordt het antwoord bewaard, voor alle planners.
    """
    change, store = body.to_change(), service.store
    if body.name is None:
        result = try_change(user, change, store=store, now=now)
        return to_json(AnswerOut(scenario_id=None, name=None, change=change, result=result))
    made = keep_scenario(user, body.name, change, store=store, now=now)
    return to_json(AnswerOut.of(made), 201)


@router.get(
    "/scenarios/{scenario_id}",
    summary="Eén scenario met zijn antwoord",
    response_model=AnswerOut,
    responses=READS,
)
def get_one_scenario(service: ServiceHere, user: Viewer, scenario_id: ScenarioId) -> Response:
    """Geeft wat er toen te verwachten was; een nieuwe planning verandert het niet."""
    return to_json(AnswerOut.of(get_scenario(user, scenario_id, store=service.store)))


@router.delete(
    "/scenarios/{scenario_id}",
    summary="Een eigen scenario wissen",
    status_code=204,
    responses=problems(401, 403, 404, 409, 503),
)
def delete_scenario(
    service: ServiceHere, now: Now, user: Planner, scenario_id: ScenarioId
) -> Response:
    """Wist een scenario; enkel wie het bewaarde, kan dat."""
    drop_scenario(user, scenario_id, store=service.store, now=now)
    return Response(status_code=204)


@router.post(
    "/entries",
    summary="Melden hoeveel afwezigheden begonnen",
    response_model=EntriesOut,
    responses=problems(401, 403, 413, 415, 422, 503),
    openapi_extra=describe_body(EntriesIn),
)
def post_entries(
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.REPORT_ENTRIES))],
    body: Annotated[EntriesIn, Depends(ReadBody(EntriesIn))],
) -> Response:
    """Bewaart totalen van het eigen ziekenfonds per maand en regio; nieuwe vervangen oude."""
    kept = report_entries(user, body.to_rows(), store=service.store, now=now)
    return to_json(EntriesOut(kept_count=kept))
