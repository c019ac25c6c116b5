"""What machines ask: is it up, can it work, how busy is it; and the description of the API."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.metrics import CONTENT_TYPE
from serving.monitor_history import find_last
from serving.registry import is_reachable
from serving.routes.parts import ServiceHere, problems
from serving.schemas import ChallengerOut, FollowingOut, HealthOut

router = APIRouter(tags=["Dienst"])
# clocks that are kept right by NTP differ by thousandths; a slow answer by no more than this
MOST_AHEAD_SECONDS = 2.0


@router.get("/healthz", summary="Draait de dienst?", response_model_exclude_none=True)
async def get_health() -> HealthOut:
    """Antwoordt zolang het proces draait."""
    return HealthOut()


@router.get(
    "/readyz",
    summary="Kan de dienst werken?",
    response_model_exclude_none=True,
    responses=problems(422, 503),
)
def get_readiness(
    service: ServiceHere,
    mlflow: Annotated[bool, Query(description="Kijk ook of MLflow er is.")] = False,
) -> HealthOut:
    """Antwoordt 200 als de opslag bereikbaar is; er is altijd een model geladen.

    Een vrijgave die niet kan dienen, of een MLflow die weg is, staat hier: de dienst werkt verder
    met het model dat geladen is. Ook met een versie op proef die geweigerd is, blijft het 200, en
    met een opslag die niets aanneemt: dan zegt elke pagina zelf waarom ze niet kan.
    """
    ahead = service.store.find_seconds_ahead()
    service.metrics.show_clock(ahead)
    ready = HealthOut(
        store=None if service.store.takes_writes() else "read-only",
        model="cached" if service.model_from_cache else None,
        model_version=service.bundle.version,
        store_clock_ahead_seconds=round(ahead) if abs(ahead) > MOST_AHEAD_SECONDS else None,
        following=FollowingOut.of(service.follower.now),
        challenger=ChallengerOut.of(
            service.challenger.now, service.shadow.challenger, service.bundle
        ),
    )
    if mlflow and service.settings.bundle is None:
        ready.mlflow = "ok" if is_reachable(service.settings.tracking_uri) else "gone"
    return ready


@router.get("/metrics", summary="Tellers voor Prometheus", include_in_schema=False)
def get_metrics(service: ServiceHere) -> Response:
    """Geeft tellingen en duur per route, en wat de bewaking laatst vond."""
    last = find_last(service.store)
    if last is not None:
        found = {"alarm": last.report["alarms"], "watch": last.report["watched"]}
        service.metrics.note_monitor(last.made_at.timestamp(), found)
    return Response(service.metrics.to_text(), media_type=CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
def get_docs(service: ServiceHere) -> Response:
    """Toont de beschrijving van de API, met bestanden van deze dienst alleen."""
    return Response(
        service.pages.get_template("docs.html").render(), media_type="text/html; charset=utf-8"
    )
