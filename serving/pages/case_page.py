"""The page of a case: one case, loaded once, with everything that its parts show."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from serving.deps import Service, Visitor, open_case
from serving.offers import find_offers
from serving.pages.case_view import CaseView
from serving.pages.colleagues import find_colleagues
from serving.pages.forms import Filled
from serving.pages.people_view import find_people
from serving.pages.templating import render
from serving.pages.told_view import ToldView
from serving.pages.work_view import WorkInput, WorkView
from serving.permissions import Action, can


def show_case(
    request: Request,
    service: Service,
    visitor: Visitor,
    now: datetime,
    case_id: str,
    *,
    filled: Filled | None = None,
) -> Response:
    """Return the page of a case in reach, and note that it was seen.

    `filled` is a form on it that was refused, or that is to go on with. While the case is withheld
    nothing that was estimated reaches the templates: `told` is None.
    """
    user, today = visitor.user, now.date()
    mode, lists = service.settings.own_estimate, service.referral_lists
    file = open_case(service, user, now, case_id, with_trail=True)
    latest = file.latest
    offers = find_offers(latest.case, latest.contract, today, lists.offers)
    shows_points = can(user, Action.VIEW_CONTRIBUTIONS)
    return render(
        request,
        "case.html",
        status=filled.status if filled else 200,
        view=CaseView.of(file, user, now, offers),
        told=None if file.is_withheld else ToldView.of(file, shows_points=shows_points),
        people=None if file.is_withheld else find_people(file, service.bundle),
        work=WorkView.of(
            WorkInput(
                file=file,
                user=user,
                mode=mode,
                offers=offers,
                choices=lists.choices,
                today=today,
                filled=filled,
                names=find_colleagues(service.store, file),
                done=request.query_params.get("gedaan", ""),
            )
        ),
    )
