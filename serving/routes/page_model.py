"""The pages of the model."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.deps import PageUser, Visitor
from serving.model_versions import report_versions
from serving.monitor_history import read_reports
from serving.pages.model_view import ModelView, VersionsView
from serving.pages.monitor_view import MonitorView
from serving.pages.shadow_view import MOST_ON_PAGE, ShadowView
from serving.pages.templating import render
from serving.permissions import Action, can
from serving.routes.parts import Now, ServiceHere
from serving.shadow_compare import report_shadow

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Visitor, Depends(PageUser(Action.VIEW_MODEL))]
Watcher = Annotated[Visitor, Depends(PageUser(Action.VIEW_MONITOR))]


@router.get("/model")
def get_model(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Viewer,
) -> Response:
    """Show what the model does and how good it is, its card, and what it needs to know."""
    view = ModelView.of(service.bundle, service.limits, now.date())
    may_watch = can(visitor.user, Action.VIEW_MONITOR)
    return render(request, "model.html", view=view, may_watch=may_watch)


@router.get("/model/bewaking")
def get_monitor(request: Request, service: ServiceHere, now: Now, visitor: Watcher) -> Response:
    """Show what watching found last: of the own fund, or of every fund to who has none."""
    kept, runs = read_reports(visitor.user, store=service.store)
    contract = service.bundle.contract
    view = kept and MonitorView.of(kept, runs, contract, now.tzinfo)
    return render(request, "monitor.html", view=view, fund=visitor.user.sickness_fund)


@router.get("/model/versies")
def get_versions(request: Request, service: ServiceHere, now: Now, visitor: Viewer) -> Response:
    """Show the versions that gave estimates here, and those that the registry knows."""
    served = report_versions(visitor.user, store=service.store)
    known = service.registry.read(now)
    fund = visitor.user.sickness_fund
    how, version = service.follower.now, service.bundle.version
    view = VersionsView.of(served, known, how, version, fund, now.tzinfo)
    shadow = None
    if can(visitor.user, Action.VIEW_SHADOW):
        found = report_shadow(visitor.user, store=service.store, most=MOST_ON_PAGE)
        shadow = ShadowView.of(found, now.tzinfo) if found else None
    return render(request, "versions.html", view=view, shadow=shadow)
