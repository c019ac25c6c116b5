from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.running_service import PASSWORD, Service
from tests.web.browser.visits import Visit

WIDTHS = (320, 800, 1440, 3840)


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
