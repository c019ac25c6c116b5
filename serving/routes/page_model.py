"""The page of the model."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.deps import PageUser, Visitor
from serving.pages.model_view import ModelView
from serving.pages.templating import render
from serving.permissions import Action
from serving.routes.parts import ServiceHere

router = APIRouter(include_in_schema=False)


@router.get("/model")
def get_model(
    request: Request,
    service: ServiceHere,
    visitor: Annotated[Visitor, Depends(PageUser(Action.VIEW_MODEL))],  # noqa: ARG001
) -> Response:
    """Show the model card and what the model needs to know."""
    return render(request, "model.html", view=ModelView.of(service.bundle))
