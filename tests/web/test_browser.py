from playwright.sync_api import expect

from tests.running_service import PASSWORD
from tests.web.browser.visits import Visit


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
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("arts")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("table")
    page.wait_for_load_state()

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de inhoud"
    page.keyboard.press("Enter")
    expect(page.locator("#inhoud")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        if "kp-case" in page.evaluate("document.activeElement.className"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dossiers/**")

    assert outline == "solid"


def test_the_description_of_the_api_works_under_our_own_rules(visit: Visit) -> None:
    page = visit.open("/docs")
    page.get_by_text("Eén melding inschatten").click()
    page.get_by_text("Request body").first.wait_for()

    assert "C-VOORBEELD" in page.content()
    assert (visit.said, visit.elsewhere) == ([], [])
