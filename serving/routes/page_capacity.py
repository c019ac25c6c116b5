"""The page of capacity, and the forms that set it and confirm a limit that follows from it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from starlette.responses import RedirectResponse

from serving.deps import PageUser, Visitor
from serving.pages.forms import FaultSummary, Filled, FormView
from serving.pages.planning_capacity import CapacityView, list_history
from serving.permissions import Action
from serving.planning import set_capacity, set_limit, view_capacities
from serving.planning_bodies import CapacityIn, LimitIn
from serving.routes.page_parts import PostedHere
from serving.routes.page_planning import REFUSED, Looking, Planner, Viewer, explain_form
from serving.routes.parts import Now, ServiceHere

router = APIRouter(prefix="/planning", include_in_schema=False)
Setter = Annotated[Visitor, Depends(PageUser(Action.PLAN))]
PAGE = "/planning/capaciteit"
FORM, LIMIT_FORM = "capaciteit", "grens"
LABEL_NL: Mapping[str, str] = {
    "region": "Regio",
    "places": "Trajecten tegelijk",
    "valid_from": "Vanaf",
    "reason": "Waarom",
}
DONE_NL: Mapping[str, str] = {
    "capaciteit": "De capaciteit is bewaard. Ze telt zodra een plan die dag kent.",
    "grens": "De grens is bevestigd. Wie tot dan ingeschat werd, houdt zijn voorstel.",
}


@router.get("/capaciteit")
def get_capacity(visitor: Viewer, planner: Looking) -> Response:
    """Show pathways against what there is room for."""
    return _show(visitor, planner)


def _show(visitor: Visitor, planner: Planner, filled: Filled | None = None) -> Response:
    query, store = planner.request.query_params, planner.service.store
    names = {offer.key: offer.name_nl for offer in planner.service.referral_lists.offers}
    more: dict[str, Any] = {
        "form": FormView.of(FORM, filled),
        "limit_form": FormView.of(LIMIT_FORM, filled),
        "summary": FaultSummary.of(filled, [f"{FORM}-{name}" for name in LABEL_NL], LABEL_NL),
        "done": DONE_NL.get(query.get("gedaan", ""), ""),
        "history": list_history(view_capacities(visitor.user, store=store), planner.now.tzinfo),
    }
    return planner.show(
        visitor,
        "planning/capacity.html",
        lambda plan: CapacityView.of(plan, query, names),
        status=filled.status if filled else 200,
        **more,
    )


@router.post("/capaciteit")
def post_capacity(
    visitor: Setter, planner: Looking, posted: PostedHere, service: ServiceHere, now: Now
) -> Response:
    """Keep how many pathways a region can have from a day on."""
    try:
        body = posted.to_body(CapacityIn)
        set_capacity(
            visitor.user,
            body.region,
            body.places,
            body.reason,
            valid_from=body.valid_from,
            store=service.store,
            now=now,
        )
    except REFUSED as error:
        return _show(visitor, planner, Filled(FORM, posted.values, explain_form(service, error)))
    return RedirectResponse(f"{PAGE}?gedaan=capaciteit#gedaan", 303)


@router.post("/grenzen")
def post_limit(
    visitor: Setter, planner: Looking, posted: PostedHere, service: ServiceHere, now: Now
) -> Response:
    """Confirm the limit that the plan proposes for a region."""
    try:
        body = posted.to_body(LimitIn)
        set_limit(visitor.user, body.region, body.reason, store=service.store, now=now)
    except REFUSED as error:
        told = explain_form(service, error)
        return _show(visitor, planner, Filled(LIMIT_FORM, posted.values, told))
    return RedirectResponse(f"{PAGE}?gedaan=grens#gedaan", 303)
