"""The pages of the planner: what to expect, capacity, targets, and how far off it was before."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from serving.deps import PageUser, Service, Visitor
from serving.errors import Problem, build_problem, explain
from serving.faults import RequestRefusedError
from serving.pages.planning_head import HeadView
from serving.pages.planning_lookback import LookbackView
from serving.pages.planning_overview import OverviewView
from serving.pages.planning_plan import Plan
from serving.pages.planning_targets import TargetsView
from serving.pages.templating import render
from serving.permissions import Action, can
from serving.routes.parts import Now, ServiceHere
from serving.store.engine import StoreBusyError
from serving.store.planning import KeptPlan, find_plan

router = APIRouter(prefix="/planning", include_in_schema=False)
Viewer = Annotated[Visitor, Depends(PageUser(Action.VIEW_PLANNING))]
ALL_NUMBERS = "getallen"
# what is told on the page itself; anything else has a page of its own
REFUSED = (RequestRefusedError, StoreBusyError)


@dataclass(frozen=True)
class Planner:
    """What a page of planning is about: the last plan, seen now."""

    request: Request
    service: Service
    now: datetime
    kept: KeptPlan | None

    @property
    def plan(self) -> Plan | None:
        """The plan as the pages read it."""
        return Plan(self.kept.plan) if self.kept else None

    def show(
        self,
        visitor: Visitor,
        template: str,
        find: Callable[[Plan], Any],
        *,
        status: int = 200,
        **more: Any,
    ) -> Response:
        """Show a page about the plan, or the page that says that there is none yet."""
        made_at, as_of = (self.kept.made_at, self.kept.as_of) if self.kept else (None, None)
        return render(
            self.request,
            template,
            status=status,
            view=find(self.plan) if self.plan else None,
            head=HeadView.of(made_at, as_of, self.now),
            here=self.request.url.path,
            # on paper what is folded is not there: an address with all numbers open
            open=ALL_NUMBERS in self.request.query_params,
            may_plan=can(visitor.user, Action.PLAN),
            **more,
        )


def give_planner(request: Request, service: ServiceHere, now: Now) -> Planner:
    """Give a route the last plan; its visitor comes first, so that nobody else has it read."""
    with service.store.reading() as connection:
        return Planner(request, service, now, find_plan(connection))


def explain_form(service: Service, error: Exception) -> Problem:
    """Return what a page tells of a form that was refused."""
    problem = explain(error, service.bundle.contract)
    if problem.key == "body":
        return replace(build_problem("form"), errors=problem.errors)
    return problem


Looking = Annotated[Planner, Depends(give_planner)]


@router.get("")
def get_overview(visitor: Viewer, planner: Looking) -> Response:
    """Show what intake to expect."""
    query = planner.request.query_params
    return planner.show(
        visitor, "planning/overview.html", lambda plan: OverviewView.of(plan, query)
    )


@router.get("/doelen")
def get_targets(visitor: Viewer, planner: Looking) -> Response:
    """Show the year against its target, work afterwards, regions and lead times."""
    return planner.show(visitor, "planning/targets.html", TargetsView.of)


@router.get("/terugblik")
def get_lookback(visitor: Viewer, planner: Looking) -> Response:
    """Show how far off forecasts were."""
    return planner.show(visitor, "planning/lookback.html", LookbackView.of)
