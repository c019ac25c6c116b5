"""The pages in Dutch: log on, the triage list, a case, the model."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from serving.deps import (
    FORM_COOKIE,
    SESSION_COOKIE,
    PageUser,
    Service,
    Visitor,
    get_service,
    give_now,
    give_service,
    read_form,
)
from serving.errors import NotLoggedOnError
from serving.list_view import FilterView, TriageView
from serving.permissions import Action, can
from serving.store.audit import AuditEvent, save_audit
from serving.store.users import end_sessions
from serving.templating import render
from serving.triage import list_triage, view_case
from serving.views import CaseView, ModelView

router = APIRouter(include_in_schema=False)
ServiceHere = Annotated[Service, Depends(give_service)]
Now = Annotated[datetime, Depends(give_now)]
Form = Annotated[Mapping[str, str], Depends(read_form)]
PAGE_SIZE = 50


@router.get("/login")
def get_login(request: Request, naar: str = "/", afgemeld: bool = False) -> Response:
    """Show the log-on form."""
    message = "U bent afgemeld." if afgemeld else ""
    if naar != "/":
        message = "Meld u aan om verder te gaan."
    return _show_login(request, naar, message)


@router.post("/login")
def post_login(request: Request, service: ServiceHere, now: Now, form: Form) -> Response:
    """Log on, or show the form again."""
    name, onward = form.get("name", "").strip().lower(), find_local(form.get("naar", ""))
    try:
        user = service.gate.check_password(service.store, name, form.get("password", ""))
    except NotLoggedOnError:
        message = "Deze naam en dit wachtwoord horen niet samen. Probeer opnieuw."
        return _show_login(request, onward, message, status=401, is_error=True, name=name)
    with service.store.writing() as connection:
        save_audit(connection, [AuditEvent(now, user.key, "log_on", user.sickness_fund)])
    response = RedirectResponse(onward, 303)
    _set_cookie(response, service, SESSION_COOKIE, service.gate.open_session(user))
    response.delete_cookie(FORM_COOKIE, path="/login")
    return response


def _show_login(
    request: Request,
    onward: str,
    message: str,
    *,
    status: int = 200,
    is_error: bool = False,
    name: str = "",
) -> Response:
    service = get_service(request)
    nonce = secrets.token_urlsafe(16)
    context = {"naar": find_local(onward), "message": message, "is_error": is_error, "name": name}
    token = service.gate.build_token(nonce)
    response = render(request, "login.html", status=status, **context | {"token": token})
    _set_cookie(response, service, FORM_COOKIE, nonce, path="/login")
    return response


def _set_cookie(
    response: Response, service: Service, name: str, value: str, path: str = "/"
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=service.gate.session_seconds,
        path=path,
        secure=service.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def find_local(address: str) -> str:
    """Return an address on this site to go on to; any other becomes the start page."""
    parts = urlsplit(address.replace("\\", "/"))
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
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


@router.get("/")
def get_list(
    request: Request,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.LOG_OFF))],
) -> Response:
    """Show the triage list, or bring who has no cases to the model."""
    if not can(visitor.user, Action.LIST_CASES):
        return RedirectResponse("/model", 303)
    chosen = FilterView.of(request.query_params)
    page = list_triage(
        visitor.user,
        chosen.to_filter(),
        store=service.store,
        today=now.date(),
        cursor=chosen.cursor,
        limit=PAGE_SIZE,
    )
    status = service.bundle.model.gain_status
    view = TriageView.of(page, chosen, visitor.user, gain_status=status, today=now.date())
    return render(request, "triage.html", view=view)


@router.get("/dossiers/{case_id}")
def get_case(
    request: Request,
    case_id: str,
    service: ServiceHere,
    now: Now,
    visitor: Annotated[Visitor, Depends(PageUser(Action.VIEW_CASE))],
) -> Response:
    """Show one case."""
    file = view_case(visitor.user, case_id, store=service.store, bundle=service.bundle, now=now)
    shows_chart = can(visitor.user, Action.VIEW_CONTRIBUTIONS)
    return render(request, "case.html", view=CaseView.of(file, shows_chart, now.date()))


@router.get("/model")
def get_model(
    request: Request,
    service: ServiceHere,
    visitor: Annotated[Visitor, Depends(PageUser(Action.VIEW_MODEL))],  # noqa: ARG001
) -> Response:
    """Show the model card and what the model needs to know."""
    return render(request, "model.html", view=ModelView.of(service.bundle))
