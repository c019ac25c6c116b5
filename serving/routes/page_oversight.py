"""The pages of the auditor: the log and the agreement."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.agreement import report_agreement
from serving.audit_trail import AuditPage, check_audit, view_audit
from serving.deps import PageUser, Visitor, read_form
from serving.pages.agreement_view import AgreementView, read_months
from serving.pages.audit_view import LOG, LogChoice, LogView, VerdictView, find_head_fault
from serving.pages.templating import render
from serving.permissions import Action
from serving.routes.oversight import find_start
from serving.routes.parts import Now, ServiceHere
from serving.store.audit_trail import AuditFilter

router = APIRouter(include_in_schema=False)
Overseer = Annotated[Visitor, Depends(PageUser(Action.VIEW_AUDIT))]
Form = Annotated[Mapping[str, str], Depends(read_form)]
PAGE_SIZE = 50


@router.get(LOG)
def get_log(request: Request, service: ServiceHere, now: Now, visitor: Overseer) -> Response:
    """Show who did or saw what, the latest first; that this was looked at is noted."""
    chosen = LogChoice.of(request.query_params)
    page, status = AuditPage((), None), 422
    if not chosen.faults:
        wanted, status = _to_filter(chosen), 200
        page = view_audit(
            visitor.user,
            wanted,
            store=service.store,
            now=now,
            before=chosen.before,
            limit=PAGE_SIZE,
        )
    view = LogView.of(page, chosen, visitor.user, now.tzinfo)
    return render(request, "audit.html", status=status, view=view)


def _to_filter(chosen: LogChoice) -> AuditFilter:
    return AuditFilter(
        user=chosen.find("gebruiker"),
        action=chosen.find("handeling"),
        case_id=chosen.find("dossier"),
        sickness_fund=chosen.find("fonds"),
        since=find_start(chosen.since, 0),
        before=find_start(chosen.until, 1),
    )


@router.get(f"{LOG}/nakijken")
def get_check(request: Request, visitor: Overseer) -> Response:  # noqa: ARG001 - asked first
    """Explain how the log proves that it is whole, with the button to check it."""
    return render(request, "audit_check.html", verdict=None, noted="", fault="")


@router.post(f"{LOG}/nakijken")
def post_check(
    request: Request, service: ServiceHere, now: Now, visitor: Overseer, form: Form
) -> Response:
    """Check every line and say whether the log is whole; nothing is changed but the log itself."""
    noted = form.get("einde", "").strip().lower()
    fault = find_head_fault(noted)
    if fault:
        return render(
            request, "audit_check.html", status=422, verdict=None, noted=noted, fault=fault
        )
    found = check_audit(visitor.user, store=service.store, now=now, head=noted or None)
    verdict = VerdictView.of(found, noted, now)
    return render(request, "audit_check.html", verdict=verdict, noted=noted, fault="")


@router.get("/overeenstemming")
def get_agreement(request: Request, service: ServiceHere, now: Now, visitor: Overseer) -> Response:
    """Show how often physicians and suggestions say the same, per group and month."""
    months = read_months(request.query_params.get("maanden", ""))
    found = report_agreement(visitor.user, store=service.store, now=now, months=months)
    view = AgreementView.of(found, months, service.settings.own_estimate)
    return render(request, "agreement.html", view=view)
