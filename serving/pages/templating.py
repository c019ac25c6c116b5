"""Pages from templates: an undefined name is an error, and every text is escaped."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from serving import question_texts, wording
from serving.deps import get_service
from serving.errors import Problem
from serving.pages.questions import SAME_NL
from serving.pages.state_view import StateView
from serving.permissions import ROLE_NL, Action, User, can
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.deps import Visitor

HERE = Path(__file__).parents[1]
# the main menu: address, label, and who may go there; who has no list begins with their first page
MENU: tuple[tuple[str, str, Action], ...] = (
    ("/", "Triagelijst", Action.LIST_CASES),
    ("/logboek", "Logboek", Action.VIEW_AUDIT),
    ("/overeenstemming", "Overeenstemming", Action.VIEW_AUDIT),
    ("/invoer", "Invoer", Action.UPLOAD_CASES),
    ("/planning", "Planning", Action.VIEW_PLANNING),
    ("/model", "Model", Action.VIEW_MODEL),
    ("/hulp", "Hulp", Action.LOG_OFF),
)
FILTERS = (*("date_nl", "short_date_nl", "number_nl", "one_decimal_nl", "region_nl", "points_nl"),)


def build_pages() -> Environment:
    """Return the templates with our filters."""
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {name: getattr(wording, name) for name in FILTERS}
    pages.globals |= {
        "static": build_static_address,
        "same_nl": SAME_NL,
        "two_questions": question_texts,
    }
    return pages


def find_home(user: User) -> str:
    """Return the page on which somebody begins."""
    return next(address for address, _, action in MENU if can(user, action))


@cache
def build_static_address(name: str) -> str:
    """Return the address of a static file, which changes when the file does."""
    digest = sha256((HERE / "static" / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?v={digest}"


def _name_fund(settings: Settings, visitor: "Visitor | None") -> str:
    """Return the sickness fund of a visitor as people call it; empty for who has none."""
    fund = visitor.user.sickness_fund if visitor else None
    return settings.fund_names.get(fund, fund) if fund else ""


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page, with what every page shows: who is logged on, and where one is."""
    service = get_service(request)
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    shared: dict[str, Any] = {
        "visitor": visitor,
        "menu": [(a, label) for a, label, action in MENU if visitor and can(visitor.user, action)],
        "place": _find_place(request.url.path),
        "fund_nl": _name_fund(service.settings, visitor),
        "role_nl": ROLE_NL[visitor.user.role] if visitor else "",
        "token": service.gate.sessions.build_token(visitor.nonce) if visitor else "",
        "demo_hint": service.settings.demo_hint,
    }
    text = service.pages.get_template(template).render(**shared | context)
    return HTMLResponse(text, status)


def _find_place(path: str) -> str:
    """Return the page of the menu that a page belongs to, or else its own address."""
    above = [address for address, _, _ in MENU if path.startswith(f"{address}/")]
    return above[0] if above else path


def render_error(request: Request, problem: Problem) -> HTMLResponse:
    """Return a problem as a page."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    again = request.url.path if request.method == "GET" else ""
    view = StateView.of(
        problem,
        again=again,
        is_logged_on=visitor is not None,
        sees_cases=visitor is not None and can(visitor.user, Action.LIST_CASES),
    )
    return render(request, "error.html", status=problem.status, view=view)
