"""The pages of what-if: ask, keep under a name, compare, and take away as a file."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.responses import RedirectResponse, StreamingResponse

from serving.csv_file import read_parts
from serving.deps import PageUser, Visitor
from serving.faults import NoPlanError, RequestRefusedError
from serving.pages.forms import Posted
from serving.pages.planning_plan import Plan
from serving.pages.planning_question import Question
from serving.pages.planning_scenarios import (
    FEWEST,
    MOST,
    CompareView,
    Kept,
    Refused,
    ScenariosView,
    fill_up,
    keep_plan_beside,
    list_parts,
)
from serving.permissions import Action, can
from serving.planning import get_scenario, keep_scenario, try_change, view_scenarios
from serving.planning_bodies import ScenarioIn
from serving.planning_files import XLSX, write_outlooks_csv, write_outlooks_xlsx
from serving.routes.page_parts import PostedHere
from serving.routes.page_planning import REFUSED, Looking, Planner, Viewer, explain_form
from serving.routes.parts import Now, ServiceHere

router = APIRouter(prefix="/planning/scenarios", include_in_schema=False)
Keeper = Annotated[Visitor, Depends(PageUser(Action.PLAN))]
PAGE = "/planning/scenarios"
CHOOSE_NL = f"Kies er minstens {FEWEST} en hoogstens {MOST}; het plan zelf telt mee."
DONE_NL = {"bewaard": "Het scenario is bewaard."}


@router.get("")
def get_scenarios(visitor: Viewer, planner: Looking) -> Response:
    """Show the form of what-if, with the answer where something was asked."""
    regions = planner.plan.regions if planner.plan else ()
    question = Question.of(planner.request.query_params, regions)
    return _show(visitor, planner, question)


def _show(
    visitor: Visitor, planner: Planner, question: Question, refused: Refused | None = None
) -> Response:
    service, now = planner.service, planner.now
    status, answer = 422 if question.faults or refused else 200, None
    if planner.plan and question.is_asked and not question.faults:
        try:
            change = question.to_plain()
            answer = try_change(visitor.user, change, store=service.store, now=now)
        except RequestRefusedError as error:
            told = explain_form(service, error)
            expected = "; ".join(fault.expected for fault in told.errors)
            status, refused = told.status, Refused(change_fault=f"Verwacht: {expected}.")
    saved = [Kept.of(one) for one in view_scenarios(visitor.user, store=service.store)]
    return planner.show(
        visitor,
        "planning/scenarios.html",
        lambda plan: ScenariosView.of(
            plan,
            question,
            answer,
            saved,
            now.tzinfo,
            may_save=can(visitor.user, Action.PLAN),
            refused=refused,
            done=DONE_NL.get(planner.request.query_params.get("gedaan", ""), ""),
        ),
        status=status,
    )


@router.post("")
def post_scenario(
    visitor: Keeper, planner: Looking, posted: PostedHere, service: ServiceHere, now: Now
) -> Response:
    """Keep a question and its answer under a name."""
    if planner.plan is None:
        raise NoPlanError("nothing was planned yet")
    sent = {name: values[0] for name, values in posted.values.items()}
    question = Question.of(sent, planner.plan.regions)
    name = Posted({"name": (posted.get("naam"),)})
    if question.faults:
        return _show(visitor, planner, question)
    try:
        body = name.to_body(ScenarioIn)
        if not body.name:
            told = "een naam, om het scenario terug te vinden"
            return _show(visitor, planner, question, Refused(name_fault=told))
        keep_scenario(visitor.user, body.name, question.to_plain(), store=service.store, now=now)
    except REFUSED as error:
        told = "; ".join(fault.expected for fault in explain_form(service, error).errors)
        refused = Refused(name=posted.get("naam"), name_fault=told)
        return _show(visitor, planner, question, refused)
    return RedirectResponse(f"{PAGE}?gedaan=bewaard#bewaard", 303)


def _choose(visitor: Visitor, planner: Planner) -> Sequence[Kept]:
    """Return what was chosen to compare, with the plan itself where there is room."""
    if planner.kept is None:
        raise NoPlanError("nothing was planned yet")
    keys = list(dict.fromkeys(planner.request.query_params.getlist("s")))[: MOST + 1]
    store = planner.service.store
    chosen = [Kept.of(get_scenario(visitor.user, key, store=store)) for key in keys if key]
    plan = keep_plan_beside(Plan(planner.kept.plan), planner.kept.as_of)
    return fill_up(plan, chosen)


@router.get("/vergelijken")
def get_compare(visitor: Viewer, planner: Looking) -> Response:
    """Show two to four scenarios side by side."""
    chosen = _choose(visitor, planner)
    if not FEWEST <= len(chosen) <= MOST:
        keys = [one.key for one in chosen]
        question = Question.of({}, planner.plan.regions if planner.plan else ())
        refused = Refused(choice_fault=CHOOSE_NL, chosen=keys)
        return _show(visitor, planner, question, refused)
    return planner.show(visitor, "planning/compare.html", lambda _: CompareView.of(chosen))


@router.get("/vergelijken.csv")
def get_compare_csv(visitor: Viewer, planner: Looking) -> Response:
    """Give scenarios as rows for a spreadsheet."""
    content = write_outlooks_csv(list_parts(_choose(visitor, planner)[:MOST]))
    return StreamingResponse(
        read_parts(content), media_type="text/csv; charset=utf-8", headers=_name(planner, "csv")
    )


@router.get("/vergelijken.xlsx")
def get_compare_xlsx(visitor: Viewer, planner: Looking) -> Response:
    """Give scenarios as a workbook, a sheet per measure."""
    content = write_outlooks_xlsx(list_parts(_choose(visitor, planner)[:MOST]))
    return Response(content, media_type=XLSX, headers=_name(planner, "xlsx"))


def _name(planner: Planner, kind: str) -> dict[str, str]:
    name = f"planning-{planner.now.date()}.{kind}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
