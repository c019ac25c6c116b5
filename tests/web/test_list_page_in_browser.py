import pytest
from playwright.sync_api import Page, expect

from tests.running_service import Service
from tests.web.browser.visits import Visit

FOCUSED = "document.activeElement.id"


@pytest.fixture
def listed(visit: Visit, filled: Service) -> Page:
    """Open the list, with a mark that a load of the page would wipe out."""
    visit.enter(filled)
    page = visit.open("/")
    page.evaluate("window.stays = true")
    return page


def stays(page: Page) -> bool:
    return bool(page.evaluate("window.stays === true"))


def test_a_filter_changes_the_list_and_the_address_without_a_load(
    visit: Visit, listed: Page
) -> None:
    listed.get_by_label("Vragenlijst").select_option("nee")
    listed.wait_for_url("**/?vragenlijst=nee")

    expect(listed.get_by_text("zonder vragenlijst").first).to_be_visible()
    assert listed.get_by_text("met vragenlijst").count() == 0
    assert "dossiers van dag 30" in listed.get_by_role("status").inner_text()
    assert listed.evaluate(FOCUSED) == "" or listed.evaluate(FOCUSED) == "vragenlijst"
    listed.get_by_role("link", name="Haal weg: Vragenlijst niet beantwoord").click()
    listed.wait_for_url(visit.address + "/")
    assert listed.get_by_label("Vragenlijst").input_value() == ""
    assert listed.evaluate(FOCUSED) == "lijst"
    assert stays(listed)
    assert (visit.said, visit.elsewhere) == ([], [])


def test_back_and_forward_go_through_the_lists_that_were_shown(listed: Page) -> None:
    listed.get_by_role("link", name="Volgende bladzijde").click()
    listed.get_by_text("Rang 51 tot").wait_for()
    listed.get_by_label("Voorstel").select_option("refer")
    listed.wait_for_url("**/?voorstel=refer")

    listed.go_back()
    listed.get_by_text("Rang 51 tot").wait_for()
    assert listed.get_by_label("Voorstel").input_value() == ""
    listed.go_forward()
    listed.get_by_role("link", name="Haal weg: Voorstel").wait_for()

    assert listed.get_by_label("Voorstel").input_value() == "refer"
    assert stays(listed)


def test_a_session_that_ended_leads_to_logging_on(visit: Visit, listed: Page) -> None:
    visit.context.clear_cookies()

    listed.get_by_label("Regio").select_option("limburg")

    listed.wait_for_url("**/login?naar=*limburg*")


def test_a_filter_works_without_scripts(visit: Visit, filled: Service) -> None:
    opened = visit.page.context.browser
    assert opened is not None
    context = opened.new_context(java_script_enabled=False)
    visit.enter(filled)
    context.add_cookies(visit.context.cookies())  # type: ignore[arg-type]  # what it just gave
    page = context.new_page()
    page.goto(visit.address)

    page.get_by_label("Vragenlijst").select_option("nee")
    page.get_by_role("button", name="Filteren").click()

    assert "vragenlijst=nee" in page.url
    assert page.get_by_text("Gefilterd op").is_visible()
    assert not page.get_by_text("Sneltoetsen", exact=True).is_visible()
    context.close()


def test_keys_go_over_the_rows_and_open_a_case(listed: Page) -> None:
    ids = [link.inner_text() for link in listed.locator(".kp-case").all()[:3]]

    seen = []
    for key in ("j", "j", "ArrowDown", "k"):
        listed.keyboard.press(key)
        seen.append(listed.evaluate("document.activeElement.textContent"))
    listed.keyboard.press("Enter")
    listed.wait_for_url(f"**/dossiers/{ids[1]}")

    assert seen == [ids[0], ids[1], ids[2], ids[1]]


def test_keys_search_and_explain_themselves_and_are_silent_while_one_types(listed: Page) -> None:
    listed.keyboard.press("/")
    listed.keyboard.type("j?k/")
    assert listed.get_by_label("Dossiernummer").input_value() == "j?k/"
    assert listed.get_by_text("volgend dossier", exact=True).is_hidden()

    listed.evaluate("document.activeElement.blur()")
    listed.keyboard.press("?")

    assert listed.get_by_text("volgend dossier", exact=True).is_visible()
    assert listed.evaluate("document.activeElement.textContent") == "Sneltoetsen"


def test_keys_can_be_put_off_and_stay_off(listed: Page) -> None:
    listed.keyboard.press("?")
    listed.get_by_label("Sneltoetsen met één letter gebruiken").uncheck()
    listed.reload()

    listed.keyboard.press("j")
    listed.keyboard.press("?")

    assert listed.evaluate("document.activeElement.tagName") == "BODY"
    assert listed.get_by_text("volgend dossier", exact=True).is_hidden()


def test_whoever_takes_a_case_comes_back_to_its_row(listed: Page) -> None:
    case_id = listed.locator(".kp-case").nth(4).inner_text()
    row = listed.locator("tr", has_text=case_id)

    row.get_by_role("button", name="Neem").click()
    listed.wait_for_url(f"**/#dossier-{case_id}")

    expect(row.get_by_text("bij u")).to_be_visible()
    row.get_by_role("button", name="Geef vrij").click()
    expect(row.get_by_role("button", name="Neem")).to_be_visible()
