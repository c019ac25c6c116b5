"""What the number means and does not mean."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.deps import PageUser, Visitor
from serving.pages.help_view import HelpView
from serving.pages.templating import render
from serving.permissions import Action
from serving.routes.parts import ServiceHere

router = APIRouter(include_in_schema=False)


@router.get("/hulp")
def get_help(
    request: Request,
    service: ServiceHere,
    # every role may log off: whoever is logged on gets help
    visitor: Annotated[Visitor, Depends(PageUser(Action.LOG_OFF))],
) -> Response:
    """Show what the estimate means and what one does with it, for the role of the visitor."""
    view = HelpView.of(visitor.user, service.bundle, service.settings)
    return render(request, "help.html", view=view)
