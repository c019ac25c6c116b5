"""The plan and scenarios as files for a spreadsheet, from the API."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import StreamingResponse

from serving.csv_file import read_parts
from serving.deps import ApiUser
from serving.pages.planning_plan import name_region
from serving.pages.planning_question import tell_change
from serving.permissions import Action, User
from serving.planning import get_plan, get_scenario
from serving.planning_files import XLSX, Part, write_outlooks_csv, write_outlooks_xlsx
from serving.routes.parts import PREFIX, Now, ServiceHere, problems
from serving.store.planning import Scenario

router = APIRouter(prefix=PREFIX, tags=["Planning"])
Viewer = Annotated[User, Depends(ApiUser(Action.VIEW_PLANNING))]
MOST_COMPARED = 4
Ids = Annotated[
    list[str],
    Query(min_length=1, max_length=MOST_COMPARED, description="Nummers van scenario's, 1 tot 4."),
]
CSV = "text/csv"


def _answers(kind: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    told = "UTF-8 met BOM, puntkomma's" if kind == CSV else "Een werkblad per meting"
    return {200: {"content": {kind: {}}, "description": told}, **problems(*statuses)}


@router.get(
    "/forecast.csv",
    summary="De planning als CSV",
    response_class=StreamingResponse,
    responses=_answers(CSV, 401, 403, 404, 503),
)
def get_forecast_csv(service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft per meting, regio en maand de mediaan en de marges."""
    return _answer_csv([_take_plan(service, now, user)], "planning")


@router.get(
    "/forecast.xlsx",
    summary="De planning als rekenblad",
    response_class=Response,
    responses=_answers(XLSX, 401, 403, 404, 503),
)
def get_forecast_xlsx(service: ServiceHere, now: Now, user: Viewer) -> Response:
    """Geeft hetzelfde als XLSX, een werkblad per meting."""
    return _answer_xlsx([_take_plan(service, now, user)], "planning")


@router.get(
    "/scenarios.csv",
    summary="Scenario's naast elkaar als CSV",
    response_class=StreamingResponse,
    responses=_answers(CSV, 401, 403, 404, 422, 503),
)
def get_scenarios_csv(service: ServiceHere, user: Viewer, scenario: Ids) -> Response:
    """Geeft de gekozen scenario's onder elkaar, met hun naam op elke rij."""
    return _answer_csv(_take_scenarios(service, user, scenario), "scenarios")


@router.get(
    "/scenarios.xlsx",
    summary="Scenario's naast elkaar als rekenblad",
    response_class=Response,
    responses=_answers(XLSX, 401, 403, 404, 422, 503),
)
def get_scenarios_xlsx(service: ServiceHere, user: Viewer, scenario: Ids) -> Response:
    """Geeft de gekozen scenario's als XLSX, naast elkaar op een werkblad per meting."""
    return _answer_xlsx(_take_scenarios(service, user, scenario), "scenarios")


def _take_plan(service: ServiceHere, now: Now, user: User) -> Part:
    kept = get_plan(user, store=service.store, now=now).kept
    return Part("Planning", kept.as_of, (), kept.plan["outlook"])


def _take_scenarios(service: ServiceHere, user: User, numbers: Sequence[str]) -> list[Part]:
    found = [get_scenario(user, number, store=service.store) for number in numbers]
    return [_to_part(one) for one in found]


def _to_part(one: Scenario) -> Part:
    names = {region: name_region(region) for region in one.result["regions"]}
    return Part(one.name, one.as_of, tell_change(one.change, names), one.result)


def _answer_csv(parts: Sequence[Part], name: str) -> Response:
    return StreamingResponse(
        read_parts(write_outlooks_csv(parts)),
        media_type=f"{CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _answer_xlsx(parts: Sequence[Part], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(write_outlooks_xlsx(parts), media_type=XLSX, headers=headers)
