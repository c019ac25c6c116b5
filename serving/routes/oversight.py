"""The API of the auditor: who did or saw what, and whether the log is whole."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from features.pseudonyms import ID_PATTERN, TEXT_PATTERN
from serving.audit_schemas import AuditPageOut, VerdictOut
from serving.audit_trail import MOST_PER_PAGE, check_audit, view_audit
from serving.deps import ApiUser
from serving.permissions import Action, User
from serving.routes.parts import PREFIX, Now, ServiceHere, build_next, problems
from serving.store.audit_trail import AuditFilter
from serving.wording import ZONE

router = APIRouter(prefix=PREFIX, tags=["Toezicht"])
Overseer = Annotated[User, Depends(ApiUser(Action.VIEW_AUDIT))]
_LAST_NUMBER = 2**63 - 1
Text = Annotated[str | None, Query(pattern=TEXT_PATTERN)]


@router.get("/audit", summary="Wie deed of zag wat", responses=problems(401, 403, 422, 503))
def get_audit(
    request: Request,
    service: ServiceHere,
    now: Now,
    overseer: Overseer,
    user: Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")] = None,
    action: Annotated[str | None, Query(pattern=r"^[a-z_]{1,64}$")] = None,
    case: Annotated[
        str | None, Query(pattern=ID_PATTERN, description="Wie zag dit dossier?")
    ] = None,
    fund: Text = None,
    since: Annotated[date | None, Query(alias="from", description="Vanaf deze dag.")] = None,
    until: Annotated[date | None, Query(description="Tot en met deze dag.")] = None,
    before: Annotated[int | None, Query(ge=1, le=_LAST_NUMBER, description="Uit `next`.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 100,
) -> AuditPageOut:
    """Geeft de regels van het logboek, de nieuwste eerst; dat u keek, wordt genoteerd."""
    wanted = AuditFilter(user, action, case, fund, find_start(since, 0), find_start(until, 1))
    page = view_audit(overseer, wanted, store=service.store, now=now, before=before, limit=limit)
    return AuditPageOut.of(page, build_next(request, "before", page.before))


def find_start(day: date | None, later: int) -> datetime | None:
    """Return the first moment of a day here, or of the day after it."""
    if day is None:
        return None
    # nothing is noted outside these, and further away a moment cannot be told in every zone
    day = min(max(day, date(1900, 1, 1)), date(9000, 1, 1))
    return datetime.combine(day + timedelta(days=later), time(), ZONE)


@router.get(
    "/audit/verify",
    summary="Is het logboek heel?",
    responses=problems(401, 403, 422, 503),
)
def get_verdict(
    service: ServiceHere,
    now: Now,
    overseer: Overseer,
    head: Annotated[
        str | None,
        Query(pattern=r"^[0-9a-f]{64}$", description="Een einde dat elders genoteerd is."),
    ] = None,
) -> VerdictOut:
    """Kijkt elke regel na, van de eerste tot de laatste; bij een lang logboek duurt dat even."""
    return VerdictOut.of(check_audit(overseer, store=service.store, now=now, head=head))
