"""What machines ask: is it up, can it work, how busy is it; and the description of the API."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.deps import Service, give_service
from serving.metrics import CONTENT_TYPE
from serving.schemas import HealthOut

router = APIRouter(tags=["dienst"])
ServiceHere = Annotated[Service, Depends(give_service)]


@router.get("/healthz", summary="Draait de dienst?")
def get_health() -> HealthOut:
    """Antwoordt zolang het proces draait."""
    return HealthOut()


@router.get("/readyz", summary="Kan de dienst werken?")
def get_readiness(service: ServiceHere) -> HealthOut:
    """Antwoordt 200 als de opslag bereikbaar is; het model is geladen bij het starten."""
    service.store.check()
    return HealthOut()


@router.get("/metrics", summary="Tellers voor Prometheus", include_in_schema=False)
def get_metrics(service: ServiceHere) -> Response:
    """Geeft tellingen en duur per route."""
    return Response(service.metrics.to_text(), media_type=CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
def get_docs(service: ServiceHere) -> Response:
    """Toont de beschrijving van de API, met bestanden van deze dienst alleen."""
    return Response(
        service.pages.get_template("docs.html").render(), media_type="text/html; charset=utf-8"
    )
