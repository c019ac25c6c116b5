"""Logging on and off: with a local account, or with the identity provider of the organisation."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, TypeVar, TypeVarTuple
from urllib.parse import urlsplit

import structlog
from anyio import fail_after, to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from serving.auth import note_log_on
from serving.deps import (
    PageUser,
    Service,
    Visitor,
    find_address,
    find_cookie,
    get_service,
    read_form,
    set_cookie,
)
from serving.errors import FormExpiredError, IssuerGoneError, NotLoggedOnError
from serving.pages.state_view import name_wait
from serving.pages.templating import render
from serving.permissions import Action, User
from serving.rate_limit import TooManyError
from serving.routes.parts import Now, ServiceHere
from serving.sessions import (
    CALLBACK,
    DEVICE_COOKIE,
    DEVICE_SECONDS,
    FLOW_COOKIE,
    FLOW_SECONDS,
    FORM_COOKIE,
    SESSION_COOKIE,
)
from serving.store.audit import AuditEvent
from serving.store.users import end_sessions

router = APIRouter(include_in_schema=False)
Given = TypeVarTuple("Given")
Found = TypeVar("Found")
log = structlog.get_logger("kantelpunt")
LoggedOnForm = Annotated[Mapping[str, str], Depends(read_form)]  # its token is checked
EXPIRED_NL = (
    "Uw sessie is verlopen: u deed een tijd niets, of meldde zich elders af. Meld u opnieuw aan. "
    "Wat u bewaarde, is er nog. Vulde u net een formulier in, dan is dat niet bewaard."
)
WRONG_NL = "Deze naam en dit wachtwoord horen niet samen. Kijk beide na en probeer opnieuw."
FAILED_NL = "Het aanmelden is niet gelukt of duurde te lang. Probeer opnieuw."
STALE_NL = "Het formulier is verlopen. Vul uw wachtwoord opnieuw in."
TOO_MANY_NL = "Te veel pogingen of aanvragen. Wacht {wait} en probeer dan opnieuw."
# an answer that is late, with the wait for a turn; browsers and proxies wait longer
PROVIDER_SECONDS = 10
_EMPTY_NL = {"name": "Vul uw gebruikersnaam in.", "password": "Vul uw wachtwoord in."}


@dataclass(frozen=True)
class _Shown:
    """What the log-on page says, and what it keeps of what was filled in."""

    onward: str = "/"
    message: str = ""
    status: int = 200
    name: str = ""
    logged_off: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.status >= 400

    @property
    def focus(self) -> str:
        """Where to go on: the field with a fault, or the first that is empty."""
        wrong = next(iter(self.faults), "")
        return wrong or ("password" if self.name else "name")


@router.get("/login")
def get_login(
    request: Request, naar: str = "/", afgemeld: bool = False, verlopen: bool = False
) -> Response:
    """Show the log-on form."""
    message = "U bent afgemeld." if afgemeld else ""
    if naar != "/":
        message = "Meld u aan om verder te gaan."
    if verlopen:
        message = EXPIRED_NL
    return _show_login(request, _Shown(naar, message, logged_off=afgemeld))


async def read_log_on(request: Request) -> Mapping[str, str]:
    """Return the fields of the log-on form, without its password where its token is not ours."""
    try:
        return await read_form(request)
    except FormExpiredError:
        form = await request.form()
        kept = {name: form.get(name, "") for name in ("name", "naar")}
        return {k: v for k, v in kept.items() if isinstance(v, str)} | {"expired": "yes"}


@router.post("/login")
def post_login(
    request: Request,
    service: ServiceHere,
    now: Now,
    form: Annotated[Mapping[str, str], Depends(read_log_on)],
) -> Response:
    """Log on with a local account, or show the form again with what is wrong."""
    name, onward = form.get("name", "").strip().lower(), find_local(form.get("naar", ""))
    shown = _Shown(onward, name=name)
    if "expired" in form:
        return _show_login(request, replace(shown, message=STALE_NL, status=403))
    if faults := _find_faults(form, service):
        return _show_login(request, replace(shown, faults=faults, status=422))
    device = service.gate.sessions.find_device(find_cookie(request, DEVICE_COOKIE), name)
    try:
        user = service.gate.check_password(
            service.store,
            name,
            form.get("password", ""),
            address=find_address(request),
            device=device,
        )
    except NotLoggedOnError:
        return _show_login(request, replace(shown, faults={"password": WRONG_NL}, status=401))
    except TooManyError as error:
        return _ask_to_wait(request, shown, error.seconds)
    response = _enter(service, user, onward, now, None)
    kept = service.gate.sessions.build_device(user.key)
    set_cookie(response, service, DEVICE_COOKIE, kept, DEVICE_SECONDS)
    return response


def _find_faults(form: Mapping[str, str], service: Service) -> dict[str, str]:
    if not service.gate.takes_passwords:
        return {}
    return {name: nl for name, nl in _EMPTY_NL.items() if not form.get(name, "").strip()}


def _ask_to_wait(request: Request, shown: _Shown, seconds: int) -> Response:
    message = TOO_MANY_NL.format(wait=name_wait(seconds))
    response = _show_login(request, replace(shown, message=message, status=429))
    response.headers["Retry-After"] = str(seconds)
    return response


@router.get("/login/oidc")
async def get_oidc(service: ServiceHere, naar: str = "/") -> Response:
    """Go to the identity provider to log on there."""
    flow = service.gate.get_flow()
    begun = await _ask_provider(service, flow.begin, find_local(naar))
    response = RedirectResponse(begun.address, 303)
    set_cookie(response, service, FLOW_COOKIE, begun.cookie, FLOW_SECONDS)
    return response


@router.get(CALLBACK)
async def get_oidc_back(request: Request, service: ServiceHere, now: Now) -> Response:
    """Come back from the identity provider, logged on or not."""
    kept, address = find_cookie(request, FLOW_COOKIE), find_address(request)
    finish = service.gate.finish_flow
    try:
        user, onward = await _ask_provider(service, finish, kept, request.query_params, address)
    except NotLoggedOnError as error:
        log.info("log-on refused", why=str(error))
        failed = _Shown(message=FAILED_NL, status=401)
        response = await run_in_threadpool(_show_login, request, failed)
    else:
        issuer = service.settings.oidc_issuer
        response = await run_in_threadpool(_enter, service, user, onward, now, issuer)
    set_cookie(response, service, FLOW_COOKIE, "", 0)
    return response


async def _ask_provider(service: Service, work: Callable[[*Given], Found], *given: *Given) -> Found:
    """Return what comes of work that waits for the identity provider; raises IssuerGoneError.

    Who waits for it holds none of the threads that all others share.
    """
    try:
        with fail_after(PROVIDER_SECONDS):
            turns = service.gate.provider_turns
            return await to_thread.run_sync(work, *given, limiter=turns, abandon_on_cancel=True)
    except TimeoutError:
        raise IssuerGoneError("the identity provider is too slow for all who log on") from None


def _enter(
    service: Service, user: User, onward: str, now: datetime, issuer: str | None
) -> Response:
    """Note the log-on and open a new session; one from before is worth nothing here any more."""
    known = note_log_on(service.store, user, now, issuer)
    response = RedirectResponse(onward, 303)
    set_cookie(response, service, SESSION_COOKIE, service.gate.open_session(known))
    set_cookie(response, service, FORM_COOKIE, "", 0)
    return response


def _show_login(request: Request, shown: _Shown) -> Response:
    service = get_service(request)
    nonce, flow = secrets.token_urlsafe(16), service.gate.flow
    context = {
        "naar": find_local(shown.onward),
        "message": shown.message,
        "is_error": shown.is_error,
        "name": shown.name,
        "faults": shown.faults,
        "focus": "" if flow and not shown.is_error else shown.focus,
        "takes_passwords": service.gate.takes_passwords,
        "oidc_label": service.settings.oidc_label if flow else "",
        "oidc_log_off": flow.build_log_off() if flow and shown.logged_off else None,
        "token": service.gate.sessions.build_token(nonce),
    }
    response = render(request, "login.html", status=shown.status, **context)
    set_cookie(response, service, FORM_COOKIE, nonce)
    return response


def find_local(address: str) -> str:
    """Return an address on this site to go on to; any other becomes the start page."""
    try:
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:  # a bracket that opens an address of IPv6 and does not close
        return "/"
    is_local = address.startswith("/") and not parts.netloc and not parts.scheme
    return address if is_local and not address.startswith("//") and address.isprintable() else "/"


@router.post("/logout")
def post_logout(
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.LOG_OFF))],
    form: LoggedOnForm,  # noqa: ARG001  # its token is checked on the way in
) -> Response:
    """Log off everywhere."""
    user = visitor.user
    with service.store.writing() as connection:
        event = AuditEvent(now, user.key, Action.LOG_OFF, user.sickness_fund)
        end_sessions(connection, user.key, audit=event)
    response = RedirectResponse("/login?afgemeld=true", 303)
    set_cookie(response, service, SESSION_COOKIE, "", 0)
    return response
