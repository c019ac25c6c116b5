"""The web application: routes, errors and surroundings, put together."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from re import match
from typing import Any
from urllib.parse import urlencode

import structlog
from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.types import Scope as AsgiScope

from features.errors import KantelpuntError
from models.bundle import Bundle
from models.suggestion import DEFAULT_PATH, Limits, read_limits
from serving.auth import Gate
from serving.deps import Service, find_visitor, get_now, get_service
from serving.errors import Problem, build_problem, explain
from serving.faults import FieldFault, RequestRefusedError
from serving.metrics import Metrics
from serving.middleware import Closed, SizeLimit, Surroundings
from serving.model_versions import RegistryNotes
from serving.openapi import build_openapi
from serving.pages.intake_view import PAGE
from serving.pages.model_view import ModelView
from serving.pages.templating import build_pages, render_error
from serving.problem_texts import ENTER_NL
from serving.referral_lists import read_lists
from serving.regional_limits import RegionalLimits
from serving.registry import Registered, fetch_versions
from serving.routes import intake, list_routers
from serving.settings import Settings
from serving.shadow import Shadow
from serving.store.connections import Terms
from serving.store.engine import Store, StoreGoneError
from serving.swapping import build_challenger, build_follower
from serving.uploads import Uploads, Workplace

log = structlog.get_logger("kantelpunt")

STATIC = Path(__file__).with_name("static")
_MACHINE_PATHS = ("/api/", "/healthz/", "/readyz/", "/metrics/", "/openapi.json/")
_BY_STATUS = {401: "not-logged-on", 404: "not-found", 405: "method-not-allowed"}


def create_app(
    settings: Settings, bundle: Bundle, *, model_from_cache: bool = False, folder: str = ""
) -> FastAPI:
    """Return the application that serves a bundle; raises SettingsError for an unusable secret.

    `folder` is the name under which the registry's bundle was fetched, if it was.
    """
    app = FastAPI(
        title="Kantelpunt",
        version=find_version(),
        docs_url=None,
        redoc_url=None,
        # such a redirect would lead to whatever Host the request names
        redirect_slashes=False,
        lifespan=_run_beside,
    )
    store = Store(settings.database_url, Terms.of_service(settings.threads))
    limits = read_limits(settings.limits or DEFAULT_PATH)
    metrics = Metrics(bundle)
    shadow = Shadow(store, get_now, metrics.count_shadow, is_on=settings.shadow)
    work = Workplace(store, bundle, limits, get_now, shadow.offer)
    service = Service(
        settings=settings,
        store=store,
        bundle=bundle,
        limits=limits,
        regional=RegionalLimits(store),
        referral_lists=read_lists(settings, bundle.contract),
        gate=Gate(settings, store),
        metrics=metrics,
        pages=build_pages(),
        uploads=Uploads(settings.uploads, settings.most_upload_bytes, work),
        registry=RegistryNotes(_build_question(settings)),
        follower=build_follower(app, settings, folder),
        shadow=shadow,
        challenger=build_challenger(app, settings, shadow),
        show_model=build_showing(limits),
        model_from_cache=model_from_cache,
    )
    app.state.service = service
    for router in list_routers():
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(KantelpuntError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_parameters)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    # the parts around a file take some room too
    files = dict.fromkeys((intake.IMPORTS, PAGE), settings.most_upload_bytes + 10_000)
    app.add_middleware(SizeLimit, most_bytes=settings.most_bytes, files=files)
    if settings.maintenance:
        app.add_middleware(Closed, answer_closed=_build_closed(app, settings.maintenance))
    app.add_middleware(
        Surroundings,
        metrics=service.metrics,
        answer_fault=_build_fault(app),
        https_only=settings.secure_cookies,
    )
    _describe(app)
    return app


def build_showing(limits: tuple[Limits, ...]) -> Callable[[Bundle], object]:
    """Return what makes the page of the model of a bundle."""
    return lambda bundle: ModelView.of(bundle, limits, get_now().date())


def _build_question(settings: Settings) -> Callable[[], Sequence[Registered]] | None:
    """Return what asks the registry for its versions; None where a folder is served."""
    if settings.bundle is not None:
        return None
    return partial(fetch_versions, settings.tracking_uri, settings.model_name)


@asynccontextmanager
async def _run_beside(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    to_thread.current_default_thread_limiter().total_tokens = service.settings.threads
    service.uploads.start()
    service.follower.start(at_once=service.model_from_cache)
    service.shadow.start()
    service.challenger.start(at_once=True)
    yield
    service.challenger.stop()
    service.follower.stop()
    service.uploads.stop()
    service.shadow.stop()
    service.store.close()


def find_version() -> str:
    """Return the version of Kantelpunt that runs."""
    try:
        return version("kantelpunt")
    except PackageNotFoundError:  # pragma: no cover - only where the project was not installed
        return "0"


def _describe(app: FastAPI) -> None:
    made: dict[str, dict[str, Any]] = {}

    def describe(service: Service) -> dict[str, Any]:
        contract = service.bundle.contract
        if contract.fingerprint not in made:
            made[contract.fingerprint] = build_openapi(
                app,
                contract,
                today=get_now().date(),
                schemes=service.gate.list_schemes(),
                example_fund=service.settings.demo_fund,
            )
        return made[contract.fingerprint]

    def openapi() -> dict[str, Any]:
        return describe(app.state.service)

    app.state.describe = describe
    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _answer_error(request: Request, error: Exception) -> Response:
    service = get_service(request)
    if isinstance(error, StoreGoneError):
        log.warning("store", why=str(error))
    return answer(request, explain(error, service.bundle.contract))


def _answer_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status not in _BY_STATUS:
        return answer(request, build_problem("unreadable" if status < 500 else "fault"))
    response = answer(request, build_problem(_BY_STATUS[status]))
    headers = getattr(error, "headers", None) or {}
    response.headers.update({k: v for k, v in headers.items() if k.lower() == "allow"})
    return response


def _answer_parameters(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    known = _list_parameters(request) if found else {}
    faults = [_explain_parameter(e, known) for e in found]
    return _answer_error(request, RequestRefusedError("parameters", faults))


def _list_parameters(request: Request) -> Mapping[str, Any]:
    """Return what the description of the API says of each parameter of a route."""
    described = request.app.openapi()["paths"].get(request.scope["route"].path, {})
    told = described.get(request.method.lower(), {}).get("parameters", [])
    return {one["name"]: one["schema"] for one in told}


def _explain_parameter(error: Mapping[str, Any], known: Mapping[str, Any]) -> FieldFault:
    name = str(error["loc"][-1])
    bounds = _find_bounds(known.get(name, {}))
    if bounds and error["type"] in ("int_parsing", "greater_than_equal", "less_than_equal"):
        return FieldFault(name, f"een geheel getal, {bounds}")
    return FieldFault(name, _PARAMETERS_NL.get(error["type"], _OTHER))


def _find_bounds(schema: Mapping[str, Any]) -> str:
    for one in (schema, *schema.get("anyOf", [])):
        if "minimum" in one and "maximum" in one:
            return f"{one['minimum']} tot {one['maximum']}"
    return ""


_OTHER = "een waarde zoals /docs beschrijft"
_PARAMETERS_NL = {
    "enum": "een van de waarden die /docs noemt",
    "bool_parsing": "true of false",
    "int_parsing": "een geheel getal",
    "date_from_datetime_parsing": "een datum als JJJJ-MM-DD",
    "date_parsing": "een datum als JJJJ-MM-DD",
}


def answer(request: Request, problem: Problem) -> Response:
    """Return a problem as JSON for machines and as a page for people."""
    is_page = not f"{request.url.path}/".startswith(_MACHINE_PATHS)
    response = _to_page(request, problem) if is_page else _to_json(request, problem)
    if problem.retry_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_seconds)
    return response


def _to_page(request: Request, problem: Problem) -> Response:
    if problem.status == 401:
        return RedirectResponse(f"/login?{urlencode(_build_log_on_query(request, problem))}", 303)
    # while the service is closed nothing asks the store who is there
    if getattr(request.state, "visitor", None) is None and problem.key != "maintenance":
        request.state.visitor = find_visitor(request)
    return render_error(request, problem)


def _build_log_on_query(request: Request, problem: Problem) -> dict[str, str]:
    query = {"naar": _find_onward(request)}
    # whoever posts a form had a session: what was filled in is gone, and is said to be
    if problem.key == "session-ended" or request.method != "GET":
        query["verlopen"] = "true"
    return query


def _find_onward(request: Request) -> str:
    if request.method != "GET":
        case = match(r"/dossiers/[^/]+", request.url.path)
        return case[0] if case else "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _to_json(request: Request, problem: Problem) -> Response:
    service = get_service(request)
    settings, body = service.settings, problem.to_json()
    if problem.status == 401:
        body["detail"] = ENTER_NL[tuple(service.gate.list_schemes())]
    if problem.status == 401 and settings.demo_hint:
        body["detail"] += f" In de demo: {settings.demo_hint}."
    response = JSONResponse(body, problem.status, media_type="application/problem+json")
    if problem.status == 401:
        for challenge in service.gate.list_challenges():
            response.headers.append("WWW-Authenticate", challenge)
    return response


def _build_closed(app: FastAPI, until_nl: str) -> Any:
    def answer_closed(scope: AsgiScope) -> ASGIApp:
        scope.setdefault("app", app)
        problem = build_problem("maintenance")
        return answer(Request(scope), replace(problem, detail=f"{problem.detail} {until_nl}"))

    return answer_closed


def _build_fault(app: FastAPI) -> Any:
    def answer_fault(scope: AsgiScope) -> ASGIApp:
        scope.setdefault("app", app)
        return answer(Request(scope), build_problem("fault"))

    return answer_fault
