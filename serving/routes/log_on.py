"""Logging on and off: with a local account, or with the identity provider of the organisation."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
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
from serving.errors import NotLoggedOnError
from serving.pages.templating import render
from serving.permissions import Action, User
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
Form = Annotated[Mapping[str, str], Depends(read_form)]
EXPIRED_NL = (
    "Uw sessie is verlopen. Meld u opnieuw aan. "
    "Vulde u net een formulier in, dan is dat niet bewaard."
)
WRONG_NL = "Deze naam en dit wachtwoord horen niet samen. Probeer opnieuw."
FAILED_NL = "Het aanmelden is niet gelukt of duurde te lang. Probeer opnieuw."


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
    return _show_login(request, naar, message, logged_off=afgemeld)


@router.post("/login")
def post_login(request: Request, service: ServiceHere, now: Now, form: Form) -> Response:
    """Log on with a local account, or show the form again."""
    name, onward = form.get("name", "").strip().lower(), find_local(form.get("naar", ""))
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
        return _show_login(request, onward, WRONG_NL, status=401, is_error=True, name=name)
    response = _enter(service, user, onward, now, None)
    kept = service.gate.sessions.build_device(user.key)
    set_cookie(response, service, DEVICE_COOKIE, kept, DEVICE_SECONDS)
    return response


@router.get("/login/oidc")
def get_oidc(service: ServiceHere, naar: str = "/") -> Response:
    """Go to the identity provider to log on there."""
    begun = service.gate.get_flow().begin(find_local(naar))
    response = RedirectResponse(begun.address, 303)
    set_cookie(response, service, FLOW_COOKIE, begun.cookie, FLOW_SECONDS)
    return response


@router.get(CALLBACK)
def get_oidc_back(request: Request, service: ServiceHere, now: Now) -> Response:
    """Come back from the identity provider, logged on or not."""
    kept = find_cookie(request, FLOW_COOKIE)
    try:
        user, onward = service.gate.finish_flow(kept, request.query_params, find_address(request))
    except NotLoggedOnError:
        response = _show_login(request, "/", FAILED_NL, status=401, is_error=True)
    else:
        response = _enter(service, user, onward, now, service.settings.oidc_issuer)
    set_cookie(response, service, FLOW_COOKIE, "", 0)
    return response


def _enter(
    service: Service, user: User, onward: str, now: datetime, issuer: str | None
) -> Response:
    """Note the log-on and open a new session; one from before is worth nothing here any more."""
    known = note_log_on(service.store, user, now, issuer)
    response = RedirectResponse(onward, 303)
    set_cookie(response, service, SESSION_COOKIE, service.gate.open_session(known))
    set_cookie(response, service, FORM_COOKIE, "", 0)
    return response


def _show_login(
    request: Request,
    onward: str,
    message: str,
    *,
    status: int = 200,
    is_error: bool = False,
    logged_off: bool = False,
    name: str = "",
) -> Response:
    service = get_service(request)
    nonce, flow = secrets.token_urlsafe(16), service.gate.flow
    context = {
        "naar": find_local(onward),
        "message": message,
        "is_error": is_error,
        "name": name,
        "takes_passwords": service.gate.takes_passwords,
        "oidc_label": service.settings.oidc_label if flow else "",
        "oidc_log_off": flow.build_log_off() if flow and logged_off else None,
        "token": service.gate.sessions.build_token(nonce),
    }
    response = render(request, "login.html", status=status, **context)
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
    form: Form,  # noqa: ARG001  # its token is checked on the way in
) -> Response:
    """Log off everywhere."""
    user = visitor.user
    with service.store.writing() as connection:
        event = AuditEvent(now, user.key, Action.LOG_OFF, user.sickness_fund)
        end_sessions(connection, user.key, audit=event)
    response = RedirectResponse("/login?afgemeld=true", 303)
    set_cookie(response, service, SESSION_COOKIE, "", 0)
    return response
