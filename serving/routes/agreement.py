"""The API of agreement: counts of what physicians decided next to what was suggested."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from serving.agreement import report_agreement
from serving.agreement_schemas import AgreementOut
from serving.deps import ApiUser
from serving.permissions import Action, User
from serving.routes.parts import PREFIX, Now, ServiceHere, problems

router = APIRouter(prefix=PREFIX, tags=["Toezicht"])


@router.get(
    "/agreement",
    summary="Hoe vaak artsen en voorstellen hetzelfde zeggen",
    responses=problems(401, 403, 422, 503),
)
def get_agreement(
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.VIEW_AUDIT))],
    months: Annotated[int, Query(ge=1, le=36, description="Zoveel maanden terug.")] = 12,
) -> AgreementOut:
    """Geeft aandelen per groep artsen en maand, nooit over één arts of minder dan vijf."""
    found = report_agreement(user, store=service.store, now=now, months=months)
    return AgreementOut.of(found, service.settings.own_estimate)
