from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from serving.sessions import SESSION_COOKIE
from tests.running_service import PASSWORD, Service

CHROMIUM = "/usr/bin/chromium"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = (320, 800, 1440, 3840)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """One visitor with an own browser window, and everything that its console said."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(locale="nl-BE", viewport={"width": 1440, "height": 900})
        # axe is put in from outside the page; the page itself may run no foreign script
        self.page: Page = self.context.new_page()
        self.address = address
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self._watch)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.elsewhere.append(request.url)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def enter(self, service: Service, user: str = "arts") -> None:
        """Come in as someone who logged on before: quicker than by the form."""
        gate, store = service.app.state.service.gate, service.store
        cookie = gate.open_session(gate.check_password(store, user, PASSWORD))
        self.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": self.address}])

    def log_on(self, user: str = "arts") -> Page:
        page = self.open("/login")
        page.get_by_label("Gebruikersnaam").fill(user)
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Aanmelden").click()
        page.get_by_role("button", name="Afmelden").wait_for()
        return page

    def check_access(self, vendor: Path) -> list[str]:
        """Return what axe finds against WCAG A and AA."""
        self.page.evaluate((vendor / "axe-core" / "axe.min.js").read_text())
        found: dict[str, Any] = self.page.evaluate(
            "tags => axe.run({runOnly: {type: 'tag', values: tags}})", RULES
        )
        return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    opened = Visit(browser, address)
    yield opened
    opened.context.close()


def test_a_physician_logs_on_filters_opens_a_case_and_logs_off(visit: Visit) -> None:
    page = visit.log_on()

    page.get_by_label("Vragenlijst").select_option("nee")
    page.get_by_label("Dossiernummer").fill("C-00")
    page.get_by_role("button", name="Filteren").click()
    page.wait_for_url("**zoek=C-00**")
    case_id = page.locator(".kp-case").first.inner_text()
    page.locator(".kp-case").first.click()
    page.get_by_role("heading", name=f"Dossier {case_id}").wait_for()
    page.go_back()
    assert "vragenlijst=nee" in page.url
    page.get_by_role("button", name="Afmelden").click()
    page.get_by_text("U bent afgemeld.").wait_for()

    assert (visit.said, visit.elsewhere) == ([], [])


def test_everything_can_be_done_with_the_keyboard(visit: Visit) -> None:
    page = visit.open("/login")
    page.wait_for_function("document.activeElement.id === 'name'")
    page.keyboard.type("arts")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("table")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de inhoud"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhoud"
    for _ in range(20):
        page.keyboard.press("Tab")
        if "kp-case" in page.evaluate("document.activeElement.className"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dossiers/**")

    assert outline == "solid"


STATES = [
    ("/login", False),
    ("/", True),
    ("/?zoek=niets", True),
    ("/dossiers/C-0001", True),
    ("/dossiers/C-0004", True),
    ("/dossiers/C-0048", True),
    ("/model", True),
    ("/bestaat-niet", True),
]


@pytest.mark.parametrize(("path", "logged_on"), STATES)
def test_no_page_breaks_a_rule_of_accessibility(
    visit: Visit, filled: Service, vendor: Path, path: str, logged_on: bool
) -> None:
    if logged_on:
        visit.enter(filled)
    visit.open(path)

    wide = visit.check_access(vendor)
    visit.page.set_viewport_size({"width": 320, "height": 700})
    narrow = visit.check_access(vendor)

    assert (wide, narrow) == ([], [])


@pytest.mark.parametrize("path", ["/", "/dossiers/C-0001", "/model", "/bestaat-niet"])
def test_no_page_scrolls_sideways_at_any_width(visit: Visit, filled: Service, path: str) -> None:
    visit.enter(filled)
    page = visit.open(path)

    wider = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wider.append(width)

    assert wider == []


@pytest.mark.parametrize("path", ["/", "/dossiers/C-0001", "/dossiers/C-0004"])
def test_a_gain_that_is_the_same_or_unknown_makes_pages_as_good(
    browser: Browser, other_address: str, filled_otherwise: Service, vendor: Path, path: str
) -> None:
    visit = Visit(browser, other_address)
    visit.enter(filled_otherwise)

    page = visit.open(path)
    wide = visit.check_access(vendor)
    page.set_viewport_size({"width": 320, "height": 700})
    narrow = visit.check_access(vendor)
    width = page.evaluate("document.documentElement.scrollWidth")
    visit.context.close()

    assert (wide, narrow, visit.said, width) == ([], [], [], 320)


def test_no_page_makes_the_browser_complain_or_look_elsewhere(
    visit: Visit, filled: Service
) -> None:
    visit.enter(filled)

    for path in ("/", "/dossiers/C-0001", "/model", "/docs"):
        visit.open(path).wait_for_load_state("networkidle")

    assert (visit.said, visit.elsewhere) == ([], [])


def test_the_description_of_the_api_works_under_our_own_rules(visit: Visit) -> None:
    page = visit.open("/docs")
    page.get_by_text("Eén melding inschatten").click()
    page.get_by_text("Request body").first.wait_for()

    assert "C-VOORBEELD" in page.content()


def test_the_form_of_logging_on_tells_what_went_wrong(visit: Visit, vendor: Path) -> None:
    page = visit.open("/login")
    page.get_by_label("Gebruikersnaam").fill("arts")
    page.get_by_label("Wachtwoord").fill("een-ander-wachtwoord")
    page.get_by_role("button", name="Aanmelden").click()

    page.get_by_role("alert").wait_for()

    assert page.get_by_label("Gebruikersnaam").input_value() == "arts"
    assert visit.check_access(vendor) == []
