"""What the routes of forms about a case share: where one is, what was sent, and how it is answered.

A form that is kept leads back to the page of the case, with a word on what was done. One that is
refused shows its page again, with what was filled in and why it was not kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request, Response
from starlette.responses import RedirectResponse

from features.requests import CaseRefusedError
from models.suggestion import LimitsError
from serving.deps import Service, Visitor, read_form
from serving.errors import Problem, build_problem, explain
from serving.faults import RequestRefusedError
from serving.pages.case_page import show_case
from serving.pages.forms import Filled, Posted
from serving.routes.parts import Now, ServiceHere
from serving.states import StaleError, StateError
from serving.store.consents import NoConsentError
from serving.store.engine import StoreBusyError
from serving.store.identity import OtherCaseError
from serving.store.standing import ObjectionOpenError

# what is told on the page itself; anything else has a page of its own
SHOWN = (
    CaseRefusedError,
    LimitsError,
    NoConsentError,
    ObjectionOpenError,
    OtherCaseError,
    RequestRefusedError,
    StaleError,
    StateError,
    StoreBusyError,
)
# on a page the fields that are wrong stand below: what is said of a body of JSON says nothing there
_AS_FORM = ("body", "case-refused")


@dataclass(frozen=True)
class Here:
    """About which case something is asked, and when."""

    request: Request
    service: Service
    now: datetime
    case_id: str

    def show(
        self, visitor: Visitor, form: str, posted: Posted, error: Exception | Problem
    ) -> Response:
        """Show the page of the case again, with a form that was refused."""
        return self._show(visitor, Filled(form, posted.values, self.explain(error)))

    def show_filled(self, visitor: Visitor, form: str, posted: Posted) -> Response:
        """Show the page of the case with a form as it was filled in, to go on with."""
        return self._show(visitor, Filled(form, posted.values))

    def _show(self, visitor: Visitor, filled: Filled) -> Response:
        return show_case(self.request, self.service, visitor, self.now, self.case_id, filled=filled)

    def attempt(
        self, visitor: Visitor, form: str, posted: Posted, do: Callable[[], str]
    ) -> Response:
        """Do what a form asks, and go to the page of the case; `do` returns what was done."""
        try:
            done = do()
        except SHOWN as error:
            return self.show(visitor, form, posted, error)
        return self.go_back(done)

    def explain(self, error: Exception | Problem) -> Problem:
        """Return what a page tells of an error."""
        if isinstance(error, Problem):
            return error
        problem = explain(error, self.service.bundle.contract)
        if problem.key in _AS_FORM:
            return replace(build_problem("form"), errors=problem.errors)
        return problem

    def go_back(self, done: str) -> Response:
        """Go to the page of the case, which says what was done."""
        address = f"/dossiers/{quote(self.case_id)}?gedaan={done}#gedaan"
        return RedirectResponse(address, 303)


async def give_here(request: Request, case_id: str, service: ServiceHere, now: Now) -> Here:
    """Give a route about which case it is asked something."""
    return Here(request, service, now, case_id)


async def give_posted(request: Request) -> Posted:
    """Give a route what was sent, once its token was checked."""
    await read_form(request)
    return Posted.of((await request.form()).multi_items())


HereNow = Annotated[Here, Depends(give_here)]
PostedHere = Annotated[Posted, Depends(give_posted)]
