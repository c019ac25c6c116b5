"""What machines ask: is it up, can it work, how busy is it; and the description of the API."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from serving.metrics import CONTENT_TYPE
from serving.registry import is_reachable
from serving.routes.parts import ServiceHere, problems
from serving.schemas import HealthOut

router = APIRouter(tags=["Dienst"])


@router.get("/healthz", summary="Draait de dienst?", response_model_exclude_none=True)
def get_health() -> HealthOut:
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
    """Antwoordt 200 als de opslag bereikbaar is; het model is geladen bij het starten.

    Zonder MLflow werkt de dienst verder met het model dat geladen is, en zegt dat hier.
    """
    service.store.check()
    model: Literal["cached"] | None = "cached" if service.model_from_cache else None
    if not mlflow or service.settings.bundle is not None:
        return HealthOut(model=model)
    found = is_reachable(service.settings.tracking_uri)
    return HealthOut(model=model, mlflow="ok" if found else "gone")


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
