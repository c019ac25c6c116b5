"""Every page, in every state, for everybody: by axe, by keyboard, at any width, and on paper."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser
from starlette.routing import Match

from serving.pages.templating import HERE
from serving.states import STATE_NL
from tests.serving.test_permissions import list_routes
from tests.web import page_states, page_states_planning, page_states_work
from tests.web.page_cast import Cast
from tests.web.page_signs import SIGNS, STATUSES
from tests.web.page_window import HOST, Window

STATES = {**page_states.STATES, **page_states_work.STATES, **page_states_planning.STATES}
# at 200 % a window of 1440 pixels has room for 720
WIDTHS = (800, 720, 3840)
# answered by a file, by going on to a page that is among these, or made for machines
NO_PAGE = {
    ("GET", "/lijst.csv"),
    ("GET", "/invoer/leeg.csv"),
    ("GET", "/invoer/{import_id}/afgekeurd.csv"),
    ("GET", "/dossiers/{case_id}/brief.pdf"),
    ("GET", "/dossiers/{case_id}/aanmelding.pdf"),
    ("POST", "/dossiers/{case_id}/aanmelding/ontwerp.pdf"),
    ("POST", "/dossiers/{case_id}/vrijgeven"),
    ("GET", "/planning/scenarios/vergelijken.csv"),
    ("GET", "/planning/scenarios/vergelijken.xlsx"),
    ("GET", "/metrics"),
    # the description of the API is made by Swagger UI, for who programs
    ("GET", "/docs"),
}


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with ExitStack() as stack:
        yield Cast(tmp_path_factory.mktemp("cast"), stack)


@pytest.fixture(scope="module")
def answers(cast: Cast) -> dict[str, Any]:
    """Return the answer of every state, in the order of the table."""
    return {name: reach(cast) for name, reach in STATES.items()}


@pytest.fixture(scope="module")
def window(browser: Browser, cast: Cast) -> Iterator[Window]:
    axe = Path(__file__).with_name("vendor") / "axe-core" / "axe.min.js"
    opened = Window(browser, cast.find(), axe)
    yield opened
    opened.page.close()


def look(window: Window) -> dict[str, list[str]]:
    """Return what is wrong with the page that is shown, by where."""
    found = {"wide": window.ask("structure", "layout", "smallTargets")}
    window.page.keyboard.press("Tab")
    found["focus"] = window.ask("focus")
    window.ask("unfold")
    found["rules"] = window.run_axe()
    for width in WIDTHS:
        window.resize(width)
        found[f"{width} px"] = window.ask("layout")
    window.resize(320)
    found["320 px"] = window.run_axe(narrow=True) + window.ask("layout", "smallTargets")
    found["paper"] = window.look_at_paper()
    return {where: faults for where, faults in found.items() if faults}


@pytest.mark.parametrize("name", STATES)
def test_anybody_can_read_and_use_a_page(
    window: Window, answers: dict[str, Any], name: str
) -> None:
    answer = answers[name]
    assert (answer.status_code, SIGNS.get(name, "") in answer.text) == (
        STATUSES.get(name, 200),
        True,
    )

    window.show(answer)

    assert look(window) == {}
    assert (window.said, window.elsewhere) == ([], [])


def test_every_sign_is_of_a_state() -> None:
    assert {*SIGNS, *STATUSES} <= set(STATES)


def test_every_template_is_among_the_pages(cast: Cast, answers: dict[str, Any]) -> None:
    assert answers

    folder = HERE / "templates"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}

    assert there - cast.templates == {"docs.html"}


def test_every_route_of_a_page_is_among_the_pages(cast: Cast, answers: dict[str, Any]) -> None:
    assert answers

    found = [one for one in list_routes(cast.find()) if isinstance(one, APIRoute)]
    pages = [one for one in found if not one.include_in_schema]
    there = {(method, one.path) for one in pages for method in one.methods or ()}
    seen = {(method, find_route(pages, method, path)) for method, path in cast.asked}

    assert there - seen == NO_PAGE


def find_route(routes: list[APIRoute], method: str, path: str) -> str:
    """Return the path of the route that answers."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return next((one.path for one in routes if one.matches(scope)[0] is Match.FULL), "")


def test_every_state_of_a_case_is_among_the_pages(answers: dict[str, Any]) -> None:
    shown = {answers[name].text.partition("kp-now__label")[2][:120] for name in STATES}

    missing = [
        nl for nl in STATE_NL.values() if not any(nl.casefold() in one.casefold() for one in shown)
    ]

    assert missing == []


def test_no_two_pages_have_one_title(answers: dict[str, Any]) -> None:
    headings: dict[str, set[str]] = {}
    for answer in answers.values():
        title = answer.text.partition("<title>")[2].partition("</title>")[0]
        heading = answer.text.partition("<h1")[2].partition("</h1>")[0].partition(">")[2]
        headings.setdefault(title, set()).add(heading)

    assert {title: found for title, found in headings.items() if len(found) > 1} == {}


@dataclass
class Page:
    """A page of nothing but faults."""

    text: str
    url: str = f"{HOST}/fout"
    status_code: int = 200

    @property
    def content(self) -> bytes:
        return self.text.encode()

    @property
    def headers(self) -> dict[str, str]:
        return {"content-type": "text/html; charset=utf-8"}


FAULTS = {
    '<div style="width: 2000px">breed</div>': "scrolls sideways",
    '<p style="width: 3em; overflow: hidden; white-space: nowrap">afgesneden</p>': "cut off",
    '<p style="position: absolute; left: -3em">links</p>': "beyond the page",
    '<p style="margin: 0">boven</p><p style="margin: -0.9em 0 0">onder</p>': "overlap",
    '<select style="width: 4em"><option>een lange keuze</option></select>': "choice is cut off",
    '<button style="width: 20px; height: 20px; padding: 0">x</button>': "under 24 px",
    '<button style="outline: none">knop</button>': "shows no focus",
    "<h3>te diep</h3>": "h3 after h1",
    "<h1>nog een</h1>": "not one h1",
    "<nav>menu</nav>": "on paper",
    '<input name="x">': "label",
    '<p style="color: #bbb">bleek</p>': "color-contrast",
}


@pytest.mark.parametrize("part", FAULTS)
def test_what_is_wrong_is_found(window: Window, part: str) -> None:
    head = '<!doctype html><html lang="nl"><head><title>Fout</title></head>'
    window.show(Page(f"{head}<body><main><h1>Fout</h1>{part}</main></body></html>"))

    found = look(window)

    assert FAULTS[part] in str(found)
