import pytest
from playwright.sync_api import Page, expect

from tests.running_service import Service
from tests.web.browser.hands import PLACES_DOWN
from tests.web.browser.visits import Visit


@pytest.fixture
def page(visit: Visit, filled: Service) -> Page:
    visit.enter(filled)
    return visit.page


def suggest_otherwise(service: Service) -> str:
    """Return a case of which one decision alone follows the suggestion."""
    listed = service.get("/api/v1/cases?suggestion=own_way&limit=200").json()["cases"]
    return next(str(one["case_id"]) for one in listed if one["state"] == "open")


def press_until(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on what a selector names."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"no way by keyboard to {wanted}")


def test_a_decision_is_taken_by_keyboard_with_its_fault_mended(
    visit: Visit, page: Page, filled: Service
) -> None:
    case_id = suggest_otherwise(filled)
    visit.open(f"/dossiers/{case_id}")

    press_until(page, "#beslissing input[name=kind]")
    page.keyboard.press("Space")
    page.locator("#beslissing-reason").wait_for(state="visible")
    press_until(page, "#beslissing button")
    page.keyboard.press("Enter")
    expect(page.locator("#fouten")).to_be_focused()
    press_until(page, "a[href='#beslissing-reason']")
    page.keyboard.press("Enter")
    expect(page.locator("#beslissing-reason")).to_be_focused()
    reason = page.locator("#beslissing-reason")
    for _ in range(reason.evaluate(PLACES_DOWN, "Ik weet meer over het werk")):
        page.keyboard.press("ArrowDown")
    press_until(page, "#beslissing button")
    page.keyboard.press("Enter")

    expect(page.locator("#gedaan")).to_be_focused()
    assert "gedaan=beslissing" in page.url
    assert [text for text in visit.said if "422" not in text] == []


def test_a_part_of_a_form_shows_only_where_the_choice_asks_for_it(
    visit: Visit, page: Page, filled: Service
) -> None:
    visit.open(f"/dossiers/{suggest_otherwise(filled)}")
    day, reason = page.locator("#beslissing-look_again_on"), page.locator("#beslissing-reason")

    shown = {}
    for kind in ("own_return", "look_again", "not_opportune", "refer"):
        page.check(f"#beslissing input[value={kind}]")
        shown[kind] = (day.is_visible(), reason.is_visible())

    assert shown == {
        "own_return": (False, False),
        "look_again": (True, True),
        "not_opportune": (False, False),
        "refer": (False, True),
    }


def test_without_script_every_field_can_be_reached(visit: Visit, filled: Service) -> None:
    bare = visit.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    bare.add_cookies([])
    visit.enter(filled)
    bare.add_cookies(visit.context.cookies())  # type: ignore[arg-type]
    page = bare.new_page()

    page.goto(f"{visit.address}/dossiers/{suggest_otherwise(filled)}")

    assert page.locator("#beslissing-look_again_on").is_visible()
    assert page.locator("#beslissing-reason").is_visible()
    assert page.locator("#beslissing-reason_text").is_enabled()
    bare.close()
