import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from serving.server import open_port, serve_aside, set_up_logs
from tests.running_service import (
    PASSWORD,
    Service,
    get_sqlite_template,
    make_own_case,
    make_service,
)
from tests.web.browser.visits import Visit


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("small")
    shutil.copy(get_sqlite_template(), folder / "store.db")
    made = make_service(f"sqlite:///{folder / 'store.db'}", uploads=folder / "uploads")
    made.post(make_own_case())
    made.get("/api/v1/cases/C-0001")
    yield made
    made.app.state.service.uploads.stop()
    made.client.close()
    made.store.close()


@pytest.fixture(scope="module")
def small_address(small: Service) -> Iterator[str]:
    set_up_logs(quiet=True)
    with open_port("127.0.0.1", 0) as opened, serve_aside(small.app, opened) as found:
        yield found


def test_a_file_is_brought_in_by_keyboard_and_its_page_moves_on_by_itself(
    browser: Browser, small: Service, small_address: str
) -> None:
    visit = Visit(browser, small_address)
    visit.enter(small)
    page = visit.open("/invoer")
    content = b"case_id,person_key\nC-1,P-1\n"

    page.get_by_label("Bestand (CSV of Parquet").set_input_files(
        {"name": "meldingen.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Bestand sturen").press("Enter")
    page.get_by_role("heading", name="Het bestand is niet aanvaard").wait_for()

    assert page.get_by_text("age_years").is_visible()
    assert visit.said == []
    visit.context.close()


def test_an_auditor_checks_the_log_and_finds_who_saw_a_case_by_keyboard(
    browser: Browser, small: Service, small_address: str
) -> None:
    visit = Visit(browser, small_address)
    visit.enter(small, "auditor")
    page = visit.open("/logboek")

    page.get_by_role("link", name="Is het logboek heel?").press("Enter")
    page.get_by_role("button", name="Kijk het logboek na").press("Enter")
    page.get_by_role("heading", name="Het logboek is heel").wait_for()
    page.get_by_role("link", name="Terug naar het logboek").press("Enter")
    page.get_by_label("Dossiernummer").fill("C-0001")
    page.get_by_label("Dossiernummer").press("Enter")
    page.get_by_text("Dit zijn alle handelingen rond dossier C-0001").wait_for()

    assert page.get_by_role("link", name="Dr. Arts").count() == 2
    assert visit.said == []
    visit.context.close()


def test_a_wrong_log_on_goes_on_at_the_password_and_is_read_with_it(
    browser: Browser, small_address: str
) -> None:
    visit = Visit(browser, small_address)
    page = visit.open("/login")
    page.get_by_label("Gebruikersnaam").fill("arts")
    page.get_by_label("Wachtwoord").fill(f"{PASSWORD}x")

    page.get_by_role("button", name="Aanmelden").press("Enter")
    page.get_by_text("horen niet samen").wait_for()

    described = page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-describedby'))"
        ".textContent"
    )
    assert "Kijk beide na" in described
    assert page.get_by_label("Gebruikersnaam").input_value() == "arts"
    visit.context.close()
