"""What routes ask for: the service, the user, today's date, and a body that was read with care."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from jinja2 import Environment
from pydantic_core import from_json
from python_multipart.multipart import parse_options_header

from models.bundle import Bundle
from models.suggestion import Limits
from serving.assess import Desk
from serving.auth import Gate
from serving.case_file import CaseFile, view_case
from serving.errors import NotLoggedOnError
from serving.faults import RequestRefusedError
from serving.following import Follower
from serving.metrics import Metrics
from serving.middleware import RENEWED_SESSION
from serving.model_versions import RegistryNotes
from serving.permissions import Action, User, check_can
from serving.referral_lists import ReferralLists
from serving.regional_limits import RegionalLimits
from serving.sessions import FORM_COOKIE, SESSION_COOKIE, Session, name_cookie
from serving.settings import Settings
from serving.shadow import Shadow
from serving.store.engine import Store, StoreGoneError
from serving.uploads import Uploads
from serving.wording import ZONE

_HELD = "service"


def get_now() -> datetime:
    """Return this moment; nothing else in the service asks the clock."""
    return datetime.now(ZONE)


@dataclass(frozen=True)
class Service:
    """Everything that lives as long as the process."""

    settings: Settings
    store: Store
    bundle: Bundle
    limits: tuple[Limits, ...]
    regional: RegionalLimits
    referral_lists: ReferralLists
    gate: Gate
    metrics: Metrics
    pages: Environment
    uploads: Uploads
    registry: RegistryNotes
    follower: Follower
    shadow: Shadow
    challenger: Follower
    # makes what the page of the model shows of a bundle
    show_model: Callable[[Bundle], object]
    # MLflow was gone when the service started: the model is the one it fetched before
    model_from_cache: bool = False
    # tells a request this moment
    clock: Callable[[], datetime] = get_now


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page, with the nonce that the forms on it are tied to."""

    user: User
    nonce: str


def get_service(request: Request) -> Service:
    """Return the service that this request came to: the same one until it is answered.

    Another model may be served meanwhile; what one request answers comes from one model.
    """
    held = request.scope.setdefault("state", {})
    if _HELD not in held:
        held[_HELD] = request.app.state.service
    return cast("Service", held[_HELD])


# as coroutines these two run where the request is, without the detour over a thread
async def give_service(request: Request) -> Service:
    """Give a route the service."""
    return get_service(request)


async def give_now(request: Request) -> datetime:
    """Give a route this moment."""
    return get_service(request).clock()


@dataclass(frozen=True)
class ApiUser:
    """Gives the user of an API request, who must be allowed to do `action`."""

    action: Action

    async def __call__(self, request: Request, now: Annotated[datetime, Depends(give_now)]) -> User:
        """Return the user; raises NotLoggedOnError or NotAllowedError."""
        gate, header = get_service(request).gate, request.headers.get("authorization")
        # only who was not seen a moment ago is worth a thread: the store is asked, or a password
        user = gate.recall_api(header)
        if user is None:
            user = await run_in_threadpool(_check_api, request, header, now)
        check_can(user, self.action)
        return user


def _check_api(request: Request, header: str | None, now: datetime) -> User:
    service, address = get_service(request), find_address(request)
    return service.gate.check_api(service.store, header, now=now, address=address)


@dataclass(frozen=True)
class PageUser:
    """Gives the visitor of a page, who must be allowed to do `action`."""

    action: Action

    def __call__(self, request: Request) -> Visitor:
        """Return the visitor; raises NotLoggedOnError or NotAllowedError."""
        service = get_service(request)
        cookie = find_cookie(request, SESSION_COOKIE)
        user, session = service.gate.check_session(service.store, cookie)
        visitor = Visitor(user, session.nonce)
        # error pages show who is logged on
        request.state.visitor = visitor
        _renew(request, session)
        check_can(user, self.action)
        return visitor


def _renew(request: Request, session: Session) -> None:
    """Have the answer carry a session that notes this use."""
    service = get_service(request)
    renewed = service.gate.sessions.renew(session)
    if renewed is not None:
        holder = Response()
        set_cookie(holder, service, SESSION_COOKIE, renewed)
        request.scope["state"][RENEWED_SESSION] = holder.headers["set-cookie"]


def set_cookie(
    response: Response, service: Service, name: str, value: str, seconds: int | None = None
) -> None:
    """Have the browser keep a cookie of ours, out of reach of scripts and other sites."""
    response.set_cookie(
        name_cookie(name, secure=service.settings.secure_cookies),
        value,
        max_age=service.gate.sessions.longest_seconds if seconds is None else seconds,
        path="/",
        secure=service.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def find_cookie(request: Request, name: str) -> str | None:
    """Return a cookie of ours, if the browser sent it."""
    secure = get_service(request).settings.secure_cookies
    return request.cookies.get(name_cookie(name, secure=secure))


def find_address(request: Request) -> str:
    """Return from where a request comes, to count attempts by."""
    return request.client.host if request.client else ""


def find_visitor(request: Request) -> Visitor | None:
    """Return who looks at a page, or None when nobody is logged on or nobody can tell."""
    service, cookie = get_service(request), find_cookie(request, SESSION_COOKIE)
    try:
        user, session = service.gate.check_session(service.store, cookie)
    except (NotLoggedOnError, StoreGoneError):
        return None
    return Visitor(user, session.nonce)


def build_desk(service: Service, user: User, now: datetime) -> Desk:
    """Return what an assessment needs beside the case."""
    tell = service.shadow.offer
    regional = service.regional.get(now)
    return Desk(user, service.bundle, service.limits, now, tell_kept=tell, regional=regional)


def open_case(
    service: Service, user: User, now: datetime, case_id: str, *, with_trail: bool = False
) -> CaseFile:
    """Return one case in reach and note that it was seen; raises NoSuchCaseError for any other."""
    return view_case(
        user,
        case_id,
        store=service.store,
        bundle=service.bundle,
        now=now,
        mode=service.settings.own_estimate,
        with_trail=with_trail,
    )


async def read_json(request: Request) -> Any:
    """Return the JSON body; raises RequestRefusedError for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise RequestRefusedError("not-json")
    body = await request.body()
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        raise RequestRefusedError("unreadable") from None


def check_charset(request: Request) -> None:
    """Raise RequestRefusedError for a form in other signs than UTF-8, which no browser sends.

    Some codecs make texts that no answer and no store can hold, or fail on what they read.
    """
    _, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise RequestRefusedError("not-utf-8")


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the text fields of a posted form, whose token was checked."""
    check_charset(request)
    form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
    service = get_service(request)
    service.gate.sessions.check_token(_find_nonce(request, service), form.get("token", ""))
    return form


def _find_nonce(request: Request, service: Service) -> str:
    """Return the nonce of the session or, before log-on, that of the log-on form."""
    if request.url.path == "/login":
        return find_cookie(request, FORM_COOKIE) or ""
    return service.gate.sessions.read(find_cookie(request, SESSION_COOKIE)).nonce
